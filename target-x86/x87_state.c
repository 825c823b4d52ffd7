/* SPDX-License-Identifier: MIT */
/*
 * x87 state between struct x86_fpu and the host's x87 unit (SDM volume 1, chapter 8).
 *
 *   struct x86_fpu <-> image of FRSTOR and FNSAVE <-> host
 *
 * Live: the host holds the guest's state as it is, sticky flags included; all exceptions are masked, so none can come.
 *
 * x87_exec, for guests that unmasked one: state in, the instruction, state out. The host sees the guest's control
 * word with its masks but clear flags. An unmasked exception is only pending on the host: the waiting instruction that
 * would deliver it never comes, as FNSAVE clears it. So stack faults, unmasked responses, condition codes and every
 * special operand come out as the hardware defines them.
 */
#include "target-x86/x87.h"
#include "tcg/host-x86_64/copy.h"

/* Environment and registers as FRSTOR reads them in its 32-bit protected-mode form (SDM 1, figure 8-9). */
struct x87_image {
    uint16_t control, pad0, status, pad1, tags, pad2;
    uint32_t ip;
    uint16_t cs, opcode;
    uint32_t dp;
    uint16_t ds, pad3;
    struct { uint64_t significand; uint16_t sign_exponent; } __attribute__((packed)) st[8];
} __attribute__((packed));
G_STATIC_ASSERT(sizeof(struct x87_image) == 108);

/* flags: those of FSW that the host is to see. */
static void image_make(struct x87_image *image, const struct x86_fpu *fpu, uint16_t flags)
{
    *image = (struct x87_image){ .control = fpu->control, .status = (fpu->status & flags) | (uint16_t)(fpu->top << 11) };
    for (unsigned i = 0; i < 8; i++) {
        const struct x86_st *st = &fpu->st[x87_index(fpu, i)];
        image->st[i].significand = st->significand;
        image->st[i].sign_exponent = st->sign_exponent;
        if (!(fpu->tag_valid >> i & 1))
            image->tags |= 3u << 2 * i;
    }
}

/* keep: what stays of fpu->status beside the image's. */
static void image_take(const struct x87_image *image, struct x86_fpu *fpu, uint16_t keep)
{
    fpu->top = image->status >> 11 & 7;
    fpu->status = (fpu->status & keep) | (image->status & (FSW_FLAGS | FSW_SF | FSW_CC));
    x87_tags_put(fpu, image->tags);
    for (unsigned i = 0; i < 8; i++) {
        struct x86_st *st = x87_st(fpu, i);
        st->significand = image->st[i].significand;
        st->sign_exponent = image->st[i].sign_exponent;
    }
    x87_summarize(fpu);
}

void x87_sync(struct x86_fpu *fpu)
{
    struct x87_image image;
    if (!fpu->live)
        return;
    __asm__ volatile("fnsave %0" : "=m"(image));
    image_take(&image, fpu, 0);
    fpu->live = false;
}

/* Before the first x87 instruction of a unit, when the state is in memory. */
uint64_t helper_x87_enter(struct cpu *c)
{
    struct x86_fpu *fpu = &x86_cpu_of(c)->fpu;
    struct x87_image image;
    if (fpu->live)
        return 0;
    image_make(&image, fpu, FSW_CC | FSW_FLAGS | FSW_SF);
    __asm__ volatile("frstor %0" : : "m"(image));
    fpu->live = true;
    return 0;
}

/* Before instructions that work on the state in memory (MMX). */
uint64_t helper_x87_sync(struct cpu *c)
{
    x87_sync(&x86_cpu_of(c)->fpu);
    return 0;
}

void x86_release(struct cpu *cpu) { x87_sync(&x86_cpu_of(cpu)->fpu); }

uint32_t x87_exec(struct x86_fpu *fpu, unsigned opcode, void *memory, uint32_t flags)
{
    struct x87_image image;
    uint64_t word = (flags & EFL_ARITHMETIC) | EFL_ONE;

    image_make(&image, fpu, FSW_CC);
    /* The red zone of this function must survive PUSH and CALL. */
    __asm__ volatile("lea -128(%%rsp), %%rsp\n\t"
                     "frstor (%[image])\n\t"
                     "push %[word]\n\t"
                     "popf\n\t"
                     "call *%[code]\n\t"
                     "pushf\n\t"
                     "pop %[word]\n\t"
                     "fnsave (%[image])\n\t"
                     "lea 128(%%rsp), %%rsp"
                     : [word] "+&r"(word)
                     : [image] "r"(&image), [code] "r"(x87_code(opcode)), "D"(memory)
                     : "memory", "cc");
    image_take(&image, fpu, FSW_FLAGS | FSW_SF);
    return (uint32_t)word & EFL_ARITHMETIC;
}

void x87_summarize(struct x86_fpu *fpu)
{
    fpu->status &= ~(FSW_ES | FSW_B);
    if (fpu->status & ~fpu->control & FSW_FLAGS)
        fpu->status |= FSW_ES | FSW_B;
}

void x87_control_put(struct x86_fpu *fpu, uint16_t control)
{
    fpu->control = (control & FCW_WRITABLE) | FCW_ONE;
    x87_summarize(fpu);
}

void x87_status_put(struct x86_fpu *fpu, uint16_t status)
{
    fpu->top = status >> 11 & 7;
    fpu->status = status & (FSW_FLAGS | FSW_SF | FSW_CC);
    x87_summarize(fpu);
}

void x87_tags_put(struct x86_fpu *fpu, uint16_t tags)
{
    fpu->tag_valid = 0;
    for (unsigned i = 0; i < 8; i++)
        if ((tags >> 2 * i & 3) != 3)
            fpu->tag_valid |= 1u << i;
}

/* An instruction's address and opcode, for FNSTENV (SDM 1, 8.1.8) ... */
static void record(struct x86_cpu *cpu, uint64_t info, uint64_t rip)
{
    x87_sync(&cpu->fpu);
    cpu->fpu.opcode = info & 0x7ff;
    cpu->fpu.ip = rip;
    cpu->fpu.cs = cpu->seg[SEG_CS].selector;
}

/* ... and its operand's. */
static void record_memory(struct x86_cpu *cpu, uint64_t info, uint64_t rip, uint64_t offset)
{
    record(cpu, info, rip);
    cpu->fpu.dp = offset;
    cpu->fpu.ds = cpu->seg[info >> X87_SEGMENT_SHIFT & 15].selector;
}

uint64_t helper_x87_reg(struct cpu *c, uint64_t info, uint64_t rip, uint64_t flags)
{
    struct x86_cpu *cpu = x86_cpu_of(c);
    record(cpu, info, rip);
    /* FCOMI with an unmasked exception: the SDM leaves EFLAGS alone, AMD's processors write them; the host decides. */
    return x87_exec(&cpu->fpu, info & 0x7ff, &cpu->vector, (uint32_t)flags);
}

uint64_t helper_x87_load(struct cpu *c, uint64_t info, uint64_t rip, uint64_t linear, uint64_t offset)
{
    struct x86_cpu *cpu = x86_cpu_of(c);
    uint8_t memory[16];
    mmu_load_vector(c, linear, memory, info >> X87_BYTES_SHIFT & 0xff, x86_mmu_mode(c->mode));
    record_memory(cpu, info, rip, offset);
    x87_exec(&cpu->fpu, info & 0x7ff, memory, 0);
    return 0;
}

/* An unmasked invalid operation, overflow or underflow keeps a store from happening (SDM 1, 8.5). */
uint64_t helper_x87_store(struct cpu *c, uint64_t info, uint64_t rip, uint64_t linear, uint64_t offset)
{
    struct x86_cpu *cpu = x86_cpu_of(c);
    unsigned bytes = info >> X87_BYTES_SHIFT & 0xff;
    uint8_t memory[16] = { 0 };
    x87_sync(&cpu->fpu);
    struct x86_fpu after = cpu->fpu;
    after.status &= ~FSW_FLAGS;
    x87_exec(&after, info & 0x7ff, memory, 0);
    bool stored = !(after.status & ~after.control & (FSW_IE | FSW_OE | FSW_UE));
    if (stored)
        mmu_store_vector(c, linear, memory, bytes, x86_mmu_mode(c->mode));
    else
        mmu_probe(c, linear, bytes, MMU_WRITE, x86_mmu_mode(c->mode));
    after.status |= cpu->fpu.status & FSW_FLAGS;
    x87_summarize(&after);
    cpu->fpu = after;
    record_memory(cpu, info, rip, offset);
    return 0;
}
