/* SPDX-License-Identifier: MIT */
#ifndef MACHINE_MACHINE_H
#define MACHINE_MACHINE_H
/*
 * A machine: address spaces, RAM, clocks, devices, and the state it is in. It knows no CPU and no board: a board
 * builds devices on it (their constructors add them here), main gives it the CPUs as a few functions.
 *
 * Threads: machine_run owns the main loop. Devices run under `lock`, on vCPU threads or in the main loop.
 * Requests (reset, shutdown, power button, stop) may come from any thread, with or without the lock: they
 * are noted and done by the main loop, which stops the CPUs first.
 */
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include "base/clock.h"
#include "base/device.h"
#include "base/irq.h"
#include "base/log.h"
#include "base/memory.h"

enum machine_state { MACHINE_STOPPED, MACHINE_RUNNING, MACHINE_SHUTDOWN };

/* The CPUs as the machine sees them. Called from the main loop without the lock, but for pause. */
struct machine_cpus {
    void *opaque;
    void (*start)(void *opaque);
    void (*stop)(void *opaque);         /* returns when none runs guest code */
    void (*reset)(void *opaque);        /* all to power-on state; stopped, lock held */
    void (*pause)(void *opaque);        /* optional: leave guest code soon; does not wait; any thread, lock or not */
};

enum machine_event {
    MACHINE_EVENT_STOP, MACHINE_EVENT_RESUME, MACHINE_EVENT_RESET, MACHINE_EVENT_POWERDOWN, MACHINE_EVENT_SHUTDOWN,
};
/* Called in the main loop, lock not held, after it happened. */
struct machine_listener { void *opaque; void (*event)(void *opaque, enum machine_event event); };

struct machine_device { const struct device_type *type; void *device; };

/* Memory of devices that have gone. */
struct machine_ram_hole { uint64_t ram_offset, bytes; };

struct machine {
    struct memory *memory;              /* physical addresses */
    struct memory *smm_memory;          /* the same as a CPU in SMM sees it: with regions marked smm_only */
    struct memory *ports;
    struct ram *ram;                    /* guest RAM first, ROMs behind it */
    uint64_t ram_bytes;                 /* of guest RAM */
    uint64_t ram_used;                  /* of the memory object: guest RAM, the board's ROMs, what devices took */
    struct clocks *clocks;
    struct log *log;
    GMutex lock;
    GArray *devices;                    /* struct machine_device, in the order of their reset; changed with the lock held */
    GArray *ram_holes;                  /* struct machine_ram_hole */
    struct { void (*function)(void *opaque); void *opaque; } cleanup;   /* see machine_request_cleanup */
    struct machine_cpus cpus;
    struct irq_line power_button;       /* pulsed by machine_request_powerdown; the ACPI device owns it */
    bool no_reboot;                     /* -no-reboot: a reset ends the run */

    bool start_paused;                  /* -S: machine_run waits for machine_start */
    bool started;                       /* the CPUs have run */
    unsigned held;                      /* private: machine_hold_cpus */
    bool no_shutdown;                   /* a guest that powers off is stopped, the machine stays */
    bool powered_off;                   /* ... and was; until a reset */
    const char *shutdown_reason;        /* who asked, in QMP's words; NULL: the guest. Set before the request */
    bool reset_by_host;                 /* the reset asked for is no guest's */
    GArray *listeners;                  /* struct machine_listener */

    enum machine_state state;           /* changed by the main loop */
    _Atomic uint32_t requests;          /* private */
    _Atomic int exit_status;            /* of the shutdown */
    int wake_fd;                        /* private: eventfd */
    GMainLoop *loop;
    GSource *sources[2];
};

enum { MACHINE_DEVICE_RAM_BYTES = 512 << 20 };

/* rom_bytes: room behind guest RAM in the same memory object; behind that is room for memory of devices, which costs
 * nothing until it is touched. NULL: the host has not that much memory. log is not owned. */
struct machine *machine_new(uint64_t ram_bytes, uint64_t rom_bytes, struct log *log);
/* Memory of a device (video RAM, option ROM, flash) for memory_add_ram: zeroed, whole pages. false: all
 * MACHINE_DEVICE_RAM_BYTES are taken. For constructors. */
bool machine_take_ram(struct machine *machine, uint64_t bytes, uint64_t *ram_offset);
/* For a device that is pulled out: a later one of the same size may have it. A CPU may still read it for a moment. */
void machine_give_back_ram(struct machine *machine, uint64_t ram_offset, uint64_t bytes);
/* Frees the devices, last added first, then the rest. The CPUs are stopped and gone. */
void machine_free(struct machine *machine);
/* The first half of it: what devices hold on to may be freed then, as long as it needs the clocks. */
void machine_free_devices(struct machine *machine);

/* Devices are reset when they are added and by machine_reset, in the order of adding: interrupt controllers
 * before what is wired to them. The machine frees them. */
void machine_add_device(struct machine *machine, const struct device_type *type, void *device);
/* Lock held: no more resets; the device is the caller's again. For those that were added last as for any. */
void machine_remove_device(struct machine *machine, void *device);
void machine_device_free(const struct machine_device *device);
/* Lock held, CPUs stopped: all devices, then the CPUs. */
void machine_reset(struct machine *machine);

/* Runs until shutdown; returns the exit status. The CPUs are set, devices reset. */
int machine_run(struct machine *machine);
/* From the main loop's thread: guest time and CPUs stand still, or go on. */
void machine_stop(struct machine *machine);
void machine_start(struct machine *machine);
/* From the main loop's thread: CPUs stand still between these, whether the machine runs or not; guest time goes on. */
void machine_hold_cpus(struct machine *machine);
void machine_release_cpus(struct machine *machine);

/* From the main loop's thread; before the machine is freed. */
void machine_add_listener(struct machine *machine, const struct machine_listener *listener);
void machine_remove_listener(struct machine *machine, void *opaque);

/* Any thread, lock or not. */
void machine_request_reset(struct machine *machine);
void machine_request_shutdown(struct machine *machine, int exit_status);
void machine_request_powerdown(struct machine *machine);
/* machine_stop by the main loop: for what a CPU finds itself (the debugger). CPUs are not started again before. */
void machine_request_stop(struct machine *machine);
/* The main loop calls machine->cleanup soon, without the lock: for what may not be freed where it is let go of. */
void machine_request_cleanup(struct machine *machine);
/* A reset or shutdown was asked for and is not done yet. */
bool machine_request_pending(const struct machine *machine);

#endif
