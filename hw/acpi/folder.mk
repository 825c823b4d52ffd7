# SPDX-License-Identifier: MIT
# The DSDT is compiled by iasl into a C array.
$(BUILD)/hw/acpi/dsdt_pc.hex: hw/acpi/dsdt_pc.asl
	@mkdir -p $(@D)
	iasl -vs -p $(BUILD)/hw/acpi/dsdt_pc -tc $< >$(BUILD)/hw/acpi/iasl.log 2>&1 || { cat $(BUILD)/hw/acpi/iasl.log >&2; exit 1; }
$(BUILD)/hw/acpi/tables.o: $(BUILD)/hw/acpi/dsdt_pc.hex
