# SPDX-License-Identifier: MIT
# QMP needs json-glib; without it qmp_off.c refuses.
MONITOR_QMP := $(wildcard monitor/qmp*.c)
SRC += $(filter-out $(MONITOR_QMP),$(wildcard monitor/*.c))
SRC += $(if $(HAVE_JSON),$(or $(filter-out monitor/qmp_off.c,$(MONITOR_QMP)),monitor/qmp_off.c),monitor/qmp_off.c)
