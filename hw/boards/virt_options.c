/* SPDX-License-Identifier: MIT */
/* What "virt" is made of by the command line: CPU model, properties of -machine. */
#include <string.h>
#include "base/error.h"
#include "hw/boards/virt_internal.h"

static bool is_on(const char *choice, bool standard)
{
    return choice ? !strcmp(choice, "on") : standard;
}

/* Firmware begins with a branch: B of A64, or B of A32 with condition "always". */
static unsigned firmware_bits(const char *path)
{
    uint8_t word[4] = { 0 };
    FILE *file = path ? fopen(path, "rb") : NULL;
    if (!file) {
        return 0;
    }
    size_t got = fread(word, 1, sizeof(word), file);
    fclose(file);
    return got == sizeof(word) && word[3] == 0xea ? 32 : 64;
}

/* Without -cpu: the width that the kernel or the firmware needs, else 64 bits. */
static const char *standard_cpu(const struct virt *virt, enum kernel_kind kind)
{
    unsigned bits = arm_kernel_bits(kind);
    if (!bits && virt->board.options->bios) {
        bits = firmware_bits(virt->board.options->bios);
    }
    return bits == 32 ? "cortex-a15" : "cortex-a57";
}

static bool choose_cpu(struct virt *virt, GError **error)
{
    const struct options *options = virt->board.options;
    enum kernel_kind kind = KERNEL_UNKNOWN;
    if (options->kernel && !arm_kernel_identify(options->kernel, &kind, error)) {
        return false;
    }
    const char *name = options->cpu ? options->cpu : standard_cpu(virt, kind);
    if (!strcmp(name, "host")) {        /* scripts made for KVM say it; without KVM the nearest thing is "max" */
        g_printerr("dragoman: -cpu host: taking 'max' instead, the host's CPU is not passed through\n");
        name = "max";
    }
    virt->model = arm_model_find(name, error);
    if (!virt->model) {
        g_prefix_error(error, "-cpu: ");
        return false;
    }
    if (arm_kernel_bits(kind) == 64 && !virt_wide(virt)) {
        return error_fail(error, "-kernel %s: %s, but -cpu %s has 32 bits; leave -cpu away or take one such as cortex-a57",
                          options->kernel, kernel_kind_name(kind), name);
    }
    return true;
}

static bool choose_gic(struct virt *virt, GError **error)
{
    const char *text = virt->board.options->gic_version;
    uint64_t cpus = virt->board.options->cpus;
    virt->gic_version = text && (!strcmp(text, "3") || !strcmp(text, "max")) ? 3 : 2;
    if (!text && cpus > GICV2_CPUS) {
        virt->gic_version = 3;
    }
    if (virt->gic_version == 2 && cpus > GICV2_CPUS) {
        return error_fail(error, "-smp %" G_GUINT64_FORMAT ": a GICv2 has at most %u CPUs; take gic-version=3", cpus, GICV2_CPUS);
    }
    return true;
}

bool virt_choose(struct virt *virt, GError **error)
{
    const struct options *options = virt->board.options;
    virt->secure = is_on(options->secure, false);
    virt->virtualization = is_on(options->virtualization, false);
    virt->highmem = is_on(options->highmem, true);
    virt->acpi = is_on(options->acpi, true);
    if (!choose_cpu(virt, error) || !choose_gic(virt, error)) {
        return false;
    }
    virt->its = virt->gic_version == 3 && is_on(options->its, true);
    if (options->memory_bytes & 4095) {
        return error_fail(error, "-m: memory must be whole pages of 4 KiB");
    }
    if (options->memory_bytes > VIRT_RAM_BYTES || (!virt->highmem && options->memory_bytes > 3ull << 30)) {
        return error_fail(error, "-m: machine 'virt' has room for %s of memory", virt->highmem ? "255 GiB" : "3 GiB (highmem=off)");
    }
    return true;
}
