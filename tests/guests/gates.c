/* SPDX-License-Identifier: MIT */
/*
 * bits: 32
 * options:
 * Rings and gates: call gates with parameters and stack switch, conforming code, interrupt and trap gates (IF), far returns to outer
 * rings and what they do to segment registers, LAR, LSL, VERR, VERW, ARPL, IOPL and the I/O bitmap. SDM 3, chapters 5 and 6; SDM 1, 19.5.
 */
#include "guest.h"

enum { GATE_SLOT = 20, CONFORMING_SLOT = 21, RING1_CODE = 22, RING1_DATA = 23, NP_SLOT = 24, EXPAND_SLOT = 25, XONLY_SLOT = 26, LDT_SLOT = 27 };
uint8_t ring1_stack[1024] __attribute__((aligned(16)));
volatile uint32_t seen[12];

static void set_call_gate(unsigned slot, void *target, unsigned selector, unsigned parameters, uint8_t access)
{
    word at = (word)target;
    gdt[slot] = (struct descriptor){ at & 0xffff, selector, parameters, access, at >> 16 & 0xff, at >> 24 };
}

/* Reached by a call gate with two parameters: notes its ring, SS and what lies on the stack, returns with RET 8. */
extern char gate_target[], gate_call_user[], gate_call_kernel[];
__asm__("gate_target:\n"
        "  push %eax\n"
        "  mov %cs, %eax; mov %eax, %ss:seen\n"
        "  mov %ss, %eax; mov %eax, %ss:seen+4\n"
        "  mov 8(%esp), %eax; mov %eax, %ss:seen+8\n"       /* caller's CS */
        "  mov 12(%esp), %eax; mov %eax, %ss:seen+12\n"     /* parameters */
        "  mov 16(%esp), %eax; mov %eax, %ss:seen+16\n"
        "  mov 24(%esp), %eax; mov %eax, %ss:seen+20\n"     /* caller's SS, or whatever */
        "  pop %eax\n"
        "  lret $8\n"
        "gate_call_user:\n"
        "  push $0x2222; push $0x1111; lcall $0xa3, $0x12345678; mov %ss, %eax; mov %eax, seen+24\n"
        "  mov %ds, %eax; mov %eax, seen+28; ret\n"
        "gate_call_kernel:\n"
        "  push $0x2222; push $0x1111; lcall $0xa0, $0; ret");

static void call_gates(void)
{
    set_descriptor(NP_SLOT, 0, 0xfffff, 0x1b, 0xc0);
    set_call_gate(GATE_SLOT, gate_target, SEL_CODE, 2, 0xec);
    say("user through gate: %d", guarded_user((void (*)(void))gate_call_user));
    say(" cs %l ss %l caller cs %l parameters %l %l caller ss %l; after ss %l ds %l\n", seen[0], seen[1], seen[2], seen[3], seen[4], seen[5],
        seen[6], seen[7]);
    seen[3] = seen[4] = 0;
    say("kernel through gate: %d", guarded((void (*)(void))gate_call_kernel));
    say(" cs %l ss %l parameters %l %l\n", seen[0], seen[1], seen[3], seen[4]);
    set_call_gate(GATE_SLOT, gate_target, SEL_CODE, 2, 0x8c);
    say_trap("gate of DPL 0 from ring 3", guarded_user((void (*)(void))gate_call_user), NULL);
    set_call_gate(GATE_SLOT, gate_target, SEL_CODE, 2, 0x6c);
    say_trap("gate not present", guarded_user((void (*)(void))gate_call_user), NULL);
    set_call_gate(GATE_SLOT, gate_target, 0, 2, 0xec);
    say_trap("gate to null", guarded_user((void (*)(void))gate_call_user), NULL);
    set_call_gate(GATE_SLOT, gate_target, SEL_DATA, 2, 0xec);
    say_trap("gate to data", guarded_user((void (*)(void))gate_call_user), NULL);
    set_call_gate(GATE_SLOT, gate_target, NP_SLOT << 3, 2, 0xec);
    say_trap("gate to code not present", guarded_user((void (*)(void))gate_call_user), NULL);
    set_call_gate(GATE_SLOT, gate_target, SEL_CODE, 2, 0xec);
}

extern char conforming_user[];
__asm__("conforming_user: lcall $0xa8, $conforming_body; ret\n"
        "conforming_body: mov %cs, %eax; mov %eax, seen; lret");

static void conforming(void)
{
    set_descriptor(CONFORMING_SLOT, 0, 0xfffff, 0x9f, 0xc0);
    say("conforming from ring 3: %d", guarded_user((void (*)(void))conforming_user));
    say(" cs %l\n", seen[0]);
    say("conforming from ring 0: %d", guarded((void (*)(void))conforming_user));
    say(" cs %l\n", seen[0]);
}

/* Far return to ring 1 with data segments loaded: those more privileged become null. */
extern char to_ring1[];
__asm__("to_ring1:\n"
        "  mov $0x10, %eax; mov %eax, %ds; mov $0xb9, %eax; mov %eax, %es; mov $0x23, %eax; mov %eax, %fs; mov $0x10, %eax; mov %eax, %gs\n"
        "  push $0xb9; push $ring1_top; push $0xb1; push $1f; lret\n"
        "1: mov %cs, %eax; mov %ds, %ebx; mov %es, %ecx; mov %fs, %edx; mov %gs, %esi\n"
        "  int $0x82");
__asm__(".set ring1_top, ring1_stack + 1024");

uint32_t ring1_seen[5];
__asm__("ring1_gate: push %ds; push $0x10; pop %ds\n"
        "  mov %eax, ring1_seen; mov %ebx, ring1_seen+4; mov %ecx, ring1_seen+8; mov %edx, ring1_seen+12; mov %esi, ring1_seen+16\n"
        "  pop %ds; int $0x81");
extern char ring1_gate[];

static void outward(void)
{
    set_descriptor(RING1_CODE, 0, 0xfffff, 0xbb, 0xc0);
    set_descriptor(RING1_DATA, 0, 0xfffff, 0xb3, 0xc0);
    set_gate(0x82, ring1_gate, SEL_CODE, 0xee);
    extern char stack_top[];
    tss.esp0 = (word)stack_top - 8192;
    say("to ring 1: %d", guarded((void (*)(void))to_ring1));
    say(" cs %l ds %l es %l fs %l gs %l\n", ring1_seen[0], ring1_seen[1], ring1_seen[2], ring1_seen[3], ring1_seen[4]);
}

static void rights(void)
{
    static const uint16_t selectors[] = { 0, 0x08, 0x10, 0x1b, 0x23, 0x28, 0xa0, 0xa8, 0xb1, 0xc0, 0xc8, 0xd0, 0xd8, 0x1f8, 0xfff8, 0x13, 0x0b };
    set_descriptor(EXPAND_SLOT, 0x200000, 0xfff, 0x95, 0x40);
    set_descriptor(XONLY_SLOT, 0, 0xfffff, 0x98, 0xc0);
    set_descriptor(LDT_SLOT, 0x200000, 0x7ff, 0x82, 0);
    for (unsigned i = 0; i < ARRAY_LEN(selectors); i++) {
        uint32_t lar = 0xdeadbeef, lsl = 0xdeadbeef;
        uint8_t lar_zf, lsl_zf, verr, verw;
        __asm__("lar %2, %0; setz %1" : "+r"(lar), "=q"(lar_zf) : "r"((uint32_t)selectors[i]) : "cc");
        __asm__("lsl %2, %0; setz %1" : "+r"(lsl), "=q"(lsl_zf) : "r"((uint32_t)selectors[i]) : "cc");
        __asm__("verr %w1; setz %0" : "=q"(verr) : "r"((uint32_t)selectors[i]) : "cc");
        __asm__("verw %w1; setz %0" : "=q"(verw) : "r"((uint32_t)selectors[i]) : "cc");
        say("selector %w: lar %d %l lsl %d %l verr %d verw %d\n", (unsigned)selectors[i], (int)lar_zf, lar & 0xfff0ffff, (int)lsl_zf, lsl, (int)verr, (int)verw);
    }
    uint16_t a = 0x10, b = 0x13;
    uint8_t zf;
    __asm__("arpl %2, %0; setz %1" : "+r"(a), "=q"(zf) : "r"(b) : "cc");
    say("arpl %w %d", (unsigned)a, (int)zf);
    a = 0x13, b = 0x10;
    __asm__("arpl %2, %0; setz %1" : "+r"(a), "=q"(zf) : "r"(b) : "cc");
    say(" then %w %d\n", (unsigned)a, (int)zf);
}

static void port_in(void) { inb(0x84); }
static void port_in_word(void) { __asm__ volatile("inw $0x87, %%ax" ::: "eax"); }
static void user_cli_sti(void) { __asm__ volatile("cli; sti; cli"); }
static void user_popf_iopl(void) { __asm__ volatile("pushl $0x3202; popf; pushf; popl seen" ::: "memory"); }

static void ports(void)
{
    say_trap("IN without bitmap", guarded_user(port_in), NULL);
    tss.iomap = offsetof(struct tss32, map);
    for (unsigned i = 0; i < sizeof tss.map; i++) {
        tss.map[i] = 0xff;
    }
    tss.map[0x80 / 8] = 0x6f;                   /* 84h and 87h allowed */
    say_trap("IN allowed by the bitmap", guarded_user(port_in), NULL);
    say_trap("IN word half allowed", guarded_user(port_in_word), NULL);
    tss.map[0x88 / 8] = 0xfe;
    say_trap("IN word allowed", guarded_user(port_in_word), NULL);
    tss.iomap = sizeof tss;
    __asm__ volatile("pushf; orl $0x3000, (%%esp); popf" ::: "cc");
    say_trap("IOPL 3: IN", guarded_user(port_in), NULL);
    say_trap("IOPL 3: CLI, STI", guarded_user(user_cli_sti), NULL);
    say("IOPL 3: popf %d", guarded_user(user_popf_iopl));
    say(" flags %l\n", seen[0] & 0x3200);
    __asm__ volatile("pushf; andl $~0x3000, (%%esp); popf" ::: "cc");
    say("IOPL 0: popf %d", guarded_user(user_popf_iopl));
    say(" flags %l\n", seen[0] & 0x3200);
}

static void note_flags(struct trap *t) { (void)t; __asm__ volatile("pushf; popl seen" ::: "memory"); }
static void sti_int(void) { __asm__ volatile("sti; int $0x83; pushf; popl seen+4; cli" ::: "memory"); }

static void gate_flags(void)
{
    trap_hook[0x83] = note_flags;
    outb(0x21, 0xff);
    outb(0xa1, 0xff);
    guarded(sti_int);
    say("interrupt gate: IF inside %l after %l\n", seen[0] & 0x200, seen[1] & 0x200);
    idt_bytes[0x83 * 8 + 5] = 0x8f;
    guarded(sti_int);
    say("trap gate: IF inside %l after %l\n", seen[0] & 0x200, seen[1] & 0x200);
    trap_hook[0x83] = NULL;
}

void guest_main(void)
{
    call_gates();
    conforming();
    outward();
    rights();
    ports();
    gate_flags();
}
