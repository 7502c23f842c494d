#include "interp/interrupt.h"

#include "interp/attach.h"
#include "interp/exception.h"
#include "interp/ref.h"
#include "wire/signals.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

static bool installed; // main thread
static _Thread_local bool is_main;
static atomic_bool allowed_now; // written by the main thread

// For CPython, which calls it between two instructions of the main thread.
static PyObject *raise_interrupt(PyObject *module, PyObject *args)
{
    (void)module;
    (void)args;
    if (!atomic_load(&allowed_now))
        Py_RETURN_NONE; // the script ended before it was its turn
    PyErr_SetNone(PyExc_KeyboardInterrupt);
    return NULL;
}

static PyMethodDef raise_def = {"raise_interrupt", raise_interrupt, METH_VARARGS, NULL};

// On any thread, in the signal's handler: async-signal-safe, as PyErr_SetInterruptEx is.
static void pass_on(void)
{
    if (atomic_load(&allowed_now))
        PyErr_SetInterruptEx(SIGINT);
}

// CPython installs a handler of its own together with the callable; ours is put back before a
// signal can reach that one.
static PyObject *set_callable(PyObject *callable)
{
    sigset_t interrupt, before;
    struct sigaction ours;
    sigemptyset(&interrupt);
    sigaddset(&interrupt, SIGINT);
    pthread_sigmask(SIG_BLOCK, &interrupt, &before);
    sigaction(SIGINT, NULL, &ours);
    PN_REF module = PyImport_ImportModule("_signal");
    PyObject *old = NULL;
    if (module != NULL && callable == NULL)
        old = PyObject_CallMethod(module, "signal", "ii", SIGINT, 0); // SIG_DFL
    else if (module != NULL)
        old = PyObject_CallMethod(module, "signal", "iO", SIGINT, callable);
    sigaction(SIGINT, &ours, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return old;
}

pn_code pn_interrupt_install(pn_error *err)
{
    PN_ATTACHED at = {0};
    pn_code code = pn_attach(&at, err);
    if (code != PN_OK)
        return code;
    is_main = true;
    PN_REF callable = PyCFunction_New(&raise_def, NULL);
    PN_REF old = callable != NULL ? set_callable(callable) : NULL;
    if (old == NULL)
        return pn_error_from_exception(err, PN_ERR_INTERP);
    installed = true;
    pn_signals_pass_interrupts(pass_on);
    return PN_OK;
}

void pn_interrupt_remove(void)
{
    if (!installed)
        return;
    installed = false;
    pn_signals_pass_interrupts(NULL);
    PN_ATTACHED at = {0};
    if (pn_attach(&at, NULL) != PN_OK)
        return;
    // Else the end of Python would set the signal to its default action.
    PN_REF old = set_callable(NULL);
    PyErr_Clear();
}

bool pn_interrupt_allow(bool allowed)
{
    if (!is_main)
        return false;
    return atomic_exchange(&allowed_now, allowed);
}

bool pn_interrupt_is_pending(void)
{
    PN_ASSERT_ATTACHED();
    return pn_signals_interrupts() > 0 && PyErr_Occurred() != NULL &&
           PyErr_ExceptionMatches(PyExc_KeyboardInterrupt);
}
