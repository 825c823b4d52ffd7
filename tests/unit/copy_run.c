/* SPDX-License-Identifier: MIT */
/* COPY outside the cache: host instructions of each shape on given values, results from the manual. */
#include <stdlib.h>
#include <string.h>
#include "tcg/host-x86_64/copy.h"
#include "tests/unit/test.h"

static void vectors(struct test *test)
{
    static const struct ir_copy paddd = { .name = "paddd", .prefix = 0x66, .map = 1, .opcode = 0xfe,
        .reg_role = IR_COPY_BOTH, .reg_class = IR_COPY_VEC, .rm_role = IR_COPY_READ, .rm_class = IR_COPY_VEC };
    static const struct ir_copy pshufd = { .name = "pshufd", .prefix = 0x66, .map = 1, .opcode = 0x70, .imm_bytes = 1,
        .reg_role = IR_COPY_WRITE, .reg_class = IR_COPY_VEC, .rm_role = IR_COPY_READ, .rm_class = IR_COPY_VEC };
    static const struct ir_copy pblendvb = { .name = "pblendvb", .prefix = 0x66, .map = 2, .opcode = 0x10,
        .reg_role = IR_COPY_BOTH, .reg_class = IR_COPY_VEC, .rm_role = IR_COPY_READ, .rm_class = IR_COPY_VEC,
        .xmm0_role = IR_COPY_READ };
    struct copy_thunks *thunks = copy_thunks_new();
    union copy_value reg = { .v = { 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff } }, rm = { .v = { 2, 0, 0, 0, 1, 0, 0, 0 } };
    const union copy_value mask = { .v = { 0, 0x80 } };
    copy_run(thunks, &paddd, 0, &reg, &rm, NULL, NULL);
    EXPECT(test, reg.v[0] == 3 && reg.v[4] == 0 && reg.v[7] == 0 && rm.v[0] == 2);
    copy_run(thunks, &pshufd, 0x55, &reg, &rm, NULL, NULL);
    EXPECT(test, reg.v[0] == 1 && reg.v[4] == 1 && reg.v[12] == 1);
    copy_run(thunks, &pshufd, 0x00, &reg, &rm, NULL, NULL);
    EXPECT(test, reg.v[0] == 2 && reg.v[4] == 2 && reg.v[12] == 2);
    memset(rm.v, 0x77, sizeof(rm.v));
    copy_run(thunks, &pblendvb, 0, &reg, &rm, &mask, NULL);
    EXPECT(test, reg.v[0] == 2 && reg.v[1] == 0x77 && reg.v[2] == 0);
    copy_thunks_free(thunks);
}

static void integers_and_flags(struct test *test)
{
    static const struct ir_copy popcnt = { .name = "popcnt", .prefix = 0xf3, .map = 1, .opcode = 0xb8, .rex_w = 1,
        .reg_role = IR_COPY_WRITE, .rm_role = IR_COPY_READ, .flags_role = IR_COPY_WRITE };
    static const struct ir_copy adc = { .name = "adc", .opcode = 0x13, .rex_w = 1,
        .reg_role = IR_COPY_BOTH, .rm_role = IR_COPY_READ, .flags_role = IR_COPY_BOTH };
    static const struct ir_copy movd = { .name = "movd", .prefix = 0x66, .map = 1, .opcode = 0x7e,
        .reg_role = IR_COPY_READ, .reg_class = IR_COPY_VEC, .rm_role = IR_COPY_WRITE };
    struct copy_thunks *thunks = copy_thunks_new();
    union copy_value reg = { 0 }, rm = { .i = 0xf0f0 };
    uint32_t flags = 0x8d5;
    copy_run(thunks, &popcnt, 0, &reg, &rm, NULL, &flags);
    EXPECT(test, reg.i == 8 && flags == 0);
    reg.i = UINT64_MAX, rm.i = 0, flags = 1;
    copy_run(thunks, &adc, 0, &reg, &rm, NULL, &flags);
    EXPECT(test, reg.i == 0 && flags == (0x1 | 0x4 | 0x10 | 0x40));
    reg = (union copy_value){ .v = { 0x78, 0x56, 0x34, 0x12 } };
    copy_run(thunks, &movd, 0, &reg, &rm, NULL, NULL);
    EXPECT(test, rm.i == 0x12345678);
    copy_thunks_free(thunks);
}

static void buffer_starts_over(struct test *test)
{
    static const struct ir_copy pslldq = { .name = "pslldq", .prefix = 0x66, .map = 1, .opcode = 0x73, .imm_bytes = 1,
        .modrm_reg = 7, .rm_role = IR_COPY_BOTH, .rm_class = IR_COPY_VEC };
    struct ir_copy *many = calloc(20, sizeof(*many));
    struct copy_thunks *thunks = copy_thunks_new();
    bool good = true;
    for (int i = 0; i < 20 * 256; i++) {
        union copy_value rm = { .v = { 0xaa } };
        many[i / 256] = pslldq;
        copy_run(thunks, &many[i / 256], i % 256, NULL, &rm, NULL, NULL);
        good &= i % 256 > 15 ? rm.i == 0 : rm.v[i % 256] == 0xaa;
    }
    EXPECT(test, good);
    copy_thunks_free(thunks);
    free(many);
}

int main(void)
{
    test_run("copy_run_vectors", vectors);
    test_run("copy_run_integers_and_flags", integers_and_flags);
    test_run("copy_run_buffer_starts_over", buffer_starts_over);
    return test_status();
}
