/* SPDX-License-Identifier: MIT */
/* A queue of key strokes with pauses; bounded, so that a flood of keys costs nothing but itself. */
#include "base/input.h"
#include "base/typist.h"

enum { MOST_STEPS = 4096, PAUSE_MS = 5 };

struct step { unsigned code; bool down; unsigned wait_ms; };

struct typist {
    struct input *input;
    GMutex *lock;
    GArray *steps;              /* struct step */
    unsigned next;              /* in steps */
    guint timer;
};

struct typist *typist_new(struct input *input, GMutex *lock)
{
    struct typist *typist = g_new0(struct typist, 1);
    typist->input = input;
    typist->lock = lock;
    typist->steps = g_array_new(FALSE, FALSE, sizeof(struct step));
    return typist;
}

static void do_step(struct typist *typist, const struct step *step)
{
    g_mutex_lock(typist->lock);
    input_key(typist->input, step->code, step->down);
    g_mutex_unlock(typist->lock);
}

void typist_free(struct typist *typist)
{
    if (!typist) {
        return;
    }
    if (typist->timer) {
        g_source_remove(typist->timer);
    }
    for (; typist->next < typist->steps->len; typist->next++) {
        const struct step *step = &g_array_index(typist->steps, struct step, typist->next);
        if (!step->down) {
            do_step(typist, step);
        }
    }
    g_array_free(typist->steps, TRUE);
    g_free(typist);
}

/* Steps until one asks for a pause. */
static gboolean type_on(gpointer opaque)
{
    struct typist *typist = opaque;
    typist->timer = 0;
    while (typist->next < typist->steps->len) {
        struct step step = g_array_index(typist->steps, struct step, typist->next++);
        do_step(typist, &step);
        if (step.wait_ms) {
            typist->timer = g_timeout_add(step.wait_ms, type_on, typist);
            return G_SOURCE_REMOVE;
        }
    }
    g_array_set_size(typist->steps, 0);
    typist->next = 0;
    return G_SOURCE_REMOVE;
}

bool typist_chord(struct typist *typist, const unsigned *codes, unsigned count, unsigned hold_ms)
{
    if (typist->steps->len + 2 * count > MOST_STEPS) {
        return false;
    }
    for (unsigned i = 0; i < count; i++) {
        struct step step = { codes[i], true, i + 1 == count ? hold_ms : 0 };
        g_array_append_val(typist->steps, step);
    }
    for (unsigned i = count; i-- > 0;) {
        struct step step = { codes[i], false, i ? 0 : PAUSE_MS };
        g_array_append_val(typist->steps, step);
    }
    if (!typist->timer) {
        type_on(typist);
    }
    return true;
}
