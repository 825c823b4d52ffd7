/* SPDX-License-Identifier: MIT */
/*
 * QEMU's pc-testdev, as test programs (kvm-unit-tests among them) use it. No document describes it; this is what QEMU 7.2 shows:
 *
 *   E0..E3, E8..EB   one word that keeps what is written, in any size
 *   E4..E7           an address whose page the host is to forget; reads as 0. There is nothing here to forget: no effect
 *   2000..2017       a write sets interrupt input n to level 1, or with 0 to level 0; reads as 0
 *   FF000000         64 KiB of memory behind the I/O path
 */
#include "hw/misc/pc_testdev.h"
#include <string.h>

enum { PORT_WORD = 0xe0, PORT_FLUSH = 0xe4, PORT_WORD_TOO = 0xe8, PORT_IRQ = 0x2000, WORD_BYTES = 4, MEMORY_BASE = 0xff000000u };

/* Little-endian bytes of a guest's value. */
static uint64_t bytes_get(const uint8_t *bytes, unsigned size)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < size; i++) {
        value |= (uint64_t)bytes[i] << i * 8;
    }
    return value;
}

static void bytes_put(uint8_t *bytes, uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++) {
        bytes[i] = (uint8_t)(value >> i * 8);
    }
}

static uint64_t word_read(void *device, uint64_t offset, unsigned size)
{
    return bytes_get(((struct pc_testdev *)device)->state.word + offset, size);
}

static void word_write(void *device, uint64_t offset, uint64_t value, unsigned size)
{
    bytes_put(((struct pc_testdev *)device)->state.word + offset, value, size);
}

static uint64_t memory_get(void *device, uint64_t offset, unsigned size)
{
    return bytes_get(((struct pc_testdev *)device)->state.memory + offset, size);
}

static void memory_put(void *device, uint64_t offset, uint64_t value, unsigned size)
{
    bytes_put(((struct pc_testdev *)device)->state.memory + offset, value, size);
}

static uint64_t read_zero(void *device, uint64_t offset, unsigned size)
{
    return 0;
}

static void forget_page(void *device, uint64_t offset, uint64_t value, unsigned size)
{
}

static void irq_write(void *device, uint64_t offset, uint64_t value, unsigned size)
{
    struct pc_testdev *testdev = device;
    testdev->state.level[offset] = value != 0;
    irq_set(&testdev->irq[offset], value != 0);
}

/* Lets go of the lines that it holds, and of no others: they are shared with the board's devices. */
static void reset(void *device)
{
    struct pc_testdev *testdev = device;
    for (unsigned i = 0; i < PC_TESTDEV_IRQS; i++) {
        if (testdev->state.level[i]) {
            irq_set(&testdev->irq[i], false);
        }
    }
    memset(&testdev->state, 0, sizeof(testdev->state));
}

static const struct io_ops word_ops = { word_read, word_write, 1, 4 }, memory_ops = { memory_get, memory_put, 1, 4 };
static const struct io_ops flush_ops = { read_zero, forget_page, 1, 4 }, irq_ops = { read_zero, irq_write, 1, 1 };

#define FIELD(member) SNAPSHOT_FIELD(struct pc_testdev_state, member)
static const struct snapshot_field fields[] = { FIELD(word), FIELD(level), FIELD(memory) };

const struct device_type pc_testdev_type = {
    .name = "pc-testdev",
    .reset = reset,
    .state_offset = offsetof(struct pc_testdev, state),
    .state_size = sizeof(struct pc_testdev_state),
    .fields = fields,
    .field_count = ARRAY_LEN(fields),
    .version = 1,
};

struct pc_testdev *pc_testdev_new(struct machine *machine, const struct irq_line irq[PC_TESTDEV_IRQS])
{
    struct pc_testdev *testdev = g_new0(struct pc_testdev, 1);
    memcpy(testdev->irq, irq, sizeof(testdev->irq));
    memory_add_io(machine->ports, "pc-testdev-word", PORT_WORD, WORD_BYTES, &word_ops, testdev, 0);
    memory_add_io(machine->ports, "pc-testdev-flush", PORT_FLUSH, WORD_BYTES, &flush_ops, testdev, 0);
    memory_add_io(machine->ports, "pc-testdev-word", PORT_WORD_TOO, WORD_BYTES, &word_ops, testdev, 0);
    memory_add_io(machine->ports, "pc-testdev-irq", PORT_IRQ, PC_TESTDEV_IRQS, &irq_ops, testdev, 0);
    memory_add_io(machine->memory, "pc-testdev-memory", MEMORY_BASE, PC_TESTDEV_MEMORY_BYTES, &memory_ops, testdev, 0);
    machine_add_device(machine, &pc_testdev_type, testdev);
    return testdev;
}
