#include "entry/script.h"

#include "interp/attach.h"
#include "interp/namespace.h"
#include "interp/ref.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STACK_MAX = sizeof((pn_scripts *)0)->stack / sizeof((pn_scripts *)0)->stack[0] };

PyObject *pn_script_module(PyObject *path)
{
    PN_REF module = PyModule_New("__main__");
    PyObject *builtins = PyImport_AddModule("builtins"); // borrowed
    if (module == NULL || builtins == NULL ||
        PyModule_AddObjectRef(module, "__file__", path) != 0 ||
        PyModule_AddObjectRef(module, "__builtins__", builtins) != 0)
        return NULL;
    return pn_ref_move(&module);
}

static pn_script *find(pn_scripts *scripts, const char *name)
{
    for (pn_script *s = scripts->first; s != NULL; s = s->next) {
        if (!s->ending && strcmp(s->name, name) == 0)
            return s;
    }
    return NULL;
}

pn_script *pn_script_create(pn_scripts *scripts, const char *name, PyObject *module)
{
    PN_ASSERT_ATTACHED();
    if (module == NULL)
        return NULL;
    pn_script *old = find(scripts, name);
    if (old != NULL)
        pn_script_end(scripts, old);
    pn_script *script = calloc(1, sizeof *script);
    if (script == NULL) {
        PyErr_NoMemory();
        Py_DECREF(module);
        return NULL;
    }
    snprintf(script->name, sizeof script->name, "%s", name);
    script->module = module;
    script->next = scripts->first;
    scripts->first = script;
    return script;
}

static void unlink_script(pn_scripts *scripts, pn_script *script)
{
    pn_script **at = &scripts->first;
    while (*at != script)
        at = &(*at)->next;
    *at = script->next;
}

// Let the parts drop what they have of it.
static void begin_end(pn_scripts *scripts, pn_script *script)
{
    if (script->ending)
        return;
    script->ending = true;
    script->entered++; // keep it meanwhile
    scripts->ended(scripts->arg, script->name);
    script->entered--;
}

// Its code is over and nothing waits to be called. Dropping the namespace runs destructors, which
// may come back here.
static void settle(pn_scripts *scripts, pn_script *script)
{
    if (script->entered > 0 || (script->holds != 0 && !script->ending))
        return;
    bool was_held = script->was_held;
    begin_end(scripts, script);
    unlink_script(scripts, script);
    PyObject *names = Py_NewRef(PyModule_GetDict(script->module));
    Py_DECREF(script->module);
    free(script);
    if (was_held)
        pn_namespace_drop(names);
    else // threads that it started may go on
        Py_DECREF(names);
}

pn_script *pn_script_now(pn_scripts *scripts)
{
    return scripts->depth > 0 ? scripts->stack[scripts->depth - 1] : NULL;
}

bool pn_script_enter(pn_scripts *scripts, pn_script *script)
{
    if (script == NULL)
        return true;
    if (scripts->depth >= STACK_MAX) {
        PyErr_Format(PyExc_RuntimeError, "scripts call each other more than %d deep", STACK_MAX);
        return false;
    }
    PyObject *modules = PyImport_GetModuleDict(); // borrowed
    scripts->mains[scripts->depth] = Py_XNewRef(PyDict_GetItemString(modules, "__main__"));
    if (PyDict_SetItemString(modules, "__main__", script->module) != 0) {
        Py_CLEAR(scripts->mains[scripts->depth]);
        return false;
    }
    scripts->stack[scripts->depth++] = script;
    script->entered++;
    return true;
}

void pn_script_leave(pn_scripts *scripts, pn_script *script)
{
    PN_ASSERT_ATTACHED();
    if (script == NULL)
        return;
    PyObject *before = scripts->mains[--scripts->depth];
    if (before != NULL && PyDict_SetItemString(PyImport_GetModuleDict(), "__main__", before) != 0)
        PyErr_Clear();
    Py_CLEAR(scripts->mains[scripts->depth]);
    script->entered--;
    settle(scripts, script);
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

void pn_script_end(pn_scripts *scripts, pn_script *script)
{
    PN_ASSERT_ATTACHED();
    begin_end(scripts, script);
    settle(scripts, script);
}

void pn_scripts_settle(pn_scripts *scripts)
{
    PN_ASSERT_ATTACHED();
    for (pn_script *s = scripts->first; s != NULL;) {
        bool ends = s->entered == 0 && s->holds == 0;
        if (ends)
            settle(scripts, s);
        s = ends ? scripts->first : s->next; // destructors may have changed the list
    }
}

void pn_scripts_end_all(pn_scripts *scripts)
{
    PN_ASSERT_ATTACHED();
    for (pn_script *s = scripts->first; s != NULL;) {
        bool ends = !s->ending;
        if (ends)
            pn_script_end(scripts, s);
        s = ends ? scripts->first : s->next; // destructors may have changed the list
    }
}
