/* SPDX-License-Identifier: MIT */
/*
 * The engine as a whole: made from options, told of CPUs, started, stopped, asked for numbers. docs/engine.md has the picture
 * of what happens in between.
 */
#include <string.h>
#include <sys/prctl.h>
#include "tcg/engine_state.h"

enum { DEFAULT_CACHE_MIB = 128, IDLE_CACHE_MIB = 1, MAX_CPUS = 255 };

static void ask_for_flush(void *engine)
{
    engine_flush_all(engine);
}

static void code_written(void *engine, uint64_t ram_offset, uint64_t bytes)
{
    engine_code_written(engine, ram_offset, bytes);
}

struct engine *engine_new(const struct engine_options *options, struct memory *memory, struct log *log, GError **error)
{
    struct engine *engine = g_new0(struct engine, 1);
    engine->monitor = g_aligned_alloc0(MONITOR_SLOTS, sizeof(struct monitor_slot), sizeof(struct monitor_slot));
    engine->options = *options;
    engine->memory = memory;
    engine->log = log;
    engine->cache.fd = -1;
    if (!options->cache_mib || options->accelerator) {
        engine->options.cache_mib = options->accelerator ? IDLE_CACHE_MIB : DEFAULT_CACHE_MIB;
    }
    engine->backend = options->interpret ? &backend_interp : &backend_host;
    log_read_categories(engine);
    g_mutex_init(&engine->translate_lock);
    g_mutex_init(&engine->ids.lock);
    g_mutex_init(&engine->exclusive.lock);
    g_mutex_init(&engine->debug.lock);
    g_cond_init(&engine->exclusive.changed);
    g_mutex_init(&engine->icount.lock);
    g_cond_init(&engine->icount.wake);
    if (!code_cache_init(&engine->cache, engine->options.cache_mib, MAX_CPUS, error)) {
        engine_free(engine);
        return NULL;
    }
    block_map_init(&engine->map, (size_t)engine->options.cache_mib << 20);
    if (options->accelerator && !accelerator_open(engine, error)) {
        engine_free(engine);
        return NULL;
    }
    if (memory) {
        memory_set_change_listener(memory, ask_for_flush, engine);
        memory_set_code_listener(memory, code_written, engine);
    }
    return engine;
}

static void loop_free(struct cpu *cpu)
{
    struct loop *loop = loop_of(cpu);
    explain_draft_free(cpu);
    tlb_destroy(cpu);
    ir_unit_free(loop->unit);
    g_mutex_clear(&loop->sleep_lock);
    g_cond_clear(&loop->wake);
    g_free(loop);
    cpu->loop = NULL;
}

void engine_free(struct engine *engine)
{
    if (!engine) {
        return;
    }
    engine_stop(engine);
    if (log_on(engine->log, LOG_stats)) {
        GString *text = g_string_new(NULL);
        engine_stats(engine, text);
        log_write(engine->log, LOG_stats, "%s", text->str);
        g_string_free(text, TRUE);
    }
    if (engine->ram && engine->ram->rearm_opaque == engine) {
        engine->ram->rearm = NULL;
    }
    if (engine->memory) {
        memory_set_change_listener(engine->memory, NULL, NULL);
        memory_set_code_listener(engine->memory, NULL, NULL);
    }
    if (engine->accelerator_state) {
        engine->accelerator->close(engine->accelerator_state);
    }
    if (engine->backend_state) {
        code_cache_release(engine);
    }
    for (unsigned c = 0; c < engine->cpu_count; c++) {
        loop_free(engine->cpu[c]);
    }
    if (engine->backend_state) {
        engine->backend->destroy(engine->backend_state);
    }
    for (uint64_t n = 0; n < engine->page_count; n++) {
        g_free(engine->page[n]);
    }
    g_free(engine->page);
    g_free((void *)engine->write_mapped);
    g_free((void *)engine->map.bucket);
    g_free(engine->cpu);
    explain_free(engine->explain);
    page_ids_destroy(&engine->ids);
    code_cache_destroy(&engine->cache);
    g_mutex_clear(&engine->translate_lock);
    g_mutex_clear(&engine->exclusive.lock);
    g_mutex_clear(&engine->debug.lock);
    g_free(engine->debug.points);
    g_cond_clear(&engine->exclusive.changed);
    g_mutex_clear(&engine->icount.lock);
    g_cond_clear(&engine->icount.wake);
    g_aligned_free(engine->monitor);
    g_free(engine);
}

void engine_learn_ram(struct engine *engine, struct ram *ram)
{
    g_mutex_lock(&engine->translate_lock);
    if (!engine->ram) {
        engine->page_count = (ram->bytes + PAGE_BYTES - 1) >> PAGE_BITS;
        engine->page = g_new0(struct code_page *, engine->page_count);
        engine->write_mapped = g_malloc0((engine->page_count / 64 + 1) * 8);
        ram->rearm_opaque = engine;
        __atomic_store_n(&ram->rearm, engine_rearm_writes, __ATOMIC_RELEASE);
        g_atomic_pointer_set(&engine->ram, ram);
    }
    g_mutex_unlock(&engine->translate_lock);
}

void engine_add_cpu(struct engine *engine, struct cpu *cpu)
{
    g_assert(engine->cpu_count < MAX_CPUS);
    if (!engine->backend_state) {
        const struct backend_options options = { .icount = engine->options.icount, .off = engine->options.off };
        struct code_buffer common = code_cache_common(&engine->cache);
        GError *error = NULL;
        engine->backend_state = engine->backend->create(cpu->frontend, &options, &common, &error);
        if (!engine->backend_state) {
            g_error("back end %s: %s", engine->backend->name, error ? error->message : "?");    /* our own set-up */
        }
    }
    struct loop *loop = g_new0(struct loop, 1);
    loop->cpu = cpu;
    loop->unit = ir_unit_new();
    loop->scratch = code_cache_scratch(&engine->cache, engine->cpu_count);
    g_mutex_init(&loop->sleep_lock);
    g_cond_init(&loop->wake);
    cpu->loop = loop;
    cpu->engine = engine;
    cpu->index = engine->cpu_count;
    cpu->memory = cpu->memory ? cpu->memory : engine->memory;
    cpu->log = cpu->log ? cpu->log : engine->log;
    cpu->fp_control = cpu->fp_control ? cpu->fp_control : 0x1f80;
    tlb_init(cpu);
    for (unsigned n = 0; n < CPU_JUMP_CACHE; n++) {
        cpu->jump_cache[n] = (struct jump_cache_entry){ .mode = UINT32_MAX };
    }
    engine->cpu = g_renew(struct cpu *, engine->cpu, engine->cpu_count + 1);
    engine->cpu[engine->cpu_count++] = cpu;
    for (unsigned c = 0; c < engine->cpu_count; c++) {
        engine->cpu[c]->shares_memory = engine->cpu_count > 1;
    }
    if (engine->accelerator) {
        engine->accelerator->add_cpu(engine->accelerator_state, cpu);
    }
}

static void *cpu_thread(void *cpu)
{
    prctl(PR_SET_TIMERSLACK, 1);        /* a halted CPU waits for timers: 50 us late would be the default */
    loop_thread(cpu);
    return NULL;
}

void engine_set_clocks(struct engine *engine, struct clocks *clocks)
{
    engine->clocks = clocks;
    if (engine->options.icount) {
        icount_start(engine);
    }
}

void engine_start(struct engine *engine, struct clocks *clocks)
{
    if (engine->started || !engine->cpu_count) {
        return;
    }
    engine->started = true;
    debug_begin_run(engine);
    if (engine->clocks != clocks) {
        engine_set_clocks(engine, clocks);
    }
    for (unsigned c = 0; c < engine->cpu_count; c++) {
        /* One CPU's engine_pause may have come after another's thread was stopped already. */
        atomic_fetch_and(&engine->cpu[c]->input, ~(uint32_t)CPU_INPUT_STOP);
        atomic_store(&engine->cpu[c]->exit_request, 1);     /* look at all inputs first */
    }
    if (engine->options.icount) {
        engine->cpu[0]->thread = g_thread_new("icount", icount_thread, engine);
        return;
    }
    for (unsigned c = 0; c < engine->cpu_count; c++) {
        char name[16];
        g_snprintf(name, sizeof(name), "cpu%u", c);
        engine->cpu[c]->thread = g_thread_new(name, cpu_thread, engine->cpu[c]);
    }
}

void engine_pause(struct engine *engine)
{
    for (unsigned c = 0; engine->started && c < engine->cpu_count; c++) {
        cpu_set_engine_input(engine->cpu[c], CPU_INPUT_STOP);
    }
}

void engine_stop(struct engine *engine)
{
    if (!engine->started) {
        return;
    }
    for (unsigned c = 0; c < engine->cpu_count; c++) {
        cpu_set_engine_input(engine->cpu[c], CPU_INPUT_STOP);
    }
    for (unsigned c = 0; c < engine->cpu_count; c++) {
        if (engine->cpu[c]->thread) {
            g_thread_join(engine->cpu[c]->thread);
            engine->cpu[c]->thread = NULL;
        }
        atomic_fetch_and(&engine->cpu[c]->input, ~(uint32_t)CPU_INPUT_STOP);
    }
    engine->started = false;
    debug_end_run(engine);
}

uint64_t engine_run(struct engine *engine, struct cpu *cpu, uint64_t blocks)
{
    cpu->icount_left = INT64_MAX / 2;
    debug_begin_run(engine);
    exclusive_enter(cpu);
    loop_run(cpu, blocks);
    exclusive_exit(cpu);
    debug_end_run(engine);
    return blocks - loop_of(cpu)->units_left;
}

void engine_flush_all(struct engine *engine)
{
    atomic_store(&engine->accelerator_map, true);
    for (unsigned c = 0; c < engine->cpu_count; c++) {
        cpu_set_engine_input(engine->cpu[c], CPU_INPUT_FLUSH);
    }
}

void engine_each_cpu(struct engine *engine, void (*fn)(struct cpu *cpu, void *opaque), void *opaque)
{
    for (unsigned c = 0; c < engine->cpu_count; c++) {
        fn(engine->cpu[c], opaque);
    }
}

void engine_flush_others(struct engine *engine, struct cpu *cpu)
{
    for (unsigned c = 0; c < engine->cpu_count; c++) {
        if (engine->cpu[c] != cpu) {
            cpu_set_engine_input(engine->cpu[c], CPU_INPUT_FLUSH);
        }
    }
}

void engine_settle(struct engine *engine, struct cpu *cpu)
{
    if (engine->cpu_count > 1 && !engine->options.icount) {
        loop_of(cpu)->settle = true;
        atomic_store(&cpu->exit_request, 1);
    }
}

/* ---- numbers ---- */

static const struct { const char *name, *help; } counters[] = {
#define ENGINE_COUNTER(name, help) { #name, help },
#include "tcg/engine_counters.def"
#undef ENGINE_COUNTER
};

static uint64_t counter_sum(const struct engine *engine, enum counter which)
{
    uint64_t sum = engine->counter[which];
    for (unsigned c = 0; c < engine->cpu_count; c++) {
        sum += loop_of(engine->cpu[c])->counter[which];
    }
    return sum;
}

uint64_t engine_counter(const struct engine *engine, const char *name)
{
    for (unsigned i = 0; i < COUNT_COUNT; i++) {
        if (!strcmp(counters[i].name, name)) {
            return counter_sum(engine, i);
        }
    }
    g_assert_not_reached();
}

bool engine_counter_at(const struct engine *engine, unsigned index, const char **name, const char **help, uint64_t *value)
{
    if (index >= COUNT_COUNT) {
        return false;
    }
    *name = counters[index].name;
    *help = counters[index].help;
    *value = counter_sum(engine, index);
    return true;
}

void engine_describe(struct engine *engine, struct engine_facts *facts)
{
    const struct code_cache *cache = &engine->cache;
    *facts = (struct engine_facts){
        .backend = engine->backend, .cache_bytes = cache->bytes, .generations = cache->generations,
        .off = engine->options.off, .icount = engine->options.icount, .accelerator = engine->accelerator,
    };
    g_mutex_lock(&engine->translate_lock);
    for (unsigned g = 0; g < cache->generations; g++) {
        facts->cache_used += cache->generation_bytes - (size_t)(cache->generation[g].top - cache->generation[g].write);
        facts->units += cache->generation[g].count;
    }
    g_mutex_unlock(&engine->translate_lock);
}

void engine_log_changed(struct engine *engine)
{
    g_mutex_lock(&engine->translate_lock);
    if (log_read_categories(engine) && engine->backend_state) {
        engine_forget_code(engine, EXPLAIN_LOG);
    }
    g_mutex_unlock(&engine->translate_lock);
}

void engine_stats(struct engine *engine, GString *out)
{
    struct engine_facts facts;
    engine_describe(engine, &facts);
    g_string_append_printf(out, "%14s  back end\n", facts.backend->name);
    g_string_append_printf(out, "%14zu  KiB of code cache used, of %zu in %u generations\n", facts.cache_used >> 10,
                           facts.cache_bytes >> 10, facts.generations);
    g_string_append_printf(out, "%14u  units in the cache\n", facts.units);
    g_string_append_printf(out, "%14u  page ids\n", engine->ids.count);
    for (unsigned i = 0; i < COUNT_COUNT; i++) {
        g_string_append_printf(out, "%14" PRIu64 "  %s\n", counter_sum(engine, i), counters[i].help);
    }
    g_string_append_printf(out, "%14" PRIu64 "  sections that stopped all other CPUs\n", engine->exclusive_sections);
    for (unsigned c = 0; c < engine->cpu_count; c++) {
        const struct tlb *tlb = engine->cpu[c]->tlb;
        g_string_append_printf(out, "CPU %u: TLB entries used/size", c);
        for (unsigned m = 0; m < CPU_MMU_MODES; m++) {
            g_string_append_printf(out, " %u/%u", tlb[m].used, tlb[m].size);
        }
        g_string_append(out, "\n");
    }
}
