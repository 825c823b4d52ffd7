/* SPDX-License-Identifier: MIT */
/* The oracle of A32 and T32, for qemu-arm. */
#define _GNU_SOURCE
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include "tests/arm/oracle_program.h"
#include "tests/arm32/record.h"

static struct record record;
void *const oracle_record = &record;
const size_t oracle_record_bytes = sizeof(record);

/* The kernel's struct vfp_sigframe in uc_regspace. */
struct vfp_frame { uint32_t magic, size; uint64_t d[32]; uint32_t fpscr; };

static struct vfp_frame *vfp_of(ucontext_t *context) { return (struct vfp_frame *)context->uc_regspace; }

void oracle_prepare(void)
{
    oracle_map(RECORD_DATA, RECORD_DATA_BYTES, PROT_READ | PROT_WRITE);
    oracle_map(RECORD_READ_ONLY, 4096, PROT_READ);
    oracle_map(RECORD_CODE, RECORD_CODE_BYTES, PROT_READ | PROT_WRITE | PROT_EXEC);
}

static uint8_t *window(void) { return (uint8_t *)RECORD_WINDOW; }

void oracle_take(int signal, ucontext_t *context)
{
    memcpy(record.r, &context->uc_mcontext.arm_r0, 64);
    record.cpsr = context->uc_mcontext.arm_cpsr;
    memcpy(record.v, vfp_of(context)->d, sizeof(record.v));
    record.fpscr = vfp_of(context)->fpscr;
    record.signal = (uint32_t)signal;
    memcpy(record.window, window(), RECORD_WINDOW_BYTES);
    memset(window(), 0, RECORD_WINDOW_BYTES);
    record.sum = record_sum(0, (void *)RECORD_DATA, RECORD_DATA_BYTES);
}

void oracle_give(ucontext_t *context)
{
    uint8_t *code = (uint8_t *)record.r[15];
    memset((void *)RECORD_CODE, 0, RECORD_CODE_BYTES);
    memcpy(code, record.code, record.halves * 2);
    __builtin___clear_cache((char *)code, (char *)code + record.halves * 2);
    memset((void *)RECORD_DATA, 0, RECORD_READ_ONLY - RECORD_DATA);
    memset((void *)(RECORD_READ_ONLY + 4096), 0, RECORD_DATA + RECORD_DATA_BYTES - RECORD_READ_ONLY - 4096);
    memcpy(window(), record.window, RECORD_WINDOW_BYTES);
    memcpy(&context->uc_mcontext.arm_r0, record.r, 64);
    context->uc_mcontext.arm_cpsr = record.cpsr | 0x10;
    memcpy(vfp_of(context)->d, record.v, sizeof(record.v));
    vfp_of(context)->fpscr = record.fpscr;
}
