/* SPDX-License-Identifier: MIT */
#ifndef TESTS_CPU_HOST_CPU_H
#define TESTS_CPU_HOST_CPU_H
/*
 * Runs bytes of x86 code on the host CPU itself, in a scratch child process, with all registers given: the oracle of
 * the instruction tests and of the generator. 16-bit code runs in a segment of the LDT, 32-bit code in the kernel's
 * compatibility segment, 64-bit code directly.
 *
 * Code, data and stack lie in one region of 64 KiB at HOST_REGION (also linear address of the guest, guest_cpu.h):
 *   0x0000 code   0x4000 data   0x8000 stack, up to 0xd000   0xd000 read-only   0xe000 not present
 * 16-bit code, and 32-bit code in HOST_32_SEGMENTS, sees it through segments with that base and a limit of 0xffff.
 */
#include <stdbool.h>
#include <stdint.h>

enum { HOST_REGION = 0x110000, HOST_REGION_BYTES = 0x10000, HOST_CODE = 0x1000, HOST_DATA = 0x4000, HOST_STACK = 0x8000,
       HOST_READ_ONLY = 0xd000, HOST_ABSENT = 0xe000 };
enum { HOST_FRAME = 0x100000, HOST_FRAME_BYTES = 0x2000 };      /* the child's own, mapped there too */
enum host_mode { HOST_16, HOST_32, HOST_32_SEGMENTS, HOST_64, HOST_MODES };

/* Registers before and after. fx is the FXSAVE64 image. */
struct host_state {
    uint64_t gpr[16], flags, rip;
    uint8_t fx[512] __attribute__((aligned(16)));
    uint32_t vector, error;         /* after: exception, 255 = ran to the end */
    uint64_t address;               /* of a page fault */
};

struct host_cpu;
/* NULL when this machine cannot do it; *why says what is missing. */
struct host_cpu *host_cpu_new(const char **why);
void host_cpu_free(struct host_cpu *host);
/* Whether this machine's processor is Intel's; all others do as AMD's where the two differ. */
bool host_cpu_is_intel(void);
bool host_cpu_has(const struct host_cpu *host, enum host_mode mode);
uint8_t *host_cpu_region(struct host_cpu *host);
/* Puts code at region offset HOST_CODE, behind it what brings the host back. */
void host_cpu_code(struct host_cpu *host, const uint8_t *code, unsigned bytes, enum host_mode mode);
void host_cpu_code_at(struct host_cpu *host, unsigned offset, const uint8_t *code, unsigned bytes, enum host_mode mode);
/* Runs from state->rip on. false: it did not come back; the child was replaced and the region is undefined. */
bool host_cpu_run(struct host_cpu *host, struct host_state *state, enum host_mode mode);

static inline uint64_t host_base(enum host_mode mode) { return mode == HOST_32 || mode == HOST_64 ? HOST_REGION : 0; }
/* rip of region offset in that mode: 32-bit code segments have base 0 even in HOST_32_SEGMENTS. */
static inline uint64_t host_rip(enum host_mode mode, unsigned offset)
{
    return mode == HOST_16 ? offset : HOST_REGION + offset;
}
static inline unsigned host_bits(enum host_mode mode) { return mode == HOST_16 ? 16 : mode == HOST_64 ? 64 : 32; }

#endif
