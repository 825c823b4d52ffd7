# SPDX-License-Identifier: MIT
# The DSDT is compiled by iasl into a C array.
$(BUILD)/hw/acpi/dsdt_pc.hex: hw/acpi/dsdt_pc.asl
	@mkdir -p $(@D)
	iasl -vs -p $(BUILD)/hw/acpi/dsdt_pc -tc $< >$(BUILD)/hw/acpi/iasl.log 2>&1 || { cat $(BUILD)/hw/acpi/iasl.log >&2; exit 1; }
$(BUILD)/hw/acpi/tables.o: $(BUILD)/hw/acpi/dsdt_pc.hex

$(BUILD)/hw/acpi/dsdt_virt_high.hex $(BUILD)/hw/acpi/dsdt_virt_low.hex: $(BUILD)/hw/acpi/dsdt_virt_%.hex: hw/acpi/dsdt_virt.asl
	@mkdir -p $(@D)
	iasl -vs $(if $(filter high,$*),-D HIGH) -p $(BUILD)/hw/acpi/dsdt_virt_$* -tc $< >$(BUILD)/hw/acpi/iasl_$*.log 2>&1 || { cat $(BUILD)/hw/acpi/iasl_$*.log >&2; exit 1; }
	@sed -i 's/dsdt_virt_aml_code\|dsdt_aml_code/dsdt_virt_$*_aml_code/' $@
$(BUILD)/hw/acpi/arm_tables.o: $(BUILD)/hw/acpi/dsdt_virt_high.hex $(BUILD)/hw/acpi/dsdt_virt_low.hex
