/* SPDX-License-Identifier: MIT */
/* Program entry. */
#include <stdio.h>
int main(void) { fputs("dragoman: nothing to run yet\n", stderr); return 1; }
