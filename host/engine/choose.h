/* Which engine a run uses, and why. */
#ifndef PN_ENGINE_CHOOSE_H
#define PN_ENGINE_CHOOSE_H

#include "base/code.h"
#include "engine/engine.h"
#include "wire/job.h"

#include <stdbool.h>

typedef struct {
    const pn_engine *engine;
    const char *name; /* how the run is called: the engine's, or `process` in one of its workers */
    char why[256];    /* for people */
    bool gil;         /* its threads share a GIL */
} pn_engine_pick;

/* May the job make interpreters with a GIL of their own? Attach: either. */
bool pn_engine_may_own_gil(const pn_job *job);

/* `gil`: the main interpreter's GIL is on. `refusal`: a module of the scene that does not load in
 * an interpreter with a GIL of its own, or "". With --engine auto: without a GIL `shared`; with one
 * thread `shared`; with more, `isolated` where this Python has it and no module refuses; else
 * `shared`. Attach: either.
 * Fails: PN_ERR_USAGE when the engine that was asked for cannot work here, PN_ERR_SCENE when not
 * with this scene. */
pn_code pn_engine_choose(const pn_job *job, int n_threads, bool gil, const char *refusal,
                         pn_engine_pick *pick, pn_error *err);

/* A render with `pick` failed before its first tile: true when --engine auto may go on with the new
 * *pick, because what failed was a module that refuses to load in an interpreter with a GIL of its
 * own. Attach: either. */
bool pn_engine_choose_again(const pn_job *job, bool gil, pn_engine_pick *pick,
                            const pn_error *failure);

#endif
