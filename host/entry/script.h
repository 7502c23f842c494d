/* Scripts: text and menu scripts that run, or that something of theirs is waiting to be called.
 *
 * A script's namespace is kept while anything holds it: its callbacks, an open selector. When it
 * neither runs nor is held, it has ended: the parts drop what they have of it and the namespace
 * goes. All of it on the main thread.
 */
#ifndef PN_ENTRY_SCRIPT_H
#define PN_ENTRY_SCRIPT_H

#include <Python.h>

#include "base/code.h"
#include "entry/kind.h"

#include <stdbool.h>

enum {
    PN_HOLD_GUI = 1, /* draw, event or button callbacks */
    PN_HOLD_FILE = 2 /* a file or image selector is open */
};

typedef struct pn_script pn_script;
struct pn_script {
    pn_script *next;
    char name[PN_WHO_SIZE];
    PyObject *module; /* what `__main__` is while its code runs, owned; its namespace */
    unsigned holds;
    int entered; /* times it is on the stack of what runs */
    bool was_held;
    bool ending;
};

typedef struct {
    /* drop what else there is of it; attached; may come back here */
    void (*ended)(void *arg, const char *name);
    void *arg;
    pn_script *first;
    pn_script *stack[64]; /* scripts whose code runs, innermost last */
    PyObject *mains[64];  /* what `__main__` was before each of them, owned; may be NULL */
    int depth;
} pn_scripts;

/* A fresh module `__main__` for a script, in no list of modules. Attach: required. NULL with an
 * exception set. */
PyObject *pn_script_module(PyObject *path);

/* A new script with that module, which is taken over (NULL: an exception is set); one of the same
 * name ends first. Attach: required. NULL with an exception set. */
pn_script *pn_script_create(pn_scripts *scripts, const char *name, PyObject *module);

/* The script whose code runs now, or NULL. */
pn_script *pn_script_now(pn_scripts *scripts);

/* Its code begins to run, as `__main__`, and is over; NULL: nobody's, nothing to do. leave ends the
 * script when nothing holds it; it may be gone then. Attach: required. enter is false, with
 * RuntimeError set, when scripts are nested too deeply. */
bool pn_script_enter(pn_scripts *scripts, pn_script *script);
void pn_script_leave(pn_scripts *scripts, pn_script *script);

void pn_script_hold(pn_script *script, unsigned what);
void pn_script_release(pn_script *script, unsigned what); /* the next leave or settle ends it */

/* End it, with all that it registered; at the next leave when its code runs now. Attach:
 * required. */
void pn_script_end(pn_scripts *scripts, pn_script *script);

/* End every script that is neither held nor running. Attach: required. */
void pn_scripts_settle(pn_scripts *scripts);

/* End all. Attach: required. */
void pn_scripts_end_all(pn_scripts *scripts);

#endif
