# SPDX-License-Identifier: MIT
TEST_SCRIPTS += tests/boot/virtio
TESTS_SLOW += tests/boot/virtio
TEST_SCRIPTS += tests/boot/exit tests/boot/seabios tests/boot/linux tests/boot/reset tests/boot/icount tests/boot/fp
TESTS_SLOW += tests/boot/linux tests/boot/reset tests/boot/icount tests/boot/fp
TEST_SCRIPTS += tests/boot/vga tests/boot/vga_linux tests/boot/pflash tests/boot/smbios
TESTS_SLOW += tests/boot/vga tests/boot/vga_linux tests/boot/pflash tests/boot/smbios
TEST_SCRIPTS += tests/boot/bios tests/boot/loaders tests/boot/disk
TESTS_SLOW += tests/boot/loaders tests/boot/disk
# Programs that scripts run.
TEST_TOOLS += tests/boot/screen
TEST_SCRIPTS += tests/boot/uboot tests/boot/screens tests/boot/eltorito
TESTS_SLOW += tests/boot/uboot tests/boot/screens tests/boot/eltorito
TEST_SCRIPTS += tests/boot/linux-arm tests/boot/uefi tests/boot/dtb
TESTS_SLOW += tests/boot/linux-arm tests/boot/uefi
TEST_SCRIPTS += tests/boot/dynamic
TESTS_SLOW += tests/boot/dynamic
TEST_SCRIPTS += tests/boot/compare
TESTS_SLOW += tests/boot/compare
# With PEER=1 these hold every boot beside QEMU's.
TESTS_BOOTS += tests/boot/matrix tests/boot/installers tests/boot/loaders tests/boot/eltorito tests/boot/screens tests/boot/uboot \
               tests/boot/uefi tests/boot/compare tests/boot/in_qemu
TEST_SCRIPTS += tests/boot/icount_linux
TESTS_SLOW += tests/boot/icount_linux
TEST_SCRIPTS += tests/boot/hotplug
TESTS_SLOW += tests/boot/hotplug
TEST_SCRIPTS += tests/boot/usb
TESTS_SLOW += tests/boot/usb
TEST_SCRIPTS += tests/boot/small_cache
TESTS_SLOW += tests/boot/small_cache
