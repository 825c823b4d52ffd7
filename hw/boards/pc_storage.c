/* SPDX-License-Identifier: MIT */
/*
 * Disks of a PC: IDE and floppy controllers with the drives of -drive, and what firmware is told of them: CMOS (drive
 * types, translation, boot order; register numbers as in the PC/AT technical reference and SeaBIOS), fw_cfg (boot menu,
 * order of devices).
 */
#include "hw/boards/pc_internal.h"
#include <string.h>
#include "base/error.h"
#include "hw/block/fdc.h"
#include "hw/boards/backends.h"
#include "hw/boards/device_table.h"
#include "hw/dma/i8237.h"
#include "hw/ide/ide.h"

enum { IRQ_FLOPPY = 6, IRQ_IDE = 14, IDE_INDEXES = IDE_CHANNELS * IDE_DRIVES, INDEX_CDROM = 2, BOOT_INDEX_NONE = 0xffff };
enum { CMOS_FLOPPY_TYPES = 0x10, CMOS_DISK_TYPES = 0x12, CMOS_EQUIPMENT = 0x14, CMOS_DISK_EXTENDED = 0x19,
       CMOS_DISK_GEOMETRY = 0x1b, CMOS_GEOMETRY_BYTES = 9, CMOS_BOOT_3 = 0x38, CMOS_TRANSLATION = 0x39, CMOS_BOOT = 0x3d };
enum { EQUIPMENT_FLOPPY = 0x01, EQUIPMENT_COPROCESSOR = 0x02, EQUIPMENT_POINTER = 0x04, EQUIPMENT_TWO_FLOPPIES = 0x40,
       TRANSLATION_LBA = 1, DISK_TYPE_USER = 47 };

/* ---- Controllers and drives ---- */

static void attach_ide(struct pc *pc)
{
    for (unsigned index = 0; index < IDE_INDEXES; index++) {
        struct drive *drive = backends_take_drive(&pc->board, DRIVE_IDE, index);
        if (drive) {
            piix3_ide_attach(pc->ide, index, drive->cdrom ? IDE_CDROM : IDE_DISK, drive->disk);
        }
    }
}

static bool attach_floppies(struct pc *pc, GError **error)
{
    for (unsigned unit = 0; unit < FDC_DRIVES; unit++) {
        struct drive *drive = backends_take_drive(&pc->board, DRIVE_FLOPPY, unit);
        struct disk_facts facts = { 0 };
        if (!drive) {
            continue;
        }
        disk_get_facts(drive->disk, &facts);
        if (facts.inserted && !fdc_size_is_known(facts.bytes)) {
            return error_fail(error, "drive %s: %" G_GINT64_MODIFIER "u bytes are no floppy disk's", drive->id, facts.bytes);
        }
        fdc_attach(pc->fdc, unit, FDC_NO_DRIVE, drive->disk);
    }
    return true;
}

/* What a PC has when nobody says otherwise: an empty CD-ROM drive and an empty floppy drive. Who adds IDE drives by -device
 * has said otherwise of the first, as in QEMU. */
static void add_default_drives(struct pc *pc)
{
    const struct options *options = pc->board.options;
    struct block *block = pc->board.block;
    if (!options_have_device(options, "ide-hd") && !options_have_device(options, "ide-cd") &&
        !block_find_index(block, DRIVE_IDE, INDEX_CDROM)) {
        block_add_empty(block, DRIVE_IDE, INDEX_CDROM, true);
    }
    if (!block_find_index(block, DRIVE_FLOPPY, 0)) {
        block_add_empty(block, DRIVE_FLOPPY, 0, false);
    }
}

bool pc_add_storage(struct pc *pc, GError **error)
{
    struct machine *machine = pc->board.machine;
    const struct irq_line irqs[IDE_CHANNELS] = { isa_irqs_line(&pc->irqs, IRQ_IDE), isa_irqs_line(&pc->irqs, IRQ_IDE + 1) };
    pc->ide = piix3_ide_new(machine, pc->board.pci, PC_SLOT_ISA_BRIDGE, irqs);
    pc->dma = i8237_new(machine);
    pc->fdc = fdc_new(machine, isa_irqs_line(&pc->irqs, IRQ_FLOPPY), pc->dma);
    if (!pc->board.options->nodefaults) {
        add_default_drives(pc);
    }
    attach_ide(pc);
    return attach_floppies(pc, error);
}

/* ---- -device ide-hd, ide-cd ---- */

const struct device_property ide_drive_properties[] = {
    { "drive", DEVICE_TEXT, 0, NULL, "id of a -drive with if=none" },
    { "bus", DEVICE_TEXT, 0, NULL, "ide.0 or ide.1; when not given the second, then the first" },
    { "unit", DEVICE_NUMBER, 1, NULL, "0 master, 1 slave" },
    { "bootindex", DEVICE_NUMBER, BOOT_INDEX_NONE - 1, NULL, "place in the order of starting" },
    { NULL },
};

/* The place that bus= and unit= name, or the first free one among those they leave. The second channel comes first: guests know
 * that order from QEMU. */
static bool choose_place(struct pc *pc, const struct device_arguments *arguments, unsigned *index, GError **error)
{
    const char *bus = device_text(arguments, "bus"), *unit = device_text(arguments, "unit");
    if (bus && strcmp(bus, "ide.0") && strcmp(bus, "ide.1")) {
        return error_fail(error, "bus=%s: there are ide.0 and ide.1", bus);
    }
    for (unsigned i = 0; i < IDE_INDEXES; i++) {
        *index = (i + IDE_DRIVES) % IDE_INDEXES;
        bool fits = (!bus || (unsigned)(bus[4] - '0') == *index / IDE_DRIVES) &&
                    (!unit || device_number(arguments, "unit") == *index % IDE_DRIVES);
        if (fits && piix3_ide_drive(pc->ide, *index)->kind == IDE_NONE) {
            return true;
        }
    }
    return error_fail(error, "no free place on %s", bus ? bus : "the IDE channels");
}

/* A node of -blockdev is a medium in the drive, which may go and be replaced; one of -drive is the drive itself. */
static struct drive *take_cdrom(struct board *board, const struct device_arguments *arguments, GError **error)
{
    const char *id = device_text(arguments, "drive");
    struct drive *given = id ? backends_take_drive_id(board, id, error) : NULL, *drive = given;
    if (id && !given) {
        return NULL;
    }
    if (given && !given->named) {
        drive_make_cdrom(given);
        return given;
    }
    if ((drive = block_add_cdrom(board->block, device_id(arguments), error)) && given) {
        drive_put_node(drive, given);
    }
    return drive;
}

static bool add_ide_drive(struct board *board, const struct device_arguments *arguments, enum ide_kind kind, GError **error)
{
    struct pc *pc = (struct pc *)board;
    struct drive *drive;
    unsigned index = 0;
    if (board->type != &pc_board_type) {
        return error_fail(error, "machine '%s' has no IDE channels", board->type->name);
    }
    if (!choose_place(pc, arguments, &index, error)) {
        return false;
    }
    if (!(drive = kind == IDE_CDROM ? take_cdrom(board, arguments, error)
                                    : backends_take_drive_id(board, device_text(arguments, "drive"), error))) {
        return false;
    }
    piix3_ide_attach(pc->ide, index, kind, drive->disk);
    if (device_text(arguments, "bootindex")) {
        g_autofree char *path = g_strdup_printf("/pci@i0cf8/ide@1,1/drive@%u/disk@%u", index / IDE_DRIVES,
                                                index % IDE_DRIVES);
        board_add_boot_device(board, device_number(arguments, "bootindex"), path);
    }
    return true;
}

bool ide_hd_add(struct board *board, const struct device_arguments *arguments, GError **error)
{
    return add_ide_drive(board, arguments, IDE_DISK, error);
}

bool ide_cd_add(struct board *board, const struct device_arguments *arguments, GError **error)
{
    return add_ide_drive(board, arguments, IDE_CDROM, error);
}

/* ---- What firmware is told ---- */

static void tell_floppies(struct pc *pc)
{
    unsigned a = fdc_drive_kind(pc->fdc, 0), b = fdc_drive_kind(pc->fdc, 1);
    mc146818_preset(pc->rtc, CMOS_FLOPPY_TYPES, (uint8_t)(a << 4 | b));
    mc146818_preset(pc->rtc, CMOS_EQUIPMENT, EQUIPMENT_COPROCESSOR | EQUIPMENT_POINTER | (a || b ? EQUIPMENT_FLOPPY : 0) |
                    (a && b ? EQUIPMENT_TWO_FLOPPIES : 0));
}

/* Type 47: geometry of the user's own, in nine bytes a disk. */
static void tell_disk_geometry(struct pc *pc, unsigned disk, const struct ide_drive_state *s)
{
    const uint8_t bytes[CMOS_GEOMETRY_BYTES] = {
        (uint8_t)s->cylinders, (uint8_t)(s->cylinders >> 8), (uint8_t)s->heads, 0xff, 0xff,
        0xc0 | (s->heads > 8 ? 0x08 : 0), (uint8_t)s->cylinders, (uint8_t)(s->cylinders >> 8), (uint8_t)s->sectors,
    };
    mc146818_preset(pc->rtc, CMOS_DISK_EXTENDED + disk, DISK_TYPE_USER);
    for (unsigned i = 0; i < CMOS_GEOMETRY_BYTES; i++) {
        mc146818_preset(pc->rtc, CMOS_DISK_GEOMETRY + disk * CMOS_GEOMETRY_BYTES + i, bytes[i]);
    }
}

static void tell_disks(struct pc *pc)
{
    enum { CYLINDERS_MOST = 1024 };
    uint8_t translation = 0, types = 0;
    for (unsigned i = 0; i < IDE_INDEXES; i++) {
        const struct ide_drive *drive = piix3_ide_drive(pc->ide, i);
        if (drive->kind != IDE_DISK) {
            continue;
        }
        if (drive->state->cylinders > CYLINDERS_MOST) {
            translation |= (uint8_t)(TRANSLATION_LBA << i * 2);
        }
        if (i < 2) {
            types |= i ? 0x0f : 0xf0;
            tell_disk_geometry(pc, i, drive->state);
        }
    }
    mc146818_preset(pc->rtc, CMOS_DISK_TYPES, types);
    mc146818_preset(pc->rtc, CMOS_TRANSLATION, translation);
}

/* -boot order=: up to three letters as nibbles. */
static bool parse_order(const char *letters, uint8_t nibbles[3], GError **error)
{
    memset(nibbles, 0, 3);
    for (unsigned i = 0; letters[i]; i++) {
        static const char known[] = "acdnb";        /* as nibbles: 1, 2, 3, 4; b is a floppy too */
        const char *found = strchr(known, letters[i]);
        if (!found || strchr(letters + i + 1, letters[i])) {
            return error_fail(error, found ? "-boot: '%c' is named twice"
                                           : "-boot: '%c' is no device; there are a, b, c, d, n", letters[i]);
        }
        if (i < 3) {
            nibbles[i] = *found == 'b' ? 1 : (uint8_t)(found - known + 1);
        }
    }
    return true;
}

static bool tell_order(struct pc *pc, GError **error)
{
    const struct options *options = pc->board.options;
    uint8_t order[3], once[3];
    if (!parse_order(options->boot_order ? options->boot_order : "cad", order, error) ||
        (options->boot_once && !parse_order(options->boot_once, once, error))) {
        return false;
    }
    const uint8_t *first = options->boot_once ? once : order;
    mc146818_preset(pc->rtc, CMOS_BOOT, (uint8_t)(first[1] << 4 | first[0]));
    mc146818_preset(pc->rtc, CMOS_BOOT_3, (uint8_t)(first[2] << 4));
    if (options->boot_once) {
        mc146818_set_at_reset(pc->rtc, CMOS_BOOT, (uint8_t)(order[1] << 4 | order[0]));
        mc146818_set_at_reset(pc->rtc, CMOS_BOOT_3, (uint8_t)(order[2] << 4));
    }
    return true;
}

bool pc_tell_storage(struct pc *pc, GError **error)
{
    const struct options *options = pc->board.options;
    bool strict = !g_strcmp0(options->boot_strict, "on");
    g_autofree char *order = board_boot_order(&pc->board);
    tell_floppies(pc);
    tell_disks(pc);
    fw_cfg_set_u16(pc->fw_cfg, FW_CFG_BOOT_MENU, !g_strcmp0(options->boot_menu, "on"));
    if (options->boot_splash_ms) {
        uint16_t wait = GUINT16_TO_LE((uint16_t)options->boot_splash_ms);
        fw_cfg_set_file(pc->fw_cfg, "etc/boot-menu-wait", &wait, sizeof(wait));
    }
    uint32_t retry = GUINT32_TO_LE((uint32_t)options->boot_retry_ms);       /* all ones: never */
    fw_cfg_set_file(pc->fw_cfg, "etc/boot-fail-wait", &retry, sizeof(retry));
    if (order || strict) {
        g_autofree char *text = g_strconcat(order ? order : "", order && strict ? "\n" : "", strict ? "HALT" : "", NULL);
        fw_cfg_set_file(pc->fw_cfg, "bootorder", text, (uint32_t)strlen(text) + 1);
    }
    return tell_order(pc, error);
}
