/* SPDX-License-Identifier: MIT */
/*
 * What a monitor says of itself: VESA Enhanced EDID Standard, release A revision 2 (EDID 1.4), one block: digital, with a
 * preferred mode of the given size at about 60 Hz and reduced blanking, and the usual smaller modes.
 */
#include "hw/display/vga.h"
#include <string.h>

enum { BLOCK_BYTES = 128, DETAILED = 54, DESCRIPTOR_BYTES = 18, DPI = 100 };

/* A descriptor of text (13 characters) or a range. */
static void descriptor(uint8_t *to, uint8_t tag, const char *text)
{
    to[3] = tag;
    memset(to + 5, ' ', 13);
    size_t length = MIN(strlen(text), 12);
    memcpy(to + 5, text, length);
    to[5 + length] = '\n';
}

/* 3.10.2: 10 kHz pixel clock, then active and blanking, each as low byte and a nibble. */
static void detailed_timing(uint8_t *to, unsigned width, unsigned height)
{
    enum { H_BLANK = 160, V_BLANK = 30, H_FRONT = 48, H_SYNC = 32, V_FRONT = 3, V_SYNC = 6 };
    unsigned clock = (width + H_BLANK) * (height + V_BLANK) * 60 / 10000;
    unsigned width_mm = width * 254 / 10 / DPI, height_mm = height * 254 / 10 / DPI;
    clock = MIN(clock, UINT16_MAX);
    to[0] = (uint8_t)clock;
    to[1] = (uint8_t)(clock >> 8);
    to[2] = (uint8_t)width;
    to[3] = H_BLANK;
    to[4] = (uint8_t)(width >> 8 << 4);
    to[5] = (uint8_t)height;
    to[6] = V_BLANK;
    to[7] = (uint8_t)(height >> 8 << 4);
    to[8] = H_FRONT;
    to[9] = H_SYNC;
    to[10] = V_FRONT << 4 | V_SYNC;
    to[12] = (uint8_t)width_mm;
    to[13] = (uint8_t)height_mm;
    to[14] = (uint8_t)((width_mm >> 8 & 0xf) << 4 | (height_mm >> 8 & 0xf));
    to[17] = 0x18;                              /* digital separate sync */
}

void vga_edid_make(uint8_t edid[BLOCK_BYTES], unsigned width, unsigned height)
{
    static const uint8_t header[] = { 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0 };
    static const struct { uint16_t width; uint8_t aspect; } standard[8] = {    /* 3.9; aspect 0: 16:10, 1: 4:3, 2: 5:4, 3: 16:9 */
        { 1920, 3 }, { 1680, 0 }, { 1600, 1 }, { 1400, 1 }, { 1280, 2 }, { 1280, 0 }, { 1280, 3 }, { 1152, 1 },
    };
    memset(edid, 0, BLOCK_BYTES);
    memcpy(edid, header, sizeof(header));
    edid[8] = ('D' - '@') << 2 | ('R' - '@') >> 3;      /* maker: three letters of five bits, "DRG" */
    edid[9] = (uint8_t)(('R' - '@') << 5 | ('G' - '@'));
    edid[10] = 1;                               /* product */
    edid[17] = 2026 - 1990;                     /* year of the model */
    edid[16] = 0xff;
    edid[18] = 1;
    edid[19] = 4;
    edid[20] = 0xa0;                            /* digital, 8 bits a colour */
    edid[21] = (uint8_t)(width * 254 / 100 / DPI);      /* cm */
    edid[22] = (uint8_t)(height * 254 / 100 / DPI);
    edid[23] = 120;                             /* gamma 2.2 */
    edid[24] = 0x06;                            /* sRGB, the first detailed timing is the native one */
    static const uint8_t srgb[10] = { 0xee, 0x91, 0xa3, 0x54, 0x4c, 0x99, 0x26, 0x0f, 0x50, 0x54 };
    memcpy(edid + 25, srgb, sizeof(srgb));
    edid[35] = 0x21;                            /* 640 x 480, 800 x 600 */
    edid[36] = 0x08;                            /* 1024 x 768 */
    for (unsigned i = 0; i < G_N_ELEMENTS(standard); i++) {
        edid[38 + i * 2] = (uint8_t)(standard[i].width / 8 - 31);
        edid[39 + i * 2] = (uint8_t)(standard[i].aspect << 6);
    }
    detailed_timing(edid + DETAILED, width, height);
    descriptor(edid + DETAILED + DESCRIPTOR_BYTES, 0xfc, "Dragoman");
    descriptor(edid + DETAILED + 2 * DESCRIPTOR_BYTES, 0xff, "0");
    descriptor(edid + DETAILED + 3 * DESCRIPTOR_BYTES, 0x10, "");
    uint8_t sum = 0;
    for (unsigned i = 0; i < BLOCK_BYTES - 1; i++) {
        sum += edid[i];
    }
    edid[BLOCK_BYTES - 1] = (uint8_t)-sum;
}
