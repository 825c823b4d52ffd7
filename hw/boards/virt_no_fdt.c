/* SPDX-License-Identifier: MIT */
/* The device tree of "virt" in a build without libfdt: there is none, and the machine says so. */
#include "base/error.h"
#include "hw/boards/virt_internal.h"

bool virt_build_device_tree(struct virt *virt, GError **error)
{
    return error_fail(error, "machine 'virt': this build has no libfdt; install the Debian package libfdt-dev and run ./configure");
}
