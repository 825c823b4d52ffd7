/* SPDX-License-Identifier: MIT */
#ifndef HW_DISPLAY_VGA_H
#define HW_DISPLAY_VGA_H
/*
 * A VGA with the Bochs VBE extensions on PCI (1234:1111), as firmware and guests know it from QEMU's "-vga std".
 * Files: vga.c the device, vga_ports.c registers, vga_dispi.c VBE registers, vga_memory.c the window at A0000h,
 * vga_timing.c the beam, vga_draw.c and vga_text.c the picture, edid.c the monitor.
 */
#include "base/display.h"
#include "hw/pci/pci.h"

enum { VGA_SEQUENCER_COUNT = 5, VGA_CRTC_COUNT = 0x19, VGA_GRAPHICS_COUNT = 9, VGA_ATTRIBUTE_COUNT = 0x15 };
enum {  /* registers: index, then bits; IBM PS/2 Hardware Interface Technical Reference, Video Subsystem */
    SEQ_RESET = 0, SEQ_CLOCKING = 1, SEQ_MAP_MASK = 2, SEQ_FONT = 3, SEQ_MEMORY = 4,
    SEQ_CLOCKING_8DOT = 0x01, SEQ_CLOCKING_HALF = 0x08, SEQ_CLOCKING_OFF = 0x20,
    SEQ_MEMORY_EXTENDED = 0x02, SEQ_MEMORY_SEQUENTIAL = 0x04, SEQ_MEMORY_CHAIN4 = 0x08,
    CRTC_H_TOTAL = 0, CRTC_H_DISPLAY_END = 1, CRTC_H_BLANK_START = 2, CRTC_H_BLANK_END = 3, CRTC_H_RETRACE_START = 4,
    CRTC_H_RETRACE_END = 5, CRTC_V_TOTAL = 6, CRTC_OVERFLOW = 7, CRTC_PRESET_ROW = 8, CRTC_MAX_SCAN = 9,
    CRTC_CURSOR_START = 0xa, CRTC_CURSOR_END = 0xb, CRTC_START_HIGH = 0xc, CRTC_START_LOW = 0xd, CRTC_CURSOR_HIGH = 0xe,
    CRTC_CURSOR_LOW = 0xf, CRTC_V_RETRACE_START = 0x10, CRTC_V_RETRACE_END = 0x11, CRTC_V_DISPLAY_END = 0x12,
    CRTC_OFFSET = 0x13, CRTC_UNDERLINE = 0x14, CRTC_V_BLANK_START = 0x15, CRTC_V_BLANK_END = 0x16, CRTC_MODE = 0x17,
    CRTC_LINE_COMPARE = 0x18,
    CRTC_MAX_SCAN_DOUBLE = 0x80, CRTC_CURSOR_OFF = 0x20, CRTC_V_RETRACE_END_PROTECT = 0x80,
    CRTC_UNDERLINE_BY4 = 0x20, CRTC_UNDERLINE_DOUBLE_WORD = 0x40,
    CRTC_MODE_MA13 = 0x01, CRTC_MODE_MA14 = 0x02, CRTC_MODE_LINE_BY2 = 0x04, CRTC_MODE_COUNT_BY2 = 0x08,
    CRTC_MODE_WRAP15 = 0x20, CRTC_MODE_BYTE = 0x40, CRTC_MODE_ENABLE = 0x80,
    GFX_SET_RESET = 0, GFX_ENABLE_SET_RESET = 1, GFX_COMPARE = 2, GFX_ROTATE = 3, GFX_READ_MAP = 4, GFX_MODE = 5, GFX_MISC = 6,
    GFX_DONT_CARE = 7, GFX_BIT_MASK = 8,
    GFX_MODE_WRITE = 0x03, GFX_MODE_READ = 0x08, GFX_MODE_ODD_EVEN = 0x10, GFX_MODE_INTERLEAVE = 0x20, GFX_MODE_256 = 0x40,
    GFX_MISC_GRAPHICS = 0x01, GFX_MISC_CHAIN = 0x02, GFX_MISC_MAP_SHIFT = 2,
    ATT_MODE = 0x10, ATT_OVERSCAN = 0x11, ATT_PLANES = 0x12, ATT_PANNING = 0x13, ATT_COLOR_SELECT = 0x14,
    ATT_INDEX_VIDEO = 0x20,
    ATT_MODE_GRAPHICS = 0x01, ATT_MODE_MONO = 0x02, ATT_MODE_LINE_GRAPHICS = 0x04, ATT_MODE_BLINK = 0x08,
    ATT_MODE_PAN_TOP = 0x20, ATT_MODE_WIDE = 0x40, ATT_MODE_P54 = 0x80,
    MISC_COLOR = 0x01, MISC_RAM = 0x02, MISC_CLOCK_SHIFT = 2, MISC_ODD_PAGE = 0x20,
};
enum {  /* Bochs VBE ("dispi") registers, behind ports 1CEh and 1CFh */
    DISPI_ID = 0, DISPI_XRES = 1, DISPI_YRES = 2, DISPI_BPP = 3, DISPI_ENABLE = 4, DISPI_BANK = 5, DISPI_VIRT_WIDTH = 6,
    DISPI_VIRT_HEIGHT = 7, DISPI_X_OFFSET = 8, DISPI_Y_OFFSET = 9, DISPI_COUNT = 10, DISPI_MEMORY_64K = 10,
    DISPI_ENABLE_ON = 0x01, DISPI_ENABLE_CAPABILITIES = 0x02, DISPI_ENABLE_DAC8 = 0x20, DISPI_ENABLE_LINEAR = 0x40,
    DISPI_ENABLE_NO_CLEAR = 0x80,
};

/* All that the guest sees but video RAM, which a reset leaves as it is. */
struct vga_state {
    struct pci_state pci;
    uint8_t misc, feature, sequencer_index, crtc_index, graphics_index;
    uint8_t attribute_index;        /* with ATT_INDEX_VIDEO */
    uint8_t attribute_data;         /* flip-flop: the next write to 3C0h is data */
    uint8_t sequencer[VGA_SEQUENCER_COUNT], crtc[VGA_CRTC_COUNT], graphics[VGA_GRAPHICS_COUNT], attribute[VGA_ATTRIBUTE_COUNT];
    uint8_t dac_mask, dac_reading, dac_read_index, dac_write_index, dac_component, dac_pending[2];
    uint8_t dac[256 * 3];
    uint8_t latches[4];
    uint8_t big_endian;             /* of the frame buffer's pixels */
    uint8_t reserved;
    uint16_t dispi_index, dispi[DISPI_COUNT];
};

struct vga_settings {
    unsigned memory_mib;            /* video RAM, a power of two; 0: 16 */
    unsigned edid_width, edid_height;   /* of the monitor; 0: none answers */
    const void *rom;                /* the VGA BIOS, copied; NULL: none */
    size_t rom_bytes;
};

struct vga_text;
enum vga_format { VGA_NOTHING, VGA_TEXT, VGA_PLANAR, VGA_INTERLEAVED, VGA_256, VGA_DISPI_8, VGA_DISPI_15, VGA_DISPI_16,
                  VGA_DISPI_24, VGA_DISPI_32 };

/* What is on the screen, derived from the registers; two equal ones need no new drawing but of what was written. */
struct vga_geometry {
    enum vga_format format;
    unsigned width, height;         /* of the surface */
    unsigned columns, rows;         /* characters, or character clocks and their rows */
    unsigned cell_width, cell_height;       /* a dot is cell_width / dots pixels wide */
    unsigned dots;                  /* 8 or 9 a character */
    unsigned row_step;              /* scan lines that show the same row scan: 1 or 2 (double scan) */
    unsigned line_compare;          /* first scan line of the lower part; height: none */
    uint32_t start, row_offset;     /* address counter at the top, and from row to row */
    unsigned preset_row, panning;
    bool pan_below;                 /* panning holds below line compare too */
    uint64_t base, stride_bytes;    /* DISPI formats */
    uint8_t addressing[4];          /* registers that say how the address counter becomes an address, and byte order */
};

struct vga {
    struct vga_state state;
    struct pci_device pci;
    struct machine *machine;
    struct display *display;
    uint64_t ram_offset, ram_bytes; /* video RAM in the machine's memory object */
    uint8_t *ram;
    struct region *direct;          /* the window at A0000h as RAM, where the mode allows */
    uint8_t edid[256];
    bool edid_present;
    struct {                        /* what was drawn, for the next refresh */
        bool whole;                 /* everything anew */
        struct vga_geometry geometry;
        uint32_t palette[256];
        uint64_t *dirty, *dirty_before;
        struct vga_text *text;      /* see vga_text.c */
        bool text_shown;
    } drawn;
};

extern const struct device_type vga_type;

/* On `bus` at `slot`, with the legacy ports and the window at A0000h of `machine`. error: no room, or a ROM too large. */
struct vga *vga_new(struct machine *machine, struct pci_bus *bus, unsigned slot, const struct vga_settings *settings,
                    struct display *display, GError **error);

/* ---- Between the files of the adapter ---- */

uint64_t vga_port_read(void *vga, uint64_t offset, unsigned size);      /* offset from 3B0h */
void vga_port_write(void *vga, uint64_t offset, uint64_t value, unsigned size);
void vga_ports_reset(struct vga_state *state);
extern const struct io_ops vga_dispi_ops;       /* ports 1CEh.. */
uint16_t vga_dispi_read(const struct vga *vga, unsigned index);
void vga_dispi_write(struct vga *vga, unsigned index, uint16_t value);
static inline bool vga_dispi_on(const struct vga_state *s) { return s->dispi[DISPI_ENABLE] & DISPI_ENABLE_ON; }
extern const struct io_ops vga_window_ops;      /* A0000h..BFFFFh */
uint8_t vga_window_peek(void *device, uint64_t offset);     /* the same, but latches stay */
/* After a register that decides about the window was written: RAM directly, or handlers. */
void vga_window_update(struct vga *vga);
/* Input status 1: where the beam is now. */
uint8_t vga_input_status(const struct vga *vga);
/* error-free for any register values: nothing is larger than DISPLAY_MOST, nothing outside video RAM. */
void vga_geometry_get(const struct vga *vga, struct vga_geometry *geometry);
/* What the address counter and the row scan are on a scan line. */
struct vga_line { uint32_t counter; unsigned row_scan, panning; };
struct vga_line vga_line_at(const struct vga_geometry *geometry, unsigned y);
unsigned vga_count_shift(const struct vga_state *state);    /* character clocks by which the counter goes on: log2 */
/* Address of a 4-byte column in video RAM by the address counter and the row scan (CRTC mode control, underline). */
uint32_t vga_column_address(const struct vga_state *state, uint32_t counter, unsigned row_scan);
void vga_refresh(void *vga);
void vga_invalidate(void *vga);
void vga_palette_get(const struct vga *vga, uint32_t colors[256]);      /* DAC entries as XRGB */
uint32_t vga_attribute_color(const struct vga *vga, const uint32_t colors[256], unsigned index);    /* of 16 */
struct vga_text *vga_text_new(void);
void vga_text_free(struct vga_text *text);
/* Draws what changed of a text screen. colors: of the attribute controller. written: video RAM was. */
void vga_text_refresh(struct vga *vga, const struct vga_geometry *geometry, const uint32_t colors[16],
                      bool whole, bool written);
void vga_edid_make(uint8_t edid[128], unsigned width, unsigned height);

#endif
