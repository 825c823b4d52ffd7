/* SPDX-License-Identifier: MIT */
/*
 * bits: 32 64
 * options: -cpu core2duo
 * qemu: 7.2 checks less of descriptors and gates, and steps over REP and MOV SS in its own way
 * Random privileged state from a fixed seed and what instructions make of it, at privilege 0 and 3: descriptors, gates and stack frames under loads of
 * segment registers, LAR, LSL, VERR, VERW, LLDT, far jumps, calls and returns, IRET, INT; page table entries under reads, writes and fetches (64 bits);
 * breakpoints with and without single-step (SDM 3, chapters 4, 5, 6, 17). A line is a hash over all cases so far. With -DEACH and -DSEED=n each case of
 * another seed is a line: Bochs 2.7 (tests/guests/bochs) then prints the same, but that its IRET takes a
 * null SS of any RPL.
 */
#include "guest.h"

enum { FIRST = 40, SLOTS = 8, LDT_SLOTS = 4, CASES = 4096, GROUP = 128, RANDOM_INT = 0x91 };
#ifndef SEED
#define SEED 0x123456789abcdef
#endif
static uint64_t seed = SEED;
static struct descriptor ldt[LDT_SLOTS] __attribute__((aligned(8)));
static uint8_t scratch_stack[2048] __attribute__((aligned(16)));
uint32_t r_sel, r_out, r_flags, r_new_flags, r_ss, r_sp;
struct { uint32_t offset; uint16_t selector; } __attribute__((packed)) r_far;

static uint32_t below(uint32_t n)
{
    seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
    return (uint32_t)(seed >> 20) % n;
}

#ifdef __x86_64__
#define P "pushq "
#define IRET "iretq"
#define LRET "lretq"
#define A "%rax"
#define PUSH_FLAGS "pushfq; popq %rax; "
#else
#define P "pushl "
#define IRET "iret"
#define LRET "lret"
#define A "%eax"
#define PUSH_FLAGS "pushf; popl %eax; "
#endif
#define LOAD(reg) "op_" #reg ": mov r_sel, %eax; mov %" #reg ", %edx; mov %eax, %" #reg "; mov %" #reg ", %ecx; mov %edx, %" #reg "; mov %ecx, r_out; ret\n"
#define LOOK(name, text) "op_" #name ": movzwl r_sel, %eax; mov $0x55555555, %ecx; " text "; mov %ecx, r_out; " PUSH_FLAGS "mov %eax, r_flags; ret\n"
__asm__(
    LOAD(ds) LOAD(es) LOAD(fs) LOAD(gs) LOAD(ss)
    LOOK(lar, "lar %eax, %ecx") LOOK(lsl, "lsl %eax, %ecx") LOOK(verr, "verr %ax") LOOK(verw, "verw %ax") LOOK(lldt, "lldt %ax; sldt %ecx")
    "op_ljmp: ljmp *r_far\n"
    "op_lcall: lcall *r_far\n"
    "op_int: int $0x91\n"
    "op_lret: mov r_ss, %eax; push " A "; mov r_sp, %eax; push " A "; mov r_sel, %eax; push " A "; mov r_far, %eax; push " A "; " LRET "\n"
    "op_iret: mov r_ss, %eax; push " A "; mov r_sp, %eax; push " A "; mov r_new_flags, %eax; push " A "; mov r_sel, %eax; push " A "; mov r_far, %eax; push " A
    "; " IRET "\n"
    "landing: int3\n");
extern void op_ds(void), op_es(void), op_fs(void), op_gs(void), op_ss(void), op_lar(void), op_lsl(void), op_verr(void), op_verw(void), op_lldt(void),
    op_ljmp(void), op_lcall(void), op_lret(void), op_iret(void), op_int(void);
extern char landing[];
enum { LAR = 5, LAST_LOOK = 9 };
static const struct { const char *name; void (*run)(void); } ops[] = {
    { "ds", op_ds }, { "es", op_es }, { "fs", op_fs }, { "gs", op_gs }, { "ss", op_ss }, { "lar", op_lar }, { "lsl", op_lsl }, { "verr", op_verr },
    { "verw", op_verw }, { "lldt", op_lldt }, { "ljmp", op_ljmp }, { "lcall", op_lcall }, { "lret", op_lret }, { "iret", op_iret }, { "int", op_int },
};

static uint16_t random_selector(void)
{
    switch (below(12)) {
    case 0: return (uint16_t)below(4);
    case 1: return (uint16_t)(below(LDT_SLOTS + 1) << 3 | 4 | below(4));
    case 2: return (uint16_t)(GDT_SLOTS << 3 | below(8));
    case 3: return (uint16_t)(SEL_CODE + below(4) * 8 + below(4));
    default: return (uint16_t)((FIRST + below(SLOTS)) << 3 | below(4));
    }
}

/* System descriptors that would lead into memory of nobody's are made so that they fault first. */
static void random_descriptor(struct descriptor *d)
{
    word at = (word)landing;
    unsigned dpl = below(4) << 5, present = below(8) ? 0x80 : 0, kind = below(10);
    *d = (struct descriptor){ 0xffff, 0, 0, (uint8_t)(0x10 | below(16) | dpl | present), (uint8_t)(7 | below(16) << 4), 0 };
    if (kind < 2) {             /* a call gate of 32 (64) bits to code */
        *d = (struct descriptor){ at & 0xffff, below(2) ? SEL_CODE : random_selector(), (uint8_t)(GUEST_BITS == 64 ? 0 : below(4)),
                                  (uint8_t)(0xc | dpl | present), at >> 16 & 0xff, at >> 24 };
    } else if (kind == 2) {
        static const uint8_t types[] = { 0, 2, 8, 10, 13, 1, 3, 9, 11 };
        unsigned type = types[below(ARRAY_LEN(types))];
        *d = (struct descriptor){ type == 2 ? sizeof ldt - 1 : 8, (word)ldt & 0xffff, (word)ldt >> 16, (uint8_t)(type | dpl | present), 0, (word)ldt >> 24 };
    } else if (kind < 7) {      /* code that can be run: it is what most transfers need */
        d->access |= 8;
        d->flags = GUEST_BITS == 64 ? (below(2) ? 0xa7 : 0xc7) : 0xc7;
    } else if (kind == 7) {
        d->flags &= 0x7f;       /* byte granular */
        d->limit = (uint16_t)below(0x10000);
    }
}

static void prepare(void)
{
    static const uint32_t flag_bits[] = { 0x4000, 0x3000, 0x1000, 0x10000, 0x40000, 0x200000, 0x400, 0x80000, 1 };
    for (unsigned i = 0; i < SLOTS; i++) {
        random_descriptor(&gdt[FIRST + i]);
    }
    for (unsigned i = 0; i < LDT_SLOTS; i++) {
        random_descriptor(&ldt[i]);
    }
    r_sel = random_selector();
    if (below(2)) {             /* one that a transfer is likely to take */
        unsigned rpl = below(3) ? 3 : 0;
        r_sel = (FIRST + below(SLOTS)) << 3 | rpl;
        random_descriptor(&gdt[r_sel >> 3]);
        gdt[r_sel >> 3].access = (uint8_t)((gdt[r_sel >> 3].access & 0x9f) | rpl << 5);
    }
    for (unsigned i = 0; GUEST_BITS == 64 && i < SLOTS + LDT_SLOTS; i++) {      /* system descriptors have an upper half */
        struct descriptor *d = i < SLOTS ? &gdt[FIRST + i] : &ldt[i - SLOTS];
        if (!(d->access & 0x10) && i != SLOTS - 1 && i != SLOTS + LDT_SLOTS - 1) {
            d[1] = (struct descriptor){ .limit = 0 };
        }
    }
    r_far.selector = (uint16_t)r_sel;
    r_far.offset = below(16) ? (uint32_t)(word)landing : 0x90000000;
    r_ss = below(2) ? random_selector() : r_sel & 3 ? SEL_USER_DATA : SEL_DATA;
    r_sp = (uint32_t)(word)scratch_stack + 1024;
    r_new_flags = 2;
    for (unsigned i = 0; i < ARRAY_LEN(flag_bits); i++) {
        r_new_flags |= below(4) ? 0 : flag_bits[i];
    }
    static const uint8_t gate_access[] = { 0x8e, 0x8f, 0xee, 0xef, 0xae, 0x0e, 0xe5, 0xe9, 0xef, 0xee };
    set_gate(RANDOM_INT, landing, below(2) ? SEL_CODE : random_selector(), gate_access[below(sizeof gate_access)]);
    r_out = r_flags = 0;
}

static uint64_t hash;
static void mix(uint64_t value) { hash = (hash ^ value) * 0x100000001b3; hash ^= hash >> 29; }

static unsigned each(unsigned number)
{
    prepare();
    unsigned op = below(ARRAY_LEN(ops)), user = below(2), marked = 0;
    bool looks = op <= LAST_LOOK;
#ifdef __x86_64__
    tss.rsp[0] = tss.rsp[1] = tss.rsp[2] = (word)scratch_stack + 2048;
#else
    tss.esp0 = tss.esp1 = tss.esp2 = (word)scratch_stack + 2048;
    tss.ss1 = SEL_DATA | 1, tss.ss2 = SEL_DATA | 2;
#endif
    /* Whether what a faulting transfer looked at is marked as accessed is left open. */
    int vector = user ? guarded_user(ops[op].run) : guarded(ops[op].run);
    __asm__ volatile("lldt %w0" :: "r"(0));
    for (unsigned i = 0; i < SLOTS; i++) {
        marked = marked * 2 + (gdt[FIRST + i].access & 1);
    }
    uint32_t out = op == LAR ? r_out & 0x00f0ff00 : r_out;
    uint64_t of_fault[] = { trap.error, trap.cs & 0xffff, vector == 3 ? trap.ip - (word)landing : 0, vector == 3 ? trap.flags & 0x3f7700 : 0,
                            vector == 3 ? trap.sp : 0 };
    mix(vector), mix(vector < 0 || vector == 3 ? marked : 0), mix(looks ? out : 0), mix(looks ? r_flags & 0x40 : 0);
    for (unsigned i = 0; vector >= 0 && i < ARRAY_LEN(of_fault); i++) {
        mix(of_fault[i]);
    }
#ifdef EACH
    say("%d %s%s sel %w: ", (int)number, ops[op].name, user ? " user" : "", r_sel);
    if (vector < 0) {
        say("out %l zf %d", out, (int)(r_flags >> 6 & 1));
    } else {
        say("vector %d error %w cs %w ip %d flags %l sp %l", vector, (unsigned)of_fault[0], (unsigned)of_fault[1], (int)of_fault[2], (unsigned)of_fault[3],
            (unsigned)of_fault[4]);
    }
    const struct descriptor *d = r_sel & 4 ? &ldt[r_sel >> 3 & 3] : &gdt[r_sel >> 3 & 63];
    say("; desc %b %b %w gate %b %w ss %w\n", d->access | 1, d->flags, d->limit, idt_bytes[RANDOM_INT * (GUEST_BITS / 4) + 5],
        *(uint16_t *)(idt_bytes + RANDOM_INT * (GUEST_BITS / 4) + 2), r_ss);
#else
    (void)number;
#endif
    return vector < 0 ? 0 : vector == 3 ? 1 : 2;
}

#ifdef __x86_64__
/* --- page tables: random rights and reserved bits on all four levels, three accesses each --- */
enum { LEVELS = 4, MAPPINGS = 2048, WP = 1 << 16, NXE = 1 << 11, PS = 1 << 7, ACCESSED = 1 << 5 };
#define WINDOW (1ul << 39)
extern uint64_t pml4[];
static uint64_t tables[LEVELS][512] __attribute__((aligned(4096)));         /* the last one is what is mapped */
__asm__("op_read: mov r_address, %rax; mov (%rax), %eax; ret\n"
        "op_write: mov r_address, %rax; movb $0xcc, (%rax); ret\n"
        "op_rmw: mov r_address, %rax; lock orb $0xcc, (%rax); ret\n"
        "op_fetch: jmp *r_address\n");
uint64_t r_address;
extern void op_read(void), op_write(void), op_rmw(void), op_fetch(void);
static const struct { const char *name; void (*run)(void); } accesses[] = {
    { "read", op_read }, { "write", op_write }, { "rmw", op_rmw }, { "fetch", op_fetch } };

static uint64_t random_entry(word table, unsigned level)
{
    uint64_t entry = table | 0x67;                              /* P, RW, US, A, D */
    for (unsigned bit = 0; bit < 7; bit++) {
        entry ^= below(bit < 3 ? 10 : 3) ? 0 : 1ull << bit;
    }
    entry |= below(4) ? 0 : 1ull << 63;
    entry |= below(32) ? 0 : 1ull << 51;
    entry |= level != 1 && below(16) == 0 ? PS : 0;             /* of a level of 1 GiB not every model has it; in a PTE it is PAT */
    entry |= below(3) ? 0 : 0x100;
    return entry | (uint64_t)below(8) << 9;
}

static void each_mapping(unsigned number)
{
    uint64_t *entries[LEVELS] = { &pml4[1], tables[0], tables[1], tables[2] };
    for (unsigned level = 0; level < LEVELS; level++) {
        *entries[level] = random_entry((word)tables[level], level);
    }
    for (unsigned i = 0; i < 4096; i++) {
        ((volatile uint8_t *)tables[LEVELS - 1])[i] = 0xcc;
    }
    write_cr0((read_cr0() & ~(word)WP) | (below(2) ? WP : 0));
    write_msr(0xc0000080, (read_msr(0xc0000080) & ~(uint64_t)NXE) | (below(4) ? NXE : 0));
    write_cr3(read_cr3());
    for (unsigned turn = 0; turn < 3; turn++) {
        unsigned access = below(ARRAY_LEN(accesses)), user = below(2);
        uint64_t marks = 0;
        r_address = WINDOW + below(4000);
        int vector = user ? guarded_user(accesses[access].run) : guarded(accesses[access].run);
        for (unsigned level = 0; level < LEVELS; level++) {
            marks = marks << 2 | (*entries[level] >> 5 & 3);
        }
        mix(vector), mix(marks), mix(vector == 14 ? trap.error << 1 | (trap.cr2 == r_address) : 0);
#ifdef EACH
        say("%d %s%s: vector %d error %w at %d marks %b; %X %X %X %X\n", (int)number, accesses[access].name, user ? " user" : "", vector,
            vector == 14 ? (unsigned)trap.error : 0, trap.cr2 == r_address, (unsigned)marks, *entries[0], *entries[1], *entries[2], *entries[3]);
#endif
    }
#ifndef EACH
    if (number % GROUP == GROUP - 1) {
        say("mappings to %d: %X\n", (int)number, hash);
    }
#endif
}
#endif

/* --- debug registers: random breakpoints around a piece of code, with and without single-step --- */
enum { DEBUG_CASES = 2048, TF = 0x100 };
static uint8_t watched[32] __attribute__((aligned(16)));
extern char debug_code[], debug_end[];
#ifdef __x86_64__
#define DI "%rdi"
#define SI "%rsi"
#else
#define DI "%edi"
#define SI "%esi"
#endif
__asm__("op_debug: " PUSH_FLAGS "or r_step, " A "; push " A "; popf\n"
        "debug_code: mov $watched, " DI "; mov $watched + 16, " SI "; cld\n"
        "  movb $1, (" DI "); mov 3(" SI "), %eax; incw 6(" DI "); push " DI "; pop " DI "; xchg %eax, 8(" DI ")\n"
        "  mov $3, %ecx; rep movsb; mov %ss, %ecx; mov %ecx, %ss; nop; mov %ecx, %ss; movl $2, -3(" DI "); nop\n"
        "  int $0x92; cmpb $0, (" SI "); jne 1f; nop; 1: pushf; pop " A "; cmpxchg8b (" DI "); xor %ecx, %ecx; rep stosb; mov $2, %ecx; 2: nop; loop 2b\n"
        "debug_end: ret\n");
word r_step;
extern void op_debug(void);

static struct { word ip, dr6; } debug_log[64];
static unsigned debug_count;

/* A trap behind one instruction and the breakpoint on the next may be told together or one after the other: here it is one. One that is not enabled
 * "may or may not" be told beside others (17.2.3). */
static void on_debug(struct trap *t)
{
    word dr6 = read_dr6() & 0xe00f, dr7 = read_dr7(), code = 0;
    write_dr6(0);
    for (unsigned n = 0; n < 4; n++) {
        dr6 &= dr7 >> 2 * n & 3 ? ~(word)0 : ~((word)1 << n);
        code |= dr7 >> (16 + 4 * n) & 3 ? 0 : dr6 & 1u << n;
    }
    bool again = debug_count && debug_log[debug_count - 1].ip == t->ip;
    if (again && dr6 == code) {
        debug_log[debug_count - 1].dr6 |= dr6;
    } else if (debug_count < ARRAY_LEN(debug_log)) {
        debug_log[debug_count].ip = t->ip;
        debug_log[debug_count++].dr6 = dr6;
    }
    t->flags |= code || again ? 0x10000 : 0;
    if (t->ip == (word)debug_end) {
        t->flags &= ~(word)TF;
    }
}
static void on_int(struct trap *t) { (void)t; }

static void each_debug(unsigned number)
{
    static const uint8_t kinds[] = { 0, 0, 1, 3 };
    word dr7 = 0x400, addresses[4];
    for (unsigned n = 0; n < 4; n++) {
        unsigned kind = kinds[below(sizeof kinds)], length = kind ? below(4) : 0;
        addresses[n] = kind ? (word)watched + below(28) : (word)debug_code + below((uint32_t)(debug_end - debug_code));
        dr7 |= (word)((kind | length << 2) << (16 + 4 * n) | below(4) << 2 * n);
    }
    dr7 |= below(2) ? 0 : 0x300;
    write_dr0(addresses[0]), write_dr1(addresses[1]), write_dr2(addresses[2]), write_dr3(addresses[3]);
    r_step = below(4) ? 0 : TF;
    for (unsigned i = 0; i < sizeof watched; i++) {
        watched[i] = (uint8_t)below(2);
    }
#ifdef EACH
    say("%d debug dr7 %l +%d +%d +%d +%d step %d:", (int)number, (unsigned)dr7, (int)(addresses[0] - (word)debug_code), (int)(addresses[1] - (word)debug_code),
        (int)(addresses[2] - (word)debug_code), (int)(addresses[3] - (word)debug_code), (int)!!r_step);
#endif
    debug_count = 0;
    write_dr7(dr7);
    int vector = guarded(op_debug);
    write_dr7(0x400);
    mix(vector);
    for (unsigned i = 0; i < debug_count; i++) {
        mix(debug_log[i].ip - (word)debug_code), mix(debug_log[i].dr6);
#ifdef EACH
        say(" +%d:%w", (int)(debug_log[i].ip - (word)debug_code), (unsigned)debug_log[i].dr6);
#endif
    }
#ifdef EACH
    say(" %d\n", vector);
#else
    if (number % GROUP == GROUP - 1) {
        say("breakpoints to %d: %X\n", (int)number, hash);
    }
#endif
}
void guest_main(void)
{
    unsigned ends[3] = { 0 };
    for (unsigned i = 0; i < CASES; i++) {
        ends[each(i)]++;
#ifndef EACH
        if (i % GROUP == GROUP - 1) {
            say("to %d: %X, %d went by, %d landed, %d faulted\n", (int)i, hash, (int)ends[0], (int)ends[1], (int)ends[2]);
        }
#endif
    }
#ifdef __x86_64__
    for (unsigned i = 0; i < MAPPINGS; i++) {
        each_mapping(i);
    }
#endif
    trap_hook[1] = on_debug;
    trap_hook[0x92] = on_int;
    for (unsigned i = 0; i < DEBUG_CASES; i++) {
        each_debug(i);
    }
}
