/* SPDX-License-Identifier: MIT */
/* Memory as a CPU sees it, read without consequences. */
#include "base/memory.h"
#include "tcg/cpu_view.h"

enum { PAGE = 4096 };

bool cpu_view_read(struct cpu *cpu, uint64_t linear, void *out, unsigned bytes)
{
    const struct cpu_view *view = cpu_view_of(cpu);
    uint8_t *to = out;
    while (bytes) {
        uint64_t physical = linear;
        unsigned part = MIN(bytes, PAGE - (unsigned)(linear % PAGE));
        if (view && !view->translate(cpu, linear, &physical)) {
            return false;
        }
        if (memory_peek(cpu->memory, physical, to, part) < part) {
            return false;
        }
        to += part;
        linear += part;
        bytes -= part;
    }
    return true;
}
