/* SPDX-License-Identifier: MIT */
#ifndef HW_BOOT_SMBIOS_OPTIONS_H
#define HW_BOOT_SMBIOS_OPTIONS_H
/* What -smbios says, checked. */
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct smbios_options;

/* specs may be NULL. error: one line; NULL then. */
struct smbios_options *smbios_options_new(const GPtrArray *specs, GError **error);
void smbios_options_free(struct smbios_options *options);
bool smbios_type_given(const struct smbios_options *options, unsigned type);
const char *smbios_option(const struct smbios_options *options, unsigned type, const char *key);    /* NULL: not given */
bool smbios_option_on(const struct smbios_options *options, unsigned type, const char *key);
uint64_t smbios_number(const struct smbios_options *options, unsigned type, const char *key, uint64_t standard);
unsigned smbios_release(const struct smbios_options *options);      /* type 0's release=MAJOR.MINOR: major << 8 | minor */
unsigned smbios_oem_count(const struct smbios_options *options);    /* values of type 11 */
const char *smbios_oem(const struct smbios_options *options, unsigned number);

#endif
