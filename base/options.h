/* SPDX-License-Identifier: MIT */
#ifndef BASE_OPTIONS_H
#define BASE_OPTIONS_H
/*
 * The command line of a machine. Names and grammar are QEMU's wherever both have the thing; options.def holds the
 * table that parser, help and documentation read. Parsing looks at nothing but the text: files and device names are
 * checked by whoever uses them, before anything starts.
 */
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum options_accel { OPTIONS_ACCEL_TCG, OPTIONS_ACCEL_INTERP, OPTIONS_ACCEL_KVM, OPTIONS_ACCELS };
enum { OPTIONS_MAX_CPUS = 255, OPTIONS_MAX_SERIAL = 4, OPTIONS_MAX_PARALLEL = 3 };

struct options {
    char *name, *machine, *accel, *cpu, *bios, *kernel, *initrd, *append, *display, *vnc, *debugcon, *rtc_base;
    char *pid_path, *msg_timestamp, *log_names, *log_path, *accel_thread, *engine_switches, *ignored, *vga, *machine_usb;
    char *dtb, *dumpdtb, *gic_version, *secure, *virtualization, *highmem, *hpet, *smm, *rtc_driftfix, *its, *acpi;
    char *boot_order, *boot_once, *boot_menu, *boot_strict, *uuid;
    uint64_t boot_splash_ms, boot_retry_ms;        /* retry UINT64_MAX: never */
    uint64_t memory_bytes, cache_mib, unit_insns, cpus, max_cpus, sockets, cores, threads;
    GPtrArray *serial, *devices, *chardevs, *globals, *netdevs, *nics, *nets, *objects, *parallels, *smbios, *fw_cfg_files, *audiodevs, *fd_sets, *blockdevs;   /* of char * */
    GPtrArray *usb_devices;         /* of char * */
    GPtrArray *monitors, *qmps, *mons, *gdbs;     /* of char * */
    GPtrArray *drives;              /* of char *, "drive:SPEC", "hda:FILE", ... in their order */
    bool snapshot, nographic, full_screen, start_paused, gdb_standard, no_reboot, nodefaults, icount, ignored_flag;
    bool daemonize, no_shutdown, usb;
    bool machine_help;              /* "-machine TYPE,help" */
    uint64_t icount_shift;
    bool enable_kvm;
    enum options_accel accelerators[OPTIONS_ACCELS];    /* the first that works here */
    unsigned accelerator_count;     /* at least 1 */
};

/* What argv asks for besides running. */
enum options_request {
    OPTIONS_RUN,
    OPTIONS_TEXT,                   /* help or version: *text holds what to print, exit status 0 */
};

/* argv without the program's name and verb. error: one line that names the option. On false nothing is to be freed. */
bool options_parse(struct options *options, int argc, char **argv, enum options_request *request, GError **error);
void options_clear(struct options *options);
/* "128", "1G", "512K": a number with a unit, megabytes without one. */
bool options_parse_size(const char *text, uint64_t *bytes);
/* What -serial would say for the -chardev with this id; NULL: there is none. */
char *options_chardev(const struct options *options, const char *id);
/* "driver,key=value,key" -> driver; value of key in spec or NULL (free it). */
char *options_driver(const char *spec);
/* A -device of this kind is asked for. */
bool options_have_device(const struct options *options, const char *driver);
/* Its parts between commas, those written twice made one; free with g_strfreev. */
char **options_split(const char *spec);
char *options_property(const char *spec, const char *key);

/* A JSON object as libvirt writes options: {"driver": "e1000", "id": "x"} with first "driver" is "e1000,id=x". Free it. */
char *options_from_json(const char *text, const char *first, GError **error);

/* ---- The table, for help, manual and monitors ---- */

/* argument NULL: a flag; standard NULL: no default. */
struct option_entry { const char *name, *argument, *standard, *help; };
/* A key of an option that is key=value,...; type: "text", "number", "size" or "choice" (then help is its words).
 * bounds: least and most as text, both NULL without. */
struct option_key { const char *name, *type, *standard, *help; char *least, *most; };

bool options_entry(unsigned index, struct option_entry *entry);     /* false: no more */
/* The key by number of the option of that name; false: no more. Free its bounds with option_key_clear. */
bool options_key(const char *option, unsigned index, struct option_key *key);
void option_key_clear(struct option_key *key);

#endif
