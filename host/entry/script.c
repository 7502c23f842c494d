#include "entry/script.h"

#include "entry/app.h"
#include "interp/attach.h"
#include "interp/namespace.h"
#include "interp/ref.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STACK_MAX = sizeof((pn_scripts *)0)->stack / sizeof((pn_scripts *)0)->stack[0] };

PyObject *pn_script_names(PyObject *path)
{
    PN_REF names = PyDict_New();
    PN_REF name = names != NULL ? PyUnicode_FromString("__main__") : NULL;
    if (name == NULL || PyDict_SetItemString(names, "__name__", name) != 0 ||
        PyDict_SetItemString(names, "__file__", path) != 0 ||
        PyDict_SetItemString(names, "__builtins__", PyEval_GetBuiltins()) != 0)
        return NULL;
    return pn_ref_move(&names);
}

pn_script *pn_script_find(pn_app *app, const char *name)
{
    for (pn_script *s = app->scripts.first; s != NULL; s = s->next) {
        if (!s->ending && strcmp(s->name, name) == 0)
            return s;
    }
    return NULL;
}

pn_script *pn_script_create(pn_app *app, const char *name, PyObject *path)
{
    PN_ASSERT_ATTACHED();
    pn_script *old = pn_script_find(app, name);
    if (old != NULL)
        pn_script_end(app, old);
    pn_script *script = calloc(1, sizeof *script);
    if (script == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    snprintf(script->name, sizeof script->name, "%s", name);
    script->names = pn_script_names(path);
    if (script->names == NULL) {
        free(script);
        return NULL;
    }
    script->next = app->scripts.first;
    app->scripts.first = script;
    return script;
}

static void unlink_script(pn_app *app, pn_script *script)
{
    pn_script **at = &app->scripts.first;
    while (*at != script)
        at = &(*at)->next;
    *at = script->next;
}

// Its code is over and nothing waits to be called. Dropping the namespace runs destructors, which may come back here.
static void settle(pn_app *app, pn_script *script)
{
    if (script->entered > 0 || (script->holds != 0 && !script->ending))
        return;
    bool was_held = script->was_held;
    if (!script->ending) {
        script->ending = true;
        script->entered++; // keep it while the parts drop what they have of it
        pn_app_drop(app, PN_DROP_SCRIPT_END, script->name);
        script->entered--;
    }
    unlink_script(app, script);
    PyObject *names = script->names;
    free(script);
    if (was_held)
        pn_namespace_drop(names);
    else // threads that it started may go on
        Py_DECREF(names);
}

pn_script *pn_script_now(pn_app *app)
{
    const pn_scripts *scripts = &app->scripts;
    return scripts->depth > 0 ? scripts->stack[scripts->depth - 1] : NULL;
}

bool pn_script_enter(pn_app *app, pn_script *script)
{
    pn_scripts *scripts = &app->scripts;
    if (scripts->depth >= STACK_MAX) {
        PyErr_Format(PyExc_RuntimeError, "scripts call each other more than %d deep", STACK_MAX);
        return false;
    }
    scripts->stack[scripts->depth++] = script;
    script->entered++;
    return true;
}

void pn_script_leave(pn_app *app, pn_script *script)
{
    PN_ASSERT_ATTACHED();
    app->scripts.depth--;
    script->entered--;
    settle(app, script);
}

void pn_script_hold(pn_script *script, unsigned what)
{
    if (script->ending)
        return;
    script->holds |= what;
    script->was_held = true;
}

void pn_script_release(pn_script *script, unsigned what)
{
    script->holds &= ~what;
}

void pn_script_end(pn_app *app, pn_script *script)
{
    PN_ASSERT_ATTACHED();
    if (!script->ending) {
        script->ending = true;
        script->entered++; // keep it while the parts drop what they have of it
        pn_app_drop(app, PN_DROP_SCRIPT_END, script->name);
        script->entered--;
    }
    settle(app, script);
}

// One that can go now, or NULL.
static pn_script *find_idle(pn_app *app, bool held_too)
{
    for (pn_script *s = app->scripts.first; s != NULL; s = s->next) {
        if (s->entered == 0 && (held_too || s->holds == 0))
            return s;
    }
    return NULL;
}

void pn_scripts_settle(pn_app *app)
{
    PN_ASSERT_ATTACHED();
    pn_script *script;
    while ((script = find_idle(app, false)) != NULL)
        settle(app, script);
}

void pn_scripts_end_all(pn_app *app)
{
    PN_ASSERT_ATTACHED();
    for (pn_script *s = app->scripts.first; s != NULL;) {
        if (s->ending) {
            s = s->next;
            continue;
        }
        pn_script_end(app, s);
        s = app->scripts.first; // destructors may have changed the list
    }
}
