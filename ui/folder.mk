# SPDX-License-Identifier: MIT
# Optional libraries: NAME.c when configure found the library, NAME_off.c otherwise.
SRC += $(filter-out ui/png.c ui/png_off.c ui/curses.c ui/curses_off.c ui/vnc_zrle.c ui/vnc_zrle_off.c,$(wildcard ui/*.c))
SRC += ui/png$(if $(HAVE_LIBPNG),,_off).c ui/curses$(if $(HAVE_NCURSES),,_off).c ui/vnc_zrle$(if $(HAVE_ZLIB),,_off).c
$(BUILD)/ui/sdl.o $(BUILD)/ui/sdl_keys.o: EXTRA_CFLAGS += $(SDL_CFLAGS)
