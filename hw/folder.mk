# SPDX-License-Identifier: MIT
# One of the two files about the device tree of "virt", by libfdt.
HW_OTHER := $(if $(HAVE_FDT),hw/boards/virt_no_fdt.c,hw/boards/virt_fdt.c)
# One of the two that unpack kernels, by zlib.
HW_OTHER += $(if $(HAVE_ZLIB),hw/boot/no_gunzip.c,hw/boot/gunzip.c)
SRC += $(filter-out $(HW_OTHER),$(wildcard hw/*.c hw/*/*.c hw/*/*.S))
