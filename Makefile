# SPDX-License-Identifier: MIT
# One non-recursive Makefile. Each folder's folder.mk adds its sources to SRC (the product), its test programs to TESTS
# and its test scripts to TEST_SCRIPTS (the slow ones to TESTS_SLOW as well). `make help` lists the targets.
BUILD ?= build

# Targets that need packages first install them, then start over with INNER=1: only then is config.mk made and read.
WITH_PACKAGES := check check-quick check-san check-boots check-debian demo bench fuzz-cpu fuzz-arm fuzz-arm32 fuzz-devices \
                 fuzz-block fuzz-monitor fuzz-gdb
WANTED := $(filter $(WITH_PACKAGES),$(MAKECMDGOALS))
ifeq ($(INNER)$(if $(WANTED),,no),)
PURPOSES_demo := demo $(if $(filter arm%,$(ARCH)),demo-arm)
PURPOSES_bench := bench
PURPOSES_check-debian := demo debian
$(WANTED):
	@tools/install-deps build $(or $(PURPOSES_$@),test)
	@$(MAKE) --no-print-directory INNER=1 $@
.PHONY: $(WANTED)
else ifneq ($(filter clean distclean help,$(MAKECMDGOALS)),)
clean:
	rm -rf $(BUILD) $(BUILD)-san
distclean: clean
	rm -f config.mk
help:
	@sed -n 's/^#: //p' Makefile
.PHONY: clean distclean help
else
include tools/rules.mk
endif
#: make              build/dragoman and the links in build/compat
#: make check        install what tests need, build, run all tests
#: make check-quick  the same without the slow ones (below a minute)
#: make check-san    all tests under AddressSanitizer and UndefinedBehaviourSanitizer, in build-san
#: make check-boots  more boots than `check`: every Debian kernel with 1, 2 and 4 CPUs, the installers' first screens,
#:                   and each firmware and boot loader beside QEMU: what they print and draw
#: make check-debian a Debian system installs itself, then a session in it (DEBIAN_ARCH=i386, armhf, arm64: that one)
#: make demo         install what is missing, build, start a disk image by GRUB: Debian's kernel with a small shell in this
#:                   terminal (DISPLAY_KIND=sdl: in a window; ARCH=armhf, ARCH=arm64: an ARM machine)
#: make bench        benchmark side by side with QEMU, about half an hour (ARCH=i386, amd64, armhf or arm64: that part)
#: make lab          the guest of docs/exercises.md, a lab on binary translation
#: make fuzz-devices T=N random accesses to all devices for N seconds
#: make fuzz-gdb T=N  random packets of gdb's protocol for N seconds
#: make fuzz-block T=N damaged qcow2 images for N seconds
#: make fuzz-monitor T=N random lines for the human monitor, random JSON for QMP, for N seconds
#: make fuzz-cpu T=N random instruction sequences for N seconds: JIT, interpreter and host CPU compared
#: make fuzz-arm T=N  random sequences of A64 for N seconds: JIT, interpreter and qemu-aarch64 compared
#: make fuzz-arm32 T=N the same of A32, T32 and T16: JIT, interpreter and qemu-arm compared
#: make install      into the prefix that was given to configure (DESTDIR is honoured)
#: make clean        remove build directories; distclean: config.mk too
