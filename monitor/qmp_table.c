/* SPDX-License-Identifier: MIT */
/* The commands and events of QMP: the only list, from which query-commands and query-qmp-schema are made. */
#include <string.h>
#include "monitor/qmp.h"

const struct qmp_command qmp_commands[] = {
    { "block_resize", "device?:str,node-name?:str,size:int", qmp_run_block_resize },
    { "blockdev-change-medium", "device?:str,id?:str,filename:str,format?:str,force?:bool,read-only-mode?:str", qmp_run_change_medium },
    { "change-vnc-password", "password:str", qmp_run_vnc_password },
    { "cont", "", qmp_run_cont },
    { "device-list-properties", "typename:str", qmp_run_device_properties },
    { "device_add", "driver:str,bus?:str,id?:str,*:any", qmp_run_device_add },
    { "device_del", "id:str", qmp_run_device_del },
    { "dump-guest-memory", "paging:bool,protocol:str,detach?:bool,begin?:int,length?:int,format?:str", qmp_run_dump },
    { "eject", "device?:str,id?:str,force?:bool", qmp_run_eject },
    { "human-monitor-command", "command-line:str,cpu-index?:int", qmp_run_human },
    { "inject-nmi", "", qmp_run_nmi },
    { "input-send-event", "device?:str,head?:int,events:any", qmp_run_send_event },
    { "memsave", "val:int,size:int,filename:str,cpu-index?:int", qmp_run_memsave },
    { "migrate-set-capabilities", "capabilities:any", qmp_run_migrate_capabilities },
    { "pmemsave", "val:int,size:int,filename:str", qmp_run_pmemsave },
    { "qmp_capabilities", "enable?:any", qmp_run_capabilities },
    { "qom-get", "path:str,property:str", qmp_run_qom_get },
    { "qom-list", "path:str", qmp_run_qom_list },
    { "qom-list-properties", "typename:str", qmp_run_type_properties },
    { "qom-list-types", "implements?:str,abstract?:bool", qmp_run_types },
    { "query-block", "", qmp_run_block },
    { "query-block-jobs", "", qmp_run_empty_list },
    { "query-blockstats", "query-nodes?:bool", qmp_run_blockstats },
    { "query-chardev", "", qmp_run_chardev },
    { "query-command-line-options", "option?:str", qmp_run_command_line_options },
    { "query-commands", "", qmp_run_commands },
    { "query-cpu-definitions", "", qmp_run_cpu_definitions },
    { "query-cpus-fast", "", qmp_run_cpus_fast },
    { "query-events", "", qmp_run_events },
    { "query-iothreads", "", qmp_run_empty_list },
    { "query-jobs", "", qmp_run_empty_list },
    { "query-kvm", "", qmp_run_kvm },
    { "query-machines", "", qmp_run_machines },
    { "query-memory-devices", "", qmp_run_empty_list },
    { "query-memory-size-summary", "", qmp_run_memory_size },
    { "query-mice", "", qmp_run_mice },
    { "query-migrate-capabilities", "", qmp_run_empty_list },
    { "query-name", "", qmp_run_name },
    { "query-named-block-nodes", "flat?:bool", qmp_run_block_nodes },
    { "query-pci", "", qmp_run_pci },
    { "query-qmp-schema", "", qmp_run_schema },
    { "query-status", "", qmp_run_status },
    { "query-target", "", qmp_run_target },
    { "query-tpm", "", qmp_run_empty_list },
    { "query-tpm-models", "", qmp_run_empty_list },
    { "query-tpm-types", "", qmp_run_empty_list },
    { "query-uuid", "", qmp_run_uuid },
    { "query-version", "", qmp_run_version },
    { "query-vnc", "", qmp_run_vnc },
    { "quit", "", qmp_run_quit },
    { "screendump", "filename:str,device?:str,head?:int,format?:str", qmp_run_screendump },
    { "send-key", "keys:any,hold-time?:int", qmp_run_send_key },
    { "set_link", "name:str,up:bool", qmp_run_set_link },
    { "set_password", "protocol:str,password:str,connected?:str,display?:str", qmp_run_set_password },
    { "stop", "", qmp_run_stop },
    { "system_powerdown", "", qmp_run_powerdown },
    { "system_reset", "", qmp_run_reset },
    { "x-query-icount", "", qmp_run_icount },
    { "x-run-until", "icount:int", qmp_run_until },
    { NULL, NULL, NULL },
};

const char *const qmp_events[] = { "BLOCK_IO_ERROR", "DEVICE_TRAY_MOVED", "POWERDOWN", "RESET", "RESUME", "SHUTDOWN", "STOP", NULL };

static JsonNode *names_of(const char *(*name)(unsigned index))
{
    JsonArray *list = json_array_new();
    for (unsigned i = 0; name(i); i++) {
        JsonObject *object = json_object_new();
        json_object_set_string_member(object, "name", name(i));
        json_array_add_object_element(list, object);
    }
    return qmp_array_node(list);
}

static const char *command_name(unsigned index) { return qmp_commands[index].name; }
static const char *event_name(unsigned index) { return qmp_events[index]; }
JsonNode *qmp_run_commands(struct qmp_call *call) { return names_of(command_name); }
JsonNode *qmp_run_events(struct qmp_call *call) { return names_of(event_name); }

/* ---- query-qmp-schema ---- */

static JsonObject *entity(JsonArray *list, const char *name, const char *kind)
{
    JsonObject *object = json_object_new();
    json_object_set_string_member(object, "name", name);
    json_object_set_string_member(object, "meta-type", kind);
    json_array_add_object_element(list, object);
    return object;
}

static void add_members(JsonObject *object, const char *row)
{
    g_auto(GStrv) items = g_strsplit(row, ",", -1);
    JsonArray *members = json_array_new();
    for (unsigned i = 0; items[i] && *items[i] && items[i][0] != '*'; i++) {
        char *type = strchr(items[i], ':');
        bool optional = type[-1] == '?';
        JsonObject *member = json_object_new();
        type[optional ? -1 : 0] = '\0';
        json_object_set_string_member(member, "name", items[i]);
        json_object_set_string_member(member, "type", type + 1);
        if (optional) {
            json_object_set_null_member(member, "default");
        }
        json_array_add_object_element(members, member);
    }
    json_object_set_array_member(object, "members", members);
}

/* Types of results are told as "any": they are made by hand, not from a schema. */
JsonNode *qmp_run_schema(struct qmp_call *call)
{
    static const char *const builtin[][2] = { { "str", "string" }, { "int", "int" }, { "bool", "boolean" }, { "any", "value" } };
    JsonArray *list = json_array_new();
    for (unsigned i = 0; i < ARRAY_LEN(builtin); i++) {
        json_object_set_string_member(entity(list, builtin[i][0], "builtin"), "json-type", builtin[i][1]);
    }
    add_members(entity(list, "q_empty", "object"), "");
    for (const struct qmp_command *row = qmp_commands; row->name; row++) {
        g_autofree char *type = *row->arguments ? g_strconcat("q_obj_", row->name, "-arg", NULL) : g_strdup("q_empty");
        JsonObject *object = entity(list, row->name, "command");
        json_object_set_string_member(object, "arg-type", type);
        json_object_set_string_member(object, "ret-type", "any");
        json_object_set_boolean_member(object, "allow-oob", FALSE);
        if (*row->arguments) {
            add_members(entity(list, type, "object"), row->arguments);
        }
    }
    for (unsigned i = 0; qmp_events[i]; i++) {
        json_object_set_string_member(entity(list, qmp_events[i], "event"), "arg-type", "q_empty");
    }
    return qmp_array_node(list);
}
