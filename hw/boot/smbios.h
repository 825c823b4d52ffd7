/* SPDX-License-Identifier: MIT */
#ifndef HW_BOOT_SMBIOS_H
#define HW_BOOT_SMBIOS_H
/* SMBIOS tables of a machine, for firmware to put into memory (fw_cfg's etc/smbios/smbios-anchor and -tables). */
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct smbios_machine {
    const char *product, *version;  /* of the system */
    const char *uuid;               /* -uuid, or NULL */
    const GPtrArray *specs;         /* of -smbios: char *, "type=1,manufacturer=..."; or NULL */
    unsigned sockets, cores, threads;   /* of one socket, of one core */
    uint64_t processor_id;          /* CPUID leaf 1: EAX below, EDX above; 0 elsewhere */
    uint64_t ram_bytes;
    struct { uint64_t address, bytes; } ram[2];     /* where it is; bytes 0: nothing */
    bool entry_64;                  /* an entry point of 64 bits (SMBIOS 3), as firmware of ARM wants it */
};

struct smbios_files { GByteArray *anchor, *tables; };

/* files: for the caller, then smbios_files_clear. error: one line beginning with -smbios or -uuid. */
bool smbios_build(const struct smbios_machine *machine, struct smbios_files *files, GError **error);
void smbios_files_clear(struct smbios_files *files);
/* 16 bytes in the order of the text. false: no UUID. */
bool uuid_parse(const char *text, uint8_t uuid[16]);

#endif
