/* SPDX-License-Identifier: MIT */
#ifndef TARGET_ARM_WIDE_H
#define TARGET_ARM_WIDE_H
/* Signed values of lanes with room for what an operation on 64 bits makes of them. */
typedef __int128 wide;

/* C leaves << of negative values undefined. */
static inline wide wide_left(wide x, unsigned by) { return (wide)((unsigned __int128)x << by); }

#endif
