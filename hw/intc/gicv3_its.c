/* SPDX-License-Identifier: MIT */
/*
 * GICv3 interrupt translation service (IHI 0069, chapter 5; registers 12.19; commands 5.3): a message of a device becomes an LPI at a
 * redistributor. 16 bits of device, of event and of interrupt number, flat tables, no table of its own for collections.
 *
 * All tables are in the memory that the guest gave, entries of eight bytes each:
 *   device      bit 63 valid, 51..8 address of its events' table, 4..0 bits of event number less one
 *   event       bit 63 valid, 47..32 collection, 31..0 interrupt
 *   collection  bit 63 valid, 15..0 CPU
 * A command that names what is not there is skipped and logged.
 */
#include "hw/intc/gicv3_internal.h"

enum gits_register {
    GITS_CTLR = 0x0000, GITS_IIDR = 0x0004, GITS_TYPER = 0x0008, GITS_CBASER = 0x0080, GITS_CWRITER = 0x0088, GITS_CREADR = 0x0090,
    GITS_BASER0 = 0x0100, GITS_BASER1 = 0x0108, GITS_BASER_END = 0x0140, GITS_IDREGS = 0xffd0, GITS_TRANSLATER = 0x10040,
};
enum { GITS_BYTES = 0x20000, CTLR_ENABLED = 1, IIDR_ARM = 0x43b, ENTRY_BYTES = 8, COMMAND_BYTES = 32, CPU_NUMBER_MOST = 0xffff };
enum its_command {
    ITS_MOVI = 0x01, ITS_INT = 0x03, ITS_CLEAR = 0x04, ITS_SYNC = 0x05, ITS_MAPD = 0x08, ITS_MAPC = 0x09, ITS_MAPTI = 0x0a, ITS_MAPI = 0x0b,
    ITS_INV = 0x0c, ITS_INVALL = 0x0d, ITS_MOVALL = 0x0e, ITS_DISCARD = 0x0f,
};
static const uint64_t VALID = 1ull << 63, CTLR_QUIESCENT = 1ull << 31, TABLE_ADDRESS = 0xffffffffff00 | 0xfull << 48;
static const uint64_t CBASER_WRITABLE = 0xf8effffffffffcff, BASER_WRITABLE = 0xb8e0ffffffffffff & ~(0x1full << 48);
static const uint64_t BASER_FIXED[2] = { 1ull << 56 | (uint64_t)(ENTRY_BYTES - 1) << 48, 4ull << 56 | (uint64_t)(ENTRY_BYTES - 1) << 48 };
static const uint64_t TYPER = 1 | (ENTRY_BYTES - 1) << 4 | 15 << 8 | 15 << 13;
static const uint8_t identification[12] = { 0x44, 0, 0, 0, 0x94, 0xb4, 0x3b, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

struct its_event { uint64_t at, entry; };       /* where its entry is, and what is in it */

/* ---- Tables ---- */

static uint64_t read_entry(const struct gicv3_its *its, uint64_t at)
{
    uint64_t entry = 0;
    memory_read_bytes(its->machine->memory, at, &entry, sizeof(entry));
    return GUINT64_FROM_LE(entry);
}

static void write_entry(const struct gicv3_its *its, uint64_t at, uint64_t entry)
{
    entry = GUINT64_TO_LE(entry);
    memory_write_bytes(its->machine->memory, at, &entry, sizeof(entry));
}

/* 12.19.1: pages of 4, 16 or 64 KiB; those of 64 KiB keep the address's top in its bottom. */
static bool table_entry(const struct gicv3_its *its, unsigned table, uint64_t index, uint64_t *at)
{
    uint64_t baser = its->state.baser[table], page = baser >> 8 & 3, bytes = 4096ull << MIN(page, 2u) * 2;
    uint64_t base = page >= 2 ? (baser & 0xffffffff0000) | (baser >> 12 & 15) << 48 : baser & 0xfffffffff000;
    *at = base + index * ENTRY_BYTES;
    return (baser & VALID) && index < ((baser & 0xff) + 1) * bytes / ENTRY_BYTES;
}

static bool find_event(const struct gicv3_its *its, uint32_t device, uint32_t number, struct its_event *event)
{
    uint64_t at;
    if (!table_entry(its, 0, device, &at)) {
        return false;
    }
    uint64_t entry = read_entry(its, at);
    if (!(entry & VALID) || (uint64_t)number >> ((entry & 31) + 1)) {
        return false;
    }
    event->at = (entry & TABLE_ADDRESS) + (uint64_t)number * ENTRY_BYTES;
    event->entry = read_entry(its, event->at);
    return true;
}

static struct gicv3_cpu *find_target(const struct gicv3_its *its, uint64_t collection)
{
    uint64_t at;
    if (!table_entry(its, 1, collection, &at)) {
        return NULL;
    }
    uint64_t entry = read_entry(its, at), cpu = entry & CPU_NUMBER_MOST;
    return (entry & VALID) && cpu < its->gic->cpu_count ? its->gic->cpus[cpu] : NULL;
}

static struct gicv3_cpu *target_of(const struct gicv3_its *its, const struct its_event *event)
{
    return event->entry & VALID ? find_target(its, event->entry >> 32 & 0xffff) : NULL;
}

static bool set_pending(struct gicv3_its *its, uint32_t device, uint32_t number, bool pending)
{
    struct its_event event;
    if (!find_event(its, device, number, &event)) {
        return false;
    }
    struct gicv3_cpu *cpu = target_of(its, &event);
    if (cpu && (cpu->state.ctlr & GICR_CTLR_ENABLE_LPIS)) {
        gicv3_set_lpi(cpu, (uint32_t)event.entry, pending);
        gicv3_update_cpu(cpu);
    }
    return cpu;
}

/* ---- Commands ---- */

static bool map_device(struct gicv3_its *its, const uint64_t command[4])
{
    uint64_t at;
    if (!table_entry(its, 0, command[0] >> 32, &at)) {
        return false;
    }
    write_entry(its, at, (command[2] & (VALID | TABLE_ADDRESS)) | MIN(command[1] & 31, 15u));
    return true;
}

static bool map_collection(struct gicv3_its *its, const uint64_t command[4])
{
    uint64_t at, cpu = command[2] >> 16 & 0x7ffffffff;
    if (!table_entry(its, 1, command[2] & 0xffff, &at) || ((command[2] & VALID) && cpu >= its->gic->cpu_count)) {
        return false;
    }
    write_entry(its, at, (command[2] & VALID) | (cpu & CPU_NUMBER_MOST));
    return true;
}

static bool map_event(struct gicv3_its *its, const uint64_t command[4], uint32_t irq)
{
    struct its_event event;
    if (irq < GICV3_LPI_FIRST || irq >= 1u << GICV3_ID_BITS ||
        !find_event(its, (uint32_t)(command[0] >> 32), (uint32_t)command[1], &event)) {
        return false;
    }
    write_entry(its, event.at, VALID | (command[2] & 0xffff) << 32 | irq);
    return true;
}

static void move_lpi(struct gicv3_cpu *from, struct gicv3_cpu *to, uint32_t irq)
{
    if (from != to && irq >= GICV3_LPI_FIRST && irq < 1u << GICV3_ID_BITS &&
        (from->state.lpi_pending[(irq - GICV3_LPI_FIRST) / 64] >> irq % 64 & 1)) {
        gicv3_set_lpi(from, irq, false);
        gicv3_set_lpi(to, irq, true);
        gicv3_update_cpu(from);
        gicv3_update_cpu(to);
    }
}

static bool move_event(struct gicv3_its *its, const uint64_t command[4])
{
    struct its_event event;
    struct gicv3_cpu *to = find_target(its, command[2] & 0xffff);
    if (!find_event(its, (uint32_t)(command[0] >> 32), (uint32_t)command[1], &event) || !target_of(its, &event) || !to) {
        return false;
    }
    move_lpi(target_of(its, &event), to, (uint32_t)event.entry);
    write_entry(its, event.at, VALID | (command[2] & 0xffff) << 32 | (uint32_t)event.entry);
    return true;
}

static bool move_all(struct gicv3_its *its, const uint64_t command[4])
{
    uint64_t from = command[2] >> 16 & 0x7ffffffff, to = command[3] >> 16 & 0x7ffffffff;
    if (from >= its->gic->cpu_count || to >= its->gic->cpu_count) {
        return false;
    }
    for (uint32_t irq = GICV3_LPI_FIRST; irq < 1u << GICV3_ID_BITS && its->gic->cpus[from]->lpi_count; irq++) {
        move_lpi(its->gic->cpus[from], its->gic->cpus[to], irq);
    }
    return true;
}

static bool discard(struct gicv3_its *its, const uint64_t command[4])
{
    struct its_event event;
    if (!find_event(its, (uint32_t)(command[0] >> 32), (uint32_t)command[1], &event)) {
        return false;
    }
    struct gicv3_cpu *cpu = target_of(its, &event);
    if (cpu) {
        gicv3_set_lpi(cpu, (uint32_t)event.entry, false);
        gicv3_update_cpu(cpu);
    }
    write_entry(its, event.at, 0);
    return true;
}

static bool look_again(struct gicv3_cpu *cpu)
{
    if (cpu) {
        gicv3_scan_lpis(cpu);
        gicv3_update_cpu(cpu);
    }
    return cpu;
}

static bool run_command(struct gicv3_its *its, const uint64_t command[4])
{
    uint32_t device = (uint32_t)(command[0] >> 32), number = (uint32_t)command[1];
    struct its_event event;
    switch ((enum its_command)(command[0] & 0xff)) {
    case ITS_SYNC: return true;         /* everything is done at once */
    case ITS_INT: return set_pending(its, device, number, true);
    case ITS_CLEAR: return set_pending(its, device, number, false);
    case ITS_MAPD: return map_device(its, command);
    case ITS_MAPC: return map_collection(its, command);
    case ITS_MAPTI: return map_event(its, command, (uint32_t)(command[1] >> 32));
    case ITS_MAPI: return map_event(its, command, number);
    case ITS_MOVI: return move_event(its, command);
    case ITS_MOVALL: return move_all(its, command);
    case ITS_DISCARD: return discard(its, command);
    case ITS_INV: return find_event(its, device, number, &event) && look_again(target_of(its, &event));
    case ITS_INVALL: return look_again(find_target(its, command[2] & 0xffff));
    }
    return false;
}

static void run_commands(struct gicv3_its *its)
{
    struct gicv3_its_state *s = &its->state;
    uint64_t base = s->cbaser & 0xffffffffff000, bytes = ((s->cbaser & 0xff) + 1) * 4096;
    if (its->running || !(s->ctlr & CTLR_ENABLED) || !(s->cbaser & VALID) || s->cwriter >= bytes) {
        return;
    }
    its->running = true;
    for (uint64_t end = s->cwriter; s->creadr != end;) {
        uint64_t command[4] = { 0 };
        memory_read_bytes(its->machine->memory, base + s->creadr, command, sizeof(command));
        for (unsigned i = 0; i < ARRAY_LEN(command); i++) {
            command[i] = GUINT64_FROM_LE(command[i]);
        }
        if (!run_command(its, command)) {
            log_write(its->machine->log, LOG_guest_errors, "gicv3: ITS command %016" G_GINT64_MODIFIER "x %016" G_GINT64_MODIFIER
                      "x %016" G_GINT64_MODIFIER "x skipped\n", command[0], command[1], command[2]);
        }
        s->creadr = (s->creadr + COMMAND_BYTES) % bytes;
    }
    its->running = false;
}

/* ---- Messages ---- */

void gicv3_its_message(void *opaque, uint16_t requester, uint64_t address, uint32_t data)
{
    struct gicv3_its *its = opaque;
    if (address != its->address + GITS_TRANSLATER) {
        memory_write(its->machine->memory, address, data, 4);
    } else if (!(its->state.ctlr & CTLR_ENABLED) || !set_pending(its, requester, data, true)) {
        log_write(its->machine->log, LOG_guest_errors, "gicv3: message %x of device %04x is not mapped\n", data, requester);
    }
}

/* ---- Registers ---- */

static uint64_t wide_register(const struct gicv3_its *its, unsigned offset)
{
    const struct gicv3_its_state *s = &its->state;
    switch ((enum gits_register)offset) {
    case GITS_CTLR: return s->ctlr | CTLR_QUIESCENT | (uint64_t)IIDR_ARM << 32;
    case GITS_TYPER: return TYPER;
    case GITS_CBASER: return s->cbaser;
    case GITS_CWRITER: return s->cwriter;
    case GITS_CREADR: return s->creadr;
    case GITS_BASER0: return s->baser[0] | BASER_FIXED[0];
    case GITS_BASER1: return s->baser[1] | BASER_FIXED[1];
    default: return 0;
    }
}

static uint64_t its_read(void *device, uint64_t offset, unsigned size)
{
    const struct gicv3_its *its = device;
    if (offset >= GITS_IDREGS && offset < 0x10000) {
        return identification[(offset - GITS_IDREGS) / 4];
    }
    return wide_register(its, (unsigned)offset & ~7u) >> (offset & 4 ? 32 : 0);
}

static void put(uint64_t *reg, uint64_t offset, uint64_t value, unsigned size, uint64_t writable)
{
    unsigned shift = offset & 4 ? 32 : 0;
    uint64_t mask = size == 8 ? UINT64_MAX : 0xffffffffull << shift;
    *reg = ((*reg & ~mask) | (value << shift & mask)) & writable;
}

/* The bases are fixed while the service is on. */
static void its_write(void *device, uint64_t offset, uint64_t value, unsigned size)
{
    struct gicv3_its *its = device;
    struct gicv3_its_state *s = &its->state;
    bool on = s->ctlr & CTLR_ENABLED;
    switch ((enum gits_register)(offset & ~7ull)) {
    case GITS_CTLR:
        s->ctlr = offset & 4 ? s->ctlr : (uint32_t)value & CTLR_ENABLED;
        break;
    case GITS_CBASER:
        if (!on) {
            put(&s->cbaser, offset, value, size, CBASER_WRITABLE);
            s->creadr = s->cwriter = 0;
        }
        break;
    case GITS_CWRITER: put(&s->cwriter, offset, value, size, 0xfffe0); break;
    case GITS_BASER0:
    case GITS_BASER1:
        if (!on) {
            put(&s->baser[offset >= GITS_BASER1], offset, value, size, BASER_WRITABLE);
        }
        break;
    default:
        if (offset == GITS_TRANSLATER) {        /* not by a device that PCI names: device 0 */
            gicv3_its_message(its, 0, its->address + offset, (uint32_t)value);
        } else if (offset < GITS_BASER0 || offset >= GITS_BASER_END) {
            log_write(its->machine->log, LOG_guest_errors, "gicv3: write of unknown ITS register %05x\n", (unsigned)offset);
        }
        break;
    }
    run_commands(its);
}

static const struct io_ops its_ops = { its_read, its_write, 4, 8 };

static void reset(void *device)
{
    struct gicv3_its *its = device;
    its->state = (struct gicv3_its_state){ .ctlr = 0 };
}

#define FIELD(member) SNAPSHOT_FIELD(struct gicv3_its_state, member)
static const struct snapshot_field fields[] = { FIELD(cbaser), FIELD(cwriter), FIELD(creadr), FIELD(baser), FIELD(ctlr), FIELD(pad) };

const struct device_type gicv3_its_type = {
    .name = "gicv3-its",
    .reset = reset,
    .state_offset = offsetof(struct gicv3_its, state),
    .state_size = sizeof(struct gicv3_its_state),
    .fields = fields,
    .field_count = ARRAY_LEN(fields),
    .version = 1,
};

struct gicv3_its *gicv3_its_new(struct machine *machine, struct gicv3 *gic, uint64_t address)
{
    struct gicv3_its *its = g_new0(struct gicv3_its, 1);
    its->machine = machine;
    its->gic = gic;
    its->address = address;
    memory_add_io(machine->memory, "gicv3-its", address, GITS_BYTES, &its_ops, its, 0);
    machine_add_device(machine, &gicv3_its_type, its);
    return its;
}
