/* SPDX-License-Identifier: MIT */
/*
 * machine: virt
 * cpu: max
 * What `max` says that it has: no feature that is not there, in either instruction set. QEMU's `max` has more.
 */
#include "guest.h"

int main(void)
{
    print_hex("pfr0", READ(id_aa64pfr0_el1));
    print_hex("pfr1", READ(s3_0_c0_c4_1));
    print_hex("isar0", READ(id_aa64isar0_el1));
    print_hex("isar1", READ(id_aa64isar1_el1));
    print_hex("isar2", READ(s3_0_c0_c6_2));
    line();
    print_hex("mmfr0", READ(id_aa64mmfr0_el1));
    print_hex("mmfr1", READ(id_aa64mmfr1_el1));
    print_hex("mmfr2", READ(s3_0_c0_c7_2));
    print_hex("dfr0", READ(id_aa64dfr0_el1));
    line();
    print_hex("aarch32 isar5", READ(s3_0_c0_c2_5));
    print_hex("isar6", READ(s3_0_c0_c2_7));
    print_hex("mvfr1", READ(s3_0_c0_c3_1));
    line();
    end();
}
