/* SPDX-License-Identifier: MIT */
/* The files of explain/page/ as they are, with their names: explain/assets.h. */
        .macro  asset file
        .section .rodata
7:      .string "\file"
8:      .incbin "explain/page/\file"
9:
        .section .data.rel.ro, "aw"
        .quad   7b, 8b, 9b
        .endm

        .section .data.rel.ro, "aw"
        .balign 8
        .globl  explain_assets
explain_assets:
        asset   index.html
        asset   explain.css
        asset   explain.js
        asset   code.js
        asset   graph.js
        .quad   0, 0, 0
        .section .note.GNU-stack, "", @progbits
