/* SPDX-License-Identifier: MIT */
/* QMP's queries. Members that clients read have QEMU's names; what this machine does not have is left out. */
#include <inttypes.h>
#include <string.h>
#include <unistd.h>
#include "base/character.h"
#include "base/input.h"
#include "base/socket.h"
#include "hw/boards/backends.h"
#include "hw/boards/devices.h"
#include "hw/pci/pci.h"
#include "monitor/qmp.h"

static JsonNode *object_of(const char *text)
{
    return qmp_parse(text);
}

JsonNode *qmp_run_version(struct qmp_call *call)
{
    g_auto(GStrv) parts = g_strsplit(call->monitor->qemu_version, ".", 3);
    g_autofree char *text = g_strdup_printf("{\"qemu\": {\"micro\": %s, \"minor\": %s, \"major\": %s}, \"package\": \"Dragoman %s\"}",
                                            parts[2], parts[1], parts[0], call->monitor->version);
    return object_of(text);
}

JsonNode *qmp_run_status(struct qmp_call *call)
{
    JsonObject *object = json_object_new();
    const char *status = action_status(call->monitor);
    json_object_set_string_member(object, "status", status);
    json_object_set_boolean_member(object, "singlestep", FALSE);
    json_object_set_boolean_member(object, "running", !strcmp(status, "running"));
    return qmp_object_node(object);
}

JsonNode *qmp_run_name(struct qmp_call *call)
{
    JsonObject *object = json_object_new();
    if (call->monitor->name) {
        json_object_set_string_member(object, "name", call->monitor->name);
    }
    return qmp_object_node(object);
}

JsonNode *qmp_run_uuid(struct qmp_call *call)
{
    const char *uuid = call->monitor->uuid;
    JsonObject *object = json_object_new();
    json_object_set_string_member(object, "UUID", uuid ? uuid : "00000000-0000-0000-0000-000000000000");
    return qmp_object_node(object);
}

JsonNode *qmp_run_kvm(struct qmp_call *call)
{
    JsonObject *object = json_object_new();
    json_object_set_boolean_member(object, "enabled", board_uses_kvm(call->monitor->board));
    json_object_set_boolean_member(object, "present", access("/dev/kvm", R_OK | W_OK) == 0);
    return qmp_object_node(object);
}

/* The architecture as QEMU's programs are named. */
static const char *architecture(struct monitor *monitor)
{
    const char *name = strrchr(monitor->program, '-');
    const char *guest = monitor->board->cpu_count ? monitor->board->cpus[0]->frontend->name : "x86";
    return g_str_has_prefix(monitor->program, "qemu-system-") && name ? name + 1 : strcmp(guest, "x86") ? guest : "x86_64";
}

JsonNode *qmp_run_target(struct qmp_call *call)
{
    JsonObject *object = json_object_new();
    json_object_set_string_member(object, "arch", architecture(call->monitor));
    return qmp_object_node(object);
}

/* Under a name of QEMU's a program has the machines of that architecture; "none" is everywhere. */
static bool machine_is_here(struct monitor *monitor, const struct board_type *type)
{
    const char *arch = architecture(monitor);
    bool arm = !strcmp(arch, "arm") || !strcmp(arch, "aarch64"), x86 = !strcmp(arch, "x86_64") || !strcmp(arch, "i386");
    return type == &none_board_type || !g_str_has_prefix(monitor->program, "qemu-system-") ||
           (!strcmp(type->name, "virt") ? arm : x86);
}

static void add_machine(JsonArray *list, const struct board_type *type, const char *version, bool newest)
{
    JsonObject *object = json_object_new();
    g_autofree char *name = g_strconcat(version ? type->versions : type->name, version, NULL);
    json_object_set_boolean_member(object, "hotpluggable-cpus", FALSE);
    json_object_set_string_member(object, "name", name);
    json_object_set_boolean_member(object, "numa-mem-supported", FALSE);
    json_object_set_boolean_member(object, "deprecated", FALSE);
    json_object_set_int_member(object, "cpu-max", type == &none_board_type ? 1 : OPTIONS_MAX_CPUS);
    if (version && newest) {
        json_object_set_string_member(object, "alias", type->name);
    }
    if (!json_array_get_length(list)) {
        json_object_set_boolean_member(object, "is-default", TRUE);
    }
    json_array_add_object_element(list, object);
}

/* A board has one form under all its versioned names; the newest stands for the plain one. Files of libvirt name older ones. */
JsonNode *qmp_run_machines(struct qmp_call *call)
{
    static const char *const versions[] = { "8.2", "8.1", "8.0", "7.2", "7.1", "7.0", "6.2", "6.1", "6.0", "5.2", "5.1", "5.0" };
    JsonArray *list = json_array_new();
    for (unsigned i = 0; board_types[i]; i++) {
        const struct board_type *type = board_types[i];
        bool here = machine_is_here(call->monitor, type);
        for (unsigned v = 0; here && type->versions && v < ARRAY_LEN(versions); v++) {
            add_machine(list, type, versions[v], !v);
        }
        if (here && !type->versions) {
            add_machine(list, type, NULL, true);
        }
    }
    return qmp_array_node(list);
}

/* Of this machine; of all that the program has when this one is "none". */
JsonNode *qmp_run_cpu_definitions(struct qmp_call *call)
{
    JsonArray *list = json_array_new();
    struct board_cpu_model model;
    const struct board_type *own = call->monitor->board->type;
    for (unsigned t = 0; board_types[t]; t++) {
        bool wanted = own == &none_board_type ? machine_is_here(call->monitor, board_types[t]) : own == board_types[t];
        for (unsigned i = 0; wanted && board_types[t]->cpu_model(i, &model); i++) {
            g_autofree char *type = g_strdup_printf("%s-%s-cpu", model.name, architecture(call->monitor));
            JsonObject *object = json_object_new();
            json_object_set_string_member(object, "name", model.name);
            json_object_set_string_member(object, "typename", type);
            json_object_set_array_member(object, "unavailable-features", json_array_new());
            json_object_set_boolean_member(object, "migration-safe", FALSE);
            json_object_set_boolean_member(object, "static", FALSE);
            json_object_set_boolean_member(object, "deprecated", FALSE);
            json_array_add_object_element(list, object);
        }
    }
    return qmp_array_node(list);
}

JsonNode *qmp_run_cpus_fast(struct qmp_call *call)
{
    JsonArray *list = json_array_new();
    for (unsigned i = 0; i < call->monitor->board->cpu_count; i++) {
        JsonObject *object = json_object_new();
        g_autofree char *path = g_strdup_printf("/machine/unattached/device[%u]", i);
        json_object_set_int_member(object, "cpu-index", i);
        json_object_set_string_member(object, "qom-path", path);
        json_object_set_string_member(object, "target", architecture(call->monitor));
        json_object_set_int_member(object, "thread-id", getpid());      /* CPUs' threads come and go with every stop */
        json_array_add_object_element(list, object);
    }
    return qmp_array_node(list);
}

JsonNode *qmp_run_memory_size(struct qmp_call *call)
{
    JsonObject *object = json_object_new();
    json_object_set_int_member(object, "base-memory", (gint64)call->monitor->memory_bytes);
    json_object_set_int_member(object, "plugged-memory", 0);
    return qmp_object_node(object);
}

JsonNode *qmp_run_empty_list(struct qmp_call *call)
{
    return qmp_array_node(json_array_new());
}

/* ---- Drives ---- */

static JsonObject *medium_of(const struct drive *drive, const struct drive_info *info)
{
    JsonObject *inserted = json_object_new(), *image = json_object_new();
    json_object_set_string_member(image, "filename", info->file ? info->file : "");
    json_object_set_string_member(image, "format", info->format ? info->format : "raw");
    json_object_set_int_member(image, "virtual-size", (gint64)info->bytes);
    json_object_set_string_member(inserted, "file", info->file ? info->file : "");
    json_object_set_string_member(inserted, "node-name", info->node);
    json_object_set_string_member(inserted, "drv", info->format ? info->format : "raw");
    json_object_set_boolean_member(inserted, "ro", info->read_only);
    json_object_set_boolean_member(inserted, "encrypted", info->encrypted);
    json_object_set_int_member(inserted, "backing_file_depth", info->backing_depth);
    if (info->backing_file) {
        json_object_set_string_member(inserted, "backing_file", info->backing_file);
    }
    json_object_set_object_member(inserted, "image", image);
    return inserted;
}

static JsonObject *drive_of(struct monitor *monitor, const struct drive *drive, const struct drive_info *info)
{
    if (drive_is_medium(drive)) {
        return NULL;
    }
    JsonObject *object = json_object_new();
    g_autofree char *device = monitor_drive_device(monitor, drive);
    json_object_set_string_member(object, "device", device ? "" : drive->id);
    json_object_set_string_member(object, "qdev", device ? device : drive->id);
    json_object_set_string_member(object, "type", "unknown");
    json_object_set_boolean_member(object, "removable", info->removable);
    json_object_set_boolean_member(object, "locked", info->locked);
    if (info->removable) {
        json_object_set_boolean_member(object, "tray_open", info->tray_open);
    }
    if (info->inserted) {
        json_object_set_object_member(object, "inserted", medium_of(drive, info));
    }
    return object;
}

static JsonObject *statistics_of(struct monitor *monitor, const struct drive *drive, const struct drive_info *info)
{
    const struct drive_statistics *s = &info->statistics;
    const struct { const char *name; uint64_t value; } members[] = {
        { "rd_bytes", s->bytes_read }, { "wr_bytes", s->bytes_written }, { "unmap_bytes", s->bytes_discarded },
        { "rd_operations", s->reads }, { "wr_operations", s->writes }, { "flush_operations", s->flushes },
        { "unmap_operations", s->discards }, { "failed_rd_operations", s->failed },
    };
    if (drive_is_medium(drive)) {
        return NULL;
    }
    JsonObject *object = json_object_new(), *stats = json_object_new();
    for (unsigned i = 0; i < ARRAY_LEN(members); i++) {
        json_object_set_int_member(stats, members[i].name, (gint64)members[i].value);
    }
    g_autofree char *device = monitor_drive_device(monitor, drive);
    json_object_set_string_member(object, "device", device ? "" : drive->id);
    json_object_set_string_member(object, "qdev", device ? device : drive->id);
    json_object_set_string_member(object, "node-name", info->node);
    json_object_set_object_member(object, "stats", stats);
    return object;
}

static JsonObject *node_of(struct monitor *monitor, const struct drive *drive, const struct drive_info *info)
{
    return info->inserted ? medium_of(drive, info) : NULL;
}

static JsonNode *each_drive(struct qmp_call *call, JsonObject *(*make)(struct monitor *, const struct drive *, const struct drive_info *))
{
    const struct block *block = call->monitor->board->block;
    JsonArray *list = json_array_new();
    monitor_lock(call->monitor);
    for (unsigned i = 0; block && i < block_drive_count(block); i++) {
        struct drive_info info;
        drive_get_info(block_drive(block, i), &info);
        JsonObject *object = make(call->monitor, block_drive(block, i), &info);
        if (object) {
            json_array_add_object_element(list, object);
        }
    }
    monitor_unlock(call->monitor);
    return qmp_array_node(list);
}

JsonNode *qmp_run_block(struct qmp_call *call) { return each_drive(call, drive_of); }
JsonNode *qmp_run_blockstats(struct qmp_call *call) { return each_drive(call, statistics_of); }
JsonNode *qmp_run_block_nodes(struct qmp_call *call) { return each_drive(call, node_of); }

/* ---- Streams, pointers, VNC ---- */

JsonNode *qmp_run_chardev(struct qmp_call *call)
{
    const GPtrArray *characters = call->monitor->board->characters;
    JsonArray *list = json_array_new();
    for (unsigned i = 0; i < characters->len; i++) {
        JsonObject *object = json_object_new();
        g_autofree char *file = character_describe(characters->pdata[i]);
        json_object_set_string_member(object, "label", character_label(characters->pdata[i]));
        json_object_set_string_member(object, "filename", file);
        json_object_set_boolean_member(object, "frontend-open", TRUE);
        json_array_add_object_element(list, object);
    }
    return qmp_array_node(list);
}

JsonNode *qmp_run_mice(struct qmp_call *call)
{
    const struct input *input = call->monitor->board->input;
    JsonArray *list = json_array_new();
    monitor_lock(call->monitor);
    for (unsigned i = input ? input_device_count(input) : 0; i-- > 0;) {
        const struct input_device *device = input_device(input, i);
        if (device->relative || device->absolute) {
            JsonObject *object = json_object_new();
            json_object_set_string_member(object, "name", device->name);
            json_object_set_int_member(object, "index", i);
            json_object_set_boolean_member(object, "current", device == input_pointer(input));
            json_object_set_boolean_member(object, "absolute", device->absolute != NULL);
            json_array_add_object_element(list, object);
        }
    }
    monitor_unlock(call->monitor);
    return qmp_array_node(list);
}

/* "10.0.0.1:5900" or "unix:/run/vnc" as QEMU's VncBasicInfo; a socket in the file system has no service. */
static void set_vnc_place(JsonObject *object, const char *address)
{
    const bool is_file = g_str_has_prefix(address, "unix:");
    g_autofree char *host = NULL, *service = NULL;
    if (is_file || !socket_split(address, &host, &service)) {
        host = g_strdup(address + (is_file ? strlen("unix:") : 0));
    }
    json_object_set_string_member(object, "host", host);
    json_object_set_string_member(object, "service", service ? service : "");
    json_object_set_string_member(object, "family", !service ? "unix" : strchr(host, ':') ? "ipv6" : "ipv4");
}

JsonNode *qmp_run_vnc(struct qmp_call *call)
{
    g_autoptr(GString) text = g_string_new(NULL);
    JsonObject *object = json_object_new();
    JsonArray *clients = json_array_new();
    if (call->monitor->ui) {
        ui_print_vnc(call->monitor->ui, text);
    }
    g_auto(GStrv) lines = g_strsplit(text->str, "\n", -1);
    json_object_set_boolean_member(object, "enabled", text->len != 0);
    for (unsigned i = 0; lines[i]; i++) {
        char *at = strstr(lines[i], ": ");
        if (!at) {
            continue;
        }
        at[2 + strcspn(at + 2, ", ")] = '\0';
        JsonObject *place = i ? json_object_new() : object;
        set_vnc_place(place, at + 2);
        if (i) {
            json_array_add_object_element(clients, place);
        } else {
            json_object_set_string_member(place, "auth", strstr(text->str, "(vnc)") ? "vnc" : "none");
        }
    }
    json_object_set_array_member(object, "clients", clients);
    return qmp_object_node(object);
}

/* ---- PCI ---- */

/* A BAR that is not set has the address -1, as in QEMU's answers. */
static void add_pci_region(JsonArray *list, const struct pci_device *device, unsigned index)
{
    const struct pci_place place = pci_bar_place(device, index);
    JsonObject *object = json_object_new();
    json_object_set_int_member(object, "bar", index);
    json_object_set_string_member(object, "type", place.io ? "io" : "memory");
    json_object_set_int_member(object, "address", place.set ? (gint64)place.address : -1);
    json_object_set_int_member(object, "size", (gint64)place.bytes);
    if (!place.io) {
        json_object_set_boolean_member(object, "prefetch", place.prefetchable);
        json_object_set_boolean_member(object, "mem_type_64", place.wide);
    }
    json_array_add_object_element(list, object);
}

static JsonObject *pci_device_of(const struct pci_device *device)
{
    const uint8_t *config = device->state->config;
    JsonObject *object = json_object_new(), *class_info = json_object_new(), *id = json_object_new();
    JsonArray *regions = json_array_new();
    json_object_set_int_member(object, "bus", 0);
    json_object_set_int_member(object, "slot", device->devfn >> 3);
    json_object_set_int_member(object, "function", device->devfn & 7);
    json_object_set_int_member(class_info, "class", config[PCI_CLASS_DEVICE] | config[PCI_CLASS_DEVICE + 1] << 8);
    json_object_set_int_member(id, "vendor", config[PCI_VENDOR_ID] | config[PCI_VENDOR_ID + 1] << 8);
    json_object_set_int_member(id, "device", config[PCI_DEVICE_ID] | config[PCI_DEVICE_ID + 1] << 8);
    json_object_set_object_member(object, "class_info", class_info);
    json_object_set_object_member(object, "id", id);
    json_object_set_string_member(object, "qdev_id", "");
    if (config[PCI_INTERRUPT_PIN]) {
        json_object_set_int_member(object, "irq", config[PCI_INTERRUPT_LINE]);
    }
    for (unsigned i = 0; i <= PCI_BARS; i++) {
        if (pci_bar_place(device, i).bytes) {
            add_pci_region(regions, device, i);
        }
    }
    json_object_set_array_member(object, "regions", regions);
    return object;
}

JsonNode *qmp_run_pci(struct qmp_call *call)
{
    const struct pci_bus *pci = call->monitor->board->pci;
    JsonArray *buses = json_array_new(), *devices = json_array_new();
    if (!pci) {
        json_array_unref(devices);
        return qmp_array_node(buses);
    }
    monitor_lock(call->monitor);
    for (unsigned i = 0; i < PCI_DEVICES; i++) {
        if (pci->devices[i]) {
            json_array_add_object_element(devices, pci_device_of(pci->devices[i]));
        }
    }
    monitor_unlock(call->monitor);
    JsonObject *bus = json_object_new();
    json_object_set_int_member(bus, "bus", 0);
    json_object_set_array_member(bus, "devices", devices);
    json_array_add_object_element(buses, bus);
    return qmp_array_node(buses);
}
