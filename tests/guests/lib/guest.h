/* SPDX-License-Identifier: MIT */
#ifndef TESTS_GUESTS_GUEST_H
#define TESTS_GUESTS_GUEST_H
/* What every guest program has: output, exceptions as values, rings, descriptor and page tables it may change. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uintptr_t word;

/* --- output: port E9h --- */
void put_char(char c);
void put(const char *text);
void put_hex(uint64_t value, unsigned digits);
/* %s string, %x word in hex, %X 64 bits in hex, %d small decimal */
void say(const char *format, ...);
void guest_exit(uint8_t status) __attribute__((noreturn));

/* --- ports --- */
static inline void outb(uint16_t port, uint8_t value) { __asm__ volatile("outb %0, %1" :: "a"(value), "Nd"(port)); }
static inline void outl(uint16_t port, uint32_t value) { __asm__ volatile("outl %0, %1" :: "a"(value), "Nd"(port)); }
static inline uint8_t inb(uint16_t port) { uint8_t v; __asm__ volatile("inb %1, %0" : "=a"(v) : "Nd"(port)); return v; }
static inline uint32_t inl(uint16_t port) { uint32_t v; __asm__ volatile("inl %1, %0" : "=a"(v) : "Nd"(port)); return v; }

/* --- control registers --- */
#define REGISTER(name) \
    static inline word read_##name(void) { word v; __asm__ volatile("mov %%" #name ", %0" : "=r"(v)); return v; } \
    static inline void write_##name(word v) { __asm__ volatile("mov %0, %%" #name :: "r"(v) : "memory"); }
REGISTER(cr0) REGISTER(cr2) REGISTER(cr3) REGISTER(cr4) REGISTER(dr0) REGISTER(dr1) REGISTER(dr2) REGISTER(dr3) REGISTER(dr6) REGISTER(dr7)
#undef REGISTER
static inline uint64_t read_msr(uint32_t msr)
{
    uint32_t low, high;
    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
    return low | (uint64_t)high << 32;
}
static inline void write_msr(uint32_t msr, uint64_t value)
{
    __asm__ volatile("wrmsr" :: "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)) : "memory");
}
static inline void cpuid(uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    __asm__ volatile("cpuid" : "=a"(out[0]), "=b"(out[1]), "=c"(out[2]), "=d"(out[3]) : "a"(leaf), "c"(subleaf));
}

/* --- exceptions --- */
struct trap { word vector, error, has_error, ip, cs, flags, sp, ss, cr2; };
extern struct trap trap;                        /* of the last exception or INT */
/* Runs code; returns the vector of the exception that ended it, or -1 when it returned. Interrupts off on return. */
int guarded(void (*code)(void));
/* The same in ring 3, on a stack of its own, with the given argument in eax/rax; it ends by returning. */
int guarded_user(void (*code)(void));
/* Called for a vector instead of ending the guarded code when set; returns to the interrupted code. May change *trap.ip. */
extern void (*trap_hook[256])(struct trap *trap);
/* One line: what was run, vector, error code, where the saved IP points relative to `at`, TF of the saved flags. (RF is not said: QEMU 7.2 never sets it.) */
void say_trap(const char *what, int vector, const void *at);

/* One line: of MSRs first to last, how many are read, and written back as read, without an exception. */
void say_msrs(const char *what, uint32_t first, uint32_t last);

/* --- descriptors --- */
struct descriptor { uint16_t limit, base; uint8_t base16, access, flags, base24; };
enum { GDT_SLOTS = 64, SEL_CODE = 0x08, SEL_DATA = 0x10, SEL_USER_CODE = 0x1b, SEL_USER_DATA = 0x23, SEL_TSS = 0x28, SEL_CODE16 = 0x38,
       SEL_DATA16 = 0x40, SEL_CODE32 = 0x48, SEL_FREE = 0x50 };
extern struct descriptor gdt[GDT_SLOTS];
/* base, limit (in units of `flags` G), access byte (P DPL S type), flags: bits 7-4 G D L AVL */
void set_descriptor(unsigned slot, uint32_t base, uint32_t limit, uint8_t access, uint8_t flags);
void set_gate(unsigned vector, void *handler, uint16_t selector, uint8_t access);
extern uint8_t idt_bytes[];
void load_tables(void);                         /* LGDT, LIDT as they are */
struct tss32 {
    uint32_t link, esp0, ss0, esp1, ss1, esp2, ss2, cr3, eip, eflags, eax, ecx, edx, ebx, esp, ebp, esi, edi;
    uint32_t es, cs, ss, ds, fs, gs, ldt;
    uint16_t trap, iomap;
    uint8_t map[64];
};
struct tss64 { uint32_t zero; uint64_t rsp[3], zero2, ist[7], zero3; uint16_t zero4, iomap; uint8_t map[64]; } __attribute__((packed));
#ifdef __x86_64__
extern struct tss64 tss;
#else
extern struct tss32 tss;
#endif

void guest_main(void);

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#ifdef __x86_64__
#define GUEST_BITS 64
#else
#define GUEST_BITS 32
#endif
#endif
