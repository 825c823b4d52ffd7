#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Two PPM pictures are the same but for rounding of colours: ppm_compare.py A B [DIFFERENCE]; says where they differ.
import re, sys

def read(path):
    data = open(path, 'rb').read()
    head = re.match(rb'P6\s+(\d+)\s+(\d+)\s+255\s', data)
    return int(head[1]), int(head[2]), data[head.end():]

a, b = read(sys.argv[1]), read(sys.argv[2])
most = int(sys.argv[3]) if len(sys.argv) > 3 else 3
if a[:2] != b[:2]:
    sys.exit('sizes: %dx%d, %dx%d' % (a[:2] + b[:2]))
if a[2] != b[2]:
    bad = [i for i, (x, y) in enumerate(zip(a[2], b[2])) if abs(x - y) > most]
    if bad or len(a[2]) != len(b[2]):
        i = bad[0] // 3 if bad else 0
        sys.exit('%d of %d values differ, first at pixel %d,%d: %s, %s' % (len(bad), len(a[2]), i % a[0], i // a[0],
                 a[2][i * 3:i * 3 + 3].hex(), b[2][i * 3:i * 3 + 3].hex()))
if len(set(a[2])) < 2:
    sys.exit('both are empty')
