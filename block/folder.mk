# SPDX-License-Identifier: MIT
# Without a library no_*.c says so to whoever opens an image that needs it.
BLOCK_CODECS := block/zlib.c block/zstd.c block/no_zlib.c block/no_zstd.c
SRC += $(filter-out $(BLOCK_CODECS),$(wildcard block/*.c))
SRC += $(if $(HAVE_ZLIB),block/zlib.c,block/no_zlib.c) $(if $(HAVE_ZSTD),block/zstd.c,block/no_zstd.c)
