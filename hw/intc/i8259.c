/* SPDX-License-Identifier: MIT */
/*
 * A pair of Intel 8259A interrupt controllers (data sheet 231468) as the PC wires them, with the edge/level control
 * registers of the PIIX (82371 data sheet, 4D0h). Fully nested, special fully nested, special mask, rotation,
 * automatic EOI and poll are there. Left out: 8080 mode (ICW4.uPM = 0 is taken as 8086 mode), buffered mode (no pin
 * to drive).
 *
 * An edge-triggered request whose line drops before the acknowledge is forgotten; the acknowledge then gives the
 * spurious vector, as the data sheet says of IR inputs that do not stay high.
 */
#include "hw/intc/i8259.h"

enum { ICW1 = 0x10, ICW1_IC4 = 0x01, ICW1_SNGL = 0x02, ICW4_AEOI = 0x02, ICW4_SFNM = 0x10 };
enum { OCW3 = 0x08, OCW3_RIS = 0x01, OCW3_RR = 0x02, OCW3_P = 0x04, OCW3_SMM = 0x20, OCW3_ESMM = 0x40 };
enum { OCW2_EOI = 0x20, OCW2_SL = 0x40, OCW2_R = 0x80, OCW2_LEVEL = 0x07 };
enum { MASTER = 0, SLAVE = 1, CASCADE = 2, SPURIOUS = 7, NONE = 8 };

static const uint8_t elcr_writable[2] = { 0xf8, 0xde };     /* timer, keyboard, cascade, RTC and FPU stay edges */

/* Distance of the best of `bits` from the top of the priority order; 8: none. */
static unsigned best_rank(const struct i8259_chip *chip, uint8_t bits)
{
    unsigned rank = 0;
    while (rank < NONE && !(bits >> ((rank + chip->priority_add) & 7) & 1)) {
        rank++;
    }
    return rank;
}

/* The input that the chip asks for service; -1: none. */
static int chip_request(const struct i8259_chip *chip, bool master)
{
    uint8_t serving = chip->isr;
    if (chip->special_mask) {
        serving &= (uint8_t)~chip->imr;
    }
    if (master && (chip->icw4 & ICW4_SFNM)) {
        serving &= (uint8_t)~(1 << CASCADE);        /* the slave may interrupt itself */
    }
    unsigned request = best_rank(chip, chip->irr & (uint8_t)~chip->imr);
    if (chip->init_step || request == NONE || request >= best_rank(chip, serving)) {
        return -1;
    }
    return (int)((request + chip->priority_add) & 7);
}

static void chip_set_line(struct i8259_chip *chip, unsigned input, bool level)
{
    uint8_t bit = (uint8_t)(1 << input);
    bool rose = level && !(chip->lines & bit);
    chip->lines = level ? chip->lines | bit : chip->lines & (uint8_t)~bit;
    if (!level) {
        chip->irr &= (uint8_t)~bit;
    } else if (rose) {                  /* a level request stays until its line drops: see chip_take */
        chip->irr |= bit;
    }
}

static void update(struct i8259 *pic)
{
    struct i8259_chip *chips = pic->state.chip;
    chip_set_line(&chips[MASTER], CASCADE, chip_request(&chips[SLAVE], false) >= 0);
    bool level = chip_request(&chips[MASTER], true) >= 0;
    if (level != pic->intr_level) {
        pic->intr_level = level;
        irq_set(&pic->intr, level);
    }
}

bool i8259_intr(const struct i8259 *pic)
{
    return pic->intr_level;
}

static void set_input(void *controller, unsigned irq, bool level)
{
    struct i8259 *pic = controller;
    if (irq != CASCADE) {
        chip_set_line(&pic->state.chip[irq >> 3 & 1], irq & 7, level);
        update(pic);
    }
}

struct irq_line i8259_input(struct i8259 *pic, unsigned irq)
{
    return (struct irq_line){ set_input, pic, irq & 15 };
}

static void rotate_to_lowest(struct i8259_chip *chip, unsigned input)
{
    chip->priority_add = (uint8_t)((input + 1) & 7);
}

/* What both INTA and poll do to a chip. */
static void chip_take(struct i8259_chip *chip, unsigned input)
{
    uint8_t bit = (uint8_t)(1 << input);
    if (!(chip->elcr & bit)) {
        chip->irr &= (uint8_t)~bit;
    }
    if (chip->icw4 & ICW4_AEOI) {
        if (chip->rotate_on_auto_eoi) {
            rotate_to_lowest(chip, input);
        }
    } else {
        chip->isr |= bit;
    }
}

int i8259_acknowledge(struct i8259 *pic)
{
    struct i8259_chip *master = &pic->state.chip[MASTER], *slave = &pic->state.chip[SLAVE];
    int input = chip_request(master, true), vector;
    if (input < 0) {
        vector = master->vector_base + SPURIOUS;
    } else if (input == CASCADE) {
        chip_take(master, CASCADE);
        int slave_input = chip_request(slave, false);
        if (slave_input < 0) {
            vector = slave->vector_base + SPURIOUS;
        } else {
            chip_take(slave, (unsigned)slave_input);
            vector = slave->vector_base + slave_input;
        }
        /* The slave's INT drops during INTA: a further request of it is a new edge. */
        chip_set_line(master, CASCADE, false);
    } else {
        chip_take(master, (unsigned)input);
        vector = master->vector_base + input;
    }
    update(pic);
    return vector;
}

/* ---- Registers ---- */

static void write_icw1(struct i8259_chip *chip, uint8_t value)
{
    chip->icw1 = value;
    chip->icw3 = chip->imr = chip->isr = 0;
    chip->irr = chip->lines & chip->elcr;
    chip->priority_add = chip->special_mask = chip->read_isr = chip->poll = chip->rotate_on_auto_eoi = 0;
    if (!(value & ICW1_IC4)) {
        chip->icw4 = 0;
    }
    chip->init_step = 2;
}

static void write_ocw2(struct i8259_chip *chip, uint8_t value)
{
    unsigned input = value & OCW2_LEVEL;
    if ((value & (OCW2_EOI | OCW2_SL)) == OCW2_EOI) {
        /* Special mask mode: the non-specific EOI leaves masked inputs in service. */
        unsigned rank = best_rank(chip, chip->special_mask ? chip->isr & (uint8_t)~chip->imr : chip->isr);
        if (rank == NONE) {
            return;
        }
        input = (rank + chip->priority_add) & 7;
    }
    if (value & OCW2_EOI) {
        chip->isr &= (uint8_t)~(1 << input);
    }
    if (value & (OCW2_EOI | OCW2_SL)) {
        if (value & OCW2_R) {
            rotate_to_lowest(chip, input);
        }
    } else {
        chip->rotate_on_auto_eoi = (value & OCW2_R) != 0;
    }
}

static void write_command(struct i8259_chip *chip, uint8_t value)
{
    if (value & ICW1) {
        write_icw1(chip, value);
    } else if (value & OCW3) {
        if (value & OCW3_ESMM) {
            chip->special_mask = (value & OCW3_SMM) != 0;
        }
        chip->poll = (value & OCW3_P) != 0;
        if (!chip->poll && (value & OCW3_RR)) {
            chip->read_isr = value & OCW3_RIS;
        }
    } else {
        write_ocw2(chip, value);
    }
}

static void write_data(struct i8259_chip *chip, uint8_t value)
{
    switch (chip->init_step) {
    case 2:
        chip->vector_base = value & 0xf8;
        chip->init_step = !(chip->icw1 & ICW1_SNGL) ? 3 : chip->icw1 & ICW1_IC4 ? 4 : 0;
        break;
    case 3:
        chip->icw3 = value;
        chip->init_step = chip->icw1 & ICW1_IC4 ? 4 : 0;
        break;
    case 4:
        chip->icw4 = value;
        chip->init_step = 0;
        break;
    default:
        chip->imr = value;
        break;
    }
}

static void chip_write(struct i8259 *pic, unsigned n, uint64_t offset, uint64_t value)
{
    if (offset) {
        write_data(&pic->state.chip[n], (uint8_t)value);
    } else {
        write_command(&pic->state.chip[n], (uint8_t)value);
    }
    update(pic);
}

static uint64_t chip_read(struct i8259 *pic, unsigned n, uint64_t offset)
{
    struct i8259_chip *chip = &pic->state.chip[n];
    if (chip->poll) {
        int input = chip_request(chip, n == MASTER);
        chip->poll = 0;
        if (input < 0) {
            return SPURIOUS;
        }
        chip_take(chip, (unsigned)input);
        if (n == SLAVE) {
            chip_set_line(&pic->state.chip[MASTER], CASCADE, false);
        }
        update(pic);
        return 0x80 | (unsigned)input;
    }
    return offset ? chip->imr : chip->read_isr ? chip->isr : chip->irr;
}

static uint64_t master_read(void *device, uint64_t offset, unsigned size) { return chip_read(device, MASTER, offset); }
static uint64_t slave_read(void *device, uint64_t offset, unsigned size) { return chip_read(device, SLAVE, offset); }
static void master_write(void *device, uint64_t offset, uint64_t value, unsigned size)
{
    chip_write(device, MASTER, offset, value);
}
static void slave_write(void *device, uint64_t offset, uint64_t value, unsigned size)
{
    chip_write(device, SLAVE, offset, value);
}

static uint64_t elcr_read(void *device, uint64_t offset, unsigned size)
{
    return ((struct i8259 *)device)->state.chip[offset].elcr;
}

static void elcr_write(void *device, uint64_t offset, uint64_t value, unsigned size)
{
    struct i8259 *pic = device;
    struct i8259_chip *chip = &pic->state.chip[offset];
    uint8_t old = chip->elcr;
    chip->elcr = (uint8_t)value & elcr_writable[offset];
    uint8_t changed = old ^ chip->elcr;
    chip->irr = (chip->irr & (uint8_t)~changed) | (chip->lines & chip->elcr & changed);
    update(pic);
}

static const struct io_ops master_ops = { master_read, master_write, 1, 1 };
static const struct io_ops slave_ops = { slave_read, slave_write, 1, 1 };
static const struct io_ops elcr_ops = { elcr_read, elcr_write, 1, 1 };

static void reset(void *device)
{
    struct i8259 *pic = device;
    pic->state = (struct i8259_state){ 0 };
    update(pic);
}

static void loaded(void *device)
{
    struct i8259 *pic = device;
    pic->intr_level = !(chip_request(&pic->state.chip[MASTER], true) >= 0);
    update(pic);
}

static const struct snapshot_field fields[] = { SNAPSHOT_FIELD(struct i8259_state, chip) };

const struct device_type i8259_type = {
    .name = "i8259",
    .reset = reset,
    .loaded = loaded,
    .state_offset = offsetof(struct i8259, state),
    .state_size = sizeof(struct i8259_state),
    .fields = fields,
    .field_count = ARRAY_LEN(fields),
    .version = 1,
};

struct i8259 *i8259_new(struct machine *machine)
{
    struct i8259 *pic = g_new0(struct i8259, 1);
    pic->machine = machine;
    memory_add_io(machine->ports, "pic1", 0x20, 2, &master_ops, pic, 0);
    memory_add_io(machine->ports, "pic2", 0xa0, 2, &slave_ops, pic, 0);
    memory_add_io(machine->ports, "elcr", 0x4d0, 2, &elcr_ops, pic, 0);
    machine_add_device(machine, &i8259_type, pic);
    return pic;
}
