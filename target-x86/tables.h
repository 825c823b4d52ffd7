/* SPDX-License-Identifier: MIT */
#ifndef TARGET_X86_TABLES_H
#define TARGET_X86_TABLES_H
/* The tables of instruction rows that tables.c puts in order; each is defined in the chapter's own file. */
#include "target-x86/trans.h"

/* Integer. */
extern const struct x86_table_of_rows x86_table_arith, x86_table_multiply, x86_table_logic, x86_table_shift, x86_table_bit,
    x86_table_bmi, x86_table_bytes, x86_table_move, x86_table_stack, x86_table_control, x86_table_string, x86_table_decimal,
    x86_table_flagctl;

/* Floating point and SIMD. */
extern const struct x86_table_of_rows x86_table_x87_load, x86_table_x87_arith, x86_table_x87_control;
extern const struct x86_table_of_rows x86_table_mmx;
extern const struct x86_table_of_rows x86_table_sse_move, x86_table_sse_fp, x86_table_sse_convert, x86_table_sse_int,
    x86_table_sse4, x86_table_crypto, x86_table_fxsave;

/* System. */
extern const struct x86_table_of_rows x86_table_segment, x86_table_system, x86_table_io;

/* Defines x86_table_NAME of an array of rows. */
#define X86_TABLE(chapter, row_array) \
    const struct x86_table_of_rows x86_table_##chapter = { #chapter, row_array, G_N_ELEMENTS(row_array) }

#endif
