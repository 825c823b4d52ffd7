/* SPDX-License-Identifier: MIT */
/* All tables of instruction rows, in the order of the manual's chapters. Order has no meaning: rows may not overlap. */
#include "target-x86/tables.h"

const struct x86_table_of_rows *const x86_tables[] = {
    &x86_table_arith, &x86_table_multiply, &x86_table_logic, &x86_table_shift, &x86_table_bit, &x86_table_bmi,
    &x86_table_bytes, &x86_table_move, &x86_table_stack, &x86_table_control, &x86_table_string, &x86_table_decimal,
    &x86_table_flagctl,
    &x86_table_x87_load, &x86_table_x87_arith, &x86_table_x87_control, &x86_table_mmx, &x86_table_sse_move, &x86_table_sse_fp,
    &x86_table_sse_convert, &x86_table_sse_int, &x86_table_sse4, &x86_table_crypto, &x86_table_fxsave,
    &x86_table_segment, &x86_table_system, &x86_table_io,
};
const unsigned x86_table_count = G_N_ELEMENTS(x86_tables);
