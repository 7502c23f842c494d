/* What scripts ask of the application itself: run another script, render, wait, quit.
 *
 * Rendering and waiting detach, so render threads and Python threads go on meanwhile.
 *
 * render still|anim [FRAME]... | quit
 */

#include <Python.h>

#include "entry/app.h"
#include "entry/text_script.h"
#include "interp/attach.h"
#include "interp/exception.h"
#include "interp/import.h"
#include "interp/ref.h"
#include "wire/signals.h"

#include <signal.h>
#include <stdlib.h>

/* A render of the live scene, with the stages around it. Attach: forbidden. *interrupted, which may
 * be NULL: a Ctrl-C that Python handles came meanwhile. */
static pn_code render_frames(pn_app *app, const int *frames, int n, bool *interrupted,
                             pn_error *err)
{
    PN_ASSERT_DETACHED();
    if (app->ops.render == NULL)
        return pn_fail(err, PN_ERR_USAGE, "there is no scene to render");
    if (app->renders > 0) { // a link that renders would be called by its own render
        return pn_fail_with(err, PN_ERR_ENTRY,
                            "render after it: from a button, a menu or the script itself",
                            "a script that runs inside a render cannot render");
    }
    pn_code code = PN_OK;
    bool still = n == 1;
    app->renders++;
    bool listens = pn_signals_listen();
    for (int i = 0; i < n && code == PN_OK && !app->quitting && pn_signals_interrupts() == 0; i++) {
        pn_app_stage(app, PN_STAGE_RENDER, frames[i], still);
        pn_app_stage(app, PN_STAGE_FRAME_CHANGED, frames[i], still);
        code = app->ops.render(app->ops.arg, frames[i], err);
        pn_app_stage(app, PN_STAGE_POST_RENDER, frames[i], still);
    }
    if (listens && interrupted != NULL)
        *interrupted = pn_signals_interrupts() > 0;
    if (listens)
        pn_signals_unlisten();
    app->renders--;
    return code;
}

static pn_code play_render(pn_app *app, const pn_replay_event *event, pn_error *err)
{
    int *frames = calloc((size_t)event->n_args + 1, sizeof *frames);
    if (frames == NULL)
        return pn_no_memory(err, "the frames of a render");
    int n = 0;
    for (int i = 1; i < event->n_args; i++)
        frames[n++] = atoi(event->args[i]);
    if (n == 0)
        frames[n++] = app->frame;
    pn_code code = render_frames(app, frames, n, NULL, err);
    free(frames);
    return code;
}

static void quit(pn_app *app)
{
    app->quitting = true;
    if (app->ops.stop != NULL)
        app->ops.stop(app->ops.arg);
}

static pn_code play_quit(pn_app *app, const pn_replay_event *event, pn_error *err)
{
    (void)event;
    (void)err;
    quit(app);
    return PN_OK;
}

// --- for scripts ---

static PyObject *app_quit(pn_app *app, PyObject *args)
{
    (void)args;
    quit(app);
    Py_RETURN_NONE;
}

static PyObject *app_wait(pn_app *app, PyObject *args)
{
    (void)args;
    if (app->ops.wait_frame != NULL) {
        PN_DETACHED detached = {0};
        pn_detached_begin(&detached, &app->gate);
        app->ops.wait_frame(app->ops.arg);
    }
    Py_RETURN_NONE;
}

// Does a Ctrl-C raise KeyboardInterrupt in this script, as it does at first? Attach: required.
static bool raises_interrupts(void)
{
    PN_REF handler = pn_import_call("_signal", "getsignal", "(i)", SIGINT);
    PN_REF module = PyImport_ImportModule("_signal");
    PN_REF first = module != NULL ? PyObject_GetAttrString(module, "default_int_handler") : NULL;
    PyErr_Clear();
    return handler != NULL && handler == first;
}

static PyObject *app_render(pn_app *app, PyObject *args)
{
    Py_ssize_t n = PyTuple_GET_SIZE(args);
    int *frames = calloc((size_t)n + 1, sizeof *frames);
    if (frames == NULL)
        return PyErr_NoMemory();
    for (Py_ssize_t i = 0; i < n; i++) {
        long frame = PyLong_AsLong(PyTuple_GET_ITEM(args, i));
        if (frame == -1 && PyErr_Occurred()) {
            free(frames);
            return NULL;
        }
        frames[i] = (int)frame;
    }
    if (n == 0)
        frames[n++] = app->frame;
    pn_error err = {0};
    pn_code code;
    bool interrupted = false;
    {
        PN_DETACHED detached = {0};
        pn_detached_begin(&detached, &app->gate);
        code = render_frames(app, frames, (int)n, &interrupted, &err);
    }
    free(frames);
    if (interrupted && PyErr_CheckSignals() != 0) {
        pn_error_finish(&err);
        return NULL;
    }
    // Else it was raised already, in the scene's own code or where the host called Python.
    if (code == PN_ERR_CANCELLED || (interrupted && raises_interrupts())) {
        pn_error_finish(&err);
        PyErr_SetNone(PyExc_KeyboardInterrupt);
        return NULL;
    }
    return code == PN_OK ? Py_NewRef(Py_None) : pn_error_raise(&err, PyExc_RuntimeError);
}

// run(path, *args): another text script, in its own namespace; returns its status.
static PyObject *app_run(pn_app *app, PyObject *args)
{
    Py_ssize_t n = PyTuple_GET_SIZE(args);
    PyObject *path = NULL;
    if (!PyUnicode_FSConverter(PyTuple_GET_ITEM(args, 0), &path)) // pynodes.app.run() passes one
        return NULL;
    PN_REF owned_path = path;
    const char **words = calloc((size_t)n, sizeof *words);
    if (words == NULL)
        return PyErr_NoMemory();
    for (Py_ssize_t i = 1; i < n; i++) {
        words[i - 1] = PyUnicode_AsUTF8(PyTuple_GET_ITEM(args, i));
        if (words[i - 1] == NULL) {
            free(words);
            return NULL;
        }
    }
    pn_error err = {0};
    pn_text *text = NULL;
    int status = 0;
    pn_code code = pn_text_open_attached(app, PyBytes_AS_STRING(owned_path), &text, &err);
    if (code == PN_OK)
        code = pn_text_script_run(app, text, (int)n - 1, words, &status, &err);
    free(words);
    return code == PN_OK ? PyLong_FromLong(status) : pn_error_raise(&err, PyExc_RuntimeError);
}

static PyObject *app_state(pn_app *app, PyObject *args)
{
    (void)args;
    bool background = app->ops.has_background != NULL && app->ops.has_background(app->ops.arg);
    const pn_script *script = pn_script_now(&app->scripts);
    return Py_BuildValue("{s:i,s:O,s:L,s:z}", "frame", app->frame, "rendering",
                         background ? Py_True : Py_False, "tiles",
                         background ? (long long)app->ops.tiles(app->ops.arg) : 0LL, "script",
                         script != NULL ? script->name : NULL);
}

static const pn_app_function functions[] = {
    {"quit", app_quit, PN_FROM_MAIN, "quit"}, {"render", app_render, PN_FROM_MAIN, "render"},
    {"run", app_run, PN_FROM_MAIN, "run"},    {"state", app_state, PN_FROM_MAIN, "state"},
    {"wait", app_wait, PN_FROM_MAIN, "wait"}, {NULL, NULL, 0, NULL},
};

static const pn_play_kind events[] = {
    {"quit", 0, play_quit},
    {"render", 0, play_render},
    {NULL, 0, NULL},
};

const pn_app_part pn_control_part = {.functions = functions, .events = events};
