/* SPDX-License-Identifier: MIT */
#ifndef HW_MISC_POST_H
#define HW_MISC_POST_H
/* Port 80h, where firmware writes its POST codes: logged under -d post. Reads give the last byte written. */
#include "machine/machine.h"

struct post_state { uint8_t code; };
struct post { struct post_state state; struct machine *machine; };
extern const struct device_type post_type;

struct post *post_new(struct machine *machine);

#endif
