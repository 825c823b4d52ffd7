/* SPDX-License-Identifier: MIT */
/*
 * The keyboard controller of a PC: an Intel 8042 with IBM's PS/2 firmware (PS/2 Hardware Interface Technical Reference,
 * "Keyboard and Auxiliary Device Controller"). Commands act at once: the input buffer is never seen full.
 * Left out: password commands, multiplexing of several mice, test modes.
 */
#include <limits.h>
#include "hw/input/i8042.h"

enum { STATUS_OUTPUT = 0x01, STATUS_SYSTEM = 0x04, STATUS_COMMAND = 0x08, STATUS_UNLOCKED = 0x10, STATUS_AUX = 0x20 };
enum { CB_IRQ1 = 0x01, CB_IRQ12 = 0x02, CB_SYSTEM = 0x04, CB_NO_KEYBOARD = 0x10, CB_NO_MOUSE = 0x20,
       CB_TRANSLATE = 0x40 };
enum { PORT_NOT_RESET = 0x01, PORT_A20 = 0x02, PORT_IRQ1 = 0x10, PORT_IRQ12 = 0x20 };
enum {
    CMD_READ_RAM = 0x20, CMD_WRITE_RAM = 0x60, CMD_TEST_PASSWORD = 0xa4, CMD_MOUSE_OFF = 0xa7, CMD_MOUSE_ON = 0xa8,
    CMD_MOUSE_TEST = 0xa9, CMD_SELF_TEST = 0xaa, CMD_KEYBOARD_TEST = 0xab, CMD_KEYBOARD_OFF = 0xad,
    CMD_KEYBOARD_ON = 0xae,
    CMD_READ_INPUT = 0xc0, CMD_READ_OUTPUT = 0xd0, CMD_WRITE_OUTPUT = 0xd1, CMD_AS_KEYBOARD = 0xd2, CMD_AS_MOUSE = 0xd3,
    CMD_TO_MOUSE = 0xd4, CMD_A20_OFF = 0xdd, CMD_A20_ON = 0xdf, CMD_TEST_INPUTS = 0xe0, CMD_PULSE = 0xf0,
};
enum { NO_PASSWORD = 0xf1, SELF_TEST_PASSED = 0x55, INPUT_UNLOCKED = 0x80, RELEASE = 0xf0 };

/* Interrupts off, both devices connected; A20 open: its gate is pulled up until somebody drives it. */
static void state_init(struct i8042_state *s)
{
    *s = (struct i8042_state){ .output_port = PORT_NOT_RESET | PORT_A20 };
    ps2_keyboard_reset(&s->keyboard);
    ps2_mouse_reset(&s->mouse);
}

/* Set 2 from the cable becomes set 1; the release prefix turns into the top bit of what follows. */
static bool keyboard_byte(struct i8042_state *s, uint8_t *byte)
{
    while (ps2_keyboard_next(&s->keyboard, byte)) {
        if (!(s->ram[0] & CB_TRANSLATE)) {
            return true;
        }
        if (*byte == RELEASE) {
            s->release_seen = 1;
            continue;
        }
        *byte = ps2_set2_to_set1(*byte) | (s->release_seen ? 0x80 : 0);
        s->release_seen = 0;
        return true;
    }
    return false;
}

/* Fills the output buffer when it is empty: the controller's own replies, keyboard, mouse. */
static void fill_output(struct i8042_state *s)
{
    if (s->output_from != I8042_EMPTY) {
        return;
    }
    if (ps2_queue_get(&s->replies, &s->output) ||
        (!(s->ram[0] & CB_NO_KEYBOARD) && keyboard_byte(s, &s->output))) {
        s->output_from = I8042_KEYBOARD;
    } else if (!(s->ram[0] & CB_NO_MOUSE) && ps2_mouse_next(&s->mouse, &s->output)) {
        s->output_from = I8042_MOUSE;
    }
}

static void update(struct i8042 *kbc)
{
    struct i8042_state *s = &kbc->state;
    fill_output(s);
    irq_set(&kbc->irq1, s->output_from == I8042_KEYBOARD && (s->ram[0] & CB_IRQ1));
    irq_set(&kbc->irq12, s->output_from == I8042_MOUSE && (s->ram[0] & CB_IRQ12));
    if (kbc->input) {
        input_set_leds(kbc->input, s->keyboard.leds);
    }
}

static void reply(struct i8042_state *s, uint8_t byte)
{
    ps2_queue_put(&s->replies, byte);
}

static void write_output_port(struct i8042 *kbc, uint8_t value)
{
    kbc->state.output_port = value & (PORT_NOT_RESET | PORT_A20);
    irq_set(&kbc->a20, value & PORT_A20);
    if (!(value & PORT_NOT_RESET)) {
        machine_request_reset(kbc->machine);
    }
}

static uint8_t read_output_port(const struct i8042_state *s)
{
    return s->output_port | 0xc0 | (s->output_from == I8042_KEYBOARD ? PORT_IRQ1 : 0) |
           (s->output_from == I8042_MOUSE ? PORT_IRQ12 : 0);
}

/* A byte as if it had come from a device: it takes the buffer over. */
static void put_output(struct i8042_state *s, uint8_t byte, enum i8042_source source)
{
    s->output = byte;
    s->output_from = (uint8_t)source;
}

static void write_command(struct i8042 *kbc, uint8_t command)
{
    struct i8042_state *s = &kbc->state;
    s->pending_command = 0;
    if (command >= CMD_READ_RAM && command < CMD_READ_RAM + 32) {
        reply(s, s->ram[command & 31]);
        return;
    }
    if (command >= CMD_PULSE) {             /* a 0 pulses that bit of the output port; bit 0 is the reset line */
        if (!(command & PORT_NOT_RESET)) {
            machine_request_reset(kbc->machine);
        }
        return;
    }
    switch (command) {
    case CMD_TEST_PASSWORD: reply(s, NO_PASSWORD); break;
    case CMD_MOUSE_OFF: s->ram[0] |= CB_NO_MOUSE; break;
    case CMD_MOUSE_ON: s->ram[0] &= (uint8_t)~CB_NO_MOUSE; break;
    case CMD_MOUSE_TEST:
    case CMD_KEYBOARD_TEST: reply(s, 0); break;
    case CMD_SELF_TEST:
        s->system_flag = 1;
        s->ram[0] |= CB_SYSTEM;
        reply(s, SELF_TEST_PASSED);
        break;
    case CMD_KEYBOARD_OFF: s->ram[0] |= CB_NO_KEYBOARD; break;
    case CMD_KEYBOARD_ON: s->ram[0] &= (uint8_t)~CB_NO_KEYBOARD; break;
    case CMD_READ_INPUT: reply(s, INPUT_UNLOCKED); break;
    case CMD_READ_OUTPUT: reply(s, read_output_port(s)); break;
    case CMD_TEST_INPUTS: reply(s, 0); break;
    case CMD_A20_OFF: write_output_port(kbc, s->output_port & (uint8_t)~PORT_A20); break;
    case CMD_A20_ON: write_output_port(kbc, s->output_port | PORT_A20); break;
    default:
        if ((command >= CMD_WRITE_RAM && command < CMD_WRITE_RAM + 32) ||
            (command >= CMD_WRITE_OUTPUT && command <= CMD_TO_MOUSE)) {
            s->pending_command = command;
        } else {
            log_write(kbc->machine->log, LOG_guest_errors, "i8042: no command %02x\n", command);
        }
        break;
    }
}

static void write_data(struct i8042 *kbc, uint8_t byte)
{
    struct i8042_state *s = &kbc->state;
    uint8_t command = s->pending_command;
    s->pending_command = 0;
    switch (command) {
    case CMD_WRITE_OUTPUT: write_output_port(kbc, byte); break;
    case CMD_AS_KEYBOARD: put_output(s, byte, I8042_KEYBOARD); break;
    case CMD_AS_MOUSE: put_output(s, byte, I8042_MOUSE); break;
    case CMD_TO_MOUSE:
        s->ram[0] &= (uint8_t)~CB_NO_MOUSE;     /* a transmission switches the interface on */
        ps2_mouse_write(&s->mouse, byte);
        break;
    case 0:
        s->ram[0] &= (uint8_t)~CB_NO_KEYBOARD;
        ps2_keyboard_write(&s->keyboard, byte);
        break;
    default:
        s->ram[command & 31] = byte;
        if (!(command & 31)) {
            s->system_flag = (byte & CB_SYSTEM) != 0;
        }
        break;
    }
}

static uint64_t data_read(void *device, uint64_t offset, unsigned size)
{
    struct i8042 *kbc = device;
    uint8_t byte = kbc->state.output;       /* an empty buffer gives the last byte again */
    kbc->state.output_from = I8042_EMPTY;
    irq_set(&kbc->irq1, false);             /* the next byte is a new edge */
    irq_set(&kbc->irq12, false);
    update(kbc);
    return byte;
}

static void data_write(void *device, uint64_t offset, uint64_t value, unsigned size)
{
    struct i8042 *kbc = device;
    kbc->state.write_was_command = 0;
    write_data(kbc, (uint8_t)value);
    update(kbc);
}

static uint64_t status_read(void *device, uint64_t offset, unsigned size)
{
    const struct i8042_state *s = &((struct i8042 *)device)->state;
    return (s->output_from ? STATUS_OUTPUT : 0) | (s->output_from == I8042_MOUSE ? STATUS_AUX : 0) | STATUS_UNLOCKED |
           (s->system_flag ? STATUS_SYSTEM : 0) | (s->write_was_command ? STATUS_COMMAND : 0);
}

static void command_write(void *device, uint64_t offset, uint64_t value, unsigned size)
{
    struct i8042 *kbc = device;
    kbc->state.write_was_command = 1;
    write_command(kbc, (uint8_t)value);
    update(kbc);
}

static const struct io_ops data_ops = { data_read, data_write, 1, 1 };
static const struct io_ops command_ops = { status_read, command_write, 1, 1 };

void i8042_key(struct i8042 *kbc, unsigned set1_code, bool down)
{
    ps2_keyboard_key(&kbc->state.keyboard, set1_code, down);
    update(kbc);
}

void i8042_mouse(struct i8042 *kbc, int dx, int dy, int dz, unsigned buttons)
{
    ps2_mouse_move(&kbc->state.mouse, dx, dy, dz, buttons);
    update(kbc);
}

static void on_key(void *device, unsigned code, bool down)
{
    i8042_key(device, input_scan_code(code), down);
}

/* The mouse counts upwards and its wheel towards the user. */
static void on_relative(void *device, int dx, int dy, int wheel, unsigned buttons)
{
    i8042_mouse(device, dx, dy == INT_MIN ? INT_MAX : -dy, wheel == INT_MIN ? INT_MAX : -wheel, buttons);
}

void i8042_connect(struct i8042 *kbc, struct input *input)
{
    kbc->input = input;
    input_add_device(input, &(struct input_device){ .name = "PS/2 keyboard", .device = kbc, .key = on_key });
    input_add_device(input, &(struct input_device){ .name = "PS/2 mouse", .device = kbc, .relative = on_relative });
}

static void loaded(void *device)
{
    update(device);
}

static void reset(void *device)
{
    struct i8042 *kbc = device;
    state_init(&kbc->state);
    update(kbc);
}

#define FIELD(member) SNAPSHOT_FIELD(struct i8042_state, member)
static const struct snapshot_field fields[] = {
    FIELD(keyboard), FIELD(mouse), FIELD(replies), FIELD(ram), FIELD(output), FIELD(output_from), FIELD(output_port),
    FIELD(pending_command), FIELD(write_was_command), FIELD(system_flag), FIELD(release_seen), FIELD(pad),
};

const struct device_type i8042_type = {
    .name = "i8042",
    .reset = reset,
    .loaded = loaded,
    .state_offset = offsetof(struct i8042, state),
    .state_size = sizeof(struct i8042_state),
    .fields = fields,
    .field_count = ARRAY_LEN(fields),
    .version = 1,
};

struct i8042 *i8042_new(struct machine *machine, struct irq_line irq1, struct irq_line irq12, struct irq_line a20)
{
    struct i8042 *kbc = g_new0(struct i8042, 1);
    kbc->machine = machine;
    kbc->irq1 = irq1;
    kbc->irq12 = irq12;
    kbc->a20 = a20;
    memory_add_io(machine->ports, "i8042-data", 0x60, 1, &data_ops, kbc, 0);
    memory_add_io(machine->ports, "i8042-command", 0x64, 1, &command_ops, kbc, 0);
    machine_add_device(machine, &i8042_type, kbc);
    return kbc;
}
