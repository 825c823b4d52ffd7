/* SPDX-License-Identifier: MIT */
#ifndef TARGET_X86_STRING_H
#define TARGET_X86_STRING_H
/* What string.c tells helper_string about a repeated string instruction, packed into its one argument. */
#include <stdint.h>

enum string_kind { STRING_MOVS, STRING_CMPS, STRING_STOS, STRING_LODS, STRING_SCAS };
enum { STRING_REPNE = 1 << 0, STRING_ONCE = 1 << 1 };  /* ONCE: single-step, one iteration a call */

struct string_op { uint8_t kind, bytes_log2, segment, address_bits, flags; };

static inline uint64_t string_pack(struct string_op s)
{
    return s.kind | s.bytes_log2 << 4 | (uint64_t)s.segment << 8 | (uint64_t)s.address_bits << 16 | (uint64_t)s.flags << 24;
}
static inline struct string_op string_unpack(uint64_t packed)
{
    return (struct string_op){ packed & 15, packed >> 4 & 15, packed >> 8 & 0xff, packed >> 16 & 0xff, packed >> 24 & 0xff };
}

#endif
