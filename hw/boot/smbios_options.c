/* SPDX-License-Identifier: MIT */
/* -smbios type=N,key=value,...: which keys each type has, and what their values may be. ",," is a comma inside a value. */
#include "hw/boot/smbios_options.h"
#include <stdlib.h>
#include <string.h>
#include "base/error.h"

enum { TYPES = 18 };
enum value_kind { VALUE_TEXT, VALUE_NUMBER, VALUE_SWITCH, VALUE_RELEASE, VALUE_OEM };

static const struct key { uint8_t type; const char *name; enum value_kind kind; uint64_t most; } keys[] = {
    { 0, "vendor", VALUE_TEXT, 0 }, { 0, "version", VALUE_TEXT, 0 }, { 0, "date", VALUE_TEXT, 0 },
    { 0, "release", VALUE_RELEASE, 0 }, { 0, "uefi", VALUE_SWITCH, 0 }, { 1, "manufacturer", VALUE_TEXT, 0 },
    { 1, "product", VALUE_TEXT, 0 }, { 1, "version", VALUE_TEXT, 0 }, { 1, "serial", VALUE_TEXT, 0 },
    { 1, "uuid", VALUE_TEXT, 0 }, { 1, "sku", VALUE_TEXT, 0 }, { 1, "family", VALUE_TEXT, 0 },
    { 2, "manufacturer", VALUE_TEXT, 0 }, { 2, "product", VALUE_TEXT, 0 }, { 2, "version", VALUE_TEXT, 0 },
    { 2, "serial", VALUE_TEXT, 0 }, { 2, "asset", VALUE_TEXT, 0 }, { 2, "location", VALUE_TEXT, 0 },
    { 3, "manufacturer", VALUE_TEXT, 0 }, { 3, "version", VALUE_TEXT, 0 }, { 3, "serial", VALUE_TEXT, 0 },
    { 3, "asset", VALUE_TEXT, 0 }, { 3, "sku", VALUE_TEXT, 0 }, { 4, "sock_pfx", VALUE_TEXT, 0 },
    { 4, "manufacturer", VALUE_TEXT, 0 }, { 4, "version", VALUE_TEXT, 0 }, { 4, "serial", VALUE_TEXT, 0 },
    { 4, "asset", VALUE_TEXT, 0 }, { 4, "part", VALUE_TEXT, 0 }, { 4, "max-speed", VALUE_NUMBER, 0xffff },
    { 4, "current-speed", VALUE_NUMBER, 0xffff }, { 4, "processor-id", VALUE_NUMBER, UINT64_MAX },
    { 11, "value", VALUE_OEM, 0 }, { 17, "loc_pfx", VALUE_TEXT, 0 }, { 17, "bank", VALUE_TEXT, 0 },
    { 17, "manufacturer", VALUE_TEXT, 0 }, { 17, "serial", VALUE_TEXT, 0 }, { 17, "asset", VALUE_TEXT, 0 },
    { 17, "part", VALUE_TEXT, 0 }, { 17, "speed", VALUE_NUMBER, 0xffff },
};

struct smbios_options {
    bool given[TYPES];
    char *values[G_N_ELEMENTS(keys)];
    GPtrArray *oem;
};

/* The next item up to a comma that is not doubled, its doubles made single; NULL: no more. */
static char *next_item(const char **text)
{
    GString *item = g_string_new(NULL);
    const char *at = *text;
    if (!at) {
        g_string_free(item, TRUE);
        return NULL;
    }
    for (; *at; at++) {
        if (*at == ',' && at[1] == ',') {
            at++;
        } else if (*at == ',') {
            break;
        }
        g_string_append_c(item, *at);
    }
    *text = *at ? at + 1 : NULL;
    return g_string_free(item, FALSE);
}

static const struct key *find_key(unsigned type, const char *name)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(keys); i++) {
        if (keys[i].type == type && !strcmp(keys[i].name, name)) {
            return &keys[i];
        }
    }
    return NULL;
}

static bool value_fits(const struct key *key, const char *value)
{
    char *end;
    switch (key->kind) {
    case VALUE_NUMBER: return g_ascii_isdigit(*value) && g_ascii_strtoull(value, &end, 0) <= key->most && !*end;
    case VALUE_SWITCH: return !strcmp(value, "on") || !strcmp(value, "off");
    case VALUE_RELEASE: {
        g_auto(GStrv) parts = g_strsplit(value, ".", 2);
        bool two = g_strv_length(parts) == 2 && g_ascii_isdigit(parts[0][0]) && g_ascii_isdigit(parts[1][0]);
        return two && strtoul(parts[0], &end, 10) < 256 && !*end && strtoul(parts[1], &end, 10) < 256 && !*end;
    }
    default: return true;
    }
}

static bool set_value(struct smbios_options *options, unsigned type, char *item, GError **error)
{
    char *equals = strchr(item, '=');
    if (!equals) {
        return error_fail(error, "-smbios type=%u,%s: must be key=value", type, item);
    }
    *equals = 0;
    const struct key *key = find_key(type, item);
    if (!key) {
        return error_fail(error, "-smbios type=%u: no key '%s'", type, item);
    }
    if (!value_fits(key, equals + 1)) {
        return error_fail(error, "-smbios type=%u: %s=%s does not fit", type, item, equals + 1);
    }
    if (key->kind == VALUE_OEM) {
        g_ptr_array_add(options->oem, g_strdup(equals + 1));
    } else {
        g_free(options->values[key - keys]);
        options->values[key - keys] = g_strdup(equals + 1);
    }
    return true;
}

static bool parse(struct smbios_options *options, const char *spec, GError **error)
{
    const char *rest = spec;
    g_autofree char *first = next_item(&rest);
    char *end = NULL;
    uint64_t type = g_str_has_prefix(first, "type=") ? g_ascii_strtoull(first + 5, &end, 10) : 0;
    bool known = false;
    for (unsigned i = 0; end && end > first + 5 && !*end && i < G_N_ELEMENTS(keys); i++) {
        known |= keys[i].type == type;
    }
    if (!known) {
        return error_fail(error, "-smbios %s: begins with type=0, 1, 2, 3, 4, 11 or 17", spec);
    }
    options->given[type] = true;
    for (char *item; (item = next_item(&rest));) {
        bool sound = set_value(options, (unsigned)type, item, error);
        g_free(item);
        if (!sound) {
            return false;
        }
    }
    return true;
}

struct smbios_options *smbios_options_new(const GPtrArray *specs, GError **error)
{
    struct smbios_options *options = g_new0(struct smbios_options, 1);
    options->oem = g_ptr_array_new_with_free_func(g_free);
    for (unsigned i = 0; specs && i < specs->len; i++) {
        if (!parse(options, specs->pdata[i], error)) {
            smbios_options_free(options);
            return NULL;
        }
    }
    return options;
}

void smbios_options_free(struct smbios_options *options)
{
    if (options) {
        for (unsigned i = 0; i < G_N_ELEMENTS(keys); i++) {
            g_free(options->values[i]);
        }
        g_ptr_array_unref(options->oem);
        g_free(options);
    }
}

bool smbios_type_given(const struct smbios_options *options, unsigned type)
{
    return type < TYPES && options->given[type];
}

const char *smbios_option(const struct smbios_options *options, unsigned type, const char *name)
{
    const struct key *key = find_key(type, name);
    g_assert(key);
    return options->values[key - keys];
}

bool smbios_option_on(const struct smbios_options *options, unsigned type, const char *key)
{
    return !g_strcmp0(smbios_option(options, type, key), "on");
}

uint64_t smbios_number(const struct smbios_options *options, unsigned type, const char *key, uint64_t standard)
{
    const char *text = smbios_option(options, type, key);
    return text ? g_ascii_strtoull(text, NULL, 0) : standard;
}

unsigned smbios_release(const struct smbios_options *options)
{
    const char *text = smbios_option(options, 0, "release");
    char *end;
    unsigned major = text ? (unsigned)strtoul(text, &end, 10) : 0;
    return text ? major << 8 | (unsigned)strtoul(end + 1, NULL, 10) : 0;
}

unsigned smbios_oem_count(const struct smbios_options *options)
{
    return options->oem->len;
}

const char *smbios_oem(const struct smbios_options *options, unsigned number)
{
    return options->oem->pdata[number];
}
