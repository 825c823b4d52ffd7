/* SPDX-License-Identifier: MIT */
/* The order in which firmware tries devices: those with a bootindex, for all boards. */
#include "hw/boards/board.h"

struct boot_entry { uint64_t index; char *path; };

static void boot_entry_free(gpointer entry)
{
    g_free(((struct boot_entry *)entry)->path);
    g_free(entry);
}

void board_add_boot_device(struct board *board, uint64_t index, const char *path)
{
    struct boot_entry *entry = g_new(struct boot_entry, 1);
    if (!board->boot_devices) {
        board->boot_devices = g_ptr_array_new_with_free_func(boot_entry_free);
    }
    *entry = (struct boot_entry){ index, g_strdup(path) };
    g_ptr_array_add(board->boot_devices, entry);
}

static int compare_entries(const void *a, const void *b)
{
    const struct boot_entry *x = *(struct boot_entry *const *)a, *y = *(struct boot_entry *const *)b;
    return (x->index > y->index) - (x->index < y->index);
}

char *board_boot_order(struct board *board)
{
    if (!board->boot_devices) {
        return NULL;
    }
    GString *text = g_string_new(NULL);
    g_ptr_array_sort(board->boot_devices, compare_entries);
    for (unsigned i = 0; i < board->boot_devices->len; i++) {
        const struct boot_entry *entry = board->boot_devices->pdata[i];
        g_string_append_printf(text, "%s%s", text->len ? "\n" : "", entry->path);
    }
    return g_string_free(text, FALSE);
}
