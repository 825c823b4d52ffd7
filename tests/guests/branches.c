/* SPDX-License-Identifier: MIT */
/*
 * bits: 32
 * options:
 * qemu: 7.2 checks no limits of branches
 * Branches beyond the CS limit: #GP(0) at the branch itself, with count register, stack pointer and flags as before it (SDM 2: LOOP, Jcc, JMP, CALL,
 * RET, IRET). Each runs at the end of a code segment of its own, so that even a short branch forward leaves it. Bochs 2.7 agrees.
 */
#include "guest.h"

enum { SLOT = 20 };
uint32_t seen_cx, seen_sp, entry_cx, back_sp;

struct branch { const char *name, *code, *at, *end; uint32_t cx; };

/* ZF is set, EAX 0, EDX an offset beyond the limit. `at` is the branch; not taken, it falls into a far return. */
#define BRANCH(name, before, branch) \
    extern const char c_##name[], a_##name[], e_##name[]; \
    __asm__(".align 64; c_" #name ": mov $0x8000, %edx; mov entry_cx, %ecx; " before "; a_" #name ": " branch "; ljmp $8, $branch_done; e_" #name ":");
__asm__("branch_done: mov %ecx, seen_cx; mov %esp, seen_sp; mov back_sp, %esp; ret\n"
        "branch_start: mov %esp, back_sp; xor %eax, %eax; ljmp $0xa0, $0\n");

BRANCH(loop, "", ".byte 0xe2, 0x70")
BRANCH(loop_cx, "", ".byte 0x67, 0xe2, 0x70")
BRANCH(loope, "", ".byte 0xe1, 0x70")
BRANCH(loopne, "", ".byte 0xe0, 0x70")
BRANCH(loopne_taken, "test $1, %dl; inc %edx; test %edx, %edx", ".byte 0xe0, 0x70")
BRANCH(jecxz, "", ".byte 0xe3, 0x70")
BRANCH(je, "", ".byte 0x74, 0x70")
BRANCH(je_near, "", ".byte 0x0f, 0x84, 0, 0x10, 0, 0")
BRANCH(jmp, "", ".byte 0xeb, 0x70")
BRANCH(jmp_edx, "", "jmp *%edx")
BRANCH(call, "", ".byte 0xe8, 0, 0x10, 0, 0")
BRANCH(call_edx, "", "call *%edx")
BRANCH(ret, "push %edx", "ret")
BRANCH(ret_n, "push %edx", "ret $8")
BRANCH(lret, "push $0xa0; push %edx", "lret")
BRANCH(iret, "pushf; push $0xa0; push %edx", "iret")
BRANCH(lcall, "", "lcall $0xa0, $0x8000")
BRANCH(ljmp, "", "ljmp $0xa0, $0x8000")
BRANCH(back, "", ".byte 0xe2, 0x80")

#define ROW(name, cx) { #name, c_##name, a_##name, e_##name, cx }
static const struct branch branches[] = {
    ROW(loop, 5), ROW(loop, 0), ROW(loop, 1), ROW(loop_cx, 0x70005), ROW(loop_cx, 0x70001), ROW(loope, 5), ROW(loopne, 5), ROW(loopne_taken, 5),
    ROW(jecxz, 0), ROW(jecxz, 1), ROW(je, 5), ROW(je_near, 5), ROW(jmp, 5), ROW(jmp_edx, 5), ROW(call, 5), ROW(call_edx, 5), ROW(ret, 5), ROW(ret_n, 5),
    ROW(lret, 5), ROW(iret, 5), ROW(lcall, 5), ROW(ljmp, 5), ROW(back, 5),
};

extern void branch_start(void);
static struct trap fault;
static bool faulted;

/* Goes on behind the branch, where registers are noted. */
static const struct branch *current;
static void on_fault(struct trap *t)
{
    fault = *t;
    faulted = true;
    t->ip = (word)current->end - 7 - (word)current->code;       /* ljmp */
}

void guest_main(void)
{
    trap_hook[13] = on_fault;
    for (unsigned i = 0; i < ARRAY_LEN(branches); i++) {
        current = &branches[i];
        faulted = false;
        entry_cx = current->cx;
        set_descriptor(SLOT, (word)current->code, (word)(current->end - current->code) - 1, 0x9b, 0x40);
        branch_start();
        say("%s ecx %l:", current->name, current->cx);
        if (faulted) {
            say(" #GP error %x at the branch %s ZF %d,", fault.error, fault.ip == (word)(current->at - current->code) ? "yes" : "no",
                (int)(fault.flags >> 6 & 1));
        }
        say(" ecx %l esp -%d\n", seen_cx, (int)(back_sp - seen_sp));
    }
}
