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
static bool raised_now;         // main thread: and what it was raised in goes on

// For CPython, which calls it between two instructions of the main thread.
static PyObject *raise_interrupt(PyObject *module, PyObject *args)
{
    (void)module;
    (void)args;
    if (!atomic_load(&allowed_now))
        Py_RETURN_NONE; // the script ended before it was its turn
    raised_now = true;
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

// What a script gets that takes SIGUSR1 for itself, and what does the same when it is put back.
static PyObject *print_stacks(PyObject *module, PyObject *args)
{
    (void)module;
    (void)args;
    pn_signals_print_stacks();
    Py_RETURN_NONE;
}

static PyMethodDef stacks_def = {"print_stacks", print_stacks, METH_VARARGS, NULL};

// CPython installs a handler of its own together with the callable; ours is put back before a
// signal can reach that one.
static PyObject *set_callable(int number, PyObject *callable)
{
    sigset_t interrupt, before;
    struct sigaction ours;
    sigemptyset(&interrupt);
    sigaddset(&interrupt, number);
    pthread_sigmask(SIG_BLOCK, &interrupt, &before);
    sigaction(number, NULL, &ours);
    PN_REF module = PyImport_ImportModule("_signal");
    PyObject *old = NULL;
    if (module != NULL && callable == NULL)
        old = PyObject_CallMethod(module, "signal", "ii", number, 0); // SIG_DFL
    else if (module != NULL)
        old = PyObject_CallMethod(module, "signal", "iO", number, callable);
    sigaction(number, &ours, NULL);
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
    PN_REF old = callable != NULL ? set_callable(SIGINT, callable) : NULL;
    PN_REF stacks = old != NULL ? PyCFunction_New(&stacks_def, NULL) : NULL;
    PN_REF none = stacks != NULL ? set_callable(SIGUSR1, stacks) : NULL;
    if (none == NULL)
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
    PN_REF old = set_callable(SIGINT, NULL);
    PyErr_Clear();
    PN_REF stacks = set_callable(SIGUSR1, NULL);
    PyErr_Clear();
}

bool pn_interrupt_allow(bool allowed)
{
    if (!is_main)
        return false;
    return atomic_exchange(&allowed_now, allowed);
}

bool pn_interrupt_begin(void)
{
    bool before = pn_interrupt_allow(true);
    if (is_main && !before && !raised_now && pn_signals_interrupts() > 0)
        PyErr_SetInterruptEx(SIGINT);
    return before;
}

void pn_interrupt_taken(void)
{
    if (is_main)
        raised_now = false;
}

void pn_interrupt_settle(void)
{
    if (raised_now)
        pn_signals_forget_interrupts();
    raised_now = false;
}

bool pn_interrupt_is_pending(void)
{
    PN_ASSERT_ATTACHED();
    return pn_signals_interrupts() > 0 && PyErr_Occurred() != NULL &&
           PyErr_ExceptionMatches(PyExc_KeyboardInterrupt);
}
