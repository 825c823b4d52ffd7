/* SPDX-License-Identifier: MIT */
/*
 * The device tree of "virt", in the shape that guests and firmware know from QEMU; bindings: Documentation/devicetree/bindings of
 * Linux. Phandles are numbered as QEMU does, so that the trees can be compared.
 */
#include <libfdt.h>
#include <string.h>
#include "base/error.h"
#include "base/option_file.h"
#include "hw/boards/virt_internal.h"

enum { TREE_BYTES = 1 << 20, MOST_CPUS_IN_CLUSTER = 16 };
enum { PHANDLE_CLOCK = 0x8000, PHANDLE_CPUS = 0x8001 };        /* CPUs from the last to the first, then GIC, MSI, GPIO */
enum { IRQ_SPI = 0, IRQ_PPI = 1, IRQ_EDGE = 1, IRQ_HIGH = 4 };
enum { PSCI_OFF = 0x84000002, PSCI_WIDE = 0x40000000, KEY_POWER = 116, CLOCK_HZ = 24000000 };

#define CELLS(...) (const uint32_t[]){ __VA_ARGS__ }, G_N_ELEMENTS(((const uint32_t[]){ __VA_ARGS__ }))
#define PAIR(value) (uint32_t)((value) >> 32), (uint32_t)(value)
#define STRINGS(text) (text), sizeof(text)      /* several, each with its end in the text */

static uint32_t gic_phandle(const struct virt *virt) { return PHANDLE_CPUS + virt->board.cpu_count; }
static uint32_t msi_phandle(const struct virt *virt) { return gic_phandle(virt) + 1; }
static bool has_msi(const struct virt *virt) { return virt->gic_version == 2 || virt->its; }
static uint32_t gpio_phandle(const struct virt *virt) { return gic_phandle(virt) + 1 + has_msi(virt); }

static void cells(void *fdt, const char *name, const uint32_t *values, unsigned count)
{
    uint32_t *big = g_new(uint32_t, count);
    for (unsigned i = 0; i < count; i++) {
        big[i] = cpu_to_fdt32(values[i]);
    }
    fdt_property(fdt, name, big, (int)(count * 4));
    g_free(big);
}

static void text(void *fdt, const char *name, const char *value)
{
    fdt_property_string(fdt, name, value);
}

static void mark(void *fdt, const char *name)
{
    fdt_property(fdt, name, NULL, 0);
}

static void begin(void *fdt, const char *name, uint64_t address)
{
    g_autofree char *full = g_strdup_printf("%s@%" G_GINT64_MODIFIER "x", name, address);
    fdt_begin_node(fdt, full);
}

static void place(void *fdt, uint64_t address, uint64_t bytes)
{
    cells(fdt, "reg", CELLS(PAIR(address), PAIR(bytes)));
}

/* ---- CPUs ---- */

static const char *cpu_compatible(const struct virt *virt, char *buffer, size_t size)
{
    const char *name = arm_model_name(virt->model);
    snprintf(buffer, size, "%s%s", strcmp(name, "max") ? "arm," : "arm,", strcmp(name, "max") ? name : "armv8");
    return buffer;
}

/* Two cells only where an affinity needs them. */
static bool wide_affinity(const struct virt *virt)
{
    for (unsigned i = 0; i < virt->board.cpu_count; i++) {
        if (virt->cpus[i]->mpidr & 0xff00000000) {
            return true;
        }
    }
    return false;
}

static void add_cpu_map(const struct virt *virt, void *fdt)
{
    fdt_begin_node(fdt, "cpu-map");
    fdt_begin_node(fdt, "socket0");
    fdt_begin_node(fdt, "cluster0");
    for (unsigned i = 0; i < virt->board.cpu_count; i++) {
        g_autofree char *core = g_strdup_printf("core%u", i);
        fdt_begin_node(fdt, core);
        fdt_property_u32(fdt, "cpu", PHANDLE_CPUS + virt->board.cpu_count - 1 - i);
        fdt_end_node(fdt);
    }
    fdt_end_node(fdt);
    fdt_end_node(fdt);
    fdt_end_node(fdt);
}

static void add_cpus(const struct virt *virt, void *fdt)
{
    char compatible[64];
    bool wide = wide_affinity(virt);
    fdt_begin_node(fdt, "cpus");
    fdt_property_u32(fdt, "#address-cells", wide ? 2 : 1);
    fdt_property_u32(fdt, "#size-cells", 0);
    for (unsigned i = 0; i < virt->board.cpu_count; i++) {
        uint64_t affinity = virt->cpus[i]->mpidr & 0xff00ffffff;
        begin(fdt, "cpu", i);
        text(fdt, "device_type", "cpu");
        text(fdt, "compatible", cpu_compatible(virt, compatible, sizeof(compatible)));
        if (virt->board.cpu_count > 1 && virt_psci_method(virt)) {
            text(fdt, "enable-method", "psci");
        }
        cells(fdt, "reg", (uint32_t[]){ wide ? affinity >> 32 : (uint32_t)affinity, (uint32_t)affinity }, wide ? 2 : 1);
        fdt_property_u32(fdt, "phandle", PHANDLE_CPUS + virt->board.cpu_count - 1 - i);
        fdt_end_node(fdt);
    }
    add_cpu_map(virt, fdt);
    fdt_end_node(fdt);
}

static void add_psci(const struct virt *virt, void *fdt)
{
    uint32_t wide = virt_wide(virt) ? PSCI_WIDE : 0;
    if (!virt_psci_method(virt)) {
        return;
    }
    fdt_begin_node(fdt, "psci");
    fdt_property(fdt, "compatible", STRINGS("arm,psci-1.0\0arm,psci-0.2\0arm,psci"));
    text(fdt, "method", virt_psci_method(virt));
    fdt_property_u32(fdt, "cpu_suspend", (PSCI_OFF - 1) | wide);
    fdt_property_u32(fdt, "cpu_off", PSCI_OFF);
    fdt_property_u32(fdt, "cpu_on", (PSCI_OFF + 1) | wide);
    fdt_property_u32(fdt, "migrate", (PSCI_OFF + 3) | wide);
    fdt_end_node(fdt);
}

/* A GICv2 names the CPUs of a private interrupt. */
static uint32_t ppi_flags(const struct virt *virt)
{
    return IRQ_HIGH | (virt->gic_version == 2 ? ((1u << MIN(virt->board.cpu_count, 8)) - 1) << 8 : 0);
}

static void add_timer_and_pmu(const struct virt *virt, void *fdt)
{
    uint32_t flags = ppi_flags(virt);
    fdt_begin_node(fdt, "timer");
    if (virt_wide(virt)) {
        fdt_property(fdt, "compatible", STRINGS("arm,armv8-timer\0arm,armv7-timer"));
    } else {
        text(fdt, "compatible", "arm,armv7-timer");
    }
    mark(fdt, "always-on");
    cells(fdt, "interrupts", CELLS(IRQ_PPI, VIRT_PPI_TIMER_SEC - 16, flags, IRQ_PPI, VIRT_PPI_TIMER_PHYS - 16, flags,
                                   IRQ_PPI, VIRT_PPI_TIMER_VIRT - 16, flags, IRQ_PPI, VIRT_PPI_TIMER_HYP - 16, flags));
    fdt_end_node(fdt);
    fdt_begin_node(fdt, "pmu");             /* empty for 32 bits, as QEMU has it */
    if (virt_wide(virt)) {
        text(fdt, "compatible", "arm,armv8-pmuv3");
        cells(fdt, "interrupts", CELLS(IRQ_PPI, VIRT_PPI_PMU - 16, flags));
    }
    fdt_end_node(fdt);
}

/* ---- Interrupt controllers ---- */

static void add_v2m(const struct virt *virt, void *fdt)
{
    begin(fdt, "v2m", VIRT_V2M);
    text(fdt, "compatible", "arm,gic-v2m-frame");
    mark(fdt, "msi-controller");
    place(fdt, VIRT_V2M, VIRT_V2M_BYTES);
    fdt_property_u32(fdt, "phandle", msi_phandle(virt));
    fdt_end_node(fdt);
}

static void add_its(const struct virt *virt, void *fdt)
{
    begin(fdt, "its", VIRT_ITS);
    text(fdt, "compatible", "arm,gic-v3-its");
    mark(fdt, "msi-controller");
    fdt_property_u32(fdt, "#msi-cells", 1);
    place(fdt, VIRT_ITS, VIRT_ITS_BYTES);
    fdt_property_u32(fdt, "phandle", msi_phandle(virt));
    fdt_end_node(fdt);
}

static void add_gic_places(const struct virt *virt, void *fdt)
{
    if (virt->gic_version == 2 && virt->virtualization) {
        cells(fdt, "reg", CELLS(PAIR(VIRT_GICD), PAIR(VIRT_GICD_BYTES), PAIR(VIRT_GICC), PAIR(VIRT_GICC_BYTES),
                                PAIR(VIRT_GICH), PAIR(VIRT_GICH_BYTES), PAIR(VIRT_GICV), PAIR(VIRT_GICV_BYTES)));
    } else if (virt->gic_version == 2) {
        cells(fdt, "reg", CELLS(PAIR(VIRT_GICD), PAIR(VIRT_GICD_BYTES), PAIR(VIRT_GICC), PAIR(VIRT_GICC_BYTES)));
    } else if (virt->board.cpu_count > VIRT_GICR_BYTES / 0x20000) {
        cells(fdt, "reg", CELLS(PAIR(VIRT_GICD), PAIR(VIRT_GICD_BYTES), PAIR(VIRT_GICR), PAIR(VIRT_GICR_BYTES),
                                PAIR(VIRT_GICR_HIGH), PAIR(VIRT_GICR_HIGH_BYTES)));
    } else {
        cells(fdt, "reg", CELLS(PAIR(VIRT_GICD), PAIR(VIRT_GICD_BYTES), PAIR(VIRT_GICR), PAIR(VIRT_GICR_BYTES)));
    }
}

static void add_gic(const struct virt *virt, void *fdt)
{
    begin(fdt, "intc", VIRT_GICD);
    text(fdt, "compatible", virt->gic_version == 2 ? "arm,cortex-a15-gic" : "arm,gic-v3");
    fdt_property_u32(fdt, "#interrupt-cells", 3);
    mark(fdt, "interrupt-controller");
    fdt_property_u32(fdt, "#address-cells", 2);
    fdt_property_u32(fdt, "#size-cells", 2);
    mark(fdt, "ranges");
    add_gic_places(virt, fdt);
    if (virt->gic_version != 2) {
        fdt_property_u32(fdt, "#redistributor-regions", virt->board.cpu_count > VIRT_GICR_BYTES / 0x20000 ? 2 : 1);
    }
    if (virt->virtualization) {
        cells(fdt, "interrupts", CELLS(IRQ_PPI, VIRT_PPI_MAINTENANCE - 16, IRQ_HIGH));
    }
    fdt_property_u32(fdt, "phandle", gic_phandle(virt));
    if (virt->gic_version == 2) {
        add_v2m(virt, fdt);
    } else if (virt->its) {
        add_its(virt, fdt);
    }
    fdt_end_node(fdt);
}

/* ---- Devices ---- */

static void add_flash(void *fdt)
{
    uint64_t bank = VIRT_FLASH_BYTES / 2;
    begin(fdt, "flash", VIRT_FLASH);
    text(fdt, "compatible", "cfi-flash");
    cells(fdt, "reg", CELLS(PAIR(VIRT_FLASH), PAIR(bank), PAIR(VIRT_FLASH + bank), PAIR(bank)));
    fdt_property_u32(fdt, "bank-width", 4);
    fdt_end_node(fdt);
}

static void add_primecell(void *fdt, const char *name, uint64_t address, const void *compatible, int bytes, unsigned spi)
{
    begin(fdt, name, address);
    fdt_property(fdt, "compatible", compatible, bytes);
    place(fdt, address, 0x1000);
    cells(fdt, "interrupts", CELLS(IRQ_SPI, spi, IRQ_HIGH));
    if (spi == VIRT_SPI_UART) {
        cells(fdt, "clocks", CELLS(PHANDLE_CLOCK, PHANDLE_CLOCK));
        fdt_property(fdt, "clock-names", STRINGS("uartclk\0apb_pclk"));
    } else {
        fdt_property_u32(fdt, "clocks", PHANDLE_CLOCK);
        text(fdt, "clock-names", "apb_pclk");
    }
}

static void add_primecells(const struct virt *virt, void *fdt)
{
    add_primecell(fdt, "pl011", VIRT_UART, STRINGS("arm,pl011\0arm,primecell"), VIRT_SPI_UART);
    fdt_end_node(fdt);
    add_primecell(fdt, "pl031", VIRT_RTC, STRINGS("arm,pl031\0arm,primecell"), VIRT_SPI_RTC);
    fdt_end_node(fdt);
    add_primecell(fdt, "pl061", VIRT_GPIO, STRINGS("arm,pl061\0arm,primecell"), VIRT_SPI_GPIO);
    fdt_property_u32(fdt, "#gpio-cells", 2);
    mark(fdt, "gpio-controller");
    fdt_property_u32(fdt, "phandle", gpio_phandle(virt));
    fdt_end_node(fdt);
    fdt_begin_node(fdt, "gpio-keys");
    text(fdt, "compatible", "gpio-keys");
    fdt_begin_node(fdt, "poweroff");
    text(fdt, "label", "GPIO Key Poweroff");
    fdt_property_u32(fdt, "linux,code", KEY_POWER);
    cells(fdt, "gpios", CELLS(gpio_phandle(virt), VIRT_GPIO_POWER, 0));
    fdt_end_node(fdt);
    fdt_end_node(fdt);
}

static void add_virtio_slots(void *fdt)
{
    for (unsigned i = 0; i < VIRT_MMIO_SLOTS; i++) {
        begin(fdt, "virtio_mmio", VIRT_MMIO + i * VIRT_MMIO_BYTES);
        text(fdt, "compatible", "virtio,mmio");
        place(fdt, VIRT_MMIO + i * VIRT_MMIO_BYTES, VIRT_MMIO_BYTES);
        cells(fdt, "interrupts", CELLS(IRQ_SPI, VIRT_SPI_MMIO + i, IRQ_EDGE));
        mark(fdt, "dma-coherent");
        fdt_end_node(fdt);
    }
}

static void add_misc(const struct virt *virt, void *fdt)
{
    begin(fdt, "fw-cfg", VIRT_FW_CFG);
    text(fdt, "compatible", "qemu,fw-cfg-mmio");
    place(fdt, VIRT_FW_CFG, VIRT_FW_CFG_BYTES);
    mark(fdt, "dma-coherent");
    fdt_end_node(fdt);
    begin(fdt, "platform-bus", VIRT_PLATFORM_BUS);
    fdt_property(fdt, "compatible", STRINGS("qemu,platform\0simple-bus"));
    fdt_property_u32(fdt, "#size-cells", 1);
    fdt_property_u32(fdt, "#address-cells", 1);
    cells(fdt, "ranges", CELLS(0, PAIR(VIRT_PLATFORM_BUS), (uint32_t)VIRT_PLATFORM_BUS_BYTES));
    fdt_property_u32(fdt, "interrupt-parent", gic_phandle(virt));
    fdt_end_node(fdt);
    fdt_begin_node(fdt, "apb-pclk");
    text(fdt, "compatible", "fixed-clock");
    fdt_property_u32(fdt, "#clock-cells", 0);
    fdt_property_u32(fdt, "clock-frequency", CLOCK_HZ);
    text(fdt, "clock-output-names", "clk24mhz");
    fdt_property_u32(fdt, "phandle", PHANDLE_CLOCK);
    fdt_end_node(fdt);
}

/* ---- PCI Express ---- */

/* Pin p of slot s goes to SPI 3 + (s + p - 1) mod 4; four slots show the pattern. */
static void add_interrupt_map(const struct virt *virt, void *fdt)
{
    enum { ENTRY = 10 };
    uint32_t map[PCI_PINS * PCI_PINS * ENTRY], *at = map;
    for (unsigned slot = 0; slot < PCI_PINS; slot++) {
        for (unsigned pin = 1; pin <= PCI_PINS; pin++, at += ENTRY) {
            uint32_t entry[ENTRY] = { slot << 11, 0, 0, pin, gic_phandle(virt), 0, 0, IRQ_SPI,
                                      VIRT_SPI_PCI + (slot + pin - 1) % PCI_PINS, IRQ_HIGH };
            memcpy(at, entry, sizeof(entry));
        }
    }
    cells(fdt, "interrupt-map", map, G_N_ELEMENTS(map));
    cells(fdt, "interrupt-map-mask", CELLS(0x1800, 0, 0, 7));
}

static void add_pci_ranges(const struct virt *virt, void *fdt)
{
    const uint32_t ranges[] = {
        0x01000000, 0, 0, PAIR(VIRT_PCI_IO), PAIR(VIRT_PCI_IO_BYTES),
        0x02000000, PAIR(VIRT_PCI_MEMORY), PAIR(VIRT_PCI_MEMORY), PAIR(VIRT_PCI_MEMORY_BYTES),
        0x03000000, PAIR(VIRT_PCI_HIGH), PAIR(VIRT_PCI_HIGH), PAIR(VIRT_PCI_HIGH_BYTES),
    };
    cells(fdt, "ranges", ranges, virt->highmem ? 21 : 14);
}

static void add_pci(const struct virt *virt, void *fdt)
{
    uint64_t config = virt->high_ecam ? VIRT_ECAM_HIGH : VIRT_ECAM_LOW;
    uint64_t bytes = virt->high_ecam ? VIRT_ECAM_HIGH_BYTES : VIRT_ECAM_LOW_BYTES;
    begin(fdt, "pcie", VIRT_PCI_MEMORY);
    text(fdt, "compatible", "pci-host-ecam-generic");
    text(fdt, "device_type", "pci");
    fdt_property_u32(fdt, "#address-cells", 3);
    fdt_property_u32(fdt, "#size-cells", 2);
    fdt_property_u32(fdt, "linux,pci-domain", 0);
    cells(fdt, "bus-range", CELLS(0, (uint32_t)(bytes >> 20) - 1));
    mark(fdt, "dma-coherent");
    if (has_msi(virt)) {
        cells(fdt, "msi-map", CELLS(0, msi_phandle(virt), 0, 0x10000));
    }
    place(fdt, config, bytes);
    add_pci_ranges(virt, fdt);
    fdt_property_u32(fdt, "#interrupt-cells", 1);
    add_interrupt_map(virt, fdt);
    fdt_end_node(fdt);
}

/* ---- The whole ---- */

/* Random numbers for the guest's start; the same ones in runs that must be alike. */
static void add_chosen(const struct virt *virt, void *fdt)
{
    uint32_t seed[10];
    g_autoptr(GRand) random = virt->board.options->icount ? g_rand_new_with_seed(1) : g_rand_new();
    for (unsigned i = 0; i < G_N_ELEMENTS(seed); i++) {
        seed[i] = g_rand_int(random);
    }
    fdt_begin_node(fdt, "chosen");
    g_autofree char *path = g_strdup_printf("/pl011@%" G_GINT64_MODIFIER "x", VIRT_UART);
    text(fdt, "stdout-path", path);
    cells(fdt, "rng-seed", seed, 8);
    cells(fdt, "kaslr-seed", seed + 8, 2);
    fdt_end_node(fdt);
}

static void add_all(const struct virt *virt, void *fdt)
{
    fdt_begin_node(fdt, "");
    text(fdt, "compatible", "linux,dummy-virt");
    text(fdt, "model", "linux,dummy-virt");
    fdt_property_u32(fdt, "#address-cells", 2);
    fdt_property_u32(fdt, "#size-cells", 2);
    fdt_property_u32(fdt, "interrupt-parent", gic_phandle(virt));
    add_chosen(virt, fdt);
    begin(fdt, "memory", VIRT_RAM);
    text(fdt, "device_type", "memory");
    place(fdt, VIRT_RAM, virt->board.machine->ram_bytes);
    fdt_end_node(fdt);
    add_cpus(virt, fdt);
    add_psci(virt, fdt);
    add_timer_and_pmu(virt, fdt);
    add_gic(virt, fdt);
    add_flash(fdt);
    add_primecells(virt, fdt);
    add_virtio_slots(fdt);
    add_pci(virt, fdt);
    add_misc(virt, fdt);
    fdt_end_node(fdt);
}

static GBytes *generate(const struct virt *virt, GError **error)
{
    uint8_t *fdt = g_malloc0(TREE_BYTES);
    fdt_create(fdt, TREE_BYTES);
    fdt_finish_reservemap(fdt);
    add_all(virt, fdt);
    if (fdt_finish(fdt) || fdt_check_header(fdt)) {
        error_fail(error, "the device tree does not fit into %u bytes", TREE_BYTES);
        g_free(fdt);
        return NULL;
    }
    return g_bytes_new_take(fdt, fdt_totalsize(fdt));
}

/* ---- What the command line adds ---- */

static GBytes *read_tree(const char *path, GError **error)
{
    uint8_t *bytes;
    gsize size;
    if (!option_file_read("-dtb", path, &bytes, &size, error)) {
        return NULL;
    }
    if (size < sizeof(struct fdt_header) || fdt_check_full(bytes, size)) {
        error_fail(error, "-dtb %s: no device tree, or a damaged one", path);
        g_free(bytes);
        return NULL;
    }
    return g_bytes_new_take(bytes, size);
}

static int node(void *fdt, const char *path)
{
    int offset = fdt_path_offset(fdt, path);
    return offset >= 0 ? offset : fdt_add_subnode(fdt, 0, path + 1);
}

/* A tree from a file knows neither the size of memory nor how CPUs are started. */
static int patch_file(const struct virt *virt, void *fdt)
{
    const uint32_t reg[] = { PAIR(VIRT_RAM), PAIR(virt->board.machine->ram_bytes) };
    uint32_t big[G_N_ELEMENTS(reg)];
    g_autofree char *path = g_strdup_printf("/memory@%" G_GINT64_MODIFIER "x", VIRT_RAM);
    int memory = node(fdt, path), failure = memory < 0 ? memory : fdt_setprop_string(fdt, memory, "device_type", "memory");
    for (unsigned i = 0; i < G_N_ELEMENTS(reg); i++) {
        big[i] = cpu_to_fdt32(reg[i]);
    }
    return failure ? failure : fdt_setprop(fdt, memory, "reg", big, sizeof(big));
}

static int patch_chosen(const struct virt *virt, void *fdt)
{
    const struct options *options = virt->board.options;
    const struct arm_part *initrd = &virt->kernel.initrd;
    int chosen = node(fdt, "/chosen"), failure = chosen < 0 ? chosen : 0;
    if (!failure && options->append) {
        failure = fdt_setprop_string(fdt, chosen, "bootargs", options->append);
    }
    if (!failure && initrd->bytes) {
        failure = fdt_setprop_u64(fdt, chosen, "linux,initrd-start", initrd->address) ||
                  fdt_setprop_u64(fdt, chosen, "linux,initrd-end", initrd->address + g_bytes_get_size(initrd->bytes));
    }
    return failure;
}

bool virt_build_device_tree(struct virt *virt, GError **error)
{
    const struct options *options = virt->board.options;
    GBytes *tree = options->dtb ? read_tree(options->dtb, error) : generate(virt, error);
    if (!tree) {
        return false;
    }
    gsize size;
    const void *bytes = g_bytes_get_data(tree, &size);
    /* The room stays in it, as in QEMU's: boot loaders add to the tree where it lies. */
    size_t room = MAX(size + (options->append ? strlen(options->append) : 0) + 4096, TREE_BYTES);
    uint8_t *fdt = g_malloc0(room);
    int failure = fdt_open_into(bytes, fdt, (int)room);
    failure = failure ? failure : options->dtb ? patch_file(virt, fdt) : 0;
    failure = failure ? failure : patch_chosen(virt, fdt);
    g_bytes_unref(tree);
    if (failure) {
        g_free(fdt);
        return error_fail(error, "the device tree%s%s cannot take the command line: %s", options->dtb ? " " : "",
                          options->dtb ? options->dtb : "", fdt_strerror(failure));
    }
    virt->device_tree = g_bytes_new_take(fdt, fdt_totalsize(fdt));
    return true;
}
