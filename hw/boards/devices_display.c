/* SPDX-License-Identifier: MIT */
/* -device of display adapters, and -vga. */
#include "base/error.h"
#include "hw/boards/device_table.h"
#include "hw/boards/firmware.h"
#include "hw/display/vga.h"

const struct device_property vga_properties[] = {
    { "vgamem_mb", DEVICE_NUMBER, 256, "16", "video memory in MiB, a power of two" },
    { "edid", DEVICE_BOOL, 0, "on", "whether a monitor tells its size" },
    { "xres", DEVICE_NUMBER, DISPLAY_MOST, "1280", "width that it tells" },
    { "yres", DEVICE_NUMBER, DISPLAY_MOST, "800", "height that it tells" },
    { "romfile", DEVICE_TEXT, 0, "vgabios-stdvga.bin", "VGA BIOS; empty: none" },
    { NULL },
};

/* Without its BIOS the adapter still works for systems with drivers of their own. */
static GBytes *load_rom(const char *name)
{
    g_autoptr(GError) reason = NULL;
    if (!*name) {
        return NULL;
    }
    GBytes *rom = option_rom_load(name, &reason);
    if (!rom) {
        g_printerr("dragoman: no VGA BIOS: %s (Debian package seabios)\n", reason->message);
    }
    return rom;
}

bool vga_add(struct board *board, const struct device_arguments *arguments, GError **error)
{
    unsigned slot;
    if (board->display) {
        return error_fail(error, "there is a display adapter already; -vga none leaves it out");
    }
    if (!device_pci_slot(board, arguments, &slot, error)) {
        return false;
    }
    g_autoptr(GBytes) rom = load_rom(device_text(arguments, "romfile"));
    struct vga_settings settings = {
        .memory_mib = device_number(arguments, "vgamem_mb"),
        .edid_width = device_bool(arguments, "edid") ? device_number(arguments, "xres") : 0,
        .edid_height = device_number(arguments, "yres"),
    };
    if (rom) {
        settings.rom = g_bytes_get_data(rom, &settings.rom_bytes);
    }
    board->display = display_new("VGA");
    return vga_new(board->machine, board->pci, slot, &settings, board->display, error);
}

bool device_add_vga(struct board *board, GError **error)
{
    const char *name = board->options->vga;
    if (!name) {
        name = board->options->nodefaults || options_have_device(board->options, "VGA") ? "none" : "std";
    }
    if (!strcmp(name, "none")) {
        return true;
    }
    if (strcmp(name, "std")) {
        return error_fail(error, "-vga %s: not supported; there are: std, none", name);
    }
    return device_add(board, "VGA", error);
}
