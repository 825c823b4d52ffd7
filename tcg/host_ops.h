/* SPDX-License-Identifier: MIT */
#ifndef TCG_HOST_OPS_H
#define TCG_HOST_OPS_H
/* The few things the engine's C code asks of the host CPU and that C does not offer. One set a host, chosen here. */
#include <stdbool.h>
#include <stdint.h>

#ifdef __x86_64__
#include <immintrin.h>
enum { HOST_HAS_CAS16 = 1, HOST_FP_DEFAULT = 0x1f80 };

/* place: aligned to 16 bytes. As CMPXCHG16B: old receives what was there. */
__attribute__((target("cx16"))) static inline bool host_cas16(void *place, uint64_t old[2], const uint64_t new[2])
{
    bool equal;
    __asm__ volatile("lock cmpxchg16b %1"
                     : "=@ccz"(equal), "+m"(*(unsigned __int128 *)place), "+a"(old[0]), "+d"(old[1])
                     : "b"(new[0]), "c"(new[1]) : "memory");
    return equal;
}

/* MXCSR: the guest's while its code runs, all exceptions masked (cpu->fp_control). */
static inline uint32_t host_fp_get(void) { return _mm_getcsr(); }
static inline void host_fp_set(uint32_t control) { _mm_setcsr(control); }
#else
enum { HOST_HAS_CAS16 = 0, HOST_FP_DEFAULT = 0 };
static inline bool host_cas16(void *place, uint64_t old[2], const uint64_t new[2]) { return false; }
static inline uint32_t host_fp_get(void) { return 0; }
static inline void host_fp_set(uint32_t control) { }
#endif

#endif
