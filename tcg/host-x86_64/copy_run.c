/* SPDX-License-Identifier: MIT */
/*
 * COPY outside the code cache: a thunk of host code for each (copy, immediate), made on first use.
 *
 *   thunk(reg rdi, rm rsi, xmm0 rdx, flags rcx):
 *      load modrm.reg into RAX or XMM1, modrm.rm into RCX or XMM2, XMM0, EFLAGS; the instruction; store the same
 *
 * Encodings: SDM 2, chapter 2. The thunks lie in a memory object mapped twice, once writable, once executable.
 */
#define _GNU_SOURCE
#include "tcg/host-x86_64/copy.h"
#include <xmmintrin.h>
#include <glib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { COPY_BUFFER_BYTES = 256 << 10, COPY_THUNK_MOST = 128, COPY_FLAGS = 0x8d5, EFLAGS_ONE = 2 };
enum { AX = 0, CX = 1, DX = 2, SI = 6, DI = 7, R9 = 9, R11 = 11 };

typedef void copy_thunk(union copy_value *reg, union copy_value *rm, const union copy_value *xmm0, uint32_t *flags);

struct copy_key { const struct ir_copy *copy; int imm; };
struct copy_thunks {
    GHashTable *known;              /* struct copy_key -> code */
    uint8_t *write, *exec;
    size_t used;
};

static guint key_hash(gconstpointer key)
{
    const struct copy_key *k = key;
    return g_direct_hash(k->copy) * 31 + (guint)k->imm;
}

static gboolean key_equal(gconstpointer a, gconstpointer b)
{
    const struct copy_key *x = a, *y = b;
    return x->copy == y->copy && x->imm == y->imm;
}

struct copy_thunks *copy_thunks_new(void)
{
    struct copy_thunks *thunks = g_new0(struct copy_thunks, 1);
    int fd = memfd_create("copy-thunks", MFD_CLOEXEC);
    if (fd < 0 || ftruncate(fd, COPY_BUFFER_BYTES)) {
        g_error("no memory for host code");
    }
    thunks->write = mmap(NULL, COPY_BUFFER_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    thunks->exec = mmap(NULL, COPY_BUFFER_BYTES, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
    close(fd);
    if (thunks->write == MAP_FAILED || thunks->exec == MAP_FAILED) {
        g_error("no memory for host code");
    }
    thunks->known = g_hash_table_new_full(key_hash, key_equal, g_free, NULL);
    return thunks;
}

void copy_thunks_free(struct copy_thunks *thunks)
{
    if (thunks) {
        munmap(thunks->write, COPY_BUFFER_BYTES);
        munmap(thunks->exec, COPY_BUFFER_BYTES);
        g_hash_table_destroy(thunks->known);
        g_free(thunks);
    }
}

/* ---- Writing a thunk ---- */

static uint8_t *bytes(uint8_t *p, unsigned count, uint64_t value)
{
    while (count--) {
        *p++ = (uint8_t)value;
        value >>= 8;
    }
    return p;
}

/* MOV r64, [pointer] or back. */
static uint8_t *move_int(uint8_t *p, unsigned reg, unsigned pointer, bool store)
{
    return bytes(p, 3, 0x48 | (store ? 0x89 : 0x8b) << 8 | (reg << 3 | pointer) << 16);
}

/* MOVUPS xmm, [pointer] or back. */
static uint8_t *move_vec(uint8_t *p, unsigned xmm, unsigned pointer, bool store)
{
    return bytes(p, 3, 0x0f | (store ? 0x11 : 0x10) << 8 | (xmm << 3 | pointer) << 16);
}

static uint8_t *move(uint8_t *p, uint8_t class, unsigned int_reg, unsigned xmm, unsigned pointer, bool store)
{
    return class == IR_COPY_VEC ? move_vec(p, xmm, pointer, store) : move_int(p, int_reg, pointer, store);
}

/* MOV R9D, [R11]; AND R9D, flags; OR R9D, 2; PUSH R9; POPFQ */
static uint8_t *load_flags(uint8_t *p)
{
    p = bytes(p, 3, 0x45 | 0x8b << 8 | 0x0b << 16);
    p = bytes(bytes(p, 3, 0x41 | 0x81 << 8 | 0xe1 << 16), 4, COPY_FLAGS);
    p = bytes(p, 4, 0x41 | 0x83 << 8 | 0xc9 << 16 | EFLAGS_ONE << 24);
    return bytes(p, 3, 0x41 | 0x51 << 8 | 0x9d << 16);
}

/* PUSHFQ; POP R9; AND R9D, flags; MOV [R11], R9D */
static uint8_t *store_flags(uint8_t *p)
{
    p = bytes(p, 3, 0x9c | 0x41 << 8 | 0x59 << 16);
    p = bytes(bytes(p, 3, 0x41 | 0x81 << 8 | 0xe1 << 16), 4, COPY_FLAGS);
    return bytes(p, 3, 0x45 | 0x89 << 8 | 0x0b << 16);
}

static uint8_t *instruction(uint8_t *p, const struct ir_copy *copy, int imm)
{
    static const uint32_t maps[] = { 0, 0x0f, 0x380f, 0x3a0f };
    unsigned reg = copy->reg_role == IR_COPY_NONE ? copy->modrm_reg : copy->reg_class == IR_COPY_VEC ? 1 : AX;
    unsigned rm = copy->rm_role == IR_COPY_NONE ? copy->modrm_rm : copy->rm_class == IR_COPY_VEC ? 2 : CX;
    if (copy->vex) {                /* SDM 2, 2.3.5; vvvv is XMM0 */
        const unsigned pp = copy->prefix == 0x66 ? 1 : copy->prefix == 0xf3 ? 2 : copy->prefix == 0xf2 ? 3 : 0;
        p = bytes(p, 3, 0xc4 | (0xe0u | copy->map) << 8 | (copy->rex_w << 7 | 0x78 | pp) << 16);
        *p++ = copy->opcode;
        *p++ = (uint8_t)(0xc0 | reg << 3 | rm);
        return p;
    }
    if (copy->prefix) {
        *p++ = copy->prefix;
    }
    if (copy->rex_w) {
        *p++ = 0x48;
    }
    p = bytes(p, copy->map > 1 ? 2 : copy->map, maps[copy->map]);
    *p++ = copy->opcode;
    *p++ = (uint8_t)(0xc0 | reg << 3 | rm);
    return bytes(p, copy->imm_bytes, (uint64_t)imm);
}

static void write_thunk(uint8_t *p, const struct ir_copy *copy, int imm)
{
    p = bytes(p, 3, 0x49 | 0x89 << 8 | 0xcb << 16);         /* MOV R11, RCX: RCX may be the operand */
    if (copy->xmm0_role & IR_COPY_READ) {
        p = move_vec(p, 0, DX, false);
    }
    if (copy->flags_role & IR_COPY_READ) {
        p = load_flags(p);
    }
    /* Operands that are only written are loaded too: an instruction may leave part of them as it was. */
    if (copy->reg_role) {
        p = move(p, copy->reg_class, AX, 1, DI, false);
    }
    if (copy->rm_role) {
        p = move(p, copy->rm_class, CX, 2, SI, false);
    }
    p = instruction(p, copy, imm);
    if (copy->flags_role & IR_COPY_WRITE) {
        p = store_flags(p);
    }
    if (copy->reg_role & IR_COPY_WRITE) {
        p = move(p, copy->reg_class, AX, 1, DI, true);
    }
    if (copy->rm_role & IR_COPY_WRITE) {
        p = move(p, copy->rm_class, CX, 2, SI, true);
    }
    *p = 0xc3;
}

/* Called with the guest's MXCSR in place: GLib's hash table computes with doubles when it grows, and that must not set
 * the guest's sticky flags. */
static copy_thunk *thunk_of(struct copy_thunks *thunks, const struct ir_copy *copy, int imm)
{
    const struct copy_key key = { copy, imm };
    void *known = g_hash_table_lookup(thunks->known, &key);
    if (!known) {
        if (thunks->used + COPY_THUNK_MOST > COPY_BUFFER_BYTES) {       /* start over */
            g_hash_table_remove_all(thunks->known);
            thunks->used = 0;
        }
        write_thunk(thunks->write + thunks->used, copy, imm);
        known = thunks->exec + thunks->used;
        thunks->used += COPY_THUNK_MOST;
        const unsigned mxcsr = _mm_getcsr();
        g_hash_table_insert(thunks->known, g_memdup2(&key, sizeof(key)), known);
        _mm_setcsr(mxcsr);
    }
    return (copy_thunk *)known;
}

void copy_run(struct copy_thunks *thunks, const struct ir_copy *copy, int imm, union copy_value *reg,
              union copy_value *rm, const union copy_value *xmm0, uint32_t *flags)
{
    thunk_of(thunks, copy, imm)(reg, rm, xmm0, flags);
}
