/* SPDX-License-Identifier: MIT */
/*
 * MSI and MSI-X (PCI Local Bus Specification 3.0, 6.8). A message of a masked vector waits in its pending bit and goes
 * out when the mask is lifted. Where the specification leaves open what an access of fewer than four bytes to the
 * MSI-X table does, the bytes not written become 0.
 */
#include <string.h>
#include "hw/pci/msi.h"

enum {  /* MSI: offsets in the capability, and message control */
    MSI_CONTROL = 2, MSI_ADDRESS = 4, MSI_ADDRESS_HIGH = 8, MSI_DATA = 12, MSI_MASK = 16, MSI_PENDING = 20,
    MSI_BYTES = 24,
    MSI_CONTROL_ENABLE = 1 << 0, MSI_CONTROL_CAPABLE_SHIFT = 1, MSI_CONTROL_ENABLED_SHIFT = 4, MSI_CONTROL_64 = 1 << 7,
    MSI_CONTROL_MASKS = 1 << 8,
};
enum {  /* MSI-X */
    MSIX_CONTROL = 2, MSIX_TABLE = 4, MSIX_PENDING = 8, MSIX_BYTES = 12, MSIX_CONTROL_MASK_ALL = 1 << 14,
    MSIX_CONTROL_ENABLE = 1 << 15, MSIX_ENTRY_MASKED = 1, MSIX_BAR_BYTES = 0x1000, MSIX_PENDING_OFFSET = 0x800,
};

static void put(uint8_t *config, unsigned offset, uint32_t value, unsigned bytes)
{
    memcpy(config + offset, &value, bytes);
}

/* ---- MSI ---- */

void msi_init(struct msi *msi, struct pci_device *device, unsigned vectors)
{
    g_assert(vectors && vectors <= MSI_VECTORS_MOST && !(vectors & (vectors - 1)));
    unsigned at = pci_device_add_capability(device, PCI_CAPABILITY_MSI, MSI_BYTES);
    unsigned log2 = (unsigned)__builtin_ctz(vectors);
    *msi = (struct msi){ .device = device, .capability = at, .vectors = vectors };
    device->msi = msi;
    put(device->reset_config, at + MSI_CONTROL, MSI_CONTROL_64 | MSI_CONTROL_MASKS | log2 << MSI_CONTROL_CAPABLE_SHIFT,
        2);
    put(device->writable, at + MSI_CONTROL, MSI_CONTROL_ENABLE | 7 << MSI_CONTROL_ENABLED_SHIFT, 2);
    put(device->writable, at + MSI_ADDRESS, ~3u, 4);
    put(device->writable, at + MSI_ADDRESS_HIGH, UINT32_MAX, 4);
    put(device->writable, at + MSI_DATA, UINT16_MAX, 2);
    put(device->writable, at + MSI_MASK, vectors == 32 ? UINT32_MAX : (1u << vectors) - 1, 4);
}

bool msi_enabled(const struct msi *msi)
{
    return pci_word(msi->device->state, msi->capability + MSI_CONTROL) & MSI_CONTROL_ENABLE;
}

static unsigned vectors_enabled(const struct msi *msi)
{
    uint16_t control = pci_word(msi->device->state, msi->capability + MSI_CONTROL);
    unsigned enabled = 1u << (control >> MSI_CONTROL_ENABLED_SHIFT & 7);
    return MIN(enabled, msi->vectors);
}

void msi_notify(struct msi *msi, unsigned vector)
{
    struct pci_state *state = msi->device->state;
    unsigned at = msi->capability;
    if (!msi_enabled(msi)) {
        return;
    }
    vector %= vectors_enabled(msi);
    if (pci_long(state, at + MSI_MASK) >> vector & 1) {
        put(state->config, at + MSI_PENDING, pci_long(state, at + MSI_PENDING) | 1u << vector, 4);
        return;
    }
    uint32_t data = (pci_word(state, at + MSI_DATA) & ~(vectors_enabled(msi) - 1)) | vector;
    pci_device_send_message(msi->device, pci_long(state, at + MSI_ADDRESS) |
                            (uint64_t)pci_long(state, at + MSI_ADDRESS_HIGH) << 32, data);
}

void msi_config_written(struct msi *msi, unsigned offset, unsigned size)
{
    struct pci_state *state = msi->device->state;
    unsigned at = msi->capability;
    if (offset >= at + MSI_BYTES || offset + size <= at || !msi_enabled(msi)) {
        return;
    }
    uint32_t ready = pci_long(state, at + MSI_PENDING) & ~pci_long(state, at + MSI_MASK);
    put(state->config, at + MSI_PENDING, pci_long(state, at + MSI_PENDING) & ~ready, 4);
    for (unsigned vector = 0; vector < msi->vectors; vector++) {
        if (ready >> vector & 1) {
            msi_notify(msi, vector);
        }
    }
}

/* ---- MSI-X ---- */

bool msix_enabled(const struct msix *msix)
{
    return pci_word(msix->device->state, msix->capability + MSIX_CONTROL) & MSIX_CONTROL_ENABLE;
}

static bool masked(const struct msix *msix, unsigned vector)
{
    uint16_t control = pci_word(msix->device->state, msix->capability + MSIX_CONTROL);
    return control & MSIX_CONTROL_MASK_ALL || msix->state->table[vector].control & MSIX_ENTRY_MASKED;
}

void msix_notify(struct msix *msix, unsigned vector)
{
    if (vector >= msix->vectors || !msix_enabled(msix)) {
        return;
    }
    const struct msix_entry *entry = &msix->state->table[vector];
    if (masked(msix, vector)) {
        msix->state->pending |= 1ull << vector;
    } else {
        pci_device_send_message(msix->device, entry->address_low | (uint64_t)entry->address_high << 32, entry->data);
    }
}

static void send_pending(struct msix *msix)
{
    for (unsigned vector = 0; msix->state->pending && vector < msix->vectors && msix_enabled(msix); vector++) {
        if (msix->state->pending >> vector & 1 && !masked(msix, vector)) {
            msix->state->pending &= ~(1ull << vector);
            msix_notify(msix, vector);
        }
    }
}

void msix_config_written(struct msix *msix, unsigned offset, unsigned size)
{
    if (offset < msix->capability + MSIX_BYTES && offset + size > msix->capability) {
        send_pending(msix);
    }
}

static uint64_t table_read(void *opaque, uint64_t offset, unsigned size)
{
    const struct msix *msix = opaque;
    uint32_t value = 0;
    if (offset < msix->vectors * sizeof(struct msix_entry)) {
        memcpy(&value, (const uint8_t *)msix->state->table + offset, 4);
    } else if (offset >= MSIX_PENDING_OFFSET && offset < MSIX_PENDING_OFFSET + 8) {
        value = (uint32_t)(msix->state->pending >> (offset - MSIX_PENDING_OFFSET) * 8);
    }
    return value;
}

static void table_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct msix *msix = opaque;
    uint32_t word = (uint32_t)value;
    if (offset < msix->vectors * sizeof(struct msix_entry)) {
        memcpy((uint8_t *)msix->state->table + offset, &word, 4);
        send_pending(msix);
    }
}

static const struct io_ops table_ops = { table_read, table_write, 4, 4 };

void msix_init(struct msix *msix, struct pci_device *device, struct msix_state *state, unsigned vectors, unsigned bar)
{
    g_assert(vectors && vectors <= MSIX_VECTORS_MOST);
    unsigned at = pci_device_add_capability(device, PCI_CAPABILITY_MSIX, MSIX_BYTES);
    *msix = (struct msix){ .state = state, .device = device, .capability = at, .vectors = vectors };
    device->msix = msix;
    put(device->reset_config, at + MSIX_CONTROL, vectors - 1, 2);
    put(device->writable, at + MSIX_CONTROL, MSIX_CONTROL_MASK_ALL | MSIX_CONTROL_ENABLE, 2);
    put(device->reset_config, at + MSIX_TABLE, bar, 4);
    put(device->reset_config, at + MSIX_PENDING, MSIX_PENDING_OFFSET | bar, 4);
    pci_device_add_bar(device, bar, MSIX_BAR_BYTES, false, false, &table_ops, msix);
}

void msix_reset(struct msix *msix)
{
    *msix->state = (struct msix_state){ 0 };
    for (unsigned i = 0; i < msix->vectors; i++) {
        msix->state->table[i].control = MSIX_ENTRY_MASKED;
    }
}
