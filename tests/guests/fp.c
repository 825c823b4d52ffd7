/* SPDX-License-Identifier: MIT */
/*
 * bits: 32 64
 * options: -cpu max
 * qemu: no SIMD exceptions, no FERR on unmasked exceptions of stores, control and status words kept as written
 * Floating point and SIMD as a system sees them: #NM and #UD by CR0 and CR4, unmasked x87 and SSE exceptions, environments,
 * FXSAVE, XSAVE. SDM 1, chapters 8 to 13; SDM 3, chapter 2.5 and 13.
 */
#include "guest.h"

enum { MP = 1 << 1, EM = 1 << 2, TS = 1 << 3, NE = 1 << 5, OSFXSR = 1 << 9, OSXMMEXCPT = 1 << 10, OSXSAVE = 1 << 18 };

static uint8_t area[1024] __attribute__((aligned(64)));
static uint32_t mxcsr_value;
static uint16_t control_value;

static void fpu_on(void)
{
    write_cr0((read_cr0() & ~(word)(EM | TS)) | MP | NE);
    write_cr4(read_cr4() | OSFXSR | OSXMMEXCPT);
}
static uint16_t status_word(void)
{
    uint16_t v;
    __asm__ volatile("fnstsw %0" : "=a"(v));
    return v;
}
static void put_control(uint16_t v) { control_value = v; __asm__ volatile("fldcw %0" :: "m"(control_value)); }
static void put_mxcsr(uint32_t v) { mxcsr_value = v; __asm__ volatile("ldmxcsr %0" :: "m"(mxcsr_value)); }
static uint32_t get_mxcsr(void) { __asm__ volatile("stmxcsr %0" : "=m"(mxcsr_value)); return mxcsr_value; }

/* --- who raises what under EM, TS, MP, OSFXSR --- */
static void i_fld1(void) { __asm__ volatile("fld1"); }
static void i_fwait(void) { __asm__ volatile("fwait"); }
static void i_fnstsw(void) { __asm__ volatile("fnstsw %%ax" ::: "eax"); }
static void i_movd(void) { __asm__ volatile("movd %%eax, %%mm0; emms" :::); }
static void i_addps(void) { __asm__ volatile("addps %%xmm0, %%xmm0" :::); }
static void i_pshufb_mm(void) { __asm__ volatile("pshufb %%mm0, %%mm0" :::); }
static void i_ldmxcsr(void) { put_mxcsr(0x1f80); }
static void i_fxsave(void) { __asm__ volatile("fxsave %0" : "=m"(area)); }
static void i_movnti(void) { __asm__ volatile("movnti %0, %1" :: "r"(0), "m"(area)); }
static void i_crc32(void) { __asm__ volatile("crc32l %%eax, %%eax" ::: "eax"); }
static const struct { const char *name; void (*run)(void); } instructions[] = {
    { "fld1", i_fld1 }, { "fwait", i_fwait }, { "fnstsw", i_fnstsw }, { "movd mm", i_movd }, { "addps", i_addps },
    { "pshufb mm", i_pshufb_mm }, { "ldmxcsr", i_ldmxcsr }, { "fxsave", i_fxsave }, { "movnti", i_movnti }, { "crc32", i_crc32 },
};
static const struct { const char *name; word cr0, cr4; } settings[] = {
    { "plain", 0, OSFXSR }, { "TS", TS, OSFXSR }, { "TS MP", TS | MP, OSFXSR }, { "EM", EM, OSFXSR }, { "EM TS MP", EM | TS | MP, OSFXSR },
    { "no OSFXSR", 0, 0 }, { "TS no OSFXSR", TS, 0 },
};

static void availability(void)
{
    for (unsigned s = 0; s < ARRAY_LEN(settings); s++) {
        say("%s:", settings[s].name);
        for (unsigned i = 0; i < ARRAY_LEN(instructions); i++) {
            fpu_on();
            __asm__ volatile("fninit");
            write_cr4((read_cr4() & ~(word)OSFXSR) | settings[s].cr4);
            write_cr0((read_cr0() & ~(word)(EM | TS | MP)) | settings[s].cr0);
            int vector = guarded(instructions[i].run);
            say(" %s %s", instructions[i].name, vector < 0 ? "ok" : vector == 6 ? "#UD" : vector == 7 ? "#NM" : "?");
        }
        say("\n");
    }
    fpu_on();
}

/* --- x87 --- */
#define CASE(name, code) \
    extern const char at_##name[]; \
    static void do_##name(void) { __asm__ volatile(code ::: "eax", "memory", "cc"); }
CASE(divide, "fld1; fldz; at_divide: fdivrp %%st, %%st(1); nop; fnstsw %%ax; at_wait: fwait")
extern const char at_wait[];
CASE(next, "fld1; fldz; fdivrp %%st, %%st(1); fnop; nop; at_next: fld1")
CASE(clear, "fld1; fldz; fdivrp %%st, %%st(1); fnclex; at_clear: fld1")
CASE(empty, "fstp %%st(0); at_empty: fwait")
CASE(unmask_later, "fld1; fldz; fdivrp %%st, %%st(1); fldcw new_control; at_unmask_later: fld1")
CASE(store, "fldt huge; fstps store_target; at_store: fwait")
CASE(mmx, "fld1; fldz; fdivrp %%st, %%st(1); at_mmx: movd %%eax, %%mm0")
uint16_t new_control = 0x37b;
uint32_t store_target;
const uint16_t huge[5] = { 0, 0, 0, 0x8000, 0x7ffe };

static void x87_case(const char *name, uint16_t control, void (*run)(void), const char *at)
{
    __asm__ volatile("fninit");
    put_control(control);
    store_target = 0x12345678;
    int vector = guarded(run);
    say_trap(name, vector, at);
    say("  status %x top %d target %x\n", (word)status_word() & 0xc7ff, status_word() >> 11 & 7, (word)store_target);
    __asm__ volatile("fninit");
}

static void x87_exceptions(void)
{
    x87_case("masked divide", 0x37f, do_divide, at_wait);
    x87_case("unmasked divide, fwait", 0x37b, do_divide, at_wait);
    x87_case("unmasked divide, fnop", 0x37b, do_next, at_next);
    x87_case("unmasked divide, fnclex", 0x37b, do_clear, at_clear);
    x87_case("unmasked invalid, empty stack", 0x37e, do_empty, at_empty);
    x87_case("masked divide, unmasked later", 0x37f, do_unmask_later, at_unmask_later);
    x87_case("unmasked overflow stops the store", 0x377, do_store, at_store);
    x87_case("unmasked divide, mmx", 0x37b, do_mmx, at_mmx);
}

/* CR0.NE clear: IRQ 13 instead of #MF, at the next waiting instruction, which waits for it. A write to port F0h lets that instruction go on for as long
 * as the exception is pending. */
enum { V_FERR = 0x75 };
extern const char at_ferr[], at_ferr2[];
static unsigned ferr_count;
static bool ferr_clear;
static void on_ferr(struct trap *t)
{
    ferr_count++;
    say("irq 13 at the waiting instruction: %d\n", t->ip == (word)at_ferr || t->ip == (word)at_ferr2);
    if (ferr_clear) {
        __asm__ volatile("fnclex");
    }
    outb(0xf0, 0);
    outb(0xa0, 0x20), outb(0x20, 0x20);
}
static void x87_ferr(void)
{
    trap_hook[V_FERR] = on_ferr;
    outb(0x20, 0x11), outb(0x21, 0x08), outb(0x21, 4), outb(0x21, 1);
    outb(0xa0, 0x11), outb(0xa1, 0x70), outb(0xa1, 2), outb(0xa1, 1);
    outb(0x21, 0xfb), outb(0xa1, 0xdf);
    write_cr0(read_cr0() & ~(word)NE);
    __asm__ volatile("fninit");
    put_control(0x37b);
    __asm__ volatile("sti; fld1; fldz; fdivrp %%st, %%st(1); nop; nop; at_ferr: fnop; fld1; fnop; cli" :::);
    say("irq 13: %d, status %x\n", (int)ferr_count, (word)status_word());
    __asm__ volatile("fnclex; fninit");
    put_control(0x37b);
    ferr_clear = true;
    __asm__ volatile("sti; fld1; fldz; fdivrp %%st, %%st(1); at_ferr2: fwait; fld1; fnop; cli" :::);
    say("irq 13: %d, status %x\n", (int)ferr_count, (word)status_word());
    outb(0x21, 0xff), outb(0xa1, 0xff);
    write_cr0(read_cr0() | NE);
    __asm__ volatile("fninit");
}

static void words(const char *name, const void *data, unsigned count)
{
    const uint16_t *w = data;
    say("%s:", name);
    for (unsigned i = 0; i < count; i++) {
        put(" ");
        put_hex(w[i], 4);
    }
    put("\n");
}

/* Tags, TOP, control and the registers of environments and FSAVE images in both sizes. Pointers are left out. */
static void environments(void)
{
    __asm__ volatile("fninit; fldpi; fld1; fldz");
    __asm__ volatile("fnstenv %0" : "=m"(area));
    words("fnstenv control, status, tags", area, 6);
    __asm__ volatile("data16 fnstenv %0" : "=m"(area));
    words("fnstenv16 control, status, tags", area, 3);
    __asm__ volatile("data16 fnsave %0" : "=m"(area));
    words("fnsave16 st0-2", area + 14, 15);
    __asm__ volatile("data16 frstor %0" :: "m"(area));
    __asm__ volatile("fnsave %0" : "=m"(area));
    words("fnsave st0-2", area + 28, 15);
    say("after fnsave: status %x\n", (word)status_word());
    __asm__ volatile("frstor %0; fincstp; ffree %%st(0); fnstenv %1; fninit" : "+m"(area), "=m"(area[512]));
    words("fincstp, ffree: tags", area + 512 + 8, 1);
    __asm__ volatile("fld1; movd %%eax, %%mm3; fnstenv %0; emms; fnstenv %1" : "=m"(area), "=m"(area[64]) :: );
    say("after mmx: tags %x top %d, after emms: tags %x\n", (word)(*(uint16_t *)(area + 8) & 0xc0), *(uint16_t *)(area + 4) >> 11 & 7,
        (word)*(uint16_t *)(area + 72));
    extern const char at_fldz[], at_fldl[];
    __asm__ volatile("fninit; at_fldz: fldz; nop; fnstenv %0" : "=m"(area));
    say("last instruction: ip %s, opcode %x\n", *(uint32_t *)(area + 12) == (uint32_t)(word)at_fldz ? "right" : "wrong",
        (word)(*(uint32_t *)(area + 16) >> 16));
    __asm__ volatile("at_fldl: fldl %1; fnstenv %0; fninit" : "=m"(area) : "m"(area[256]));
    say("operand: ip %s, dp %s\n", *(uint32_t *)(area + 12) == (uint32_t)(word)at_fldl ? "right" : "wrong",
        *(uint32_t *)(area + 20) == (uint32_t)(word)&area[256] ? "right" : "wrong");
    say("selectors: cs %w, ds %w", (unsigned)*(uint16_t *)(area + 16), (unsigned)*(uint16_t *)(area + 24));
    __asm__ volatile("fldz; flds %0; fxsave %1; fninit" : "+m"(area[256]), "=m"(area[512]));
    say("; fxsave %w, %w; ", (unsigned)*(uint16_t *)(area + 512 + 12), (unsigned)*(uint16_t *)(area + 512 + 20));
    __asm__ volatile("fninit; fnstenv %0" : "=m"(area));
    say("fninit %w, %w\n", (unsigned)*(uint16_t *)(area + 16), (unsigned)*(uint16_t *)(area + 24));
    __asm__ volatile("fninit; fnstcw %0" : "=m"(control_value));
    say("control after fninit %x", (word)control_value);
    put_control(0);
    __asm__ volatile("fnstcw %0" : "=m"(control_value));
    say(", of 0 %x", (word)control_value);
    __asm__ volatile("fninit");
    put_control(0xff7f);
    __asm__ volatile("fnstcw %0; fninit" : "=m"(control_value));
    say(", of ff7f %x\n", (word)control_value);
}

/* --- SSE --- */
uint32_t fp_a[4] __attribute__((aligned(16))), fp_b[4] __attribute__((aligned(16)));
#define SSE_CASE(name, instruction) \
    extern const char at_##name[]; \
    static void do_##name(void) { \
        __asm__ volatile("movaps fp_a, %%xmm0; movaps fp_b, %%xmm1; stc; at_" #name ": " instruction ::: "memory", "cc"); }
SSE_CASE(divss, "divss %%xmm1, %%xmm0")
SSE_CASE(mulss, "mulss %%xmm1, %%xmm0")
SSE_CASE(addss, "addss %%xmm1, %%xmm0")
SSE_CASE(divps, "divps %%xmm1, %%xmm0")
SSE_CASE(comiss, "comiss %%xmm1, %%xmm0")
SSE_CASE(cvttss2si, "cvttss2si %%xmm0, %%eax")
SSE_CASE(addps_mem, "addps fp_b, %%xmm0")

static void sse_case(const char *name, uint32_t mxcsr, uint32_t x, uint32_t y, void (*run)(void), const char *at)
{
    fp_a[0] = x;
    fp_b[0] = y;
    for (unsigned i = 1; i < 4; i++)
        fp_a[i] = fp_b[i] = 0x3f800000;
    put_mxcsr(mxcsr);
    int vector = guarded(run);
    say_trap(name, vector, at);
    uint32_t flags = get_mxcsr();
    put_mxcsr(0x1f80);
    __asm__ volatile("movaps %%xmm0, fp_a" ::: "memory");
    say("  mxcsr %x result %x\n", (word)flags, (word)fp_a[0]);
}

enum { ONE = 0x3f800000, MAX = 0x7f7fffff, MIN = 0x00800000, HALF = 0x3f000000, SNAN = 0x7f800001, QNAN = 0x7fc00000, TINY = 1, THREE = 0x40400000 };
static void sse_exceptions(void)
{
    sse_case("masked divide", 0x1f80, ONE, 0, do_divss, at_divss);
    sse_case("unmasked divide", 0x1d80, ONE, 0, do_divss, at_divss);
    sse_case("unmasked invalid", 0x1f00, SNAN, ONE, do_addss, at_addss);
    sse_case("quiet NaN", 0x1f00, QNAN, ONE, do_addss, at_addss);
    sse_case("unmasked denormal", 0x1e80, TINY, ONE, do_addss, at_addss);
    sse_case("unmasked denormal under DAZ", 0x1ec0, TINY, ONE, do_addss, at_addss);
    sse_case("unmasked overflow", 0x1b80, MAX, MAX, do_mulss, at_mulss);
    sse_case("unmasked precision", 0x0f80, ONE, THREE, do_divss, at_divss);
    sse_case("unmasked underflow, exact", 0x1780, MIN, HALF, do_mulss, at_mulss);
    sse_case("masked underflow, exact", 0x1f80, MIN, HALF, do_mulss, at_mulss);
    sse_case("flush to zero", 0x9f80, MIN, HALF, do_mulss, at_mulss);
    sse_case("sticky flags do not trap", 0x1d84, ONE, ONE, do_addss, at_addss);
    sse_case("unmasked divide, packed", 0x1d80, ONE, 0, do_divps, at_divps);
    sse_case("invalid first, precision not set", 0x0f00, SNAN, THREE, do_divps, at_divps);
    sse_case("comiss signalling", 0x1f00, SNAN, ONE, do_comiss, at_comiss);
    sse_case("comiss quiet", 0x1f00, QNAN, ONE, do_comiss, at_comiss);
    sse_case("cvttss2si", 0x1f00, MAX, ONE, do_cvttss2si, at_cvttss2si);
    sse_case("memory operand", 0x1f00, SNAN, ONE, do_addps_mem, at_addps_mem);
    write_cr4(read_cr4() & ~(word)OSXMMEXCPT);
    sse_case("no OSXMMEXCPT", 0x1d80, ONE, 0, do_divss, at_divss);
    write_cr4(read_cr4() | OSXMMEXCPT);
}

#define AT_CASE(name, code) \
    extern const char at_##name[]; \
    static void do_##name(void) { __asm__ volatile("at_" #name ": " code :: "m"(area), "a"(area) : "memory"); }
AT_CASE(bad_mxcsr, "ldmxcsr bad_mxcsr")
AT_CASE(unaligned, "movaps 4(%1), %%xmm0")
AT_CASE(unaligned_store, "movntps %%xmm0, 4(%1)")
AT_CASE(unaligned_mem, "paddd 4(%1), %%xmm0")
AT_CASE(unaligned_ok, "movups 4(%1), %%xmm0")
AT_CASE(unaligned_scalar, "addsd 4(%1), %%xmm0")
AT_CASE(unaligned_fxsave, "fxsave 8(%1)")
uint32_t bad_mxcsr = 0x11f80;

static void faults(void)
{
#define RUN(name) say_trap(#name, guarded(do_##name), at_##name)
    RUN(bad_mxcsr); RUN(unaligned); RUN(unaligned_store); RUN(unaligned_mem); RUN(unaligned_ok); RUN(unaligned_scalar); RUN(unaligned_fxsave);
}

static void fxrstor_area(void) { __asm__ volatile("fxrstor %0" :: "m"(area)); }

static void fxsave(void)
{
    for (unsigned i = 0; i < sizeof area; i++)
        area[i] = 0xcc;
    __asm__ volatile("fninit; fld1; fldpi; pcmpeqd %%xmm3, %%xmm3" :::);
    put_mxcsr(0x1fa0);
    __asm__ volatile("fxsave %0" : "=m"(area));
    words("fxsave fcw, fsw, ftw", area, 3);
    words("fxsave mxcsr, mask", area + 24, 4);
    words("fxsave st0", area + 32, 5);
    words("fxsave st1", area + 48, 5);
    words("fxsave xmm3, xmm7's end", area + 160 + 48, 8);
    words("fxsave beyond", area + (GUEST_BITS == 64 ? 416 : 288), 4);
    __asm__ volatile("fninit; pxor %%xmm3, %%xmm3; ldmxcsr %1; fxrstor %0" :: "m"(area), "m"(mxcsr_value));
    __asm__ volatile("fxsave %0" : "=m"(area[512]));
    unsigned different = 0;
    for (unsigned i = 0; i < 288; i++)
        different += area[i] != area[512 + i];
    say("fxrstor and fxsave: %d bytes differ\n", different);
    put_mxcsr(0x1f80);
    *(uint32_t *)(area + 24) = 0x80001f80;
    say("fxrstor of a bad mxcsr: %d\n", guarded(fxrstor_area));
}

/* --- XSAVE --- */
static void xsave_area(void) { __asm__ volatile("xsave %0" : "+m"(area) : "a"(3), "d"(0)); }
static void xrstor_area(void) { __asm__ volatile("xrstor %0" :: "m"(area), "a"(3), "d"(0)); }
static void xsave_unaligned(void) { __asm__ volatile("xsave %0" : "+m"(area[32]) : "a"(3), "d"(0)); }
static void xsetbv_sse_alone(void) { __asm__ volatile("xsetbv" :: "c"(0), "a"(2), "d"(0)); }
static void xsetbv_unknown(void) { __asm__ volatile("xsetbv" :: "c"(0), "a"(3), "d"(0x1000)); }

static void header_put(unsigned offset, uint8_t value)
{
    for (unsigned i = 512; i < 576; i++)
        area[i] = 0;
    area[512 + offset] = value;
}

static void put_state(void)
{
    __asm__ volatile("fninit; fld1; pcmpeqd %%xmm2, %%xmm2" :::);
    put_mxcsr(0x1fa0);
}

static void say_state(const char *what)
{
    uint32_t xmm2;
    uint16_t top = status_word() >> 11 & 7;
    __asm__ volatile("movd %%xmm2, %0" : "=r"(xmm2));
    say("%s: top %d xmm2 %x mxcsr %x\n", what, top, (word)xmm2, (word)get_mxcsr());
}

static void xsave(void)
{
    say("xsave without OSXSAVE: %d\n", guarded(xsave_area));
    write_cr4(read_cr4() | OSXSAVE);
    __asm__ volatile("xsetbv" :: "c"(0), "a"(3), "d"(0));
    say("xsetbv: SSE without x87 %d, unknown bit %d\n", guarded(xsetbv_sse_alone), guarded(xsetbv_unknown));
    for (unsigned i = 0; i < sizeof area; i++)
        area[i] = 0xcc;
    header_put(0, 0);
    put_state();
    say("xsave: %d\n", guarded(xsave_area));
    words("header", area + 512, 12);
    words("fcw fsw ftw", area, 3);
    words("beyond the registers", area + (GUEST_BITS == 64 ? 416 : 288), 2);
    put_mxcsr(0x1f80);
    __asm__ volatile("fninit; pxor %%xmm2, %%xmm2; xrstor %0" :: "m"(area), "a"(1), "d"(0));
    say_state("xrstor of x87 alone");
    __asm__ volatile("fninit; xrstor %0" :: "m"(area), "a"(2), "d"(0));
    say_state("xrstor of SSE alone");
    header_put(0, 0);
    put_state();
    __asm__ volatile("xrstor %0" :: "m"(area), "a"(3), "d"(0));
    say_state("xrstor of nothing present");
    put_mxcsr(0x1f80);
    header_put(0, 4);
    say("component that XCR0 lacks: %d\n", guarded(xrstor_area));
    header_put(8, 1);
    say("reserved header byte: %d\n", guarded(xrstor_area));
    header_put(0, 3);
    *(uint32_t *)(area + 24) = 0x80001f80;
    say("bad mxcsr: %d\n", guarded(xrstor_area));
    say("unaligned: %d\n", guarded(xsave_unaligned));
    write_cr0(read_cr0() | TS);
    say("under TS: %d\n", guarded(xsave_area));
    fpu_on();
    __asm__ volatile("fninit");
}

void guest_main(void)
{
    fpu_on();
    availability();
    x87_exceptions();
    x87_ferr();
    environments();
    sse_exceptions();
    faults();
    fxsave();
    xsave();
    guest_exit(0);
}
