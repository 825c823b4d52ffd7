/* SPDX-License-Identifier: MIT */
/*
 * UHCI: registers, ports, time and interrupts (Universal Host Controller Interface Design Guide 1.1, chapter 2; Intel 82371SB data
 * sheet 290550, 2.4 and chapter 5). The schedule is uhci_schedule.c.
 *
 * A frame a millisecond is looked at while transfers end. UHCI has no doorbell: a driver just links descriptors into memory. So
 * when nothing has ended for a while, the frames of SLOW_FRAMES milliseconds are looked at together, at their end; a device that has
 * news, or a driver that writes a register, brings back the fast pace. Frame numbers always follow the clock.
 *
 * Left out: keyboard emulation by SMIs (LEGSUP keeps its bits), software debug mode, overcurrent.
 */
#include <string.h>
#include "hw/usb/uhci.h"

enum { REG_COMMAND = 0x00, REG_STATUS = 0x02, REG_ENABLE = 0x04, REG_FRAME = 0x06, REG_BASE = 0x08, REG_SOF = 0x0c, REG_PORTS = 0x10,
       IO_BYTES = 32, BAR_IO = 4 };
enum { COMMAND_WRITABLE = 0xff, STATUS_CLEARS = 0x1f, ENABLE_WRITABLE = 0x0f, FRAME_MASK = 0x7ff, SOF_STANDARD = 64 };
enum { PORT_CONNECTED = 1 << 0, PORT_CONNECT_CHANGE = 1 << 1, PORT_ENABLED = 1 << 2, PORT_ENABLE_CHANGE = 1 << 3,
       PORT_LINE_DPLUS = 1 << 4, PORT_LINE_DMINUS = 1 << 5, PORT_RESUME = 1 << 6, PORT_ALWAYS_1 = 1 << 7, PORT_LOW_SPEED = 1 << 8,
       PORT_RESET = 1 << 9, PORT_SUSPEND = 1 << 12,
       PORT_CHANGES = PORT_CONNECT_CHANGE | PORT_ENABLE_CHANGE,
       PORT_WRITABLE = PORT_ENABLED | PORT_RESUME | PORT_RESET | PORT_SUSPEND };
enum { PCI_SBRN = 0x60, SBRN_USB_1_0 = 0x10, PCI_LEGSUP = 0xc0, LEGSUP_STATUS = 0x8f00, LEGSUP_WRITABLE = 0x20bf,
       LEGSUP_USBPIRQDEN = 0x2000, LEGSUP_USBIRQS = 0x1000 };
enum { FAST_FRAMES = 32, SLOW_FRAMES = 16, CATCH_UP_FRAMES = 64 };
static const int64_t FRAME_NS = 1000000;

static struct uhci *of_pci(struct pci_device *device)
{
    return (struct uhci *)((char *)device - offsetof(struct uhci, pci));
}

/* ---- Interrupts ---- */

static void update_interrupt(struct uhci *hc)
{
    struct uhci_state *s = &hc->state;
    bool level = (s->reasons & s->enable & (INTR_IOC | INTR_SHORT)) || (s->status & STS_ERROR && s->enable & INTR_TIMEOUT_CRC) ||
                 (s->status & STS_RESUME && s->enable & INTR_RESUME) || s->status & (STS_HOST_ERROR | STS_PROCESS_ERROR);
    uint8_t *legsup = &s->pci.config[PCI_LEGSUP + 1];
    *legsup = level ? *legsup | LEGSUP_USBIRQS >> 8 : *legsup & (uint8_t)~(LEGSUP_USBIRQS >> 8);
    pci_device_set_intx(&hc->pci, level && *legsup & LEGSUP_USBPIRQDEN >> 8);
}

static void config_written(struct pci_device *device, unsigned offset, unsigned size)
{
    update_interrupt(of_pci(device));
}

/* ---- Time ---- */

static int64_t now(const struct uhci *hc)
{
    return clock_now_ns(hc->machine->clocks, CLOCK_KIND_VIRTUAL);
}

/* How many frames after s->frame the present one is; before it: -1. */
static int64_t frames_since(const struct uhci *hc)
{
    int64_t ns = now(hc) - hc->state.frame_ns;
    return ns < 0 ? -1 : ns / FRAME_NS;
}

static void set_tick(struct uhci *hc, int64_t ns)
{
    hc->state.tick_ns = MAX(ns, 1);
    timer_arm(hc->timer, hc->state.tick_ns);
}

/* Something may have changed: look at the next frame in time, and at those that were not looked at so far. */
static void hurry(struct uhci *hc)
{
    struct uhci_state *s = &hc->state;
    s->idle_frames = 0;
    if (s->command & CMD_RS && s->tick_ns > s->frame_ns) {
        set_tick(hc, s->frame_ns);
    }
}

static void stop(struct uhci *hc)
{
    struct uhci_state *s = &hc->state;
    if (s->tick_ns) {
        s->frame = (uint16_t)(s->frame + frames_since(hc)) & FRAME_MASK;
    }
    s->command &= (uint16_t)~CMD_RS;
    s->status |= STS_HALTED;
    s->tick_ns = s->frame_ns = 0;
    timer_cancel(hc->timer);
}

static void start(struct uhci *hc)
{
    struct uhci_state *s = &hc->state;
    s->status &= (uint16_t)~STS_HALTED;
    s->idle_frames = 0;
    s->frame_ns = now(hc) + FRAME_NS;
    s->frame = (s->frame + 1) & FRAME_MASK;
    set_tick(hc, s->frame_ns);
}

static void on_tick(void *opaque)
{
    struct uhci *hc = opaque;
    struct uhci_state *s = &hc->state;
    int64_t due = frames_since(hc) + 1, late = MAX(due - CATCH_UP_FRAMES, 0);
    s->frame_ns += late * FRAME_NS;
    s->frame = (uint16_t)(s->frame + late) & FRAME_MASK;
    for (int64_t i = late; i < due && s->command & CMD_RS; i++) {
        bool busy = uhci_run_frame(hc);
        s->idle_frames = busy ? 0 : (uint8_t)MIN(s->idle_frames + 1, 255);
        s->frame_ns += FRAME_NS;
        s->frame = (s->frame + 1) & FRAME_MASK;
        if (s->status & (STS_HOST_ERROR | STS_PROCESS_ERROR)) {
            stop(hc);
        }
    }
    if (s->command & CMD_RS) {
        set_tick(hc, s->frame_ns + (s->idle_frames < FAST_FRAMES ? 0 : (SLOW_FRAMES - 1) * FRAME_NS));
    }
    update_interrupt(hc);
}

/* ---- Ports ---- */

static uint16_t *port_of(const struct usb_port *port)
{
    return &((struct uhci *)port->controller)->state.ports[port->number - 1];
}

/* A device or a change of connection ends the sleep of the bus (2.1.2, Resume Detect). */
static void resume(struct uhci *hc)
{
    if (hc->state.command & CMD_EGSM) {
        hc->state.command |= CMD_FGR;
        hc->state.status |= STS_RESUME;
        update_interrupt(hc);
    }
}

static uint16_t connected(const struct usb_port *port)
{
    const struct usb_device *device = port->device;
    return !device ? 0 : PORT_CONNECTED | (device->low_speed ? PORT_LOW_SPEED | PORT_LINE_DMINUS : PORT_LINE_DPLUS);
}

static void port_changed(struct usb_port *port)
{
    uint16_t *portsc = port_of(port);
    uint16_t changes = (*portsc & PORT_CHANGES) | PORT_CONNECT_CHANGE | (*portsc & PORT_ENABLED ? PORT_ENABLE_CHANGE : 0);
    *portsc = PORT_ALWAYS_1 | changes | connected(port);
    resume(port->controller);
}

bool uhci_port_awake(const struct uhci *hc, unsigned index)
{
    return hc->state.command & CMD_RS && (hc->state.ports[index] & (PORT_ENABLED | PORT_SUSPEND)) == PORT_ENABLED;
}

static bool port_live(const struct usb_port *port)
{
    return *port_of(port) & PORT_ENABLED &&
           (uhci_port_awake(port->controller, port->number - 1) || port->device->state->remote_wakeup);
}

static void port_ready(struct usb_port *port)
{
    struct uhci *hc = port->controller;
    uint16_t *portsc = port_of(port);
    if (uhci_port_awake(hc, port->number - 1)) {
        hurry(hc);
    } else if (port_live(port)) {
        *portsc |= *portsc & PORT_SUSPEND ? PORT_RESUME : 0;
        resume(hc);
    }
}

static const struct usb_port_ops port_ops = { port_changed, port_ready, port_live };

static void write_port(struct uhci *hc, unsigned index, uint16_t value)
{
    uint16_t *portsc = &hc->state.ports[index];
    struct usb_device *device = hc->bus.ports[index].device;
    bool reset = value & PORT_RESET && !(*portsc & PORT_RESET);
    *portsc = (*portsc & (uint16_t)~PORT_WRITABLE & (uint16_t)~(value & PORT_CHANGES)) | (value & PORT_WRITABLE);
    if (*portsc & PORT_RESET || !device) {
        *portsc &= (uint16_t)~(PORT_ENABLED | PORT_SUSPEND | PORT_RESUME);
    }
    if (reset && device) {
        usb_device_reset(device);
    }
}

static void reset_ports(struct uhci *hc)
{
    for (unsigned i = 0; i < UHCI_PORTS; i++) {
        const struct usb_port *port = &hc->bus.ports[i];
        hc->state.ports[i] = PORT_ALWAYS_1 | connected(port) | (port->device ? PORT_CONNECT_CHANGE : 0);
    }
}

static void reset_devices(struct uhci *hc)
{
    for (unsigned i = 0; i < UHCI_PORTS; i++) {
        if (hc->bus.ports[i].device) {
            usb_device_reset(hc->bus.ports[i].device);
        }
    }
    reset_ports(hc);
}

/* ---- Registers ---- */

/* All but configuration space. */
static void reset_controller(struct uhci *hc)
{
    const struct pci_state pci = hc->state.pci;
    hc->state = (struct uhci_state){ .pci = pci, .status = STS_HALTED, .sof_modify = SOF_STANDARD };
    timer_cancel(hc->timer);
    reset_ports(hc);
    update_interrupt(hc);
}

static void write_command(struct uhci *hc, uint16_t value)
{
    struct uhci_state *s = &hc->state;
    if (value & CMD_HCRESET) {
        reset_devices(hc);                  /* they hear no more frames; drivers start from their reset */
        reset_controller(hc);
        return;
    }
    if (value & CMD_GRESET && !(s->command & CMD_GRESET)) {
        reset_devices(hc);
    }
    if (value & CMD_SWDBG) {
        log_write(hc->machine->log, LOG_unimp, "uhci: software debug mode\n");
    }
    bool starts = value & CMD_RS && !(s->command & CMD_RS), stops = !(value & CMD_RS) && s->command & CMD_RS;
    if (stops) {
        stop(hc);
    }
    s->command = value & COMMAND_WRITABLE;
    if (starts) {
        start(hc);
    }
    hurry(hc);
}

static uint64_t io_read(void *opaque, uint64_t offset, unsigned size)
{
    struct uhci *hc = opaque;
    const struct uhci_state *s = &hc->state;
    switch (offset) {
    case REG_COMMAND: return s->command;
    case REG_STATUS: return s->status;
    case REG_ENABLE: return s->enable;
    case REG_FRAME: return s->tick_ns ? (uint16_t)(s->frame + frames_since(hc)) & FRAME_MASK : s->frame;
    case REG_BASE: return s->base & 0xffff;
    case REG_BASE + 2: return s->base >> 16;
    case REG_SOF: return s->sof_modify;
    case REG_PORTS:
    case REG_PORTS + 2: return s->ports[(offset - REG_PORTS) / 2];
    default: return size == 1 ? 0xff : 0xffff;      /* a port beyond the last has bit 7 clear on no controller; all ones: none */
    }
}

static void io_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct uhci *hc = opaque;
    struct uhci_state *s = &hc->state;
    switch (offset) {
    case REG_COMMAND: write_command(hc, (uint16_t)value); break;
    case REG_STATUS:
        s->status &= (uint16_t)~(value & STATUS_CLEARS);
        s->reasons = value & STS_USBINT ? 0 : s->reasons;
        break;
    case REG_ENABLE: s->enable = value & ENABLE_WRITABLE; break;
    case REG_FRAME:
        if (!(s->command & CMD_RS)) {
            s->frame = value & FRAME_MASK;
        }
        break;
    case REG_BASE: s->base = (s->base & 0xffff0000) | (value & 0xf000); break;
    case REG_BASE + 2: s->base = (s->base & 0xffff) | (uint32_t)value << 16; break;
    case REG_SOF: s->sof_modify = value & 0x7f; break;
    case REG_PORTS:
    case REG_PORTS + 2:
        write_port(hc, (unsigned)(offset - REG_PORTS) / 2, (uint16_t)value);
        hurry(hc);
        break;
    default: break;
    }
    update_interrupt(hc);
}

static const struct io_ops io_ops = { io_read, io_write, 2, 2 };

/* ---- The device ---- */

static void loaded(void *opaque)
{
    struct uhci *hc = opaque;
    pci_device_loaded(&hc->pci);
    timer_cancel(hc->timer);
    if (hc->state.tick_ns) {
        timer_arm(hc->timer, hc->state.tick_ns);
    }
    update_interrupt(hc);
}

static void reset(void *opaque)
{
    struct uhci *hc = opaque;
    pci_device_reset(&hc->pci);
    reset_controller(hc);
}

static void uhci_free(void *opaque)
{
    struct uhci *hc = opaque;
    timer_free(hc->timer);
    usb_bus_clear(&hc->bus);
    g_free(hc);
}

#define FIELD(member) SNAPSHOT_FIELD(struct uhci_state, member)
static const struct snapshot_field fields[] = {
    FIELD(pci), FIELD(frame_ns), FIELD(tick_ns), FIELD(base), FIELD(command), FIELD(status), FIELD(enable), FIELD(frame), FIELD(ports),
    FIELD(sof_modify), FIELD(reasons), FIELD(idle_frames), FIELD(pad),
};

const struct device_type uhci_type = {
    .name = "uhci",
    .reset = reset,
    .loaded = loaded,
    .free = uhci_free,
    .state_offset = offsetof(struct uhci, state),
    .state_size = sizeof(struct uhci_state),
    .fields = fields,
    .field_count = ARRAY_LEN(fields),
    .version = 1,
};

struct uhci *uhci_new(struct machine *machine, struct pci_bus *bus, unsigned slot, unsigned function, enum uhci_model model,
                      bool multifunction)
{
    static const struct { uint16_t device; uint8_t revision, pin; } models[UHCI_MODEL_COUNT] = {
        { 0x7020, 1, 4 }, { 0x2934, 3, 1 }, { 0x2935, 3, 2 }, { 0x2936, 3, 3 },
    };
    const struct pci_identity identity = {
        .vendor = 0x8086, .device = models[model].device, .class_code = 0x0c03, .prog_if = 0, .revision = models[model].revision,
        .status = PCI_STATUS_FAST_BACK | PCI_STATUS_DEVSEL_MEDIUM, .interrupt_pin = models[model].pin,
        .header_type = multifunction ? 0x80 : 0,
    };
    struct uhci *hc = g_new0(struct uhci, 1);
    hc->machine = machine;
    hc->timer = timer_new(machine->clocks, CLOCK_KIND_VIRTUAL, on_tick, hc);
    usb_bus_init(&hc->bus, UHCI_PORTS, &port_ops, hc);
    pci_device_init(&hc->pci, bus, slot, function, &hc->state.pci, &identity);
    pci_device_add_bar(&hc->pci, BAR_IO, IO_BYTES, true, false, &io_ops, hc);
    hc->pci.reset_config[PCI_SBRN] = SBRN_USB_1_0;
    hc->pci.reset_config[PCI_LEGSUP + 1] = LEGSUP_USBPIRQDEN >> 8;
    hc->pci.writable[PCI_LEGSUP] = LEGSUP_WRITABLE & 0xff;
    hc->pci.writable[PCI_LEGSUP + 1] = LEGSUP_WRITABLE >> 8;
    hc->pci.clears[PCI_LEGSUP + 1] = LEGSUP_STATUS >> 8;
    hc->pci.config_written = config_written;
    machine_add_device(machine, &uhci_type, hc);
    return hc;
}
