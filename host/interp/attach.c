#include "interp/attach.h"

#include <stdio.h>
#include <stdlib.h>

bool pn_is_attached(void)
{
#if PY_VERSION_HEX >= 0x030D0000
    return PyThreadState_GetUnchecked() != NULL;
#elif PY_VERSION_HEX >= 0x030C0000
    return _PyThreadState_UncheckedGet() != NULL;
#else
    // Up to 3.11 the current state is one variable of the process: whoever is attached. It is ours only if it is
    // the one this thread keeps.
    PyThreadState *current = _PyThreadState_UncheckedGet();
    return current != NULL && current == PyGILState_GetThisThreadState();
#endif
}

_Noreturn void pn_contract_broken(const char *what, const char *file, int line, const char *function)
{
    fprintf(stderr, "pynodes-host: contract broken: %s, in %s (%s:%d)\n", what, function, file, line);
    fflush(stderr);
    abort();
}

static bool is_finalizing(void)
{
#if PY_VERSION_HEX >= 0x030D0000
    return Py_IsFinalizing();
#else
    return _Py_IsFinalizing();
#endif
}

pn_code pn_attach(pn_attachment *at, pn_error *err)
{
    at->on = false;
    if (!Py_IsInitialized())
        return pn_fail(err, PN_ERR_INTERP, "cannot attach: Python is not initialised");
    if (is_finalizing())
        return pn_fail(err, PN_ERR_INTERP, "cannot attach: Python is finalising");
    at->state = PyGILState_Ensure();
    at->on = true;
    return PN_OK;
}

void pn_detach(pn_attachment *at)
{
    if (!at->on)
        return;
    at->on = false;
    PyGILState_Release(at->state);
}

pn_code pn_thread_hold_begin(pn_thread_hold *hold, pn_error *err)
{
    hold->state = NULL;
    if (!Py_IsInitialized() || is_finalizing())
        return pn_fail(err, PN_ERR_INTERP, "cannot attach: Python is not running");
    hold->outer = PyGILState_Ensure();
    hold->state = PyEval_SaveThread();
    return PN_OK;
}

void pn_thread_hold_attach(pn_thread_hold *hold)
{
    PN_ASSERT_DETACHED();
    PyEval_RestoreThread(hold->state);
}

void pn_thread_hold_detach(pn_thread_hold *hold)
{
    PN_ASSERT_ATTACHED();
    PyThreadState *state = PyEval_SaveThread();
    if (state != hold->state)
        pn_contract_broken("a render thread detached another thread state than its own", __FILE__,
                           __LINE__, __func__);
}

void pn_thread_hold_end(pn_thread_hold *hold)
{
    if (hold->state == NULL)
        return;
    PN_ASSERT_DETACHED();
    PyEval_RestoreThread(hold->state);
    hold->state = NULL;
    PyGILState_Release(hold->outer);
}
