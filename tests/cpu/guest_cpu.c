/* SPDX-License-Identifier: MIT */
/* See guest_cpu.h. Page tables map the region and nothing else, with the rights that host_cpu.c gives it. */
#include "tests/cpu/guest_cpu.h"
#include <string.h>
#include <sys/mman.h>
#include "base/log.h"
#include "base/memory.h"
#include "target-x86/system.h"

enum { RAM_BYTES = 2 << 20, PML4 = 0x1000, PDPT = 0x2000, PD = 0x3000, PT = 0x4000, MAX_UNITS = 200000,
       PTE_P = 1, PTE_W = 2, PTE_U = 4, PAGE = 4096 };

struct guest_cpu {
    struct ram *ram;
    struct memory *memory;
    struct log *log;
    struct engine *engine;
    struct x86_cpu *cpu;
    uint8_t *region;                /* see region_map */
    struct frontend frontend;       /* x86's, with deliver and poll of ours */
    struct x86_model model;         /* max, by the vendor of the host: where vendors differ they differ alike */
    unsigned code_end;               /* region offset of the UD2 */
    struct x86_event event;
    bool caught;
};

static GPrivate running;            /* the guest that this thread runs, for the two functions below */

static void catch(struct x86_cpu *x86, struct x86_event event)
{
    struct guest_cpu *guest = g_private_get(&running);
    guest->event = event;
    guest->caught = true;
    x86->raised.pending = false;
    x86->debug_pending = 0;
    x86->cpu.halted = true;
}

static void on_deliver(struct cpu *cpu)
{
    struct x86_cpu *x86 = x86_cpu_of(cpu);
    if (x86->raised.pending)
        catch(x86, x86->raised);
}

/* Single-step: a trap before the next instruction. */
static bool on_poll(struct cpu *cpu)
{
    struct x86_cpu *x86 = x86_cpu_of(cpu);
    cpu->exit_request = 0;
    if (x86->debug_pending)
        catch(x86, (struct x86_event){ .vector = EXC_DB });
    return !cpu->halted;
}

/* Neighbours of the region are no neighbours in RAM: what goes beyond a page by its host address goes wrong. */
static unsigned ram_page_of(unsigned page)
{
    const unsigned first = HOST_REGION / PAGE, count = HOST_REGION_BYTES / PAGE;
    return page - first < count ? first + (count - 1 - (page - first)) : page;
}

/* The region in its own order, for the tests: a second mapping of the same memory. */
static bool region_map(struct guest_cpu *guest)
{
    uint8_t *view = mmap(NULL, HOST_REGION_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (unsigned at = 0; view != MAP_FAILED && at < HOST_REGION_BYTES; at += PAGE) {
        if (mmap(view + at, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, guest->ram->fd,
                 (off_t)ram_page_of((HOST_REGION + at) / PAGE) * PAGE) == MAP_FAILED)
            return false;
    }
    guest->region = view;
    return view != MAP_FAILED;
}

static void pages_set(struct guest_cpu *guest)
{
    uint64_t *entry = (uint64_t *)(void *)guest->ram->host;
    entry[PML4 / 8] = PDPT | PTE_P | PTE_W | PTE_U;
    entry[PDPT / 8] = PD | PTE_P | PTE_W | PTE_U;
    entry[PD / 8] = PT | PTE_P | PTE_W | PTE_U;
    for (unsigned page = 0; page < 512; page++) {
        unsigned offset = page * 4096 - HOST_REGION;
        uint64_t rights = 0;
        if (offset < HOST_ABSENT)
            rights = offset < HOST_READ_ONLY ? PTE_P | PTE_W | PTE_U : PTE_P | PTE_U;
        entry[PT / 8 + page] = ram_page_of(page) * 4096ull | rights;
    }
}

struct guest_cpu *guest_cpu_new(const struct engine_options *options, GError **error)
{
    struct guest_cpu *guest = g_new0(struct guest_cpu, 1);
    guest->log = log_new();
    guest->ram = ram_new(RAM_BYTES);
    guest->memory = memory_new("memory", 1ull << 40, guest->log);
    memory_add_ram(guest->memory, "ram", 0, RAM_BYTES, guest->ram, 0, false, 0);
    guest->engine = engine_new(options, guest->memory, guest->log, error);
    guest->model = *x86_model_find("max", NULL);
    guest->model.amd = !host_cpu_is_intel();
    guest->cpu = x86_cpu_new(&guest->model, 0, true);
    guest->frontend = x86_frontend;
    guest->frontend.deliver = on_deliver;
    guest->frontend.poll = on_poll;
    struct cpu *cpu = &guest->cpu->cpu;
    cpu->frontend = &guest->frontend;
    cpu->memory = guest->memory;
    cpu->log = guest->log;
    engine_add_cpu(guest->engine, cpu);
    cpu->frontend = &guest->frontend;
    x86_reset(cpu);
    pages_set(guest);
    g_assert(region_map(guest));
    return guest;
}

void guest_cpu_free(struct guest_cpu *guest)
{
    engine_free(guest->engine);
    x86_cpu_free(guest->cpu);
    memory_free(guest->memory);
    munmap(guest->region, HOST_REGION_BYTES);
    ram_free(guest->ram);
    log_free(guest->log);
    g_free(guest);
}

uint8_t *guest_cpu_region(struct guest_cpu *guest) { return guest->region; }
struct x86_cpu *guest_cpu_x86(struct guest_cpu *guest) { return guest->cpu; }

void guest_cpu_code(struct guest_cpu *guest, const uint8_t *code, unsigned bytes)
{
    guest_cpu_code_at(guest, HOST_CODE, code, bytes);
}

void guest_cpu_code_at(struct guest_cpu *guest, unsigned offset, const uint8_t *code, unsigned bytes)
{
    uint8_t *p = guest_cpu_region(guest) + offset;
    memcpy(p, code, bytes);
    memcpy(p + bytes, "\x0f\x0b", 2);
    guest->code_end = offset + bytes;
    guest_cpu_written(guest, offset, bytes + 2);
}

void guest_cpu_written(struct guest_cpu *guest, unsigned offset, unsigned bytes)
{
    for (unsigned part; bytes; offset += part, bytes -= part) {
        part = MIN(bytes, PAGE - offset % PAGE);
        engine_code_written(guest->engine, (uint64_t)ram_page_of((HOST_REGION + offset) / PAGE) * PAGE + offset % PAGE, part);
    }
}

static struct x86_segment segment(uint64_t base, uint32_t limit, uint16_t attributes, unsigned cpl)
{
    return (struct x86_segment){ .base = base, .limit = limit, .selector = (uint16_t)(8 | cpl),
                                 .attributes = (uint16_t)(attributes | SEG_P | SEG_S | SEG_ACCESSED | SEG_RW | cpl << SEG_DPL_SHIFT) };
}

static void segments_set(struct x86_cpu *cpu, enum host_mode mode, unsigned cpl)
{
    bool segments = mode == HOST_16 || mode == HOST_32_SEGMENTS;
    uint64_t base = segments ? HOST_REGION : 0;
    uint32_t limit = segments ? 0xffff : 0xffffffff;
    uint16_t size = mode == HOST_16 ? 0 : SEG_DB;
    uint16_t code = SEG_CODE | (mode == HOST_16 ? 0 : mode == HOST_64 ? SEG_L | SEG_G : SEG_DB | SEG_G);
    for (unsigned s = SEG_ES; s <= SEG_GS; s++)
        cpu->seg[s] = segment(base, limit, size | (segments ? 0 : SEG_G), cpl);
    cpu->seg[SEG_TR].limit = 0;         /* no I/O permission map: as for a process of the host, ports are #GP(0) */
    cpu->seg[SEG_CS] = segment(mode == HOST_16 ? HOST_REGION : 0, mode == HOST_16 ? 0xffff : 0xffffffff, code, cpl);
    cpu->cpl = (uint8_t)cpl;
}

static void fx_load(struct x86_cpu *cpu, const uint8_t *fx)
{
    struct x86_fpu *fpu = &cpu->fpu;
    uint16_t status;
    uint32_t mxcsr;
    memcpy(&fpu->control, fx, 2);
    memcpy(&status, fx + 2, 2);
    fpu->top = status >> 11 & 7;
    fpu->status = status & ~(7u << 11);
    fpu->tag_valid = fx[4];
    fpu->ip = fpu->dp = fpu->cs = fpu->ds = fpu->opcode = 0;
    for (unsigned i = 0; i < 8; i++) {
        struct x86_st *st = &fpu->st[(fpu->top + i) & 7];
        memcpy(&st->significand, fx + 32 + 16 * i, 8);
        memcpy(&st->sign_exponent, fx + 40 + 16 * i, 2);
    }
    memcpy(cpu->xmm, fx + 160, 256);
    memcpy(&mxcsr, fx + 24, 4);
    x86_mxcsr_put(cpu, mxcsr);
}

static void fx_store(struct x86_cpu *cpu, uint8_t *fx)
{
    struct x86_fpu *fpu = &cpu->fpu;
    uint16_t status = x86_fpu_status(cpu);
    uint32_t mxcsr = x86_mxcsr_get(cpu);
    memcpy(fx, &fpu->control, 2);
    memcpy(fx + 2, &status, 2);
    fx[4] = fpu->tag_valid;
    for (unsigned i = 0; i < 8; i++) {
        const struct x86_st *st = &fpu->st[(fpu->top + i) & 7];
        memcpy(fx + 32 + 16 * i, &st->significand, 8);
        memcpy(fx + 40 + 16 * i, &st->sign_exponent, 2);
    }
    memcpy(fx + 160, cpu->xmm, 256);
    memcpy(fx + 24, &mxcsr, 4);
}

static void state_load(struct guest_cpu *guest, const struct host_state *state, enum host_mode mode, unsigned cpl)
{
    struct x86_cpu *cpu = guest->cpu;
    cpu->cr0 = CR0_PE | CR0_PG | CR0_AM | CR0_NE | CR0_WP | CR0_ET | CR0_MP;
    cpu->cr3 = PML4;
    cpu->cr4 = CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT | CR4_PGE | CR4_OSXSAVE;
    cpu->xcr0 = 3;                  /* x87 and SSE */
    cpu->efer = EFER_LME | EFER_LMA | EFER_NXE | EFER_SCE;
    segments_set(cpu, mode, cpl);
    memcpy(cpu->regs, state->gpr, sizeof cpu->regs);
    x86_eflags_put(cpu, state->flags | EFL_ONE, ~0ull);
    fx_load(cpu, state->fx);
    cpu->raised = (struct x86_event){ 0 };
    cpu->debug_pending = 0;
    cpu->single_step = false;
    cpu->cr2 = 0;
    cpu->cpu.halted = false;
    x86_update_mode(cpu);
    x86_set_rip(cpu, state->rip);
}

bool guest_cpu_run(struct guest_cpu *guest, struct host_state *state, enum host_mode mode, unsigned cpl)
{
    struct x86_cpu *cpu = guest->cpu;
    state_load(guest, state, mode, cpl);
    guest->caught = false;
    g_private_set(&running, guest);
    for (unsigned units = 0; !guest->caught && units < MAX_UNITS; units++)
        engine_run(guest->engine, &cpu->cpu, 1);
    memcpy(state->gpr, cpu->regs, sizeof state->gpr);
    state->flags = x86_eflags_get(cpu);
    state->rip = x86_rip(cpu);
    fx_store(cpu, state->fx);
    bool end = guest->event.vector == EXC_UD && state->rip == host_rip(mode, guest->code_end);
    state->vector = end ? 255 : guest->event.vector;
    state->error = guest->event.has_error ? guest->event.error : 0;
    state->address = cpu->cr2;
    return guest->caught;
}
