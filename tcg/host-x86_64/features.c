/* SPDX-License-Identifier: MIT */
/* What the host has (SDM volume 2, CPUID). Everything optional has a way without it; SSE4.1 and POPCNT are demanded. */
#include <cpuid.h>
#include "tcg/host-x86_64/host.h"

uint32_t host_features(void)
{
    uint32_t a, b, c, d, features = 0;
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d)) {
        features |= (b & bit_BMI) && (b & bit_BMI2) ? HOST_HAS_BMI2 : 0;
        features |= b & bit_BMI ? HOST_HAS_TZCNT : 0;
    }
    if (__get_cpuid(0x80000001, &a, &b, &c, &d))
        features |= c & bit_LZCNT ? HOST_HAS_LZCNT : 0;
    if (__get_cpuid(1, &a, &b, &c, &d))
        features |= (c & bit_POPCNT) && (c & bit_SSE4_1) ? HOST_HAS_POPCNT : 0;
    return features;
}
