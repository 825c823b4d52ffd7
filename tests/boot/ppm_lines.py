#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# The picture of tests/boot/guest-screen: ppm_lines.py FILE WIDTHxHEIGHT. Rows of 16 lines: the second is black on black, then a row a
# colour with the same letters in it, and far below nothing.
import re, sys

data = open(sys.argv[1], 'rb').read()
head = re.match(rb'P6\s+(\d+)\s+(\d+)\s+255\s', data)
width, height, pixels = int(head[1]), int(head[2]), data[head.end():]
if '%dx%d' % (width, height) != sys.argv[2]:
    sys.exit('%dx%d, not %s' % (width, height, sys.argv[2]))

def row(n):     # the shapes (lit or not, without the digit in front) and the colours of a text row
    shape, colors = [], set()
    for y in range(n * 16, n * 16 + 16):
        line = pixels[y * width * 3:(y + 1) * width * 3]
        for x in range(16, 80 * 8):
            color = line[x * 3:x * 3 + 3]
            shape.append(color != b'\0\0\0')
            colors.add(color)
    return shape, colors

if not any(row(0)[0]):
    sys.exit('the first row is empty')
shapes = set()
seen = set()
for n in range(2, 9):
    shape, colors = row(n)
    if len(colors) != 2:
        sys.exit('row %d has %d colours, not 2' % (n, len(colors)))
    shapes.add(tuple(shape))
    seen |= colors
if len(shapes) != 1 or len(seen) != 8:
    sys.exit('%d shapes and %d colours in rows 2 to 8' % (len(shapes), len(seen)))
if any(row(height // 16 - 2)[0]):
    sys.exit('something at the bottom')
