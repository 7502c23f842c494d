/* Start and stop of CPython, by the three rules: at rest nobody is attached. */
#ifndef PN_INTERP_RUNTIME_H
#define PN_INTERP_RUNTIME_H

#include <Python.h>

#include "base/code.h"

#include <stdbool.h>

typedef struct {
    const char *name; /* module name */
    PyObject *(*init)(void);
} pn_builtin;

typedef struct {
    const char *program; /* argv[0], to find what lies next to the executable */
    /* python whose environment is used; NULL: the one next to the host, else as built */
    const char *python_exe;
    const pn_builtin *builtins; /* compiled-in modules, ended by a NULL name */
    bool own_gil;               /* interpreters with a GIL of their own may be made */
    /* what follows `python` on its command line, for pn_runtime_run_main; NULL: Python is embedded,
     * and its environment is all that configures it */
    char *const *main;
    int n_main;
    bool host_signals; /* with `main` too: signals are the host's, fatal ones leave stacks */
} pn_runtime_config;

/* What the running interpreter says of itself. */
typedef struct {
    char version[64]; /* "3.13.5" */
    char executable[1024];
    bool free_threaded; /* built without the GIL */
    bool gil;           /* the GIL is on now */
} pn_runtime_facts;

/* The first part of pn_runtime_start: initialise CPython and leave the calling thread attached, as
 * CPython does.
 * Attach: changes (attached on PN_OK). Fails: as pn_runtime_start. */
pn_code pn_runtime_initialize(const pn_runtime_config *config, pn_runtime_facts *facts,
                              pn_error *err);

/* Initialise CPython and detach: the last act is PyGILState_GetThisThreadState +
 * PyEval_ReleaseThread. faulthandler is on (fatal signals and, on SIGUSR1, the stacks of all
 * threads to stderr); Python's own signal handlers are off. With `main`, and without host_signals,
 * all of that is as in `python`.
 *
 * Attach: changes nothing (never attached before, detached after). Main thread, once a process.
 * Fails: PN_ERR_INTERP, with nothing left running.
 */
pn_code pn_runtime_start(const pn_runtime_config *config, pn_runtime_facts *facts, pn_error *err);

/* Attach, with the state that start-up made, and finalise. Every thread that may attach must have
 * been joined, and every reference the host holds been dropped.
 * Attach: forbidden. Same thread as start. Fails: PN_ERR_INTERP when finalisation reports an
 * error. */
pn_code pn_runtime_stop(pn_error *err);

/* Attach, run what `main` of the config names, as `python` does, and finalise: threads that are no
 * daemons are waited for, exit handlers run, and an exit by KeyboardInterrupt is death by SIGINT.
 * `begin` and `end` are called attached: before it, and as the last of the exit handlers, unless
 * the script has dropped those. Comes back in forked children, too. Returns the exit status.
 * Attach: forbidden; there is no Python afterwards. Same thread as start. */
int pn_runtime_run_main(void (*begin)(void *arg), void (*end)(void *arg), void *arg);

/* Print the stacks of all Python threads on that signal. Attach: forbidden. Main thread.
 * Fails: PN_ERR_INTERP. */
pn_code pn_runtime_print_stacks_on(int signal, pn_error *err);

/* Is the GIL on now? An import may have turned it on again. Attach: required. */
bool pn_runtime_gil_enabled(void);

/* Give the current interpreter what start-up gave the main one: the package's source folder on
 * sys.path, when the host runs from a build folder, and output by the line. Attach: required, to a
 * fresh interpreter. Fails: PN_ERR_INTERP. */
pn_code pn_runtime_prepare(pn_error *err);

/* Load, in the main interpreter, what must not be loaded for the first time by an interpreter with
 * a GIL of its own. Attach: required, to the main interpreter. Leaves no exception pending: what is
 * not there cannot do harm. */
void pn_runtime_prepare_for_own_gil(void);

/* Built without the GIL? Attach: either. */
bool pn_runtime_is_free_threaded(void);

/* The switch interval of the current interpreter, seconds. set returns the one before through
 * *before (NULL: not wanted). Attach: required. Fails: PN_ERR_INTERP. */
pn_code pn_runtime_set_switch_interval(double seconds, double *before, pn_error *err);

/* CPython's version as a string, without starting it. Attach: either. */
const char *pn_runtime_version(void);

#endif
