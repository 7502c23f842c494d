#include "engine/choose.h"

#include "interp/attach.h"
#include "interp/runtime.h"

#include <stdio.h>

/* An interpreter takes some 10 MiB and tens of milliseconds. */
enum { MANY = 128 };

static void pick_shared(pn_engine_pick *pick, bool gil, const char *why)
{
    pick->engine = &pn_engine_shared;
    pick->gil = gil;
    snprintf(pick->why, sizeof pick->why, "%s", why);
}

static void pick_isolated(pn_engine_pick *pick, const char *why)
{
    pick->engine = &pn_engine_isolated;
    pick->gil = false;
    snprintf(pick->why, sizeof pick->why, "%s", why);
}

pn_code pn_engine_choose(const pn_job *job, int n_threads, bool gil, const char *refusal,
                         pn_engine_pick *pick, pn_error *err)
{
    bool plain = job->attach == PN_ATTACH_TILE;
    switch (job->engine) {
    case PN_ENGINE_SHARED: pick_shared(pick, gil, "asked for"); return PN_OK;
    case PN_ENGINE_ISOLATED:
        if (!pn_thread_hold_has_own_gil()) {
            pn_fail(err, PN_ERR_USAGE, "engine isolated needs Python 3.12 or later, this is %s",
                    pn_runtime_version());
            pn_error_mend(err, "use --engine shared, or a host built for a later Python");
            return PN_ERR_USAGE;
        }
        if (job->attach == PN_ATTACH_FRESH) {
            pn_fail(err, PN_ERR_USAGE, "--attach fresh belongs to engine shared");
            pn_error_mend(
                err, "PyGILState_Ensure knows the main interpreter only; use call, row, tile or "
                     "thread with engine isolated");
            return PN_ERR_USAGE;
        }
        if (refusal[0] != '\0') {
            pn_fail(err, PN_ERR_SCENE, "%s does not load in an interpreter with a GIL of its own",
                    refusal);
            pn_error_where(err, "%s", job->script);
            pn_error_mend(err, "use --engine shared, or --engine process to run in parallel");
            return PN_ERR_SCENE;
        }
        pick_isolated(pick, "asked for");
        return PN_OK;
    case PN_ENGINE_PROCESS: // the coordinator tells its workers to be `shared`
    case PN_ENGINE_AUTO: break;
    }
    if (!gil)
        pick_shared(pick, gil, "no GIL: threads run in Python at the same time");
    else if (n_threads == 1)
        pick_shared(pick, gil, "one thread");
    else if (job->shared_nodes)
        pick_shared(pick, gil, "one node for all threads was asked for");
    else if (!plain)
        pick_shared(pick, gil, "the attach policy asked for compares within one interpreter");
    else if (n_threads > MANY)
        pick_shared(pick, gil, "so many interpreters, one per thread, would take gigabytes");
    else if (refusal[0] != '\0') {
        pick_shared(pick, gil, "");
        snprintf(pick->why, sizeof pick->why, "%.180s does not load in an interpreter per thread",
                 refusal);
    } else if (pn_thread_hold_has_own_gil())
        pick_isolated(pick, "a GIL per thread: threads run in Python at the same time");
    else
        pick_shared(pick, gil, "this Python has one GIL for all: threads take turns in Python");
    return PN_OK;
}

bool pn_engine_choose_again(const pn_job *job, bool gil, pn_engine_pick *pick,
                            const pn_error *failure)
{
    if (job->engine != PN_ENGINE_AUTO || pick->engine != &pn_engine_isolated ||
        failure->code != PN_ERR_SCENE || !pn_engine_is_refusal(failure))
        return false;
    pick_shared(pick, gil, "");
    snprintf(pick->why, sizeof pick->why, "no interpreter of its own per thread: %.200s",
             failure->what);
    return true;
}
