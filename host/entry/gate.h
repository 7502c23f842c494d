/* The gate: how every entry point but the nodes' gets into Python and out of it again.
 *
 * A visit is one stay in Python for one entry. It attaches (an inner PyGILState_Ensure/Release pair; nothing on a thread that
 * is attached already, also in an own-GIL interpreter), times the wait, tells the turnstile that the main thread comes, and on
 * every way out of its scope: takes what exception is pending into the host's error form, detaches, and logs one entry. So no
 * entry point can leave the interpreter attached or an exception pending. Visits nest; inner ones only count depth.
 *
 *     PN_VISIT visit = {0};
 *     pn_code code = pn_visit_begin(&visit, app, PN_ENTRY_DRAW, script->name, err);
 *     if (code != PN_OK)
 *         return code;
 *     PN_REF result = pn_visit_take(&visit, PyObject_CallNoArgs(callback));
 */
#ifndef PN_ENTRY_GATE_H
#define PN_ENTRY_GATE_H

#include <Python.h>

#include "base/code.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct pn_app pn_app;

typedef enum {
    PN_ENTRY_TEXT,
    PN_ENTRY_DRAW,
    PN_ENTRY_EVENT,
    PN_ENTRY_BUTTON,
    PN_ENTRY_FILE,
    PN_ENTRY_IMAGE,
    PN_ENTRY_CLEANUP,
    PN_ENTRY_MENU,
    PN_ENTRY_LINK,
    PN_ENTRY_HANDLER,
    PN_ENTRY_DRIVER,
    PN_ENTRY_PYBUTTON,
    PN_ENTRY_CONSTRAINT,
    PN_ENTRY_REPLAY /* an event itself that is wrong */
} pn_entry_kind;

enum { PN_WHO_SIZE = 96, PN_RESULT_SIZE = 16 };

/* Numbers of threads that are no render threads. */
enum { PN_THREAD_MAIN = -1, PN_THREAD_OTHER = -2 };

/* --- owned by one thread, on its stack --- */
typedef struct pn_visit pn_visit;
struct pn_visit {
    pn_app *app; /* NULL: not begun, or over */
    pn_visit *outer;
    pn_entry_kind kind;
    char who[PN_WHO_SIZE];
    char result[PN_RESULT_SIZE];
    bool owns_attachment;
    PyGILState_STATE state;
    int depth;
    int64_t begin_ns, wait_ns;
    bool failed; /* an exception was taken; `error` tells */
    bool exited; /* SystemExit was taken: the script shall end, with `status` */
    int status;
    pn_error error;
};

/* Attach: changes (attached on PN_OK). Locks: none may be held but a turnstile's permit (render threads).
 * Fails: PN_ERR_INTERP when Python does not run; the thread is then as it was. `who` is copied. */
pn_code pn_visit_begin(pn_visit *visit, pn_app *app, pn_entry_kind kind, const char *who, pn_error *err);

/* Pass a new reference through; with NULL the pending exception is taken into the visit and NULL comes back, and nothing is
 * pending. SystemExit sets `exited` and `status` instead of `failed`. Attach: required. */
PyObject *pn_visit_take(pn_visit *visit, PyObject *result);

/* An error that is no exception (a wrong result, say): text as for pn_fail. Attach: required. */
void pn_visit_fail(pn_visit *visit, const char *fmt, ...) PN_PRINTF(2, 3);

/* What the log says of a visit that went well; "ok" when nothing is set. Cut to PN_RESULT_SIZE. */
void pn_visit_result(pn_visit *visit, const char *word);

/* What PN_VISIT does at the end of its scope; accepts a zeroed or ended one. Attach: changes. The main thread's outermost
 * visit sends the log. */
void pn_visit_end(pn_visit *visit);

#define PN_VISIT __attribute__((cleanup(pn_visit_end))) pn_visit

/* PN_AWAY: detach around host work that blocks, inside an entry (a render, a file, a pop-up), and attach again at the end of
 * the scope, in the same way as a visit does. Attach: required at the beginning and after the end, forbidden between. */
typedef struct {
    pn_app *app;
    PyThreadState *state; /* NULL: not begun, or over */
} pn_away;
void pn_away_begin(pn_away *away, pn_app *app);
void pn_away_end(pn_away *away);

#define PN_AWAY __attribute__((cleanup(pn_away_end))) pn_away

/* Log something that needed no Python: nobody to call, cancelled. Attach: either. */
void pn_entry_note(pn_app *app, pn_entry_kind kind, const char *who, const char *result);

/* Render threads: tell the gate which one this is. Attach: either. */
void pn_gate_set_thread(int thread);

/* Number of the calling thread: a render thread's, PN_THREAD_MAIN or PN_THREAD_OTHER. */
int pn_gate_thread(void);

#endif
