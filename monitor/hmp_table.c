/* SPDX-License-Identifier: MIT */
/* The commands of the human monitor and the topics of 'info': the only list of them, in alphabetical order. */
#include "base/input.h"
#include "hw/boards/backends.h"
#include "hw/boards/devices.h"
#include "monitor/internal.h"

static const char *complete_key(struct monitor *monitor, unsigned index)
{
    return input_key_name_at(index);
}

static const char *complete_plugged(struct monitor *monitor, unsigned index)
{
    const GPtrArray *plugged = monitor->board->plugged;
    for (unsigned i = 0; i < plugged->len; i++) {
        const struct device_plugged *device = plugged->pdata[i];
        if (device->id && !index--) {
            return device->id;
        }
    }
    return NULL;
}

static const char *complete_drive(struct monitor *monitor, unsigned index)
{
    struct block *block = monitor->board->block;
    return block && index < block_drive_count(block) ? block_drive(block, index)->id : NULL;
}

static const char *complete_network(struct monitor *monitor, unsigned index)
{
    struct net *net = backends_network(monitor->board, index);
    return net ? net_id(net) : NULL;
}

static const char *complete_log(struct monitor *monitor, unsigned index)
{
    return index == LOG_CATEGORY_COUNT ? "none" : log_category_name(index);
}

static const char *complete_command(struct monitor *monitor, unsigned index)
{
    return hmp_commands[index].names;
}

enum { ANY = 16 };

const struct hmp_command hmp_commands[] = {
    { "balloon", "MIB", "ask the guest to keep so much memory and give the rest back", 1, 1, hmp_balloon, NULL },
    { "block_resize", "DEVICE SIZE", "grow a disk", 2, 2, hmp_block_resize, complete_drive },
    { "break|b|lb|hbreak", "[ADDRESS]", "stop before the instruction at a linear address; without one: all breakpoints", 0, 1, hmp_break, NULL },
    { "change", "DEVICE FILE [FORMAT [read-only]] | vnc password TEXT", "another medium into a drive; the password of VNC", 2, 4,
      hmp_change, complete_drive },
    { "chardev-send-break", "NAME", "hold a serial line low; NAME: that of its -chardev, or serial0 and so on", 1, 1, hmp_send_break, NULL },
    { "cont|c", "", "let the machine run on", 0, 0, hmp_cont, NULL },
    { "cpu", "NUMBER", "the CPU that other commands look at", 1, 1, hmp_cpu, NULL },
    { "delete|d", "NUMBER|all", "remove a breakpoint or watchpoint of 'info break'", 1, 1, hmp_delete, NULL },
    { "device_add", "DRIVER[,KEY=VALUE...]", "plug a device in; its drive= or netdev= may be one of drive_add, netdev_add", 1, 1,
      hmp_device_add, NULL },
    { "device_del", "ID", "ask the guest to let a device go", 1, 1, hmp_device_del, complete_plugged },
    { "disable|bpd", "NUMBER", "switch a breakpoint off", 1, 1, hmp_disable, NULL },
    { "drive_add", "0 file=FILE,if=none,id=ID[,KEY=VALUE...]", "open an image for a later device_add", 2, 2, hmp_drive_add, NULL },
    { "drive_del", "ID", "close an image that no device uses", 1, 1, hmp_drive_del, complete_drive },
    { "dump-guest-memory", "[-p] FILE", "memory and registers as an ELF core", 1, 2, hmp_dump_guest_memory, NULL },
    { "eject", "[-f] DEVICE", "take the medium out; -f even when the guest has locked the drive", 1, 2, hmp_eject, complete_drive },
    { "enable|bpe", "NUMBER", "switch a breakpoint on", 1, 1, hmp_enable, NULL },
    { "gdbserver", "[DEVICE | none]", "let gdb connect, as -gdb; tcp::1234 when nothing is said", 0, 1, hmp_gdbserver, NULL },
    { "gva2gpa", "ADDRESS", "the physical address of a linear one", 1, 1, hmp_gva2gpa, NULL },
    { "help|?", "[COMMAND | info]", "the commands, or one of them", 0, 1, hmp_help, complete_command },
    { "hostfwd_add", "[NETWORK] tcp|udp:[HOST]:PORT-[GUEST]:PORT", "forward a port of the host into the guest's network", 1, 2,
      hmp_hostfwd_add, complete_network },
    { "hostfwd_remove", "[NETWORK] tcp|udp:[HOST]:PORT", "forward it no more", 1, 2, hmp_hostfwd_remove, complete_network },
    { "i", "[/FORMAT] PORT", "read a port", 0, ANY, hmp_in, NULL },
    { "ignore", "NUMBER TIMES", "pass a breakpoint so many times", 2, 2, hmp_ignore, NULL },
    { "info", "[TOPIC]", "about the machine; 'help info' lists the topics", 0, ANY, hmp_info, NULL },
    { "log", "CATEGORY,...|none", "what is logged", 1, 1, hmp_log, complete_log },
    { "logfile", "FILE", "where the log goes", 1, 1, hmp_logfile, NULL },
    { "magic", "[on|off]", "stop at the instruction that does nothing and is there for it (x86: xchg bx,bx)", 0, 1, hmp_magic, NULL },
    { "memsave", "ADDRESS SIZE FILE", "save memory at a linear address", 3, 3, hmp_memsave, NULL },
    { "modebp", "[on|off]", "stop when a CPU's mode changes (real, protected, ...; exception levels)", 0, 1, hmp_modebp, NULL },
    { "mouse_button", "STATE", "buttons that are down: 1 left + 2 middle + 4 right", 1, 1, hmp_mouse_button, NULL },
    { "mouse_move", "DX DY [DZ]", "move the mouse", 2, 3, hmp_mouse_move, NULL },
    { "mouse_set", "INDEX", "the pointer that is used, of 'info mice'", 1, 1, hmp_mouse_set, NULL },
    { "netdev_add", "KIND,id=ID[,KEY=VALUE...]", "open a network for a later device_add, as -netdev", 1, 1, hmp_netdev_add, NULL },
    { "netdev_del", "ID", "close a network; the card on it has no link then", 1, 1, hmp_netdev_del, complete_network },
    { "next|n", "", "as step, over calls, software interrupts and repeated instructions", 0, 0, hmp_next, NULL },
    { "nmi", "", "a non-maskable interrupt to all CPUs", 0, 0, hmp_nmi, NULL },
    { "o", "[/FORMAT] PORT VALUE", "write a port", 2, 3, hmp_out, NULL },
    { "pb", "[ADDRESS]", "as break, at a physical address", 0, 1, hmp_break_physical, NULL },
    { "pmemsave", "ADDRESS SIZE FILE", "save memory at a physical address", 3, 3, hmp_pmemsave, NULL },
    { "print|p", "[/FORMAT] EXPRESSION", "a value; $rax, $pc are registers", 0, ANY, hmp_print, NULL },
    { "quit|q", "", "end the emulator", 0, 0, hmp_quit, NULL },
    { "run-until", "COUNT", "run on until so many instructions have run since the start; with -icount", 1, 1, hmp_run_until, NULL },
    { "screendump", "FILE [-f png|ppm]", "the screen as a picture", 1, 3, hmp_screendump, NULL },
    { "sendkey", "KEY-KEY-... [HOLD_MS]", "press keys together", 1, 2, hmp_sendkey, complete_key },
    { "set", "$REGISTER VALUE", "change a register; system registers where software may", 2, 2, hmp_set, NULL },
    { "set_link", "NAME on|off", "plug a network's cable in or out", 2, 2, hmp_set_link, complete_network },
    { "step|stepi|si", "[COUNT]", "run instructions of the CPU that is looked at", 0, 1, hmp_step, NULL },
    { "stop|s", "", "stop the machine", 0, 0, hmp_stop, NULL },
    { "sum", "ADDRESS SIZE", "BSD's checksum of physical memory", 2, 2, hmp_sum, NULL },
    { "system_powerdown", "", "press the power button", 0, 0, hmp_system_powerdown, NULL },
    { "system_reset", "", "press the reset button", 0, 0, hmp_system_reset, NULL },
    { "tb", "list [--sort COUNTER] [N]|show ADDRESS|stats|break ADDRESS|step [N]|count on|off", "units of translation; 'tb count on' first", 1, 4,
      hmp_tb, NULL },
    { "trace-event|trace", "CATEGORY on|off", "switch a category of the log; 'info trace-events' lists them, * are some", 2, 2,
      hmp_trace_event, complete_log },
    { "trace-mem", "[on|off]", "log each access of the CPUs to memory, category mem", 0, 1, hmp_trace_mem, NULL },
    { "watch", "[-p] r|w|rw ADDRESS [BYTES] | delete", "stop behind an access to memory; -p: a physical address", 0, 4, hmp_watch, NULL },
    { "x", "[/FORMAT] ADDRESS", "memory at a linear address: /COUNT, x d u o c i, b h w g", 0, ANY, hmp_x, NULL },
    { "xp", "[/FORMAT] ADDRESS", "memory at a physical address", 0, ANY, hmp_xp, NULL },
    { NULL, NULL, NULL, 0, 0, NULL, NULL },
};

const struct hmp_command hmp_topics[] = {
    { "balloon", "", "memory that the guest has kept", 0, 0, hmp_info_balloon, NULL },
    { "block", "", "drives", 0, 1, hmp_info_block, NULL },
    { "blockstats", "", "what drives have done", 0, 0, hmp_info_blockstats, NULL },
    { "break", "", "breakpoints and watchpoints", 0, 0, hmp_info_break, NULL },
    { "chardev", "", "streams of serial ports and consoles", 0, 0, hmp_info_chardev, NULL },
    { "cpus", "", "CPUs", 0, 0, hmp_info_cpus, NULL },
    { "history", "", "the lines typed here", 0, 0, hmp_info_history, NULL },
    { "icount", "", "instructions run, with -icount", 0, 0, hmp_info_icount, NULL },
    { "irq", "", "levels and masks of the interrupt controllers, short", 0, 0, hmp_info_irq, NULL },
    { "jit", "", "counters of the translator", 0, 0, hmp_info_jit, NULL },
    { "kvm", "", "hardware virtualization", 0, 0, hmp_info_kvm, NULL },
    { "lapic", "[CPU]", "a CPU's local APIC", 0, 1, hmp_info_lapic, NULL },
    { "mice", "", "pointers", 0, 0, hmp_info_mice, NULL },
    { "mtree", "[-f]", "the memory map and the port map", 0, 1, hmp_info_mtree, NULL },
    { "name", "", "the machine's name", 0, 0, hmp_info_name, NULL },
    { "network", "", "networks and cards", 0, 0, hmp_info_network, NULL },
    { "pci", "", "PCI devices", 0, 0, hmp_info_pci, NULL },
    { "pic", "", "state of the interrupt controllers", 0, 0, hmp_info_pic, NULL },
    { "qtree", "", "devices", 0, 0, hmp_info_qtree, NULL },
    { "registers", "[-a]", "registers of the CPU, -a: of all", 0, 1, hmp_info_registers, NULL },
    { "roms", "", "read-only memory", 0, 0, hmp_info_roms, NULL },
    { "snapshots", "", "saved states", 0, 0, hmp_info_snapshots, NULL },
    { "status", "", "whether the machine runs", 0, 0, hmp_info_status, NULL },
    { "trace-events", "[PATTERN]", "categories of the log and whether they are on", 0, 1, hmp_info_trace_events, NULL },
    { "usb", "", "USB devices", 0, 0, hmp_info_usb, NULL },
    { "usernet", "", "connections of user networks", 0, 0, hmp_info_usernet, NULL },
    { "uuid", "", "the machine's UUID", 0, 0, hmp_info_uuid, NULL },
    { "version", "", "version of this program", 0, 0, hmp_info_version, NULL },
    { "vnc", "", "VNC servers and their clients", 0, 0, hmp_info_vnc, NULL },
    { NULL, NULL, NULL, 0, 0, NULL, NULL },
};

bool monitor_command_at(bool info, unsigned index, struct monitor_command *command)
{
    const struct hmp_command *row = &(info ? hmp_topics : hmp_commands)[index];
    *command = (struct monitor_command){ row->names, row->arguments, row->help };
    return row->names;
}
