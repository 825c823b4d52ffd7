/* SPDX-License-Identifier: MIT */
/* In place of qmp*.c when json-glib was not there at configure time. */
#include "monitor/internal.h"

bool qmp_there(void)
{
    return false;
}

struct qmp *qmp_new(struct monitor *monitor, const struct session_output *output)
{
    return NULL;
}

void qmp_free(struct qmp *qmp)
{
}

void qmp_greet(struct qmp *qmp)
{
}

void qmp_input(struct qmp *qmp, const uint8_t *bytes, unsigned count)
{
}

void qmp_event(struct qmp *qmp, const char *name, const char *data_json)
{
}
