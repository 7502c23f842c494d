#include "engine/choose.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* An interpreter takes some 10 MiB and tens of milliseconds. */
enum { MANY = 128 };

#define ROW(name) &pn_engine_##name,
static const pn_engine *const engines[] = {PN_ENGINE_ROWS(ROW)};

// NULL: none in particular. Each worker of `process` is a host of one thread.
static const pn_engine *asked_for(const pn_job *job)
{
    const char *name = pn_engine_name(job->engine);
    if (job->engine == PN_ENGINE_PROCESS)
        return &pn_engine_shared;
    for (size_t i = 0; i < sizeof engines / sizeof engines[0]; i++) {
        if (strcmp(engines[i]->name, name) == 0)
            return engines[i];
    }
    return NULL;
}

bool pn_engine_may_own_gil(const pn_job *job)
{
    const pn_engine *engine = asked_for(job);
    return engine == NULL || engine->own_gil;
}

static void take(pn_engine_pick *pick, const pn_engine *engine, bool gil, const char *why)
{
    pick->engine = engine;
    pick->name = engine->name;
    pick->gil = gil && !engine->own_gil;
    snprintf(pick->why, sizeof pick->why, "%s", why);
}

// Why threads take turns where they need not: in processes they would not.
static void say_why_not(pn_engine_pick *pick, const char *fmt, ...) PN_PRINTF(2, 3);
static void say_why_not(pn_engine_pick *pick, const char *fmt, ...)
{
    static const char cure[] = "; --engine process runs on all cores";
    va_list args;
    va_start(args, fmt);
    vsnprintf(pick->why, sizeof pick->why - sizeof cure, fmt, args);
    va_end(args);
    strcat(pick->why, cure);
}

static void choose_freely(const pn_job *job, int n_threads, bool gil, const char *refusal,
                          pn_engine_pick *pick)
{
    const pn_engine *shared = &pn_engine_shared;
    if (!gil)
        take(pick, shared, gil, "no GIL: threads run in Python at the same time");
    else if (n_threads == 1)
        take(pick, shared, gil, "one thread");
    else if (job->shared_nodes)
        take(pick, shared, gil, "one node for all threads was asked for");
    else if (job->attach != PN_ATTACH_TILE)
        take(pick, shared, gil, "the attach policy asked for compares within one interpreter");
    else if (n_threads > MANY)
        take(pick, shared, gil, "so many interpreters, one per thread, would take gigabytes");
    else if (refusal[0] != '\0') {
        take(pick, shared, gil, "");
        say_why_not(pick, "%.120s does not load in an interpreter per thread", refusal);
    } else if (pn_engine_isolated.can(job, refusal, NULL) == PN_OK)
        take(pick, &pn_engine_isolated, gil,
             "a GIL per thread: threads run in Python at the same time");
    else {
        take(pick, shared, gil, "");
        say_why_not(pick, "this Python has one GIL for all: threads take turns");
    }
}

pn_code pn_engine_choose(const pn_job *job, int n_threads, bool gil, const char *refusal,
                         pn_engine_pick *pick, pn_error *err)
{
    const pn_engine *engine = asked_for(job);
    if (engine == NULL) {
        choose_freely(job, n_threads, gil, refusal, pick);
        return PN_OK;
    }
    pn_code code = engine->can != NULL ? engine->can(job, refusal, err) : PN_OK;
    if (code != PN_OK)
        return code;
    take(pick, engine, gil, "asked for");
    pick->name = pn_engine_name(job->engine);
    return PN_OK;
}

bool pn_engine_choose_again(const pn_job *job, bool gil, pn_engine_pick *pick,
                            const pn_error *failure)
{
    if (job->engine != PN_ENGINE_AUTO || !pick->engine->own_gil || failure->code != PN_ERR_SCENE ||
        failure->refused[0] == '\0')
        return false;
    take(pick, &pn_engine_shared, gil, "");
    say_why_not(pick, "no interpreter of its own per thread: %.120s", failure->what);
    return true;
}
