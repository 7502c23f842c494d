/* Pop-ups: a script asks the user and waits in a nested event loop, detached. Main thread.
 *
 * answer VALUE: for the innermost open pop-up, else for the next one that opens | cancel: of the
 * innermost open pop-up, else of the file selector that was opened last
 */

#include <Python.h>

#include "entry/app.h"
#include "entry/player.h"
#include "gui/gui.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_DEPTH = 16, MAX_QUEUE = 32 };

typedef struct popup popup;
struct popup {
    popup *outer;
    bool over;
    char *answer; /* owned; NULL: cancelled, once it is over */
};

typedef struct {
    popup *open; /* innermost */
    int depth;
    char *queue[MAX_QUEUE]; /* answers given ahead; owned */
    int n_queued;
} pn_popups;

extern const pn_app_part pn_popup_part;

static pn_popups *popups_of(const pn_app *app)
{
    return pn_app_state(app, &pn_popup_part);
}

static char *take_queued(pn_popups *popups)
{
    char *answer = popups->queue[0];
    popups->n_queued--;
    memmove(popups->queue, popups->queue + 1, (size_t)popups->n_queued * sizeof *popups->queue);
    return answer;
}

// The nested event loop; the end of the replay cancels it. Attach: required; detached while it
// waits.
static void wait_for_answer(pn_app *app, const popup *p)
{
    PN_DETACHED detached = {0};
    pn_detached_begin(&detached, &app->gate);
    pn_player_pump(app, &p->over);
}

static PyObject *popup_ask(pn_app *app, PyObject *args)
{
    (void)args;
    pn_popups *popups = popups_of(app);
    if (app->replay == NULL)
        return PyErr_Format(
            PyExc_RuntimeError,
            "nobody can answer a pop-up here: play the script with `pynodes replay`");
    if (pn_gate_only_reads())
        return PyErr_Format(PyExc_RuntimeError, "a driver or constraint cannot wait for a pop-up");
    if (popups->depth == MAX_DEPTH)
        return PyErr_Format(PyExc_RuntimeError, "%d pop-ups are open, one in the other", MAX_DEPTH);
    popup p = {.outer = popups->open};
    if (popups->n_queued > 0) {
        p.answer = take_queued(popups);
    } else {
        popups->open = &p;
        popups->depth++;
        wait_for_answer(app, &p);
        popups->depth--;
        popups->open = p.outer;
    }
    if (p.answer == NULL)
        Py_RETURN_NONE;
    PyObject *answer = PyUnicode_DecodeUTF8(p.answer, (Py_ssize_t)strlen(p.answer), "replace");
    free(p.answer);
    return answer;
}

static const pn_app_function functions[] = {
    {"popup_ask", popup_ask, PN_FROM_MAIN, "a pop-up"},
    {NULL, NULL, 0, NULL},
};

// The innermost one that waits: those that are over only wait for the inner ones to come back.
static popup *waiting(const pn_popups *popups)
{
    popup *p = popups->open;
    while (p != NULL && p->over)
        p = p->outer;
    return p;
}

static pn_code play_answer(pn_app *app, const pn_replay_event *event, pn_error *err)
{
    pn_popups *popups = popups_of(app);
    char *answer = strdup(event->n_args > 0 ? event->args[0] : "null");
    if (answer == NULL)
        return pn_no_memory(err, "an answer");
    popup *p = waiting(popups);
    if (p != NULL) {
        p->answer = answer;
        p->over = true;
        return PN_OK;
    }
    if (popups->n_queued == MAX_QUEUE)
        free(take_queued(popups));
    popups->queue[popups->n_queued++] = answer;
    return PN_OK;
}

static pn_code play_cancel(pn_app *app, const pn_replay_event *event, pn_error *err)
{
    (void)event;
    (void)err;
    popup *p = waiting(popups_of(app));
    if (p != NULL)
        p->over = true;
    else
        pn_selectors_cancel(app);
    return PN_OK;
}

// --- the part ---

static void popups_finish(pn_app *app)
{
    pn_popups *popups = popups_of(app);
    while (popups->n_queued > 0)
        free(take_queued(popups));
}

static const pn_play_kind events[] = {
    {"answer", 0, play_answer},
    {"cancel", 0, play_cancel},
    {NULL, 0, NULL},
};

const pn_app_part pn_popup_part = {
    .state_size = sizeof(pn_popups),
    .functions = functions,
    .events = events,
    .finish = popups_finish,
};
