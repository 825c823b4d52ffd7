/* SPDX-License-Identifier: MIT */
/*
 * The command line parser: rows of options.def tell kind, bounds and destination. "-name", "--name" and, for options
 * with an argument, the next word. Repeated KEYS options merge. What cannot be known from the text alone (whether a
 * file exists, what a device is) is not decided here.
 */
#include "base/options.h"
#include "base/error.h"
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

enum kind { FLAG, TEXT, SIZE, LIST, TAGGED, KEYS, NUMBER, CHOICE, CHOICES, SWITCHES };

struct row {
    const char *name;
    enum kind kind;
    size_t offset;
    uint64_t least, most;
    const char *standard, *argument, *owner, *help;
};
struct property {
    const char *option, *key;
    enum kind kind;
    size_t offset;
    uint64_t least, most;
    const char *standard, *help;
};

#define OPTION(name, kind, field, least, most, standard, argument, owner, help) \
    { #name, kind, offsetof(struct options, field), least, most, standard, argument, owner, help },
#define PROPERTY(...)
#define ALIAS(...)
static const struct row rows[] = {
#include "base/options.def"
};
#undef OPTION
#undef PROPERTY
#define OPTION(...)
#define PROPERTY(option, key, kind, field, least, most, standard, help) \
    { #option, #key, kind, offsetof(struct options, field), least, most, standard, help },
static const struct property properties[] = {
#include "base/options.def"
};
#undef OPTION
#undef PROPERTY
#undef ALIAS
#define OPTION(...)
#define PROPERTY(...)
#define ALIAS(other, name) { #other, #name },
static const struct { const char *other, *name; } aliases[] = {
#include "base/options.def"
};
#undef OPTION
#undef PROPERTY
#undef ALIAS

static const struct row *find_row(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(aliases); i++) {
        name = strcmp(name, aliases[i].other) ? name : aliases[i].name;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (!strcmp(name, rows[i].name)) {
            return &rows[i];
        }
    }
    return NULL;
}

static bool unknown_option(const char *text, const char *name, GError **error)
{
    const char *names[G_N_ELEMENTS(rows) + 2] = { "help" };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        names[i + 1] = rows[i].name;
    }
    const char *near = nearest_name(name, names);
    if (near) {
        return error_fail(error, "%s: unknown or unsupported option; did you mean -%s?", text, near);
    }
    return error_fail(error, "%s: unknown or unsupported option; 'dragoman help options' lists them", text);
}

static bool parse_number(const char *text, uint64_t *value)
{
    char *end;
    errno = 0;
    *value = g_ascii_strtoull(text, &end, 0);
    return *text && g_ascii_isdigit(*text) && !*end && !errno;
}

bool options_parse_size(const char *text, uint64_t *bytes)
{
    static const char units[] = "BKMGTPE";
    char *end;
    errno = 0;
    uint64_t number = g_ascii_strtoull(text, &end, 10);
    if (!g_ascii_isdigit(*text) || errno) {
        return false;
    }
    const char *unit = *end ? strchr(units, g_ascii_toupper(*end)) : units + 2;
    if (!unit || (*end && end[1])) {
        return false;
    }
    unsigned shift = 10 * (unit - units);
    *bytes = number << shift;
    return *bytes >> shift == number;
}

static char *size_text(uint64_t bytes)
{
    static const char units[] = "\0KMGTPE";
    unsigned unit = 0;
    while (bytes && !(bytes & 1023) && unit < 6) {
        bytes >>= 10;
        unit++;
    }
    return g_strdup_printf("%" G_GUINT64_FORMAT "%.1s", bytes, units + unit);
}

static char *bound_text(const struct property *property, uint64_t bound)
{
    return property->kind == SIZE ? size_text(bound) : g_strdup_printf("%" PRIu64, bound);
}

static void set_text(struct options *options, size_t offset, const char *text)
{
    char **field = (char **)((char *)options + offset);
    g_free(*field);
    *field = g_strdup(text);
}

static bool set_choice(struct options *options, const char *option, const struct property *property, const char *value,
                       GError **error)
{
    g_auto(GStrv) words = g_strsplit(property->help, " ", -1);
    if (!g_strv_contains((const char *const *)words, value)) {
        return error_fail(error, "-%s: %s=%s: not supported; choices: %s", option, property->key, value, property->help);
    }
    set_text(options, property->offset, value);
    return true;
}

/* Of "kvm:tcg" those that there are, in that order; at least one. */
/* Given again, its words come behind those before. */
static bool set_choices(struct options *options, const char *option, const struct property *property, const char *value, GError **error)
{
    const char *before = *(char **)((char *)options + property->offset);
    g_auto(GStrv) words = g_strsplit(property->help, " ", -1), wanted = g_strsplit(value, ":", -1);
    g_autoptr(GString) known = g_string_new(NULL);
    for (unsigned i = 0; wanted[i]; i++) {
        if (g_strv_contains((const char *const *)words, wanted[i])) {
            g_string_append_printf(known, "%s%s", known->len ? ":" : "", wanted[i]);
        }
    }
    if (!known->len) {
        return error_fail(error, "-%s: %s=%s: not supported; choices: %s", option, property->key, value, property->help);
    }
    if (before) {
        g_string_prepend(g_string_prepend(known, ":"), before);
    }
    set_text(options, property->offset, known->str);
    return true;
}

static bool set_property(struct options *options, const char *option, const struct property *property,
                         const char *value, GError **error)
{
    uint64_t number;
    if (property->kind == TEXT) {
        set_text(options, property->offset, value);
        return true;
    }
    if (property->kind == CHOICE) {
        return set_choice(options, option, property, value, error);
    }
    if (property->kind == CHOICES) {
        return set_choices(options, option, property, value, error);
    }
    if (property->kind == SWITCHES) {
        char **field = (char **)((char *)options + property->offset);
        g_autofree char *all = *field ? g_strconcat(*field, ",", value, NULL) : g_strdup(value);
        set_text(options, property->offset, all);
        return true;
    }
    bool size = property->kind == SIZE;
    if (!(size ? options_parse_size(value, &number) : parse_number(value, &number))) {
        return error_fail(error, "-%s: '%s' is not a %s", option, value, size ? "size such as 512M or 4G" : "number");
    }
    if (number < property->least || number > property->most) {
        g_autofree char *least = bound_text(property, property->least), *most = bound_text(property, property->most);
        return error_fail(error, "-%s: %s=%s: must be from %s to %s", option, property->key, value, least, most);
    }
    *(uint64_t *)((char *)options + property->offset) = number;
    return true;
}

/* One "key=value", "key" or, first of the line, a bare value of the option's first property; '_' is '-' in a key. */
static bool parse_item(struct options *options, const char *option, const char *item, bool first, GError **error)
{
    const char *names[G_N_ELEMENTS(properties) + 1], *equals = strchr(item, '=');
    g_autofree char *key = equals ? g_strndup(item, equals - item) : g_strdup(item);
    unsigned count = 0;
    g_strdelimit(key, "_", '-');
    if (!first && !strcmp(option, "machine") && (!strcmp(item, "help") || !strcmp(item, "?"))) {
        options->machine_help = true;
        return true;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(properties); i++) {
        const struct property *property = &properties[i];
        if (strcmp(property->option, option)) {
            continue;
        }
        if (first && !equals) {
            return set_property(options, option, property, item, error);
        }
        if (property->kind == SWITCHES && !first && (*item == '-' || *item == '+')) {
            return set_property(options, option, property, item, error);
        }
        if (!strcmp(property->key, key)) {
            return set_property(options, option, property, equals ? equals + 1 : "on", error);
        }
        names[count++] = property->key;
    }
    names[count] = NULL;
    g_autofree char *hint = nearest_hint(key, names);
    return error_fail(error, "-%s: unknown or unsupported property '%s'%s", option, key, hint);
}

char **options_split(const char *text)
{
    g_autoptr(GPtrArray) items = g_ptr_array_new();
    g_autoptr(GString) item = g_string_new(NULL);
    for (; *text; text++) {
        if (*text == ',' && text[1] != ',') {
            g_ptr_array_add(items, g_strdup(item->str));
            g_string_truncate(item, 0);
            continue;
        }
        text += *text == ',';
        g_string_append_c(item, *text);
    }
    g_ptr_array_add(items, g_strdup(item->str));
    g_ptr_array_add(items, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&items), FALSE);
}

static bool parse_keys(struct options *options, const char *option, const char *argument, GError **error)
{
    g_auto(GStrv) items = options_split(argument);
    if (!*argument) {
        return error_fail(error, "-%s: empty argument", option);
    }
    for (unsigned i = 0; items[i]; i++) {
        if (!parse_item(options, option, items[i], i == 0, error)) {
            return false;
        }
    }
    options->icount |= !strcmp(option, "icount");
    return true;
}

static bool parse_list(struct options *options, const struct row *row, const char *argument, GError **error)
{
    static const struct { const char *option, *first; } json[] = {
        { "device", "driver" }, { "object", "qom-type" }, { "netdev", "type" }, { "audiodev", "driver" },
        { "blockdev", "driver" },
    };
    GPtrArray *list = *(GPtrArray **)((char *)options + row->offset);
    g_autofree char *flat = NULL;
    if (list->len >= row->most) {
        return error_fail(error, "-%s: given more than %u times", row->name, (unsigned)row->most);
    }
    for (unsigned i = 0; *argument == '{' && i < G_N_ELEMENTS(json); i++) {
        if (!strcmp(row->name, json[i].option)) {
            argument = flat = options_from_json(argument, json[i].first, error);
            if (!flat) {
                g_prefix_error(error, "-%s ", row->name);
                return false;
            }
            break;
        }
    }
    g_ptr_array_add(list, row->kind == TAGGED ? g_strconcat(row->name, ":", argument, NULL) : g_strdup(argument));
    return true;
}

/* Options that exist only so that scripts can say "none". */
static bool check_none(const struct row *row, const char *argument, GError **error)
{
    if (row->kind == TEXT && row->argument && !strcmp(row->argument, "none") && strcmp(argument, "none")) {
        return error_fail(error, "-%s %s: not supported yet; only 'none' is", row->name, argument);
    }
    return true;
}

static bool parse_one(struct options *options, const struct row *row, const char *argument, GError **error)
{
    switch (row->kind) {
    case FLAG:
        *(bool *)((char *)options + row->offset) = true;
        return true;
    case KEYS:
        return parse_keys(options, row->name, argument, error);
    case LIST:
    case TAGGED:
        return parse_list(options, row, argument, error);
    default:
        set_text(options, row->offset, argument);
        return check_none(row, argument, error);
    }
}

/* The kinds of -chardev, and whether each needs path=. */
static const struct { const char *name; bool path; } chardev_kinds[] = {
    { "stdio", false }, { "null", false }, { "file", true }, { "socket", false }, { "pty", false }, { "pipe", true },
    { "vc", false },
};

static bool check_chardev(const char *spec, GError **error)
{
    g_autofree char *kind = options_driver(spec), *id = options_property(spec, "id"), *path = options_property(spec, "path");
    g_autofree char *port = options_property(spec, "port"), *fd = options_property(spec, "fd");
    for (unsigned i = 0; i < G_N_ELEMENTS(chardev_kinds); i++) {
        bool socket = !strcmp(kind, "socket"), wants_path = chardev_kinds[i].path;
        if (strcmp(kind, chardev_kinds[i].name)) {
            continue;
        }
        if (!id) {
            return error_fail(error, "-chardev %s: needs id=ID", spec);
        }
        if (socket ? !!path + !!port + !!fd != 1 : wants_path != !!path) {
            return error_fail(error, "-chardev %s: %s", spec, socket ? "needs one of path=FILE, host=HOST,port=PORT, fd=N"
                              : wants_path ? "needs path=FILE" : "takes no path");
        }
        return true;
    }
    const char *names[G_N_ELEMENTS(chardev_kinds) + 1] = { NULL };
    for (unsigned i = 0; i < G_N_ELEMENTS(chardev_kinds); i++) {
        names[i] = chardev_kinds[i].name;
    }
    const char *near = nearest_name(kind, names);
    return error_fail(error, "-chardev %s: not supported%s%s; there are stdio, null, file, socket, pty, pipe, vc", kind,
                      near ? ", did you mean " : "", near ? near : "");
}

static bool check_chardevs(struct options *options, GError **error)
{
    for (unsigned i = 0; i < options->chardevs->len; i++) {
        if (!check_chardev(options->chardevs->pdata[i], error)) {
            return false;
        }
    }
    return true;
}

/* A name that is given twice counts once. */
static void set_accelerators(struct options *options)
{
    static const char *const names[OPTIONS_ACCELS] = { "tcg", "interp", "kvm" };
    g_auto(GStrv) wanted = g_strsplit(options->enable_kvm ? "kvm" : options->accel ? options->accel : "tcg", ":", -1);
    uint32_t seen = 0;
    options->accelerator_count = 0;
    for (unsigned i = 0; wanted[i]; i++) {
        for (unsigned n = 0; n < OPTIONS_ACCELS; n++) {
            if (!strcmp(names[n], wanted[i]) && !(seen >> n & 1)) {
                options->accelerators[options->accelerator_count++] = n;
                seen |= 1u << n;
            }
        }
    }
}

/* What one option says about others. */
static bool check_together(struct options *options, GError **error)
{
    unsigned terminals = options->debugcon && !strcmp(options->debugcon, "stdio");
    if ((options->append || options->initrd) && !options->kernel) {
        return error_fail(error, "-%s: only with -kernel", options->append ? "append" : "initrd");
    }
    const GPtrArray *streams[] = { options->serial, options->parallels, options->monitors, options->qmps };
    for (unsigned n = 0; n < G_N_ELEMENTS(streams); n++) {
        for (unsigned i = 0; i < streams[n]->len; i++) {
            terminals += g_str_has_suffix(streams[n]->pdata[i], "stdio");
        }
    }
    if (!check_chardevs(options, error)) {
        return false;
    }
    for (unsigned i = 0; i < options->gdbs->len; i++) {
        terminals += g_str_has_prefix(options->gdbs->pdata[i], "stdio");
    }
    for (unsigned i = 0; i < options->audiodevs->len; i++) {
        g_autofree char *driver = options_driver(options->audiodevs->pdata[i]);
        if (strcmp(driver, "none") && strcmp(driver, "driver=none")) {
            return error_fail(error, "-audiodev %s: not supported; there is: none", driver);
        }
    }
    for (unsigned i = 0; i < options->chardevs->len; i++) {
        terminals += g_str_has_prefix(options->chardevs->pdata[i], "stdio");
    }
    if (terminals > 1) {
        return error_fail(error, "stdio: the terminal can serve one stream only");
    }
    if (options->max_cpus && options->max_cpus < options->cpus) {
        return error_fail(error, "-smp: maxcpus=%" PRIu64 " is less than cpus=%" PRIu64, options->max_cpus, options->cpus);
    }
    set_accelerators(options);
    return true;
}

/* Without a word about display or serial ports, the first port is the terminal; beside a window Ctrl-c there still ends
 * the machine. */
static void fill_in(struct options *options)
{
    bool display_given = options->display || options->vnc, window = g_getenv("DISPLAY") || g_getenv("WAYLAND_DISPLAY");
    bool wants_terminal = !options->daemonize && (options->nographic || (!display_given && !options->nodefaults));
    const GPtrArray *streams[] = { options->monitors, options->qmps, options->chardevs, options->gdbs };
    for (unsigned n = 0; n < G_N_ELEMENTS(streams); n++) {
        for (unsigned i = 0; i < streams[n]->len; i++) {
            const char *spec = streams[n]->pdata[i];
            wants_terminal &= !g_str_has_suffix(spec, "stdio") && !g_str_has_prefix(spec, "stdio,");
        }
    }
    if (!options->serial->len && wants_terminal && g_strcmp0(options->debugcon, "stdio")) {
        g_ptr_array_add(options->serial, g_strdup(window && !options->nographic ? "stdio" : "mon:stdio"));
    }
    for (unsigned i = 0; i < options->serial->len; i++) {
        char *spec = options->serial->pdata[i];
        if (options->nographic && !strcmp(spec, "stdio")) {     /* -nographic: Ctrl-c is the guest's */
            options->serial->pdata[i] = g_strdup("mon:stdio");
            g_free(spec);
        }
    }
}

static void options_init(struct options *options)
{
    *options = (struct options){
        .machine = g_strdup("pc"), .memory_bytes = 128 << 20, .cpus = 1, .boot_retry_ms = UINT64_MAX,
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        GPtrArray **list = (GPtrArray **)((char *)options + rows[i].offset);
        if ((rows[i].kind == LIST || rows[i].kind == TAGGED) && !*list) {
            *list = g_ptr_array_new_with_free_func(g_free);
        }
    }
}

static bool parse_all(struct options *options, int argc, char **argv, enum options_request *request, GError **error)
{
    for (int i = 0; i < argc; i++) {
        const char *name = argv[i];
        if (name[0] != '-' || !name[1]) {       /* a bare name is the first disk */
            if (!parse_list(options, find_row("hda"), name, error)) {
                return false;
            }
            continue;
        }
        name += name[1] == '-' ? 2 : 1;
        if (!strcmp(name, "help") || !strcmp(name, "h")) {
            *request = OPTIONS_TEXT;
            return true;
        }
        const struct row *row = find_row(name);
        if (!row) {
            return unknown_option(argv[i], name, error);
        }
        if (row->kind != FLAG && ++i >= argc) {
            return error_fail(error, "-%s: needs an argument: %s", row->name, row->argument);
        }
        if (!parse_one(options, row, argv[i], error)) {
            return false;
        }
    }
    return true;
}

bool options_parse(struct options *options, int argc, char **argv, enum options_request *request, GError **error)
{
    options_init(options);
    *request = OPTIONS_RUN;
    if (!parse_all(options, argc, argv, request, error) ||
        (*request == OPTIONS_RUN && !check_together(options, error))) {
        options_clear(options);
        return false;
    }
    fill_in(options);
    return true;
}

void options_clear(struct options *options)
{
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (rows[i].kind == TEXT) {
            set_text(options, rows[i].offset, NULL);
        }
    }
    for (size_t i = 0; i < G_N_ELEMENTS(properties); i++) {
        if (properties[i].kind == TEXT || properties[i].kind == CHOICE || properties[i].kind == CHOICES || properties[i].kind == SWITCHES) {
            set_text(options, properties[i].offset, NULL);
        }
    }
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (rows[i].kind == LIST || rows[i].kind == TAGGED) {
            g_clear_pointer((GPtrArray **)((char *)options + rows[i].offset), g_ptr_array_unref);
        }
    }
    *options = (struct options){ 0 };
}

bool options_entry(unsigned index, struct option_entry *entry)
{
    if (index >= G_N_ELEMENTS(rows)) {
        return false;
    }
    const struct row *row = &rows[index];
    *entry = (struct option_entry){ row->name, row->kind == FLAG ? NULL : row->argument, row->standard, row->help };
    return true;
}

bool options_key(const char *option, unsigned index, struct option_key *key)
{
    for (size_t i = 0; i < G_N_ELEMENTS(properties); i++) {
        const struct property *property = &properties[i];
        if (strcmp(property->option, option) || index--) {
            continue;
        }
        const char *type = property->kind == NUMBER ? "number" : property->kind == SIZE ? "size"
            : property->kind == CHOICE || property->kind == CHOICES ? "choice" : "text";
        *key = (struct option_key){ property->key, type, property->standard, property->help, NULL, NULL };
        if (property->most) {
            key->least = bound_text(property, property->least);
            key->most = bound_text(property, property->most);
        }
        return true;
    }
    return false;
}

void option_key_clear(struct option_key *key)
{
    g_clear_pointer(&key->least, g_free);
    g_clear_pointer(&key->most, g_free);
}

/* -chardev socket as -serial says it. */
static char *chardev_socket(const char *spec)
{
    static const char *const kept[] = { "server", "wait", "nowait", "reconnect" };
    g_autofree char *path = options_property(spec, "path"), *host = options_property(spec, "host");
    g_autofree char *port = options_property(spec, "port"), *telnet = options_property(spec, "telnet");
    g_autofree char *fd = options_property(spec, "fd");
    GString *text = g_string_new(fd ? "fd:" : path ? "unix:" : !telnet || !strcmp(telnet, "off") ? "tcp:" : "telnet:");
    bool bracket = host && strchr(host, ':');
    g_string_append_printf(text, path || fd ? "%s" : bracket ? "[%s]:%s" : "%s:%s", fd ? fd : path ? path : host ? host : "", port ? port : "");
    for (unsigned i = 0; i < G_N_ELEMENTS(kept); i++) {
        g_autofree char *value = options_property(spec, kept[i]);
        if (value) {
            g_string_append_printf(text, ",%s=%s", kept[i], value);
        }
    }
    return g_string_free(text, FALSE);
}

/* "/dev/fdset/N" as the descriptor of that -add-fd; other paths as they are. */
static char *resolve_fd_set(const struct options *options, char *path)
{
    static const char prefix[] = "/dev/fdset/";
    for (unsigned i = 0; path && g_str_has_prefix(path, prefix) && i < options->fd_sets->len; i++) {
        g_autofree char *spec = g_strconcat(",", options->fd_sets->pdata[i], NULL);
        g_autofree char *set = options_property(spec, "set"), *fd = options_property(spec, "fd");
        if (fd && !g_strcmp0(set, path + strlen(prefix))) {
            g_free(path);
            return g_strconcat("/dev/fd/", fd, NULL);
        }
    }
    return path;
}

char *options_chardev(const struct options *options, const char *id)
{
    for (unsigned i = 0; i < options->chardevs->len; i++) {
        const char *spec = options->chardevs->pdata[i];
        g_autofree char *kind = options_driver(spec), *own = options_property(spec, "id"),
                        *path = options_property(spec, "path"), *mux = options_property(spec, "mux");
        if (g_strcmp0(own, id)) {
            continue;
        }
        path = resolve_fd_set(options, g_steal_pointer(&path));
        bool socket = !strcmp(kind, "socket");
        g_autofree char *plain = socket ? chardev_socket(spec) : path ? g_strconcat(kind, ":", path, NULL) : g_strdup(kind);
        return g_strconcat(!g_strcmp0(mux, "on") ? "mon:" : "", plain, NULL);
    }
    return NULL;
}

bool options_have_device(const struct options *options, const char *driver)
{
    for (unsigned i = 0; i < options->devices->len; i++) {
        g_autofree char *asked = options_driver(options->devices->pdata[i]);
        if (!strcmp(asked, driver)) {
            return true;
        }
    }
    return false;
}

char *options_driver(const char *spec)
{
    return g_strndup(spec, strcspn(spec, ","));
}

char *options_property(const char *spec, const char *key)
{
    g_auto(GStrv) items = g_strsplit(spec, ",", -1);
    char *value = NULL;
    for (unsigned i = 1; items[0] && items[i]; i++) {
        size_t length = strcspn(items[i], "=");
        if (strlen(key) == length && !strncmp(items[i], key, length)) {
            g_free(value);
            value = g_strdup(items[i][length] ? items[i] + length + 1 : "on");
        }
    }
    return value;
}
