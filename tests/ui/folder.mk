# SPDX-License-Identifier: MIT
# User interfaces on a machine that is only a screen and a keyboard.
TEST_SCRIPTS += tests/ui/vnc tests/ui/sdl tests/ui/curses tests/ui/viewers tests/ui/guest
$(BUILD)/tests/ui/screen_rig: $(BUILD)/tests/ui/screen_rig.o $(BUILD)/libdragoman.a
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)
check: $(BUILD)/tests/ui/screen_rig
-include $(BUILD)/tests/ui/screen_rig.d
