/* The gate: how every entry point but the nodes' gets into Python and out of it again.
 *
 * A visit is one stay in Python for one entry. It attaches (an inner pn_attach/pn_detach
 * pair; nothing on a thread that is attached already, also in an own-GIL interpreter), times the
 * wait, announces the main thread to the turnstile, and on every way out of its scope: takes
 * what exception is pending into the host's error form, detaches, and logs one entry. So no entry
 * point can leave the interpreter attached or an exception pending. Visits nest; inner ones only
 * count depth.
 *
 *     PN_VISIT visit = {0};
 *     pn_code code = pn_visit_begin(&visit, &app->gate, &pn_entry_draw, script->name, err);
 *     if (code != PN_OK)
 *         return code;
 *     PN_REF result = pn_visit_take(&visit, PyObject_CallNoArgs(callback));
 */
#ifndef PN_ENTRY_GATE_H
#define PN_ENTRY_GATE_H

#include <Python.h>

#include "base/code.h"
#include "entry/entry_log.h"
#include "entry/kind.h"
#include "interp/attach.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    size_t main_thread; /* pn_thread_self(); constant */
    pn_entry_log log;   /* any thread */
    /* --- main thread only --- */
    /* it is about to attach, or has; NULL: nobody has to know */
    void (*main_waits)(void *arg, bool waits);
    void *arg;
    bool expects_error; /* by what is being played; errors are reported as expected ones */
    bool met_error;     /* since it was set to false */
} pn_gate;

/* A gate of the calling thread, which is the main one; without main_waits. */
void pn_gate_init(pn_gate *gate, const pn_events *events);
void pn_gate_finish(pn_gate *gate);

bool pn_gate_is_main_thread(const pn_gate *gate);

/* --- owned by one thread, on its stack --- */
typedef struct pn_visit pn_visit;
struct pn_visit {
    pn_gate *gate; /* NULL: not begun, or over */
    pn_visit *outer;
    const pn_entry_kind *kind;
    char who[PN_WHO_SIZE];
    char result[PN_RESULT_SIZE];
    pn_attachment at; /* not on: the thread was attached already */
    int depth;
    bool cleans;         /* it, or one around it, only drops references */
    bool only_reads;     /* it, or one around it, may change nothing and wait for nobody */
    bool allowed_before; /* were interrupts */
    int64_t begin_ns, wait_ns;
    bool failed;      /* an exception was taken, into `error` */
    bool interrupted; /* ... which was a KeyboardInterrupt */
    bool exited;      /* SystemExit was taken: the script shall end, with `status` */
    int status;
    pn_error error;
};

/* Attach: changes (attached on PN_OK). Locks: none may be held but a turnstile's permit (render
 * threads).
 * Fails: PN_ERR_INTERP when Python does not run; the thread is then as it was. `who` is copied. */
pn_code pn_visit_begin(pn_visit *visit, pn_gate *gate, const pn_entry_kind *kind, const char *who,
                       pn_error *err);

/* Pass a new reference through; with NULL the pending exception is taken into the visit and NULL
 * comes back, and nothing is pending. SystemExit sets `exited` and `status` instead of `failed`.
 * Attach: required. */
PyObject *pn_visit_take(pn_visit *visit, PyObject *result);

/* An error that is no exception (a wrong result, say): text as for pn_fail. Attach: required. */
void pn_visit_fail(pn_visit *visit, const char *fmt, ...) PN_PRINTF(2, 3);

/* What the log says of a visit that went well; "ok" when nothing is set. Cut to PN_RESULT_SIZE. */
void pn_visit_result(pn_visit *visit, const char *word);

/* What PN_VISIT does at the end of its scope; accepts a zeroed or ended one. Attach: changes. The
 * main thread's outermost visit sends the log. */
void pn_visit_end(pn_visit *visit);

#define PN_VISIT __attribute__((cleanup(pn_visit_end))) pn_visit

/* PN_DETACHED: detach around host work that blocks, inside an entry (a render, a file, a pop-up),
 * and attach again at the end of the scope, in the same way as a visit does. Attach: required at
 * the beginning and after the end, forbidden between. */
typedef struct {
    pn_gate *gate;
    bool allowed_before;  /* were interrupts */
    PyThreadState *state; /* NULL: not begun, or over */
} pn_detached;
void pn_detached_begin(pn_detached *detached, pn_gate *gate);
void pn_detached_end(pn_detached *detached);

#define PN_DETACHED __attribute__((cleanup(pn_detached_end))) pn_detached

/* Is the calling thread inside a driver or a constraint, which may change nothing and wait for
 * nobody? Attach: either. */
bool pn_gate_only_reads(void);

/* Log something that needed no Python: nobody to call, cancelled. Attach: either. */
void pn_entry_note(pn_gate *gate, const pn_entry_kind *kind, const char *who, const char *result);

/* An error of an event, or of the host's work for an entry; counted as failure unless one is
 * expected. `err` is finished.
 * Attach: either. */
void pn_entry_fail(pn_gate *gate, const pn_entry_kind *kind, const char *who, pn_error *err);

/* Render threads: set the number of the calling one. Attach: either. */
void pn_gate_set_thread(int thread);

#endif
