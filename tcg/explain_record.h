/* SPDX-License-Identifier: MIT */
#ifndef TCG_EXPLAIN_RECORD_H
#define TCG_EXPLAIN_RECORD_H
/* How the engine writes its record (explain.h). Called by the engine's own files only; each does nothing when none is kept. */
#include "tcg/explain.h"

struct explain_draft;

/* On the way to a unit of its own: the front end is done, the optimiser is done. Any thread's own draft, no lock. */
void explain_written(struct cpu *cpu, struct ir_unit *unit, int64_t front_ns);
void explain_optimised(struct cpu *cpu, struct ir_unit *unit, int64_t optimise_ns);
/* Before and after the back end, translate_lock held: where the block counts; that it is in the map now. */
void explain_emit(struct cpu *cpu, struct block *block);
void explain_published(struct cpu *cpu, struct block *block, int64_t emit_ns);
/* The unit was not kept; also for the end of a CPU. */
void explain_draft_free(struct cpu *cpu);
/* translate_lock held. */
void explain_linked(struct engine *engine, const struct block_link *link, const struct block *target);
void explain_unlinked(struct engine *engine, const struct block_link *link, enum explain_why why);
void explain_dropped(struct engine *engine, const struct block *block, enum explain_why why, uint64_t address);
void explain_free(struct explain *explain);

#endif
