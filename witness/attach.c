/* What is called in Python's stead by a program that attaches, detaches, starts or stops it.
 * Declared here, for Python's own headers are not wanted. */
#include "witness/contract.h"
#include "witness/notes.h"
#include "witness/stead.h"

#include <stdbool.h>
#include <stddef.h>

struct status { /* PyStatus, which comes by value */
    int type;
    const char *function, *message;
    int code;
};

INSTEAD(int, PyGILState_Ensure, void)
{
    PYTHONS(PyGILState_Ensure);
    NOTE(ENSURE, 0, NULL); /* before: a thread that never gets it shall be seen as well */
    bool fresh = contract_before_ensure();
    int state = next();
    contract_after_ensure(fresh);
    return state;
}

INSTEAD(void, PyGILState_Release, int state)
{
    PYTHONS(PyGILState_Release);
    NOTE(RELEASE, state, NULL);
    struct release release;
    contract_before_release(&release);
    next(state);
    contract_after_release(&release);
}

/* From 3.15 on; they name the interpreter, so that none lands in a wrong one. NULL: refused, and
 * nothing is open. */
#define ENSURE_BY(call, argument)                                                                  \
    NOTE(call, 0, NULL);                                                                           \
    contract_before_attach();                                                                      \
    void *token = next(argument);                                                                  \
    if (token != NULL)                                                                             \
        contract_after_ensure(false);                                                              \
    else                                                                                           \
        NOTE(RELEASE_TOKEN, 0, NULL);                                                              \
    return token

INSTEAD(void *, PyThreadState_Ensure, void *guard)
{
    PYTHONS(PyThreadState_Ensure);
    ENSURE_BY(ENSURE_GUARDED, guard);
}

INSTEAD(void *, PyThreadState_EnsureFromView, void *view)
{
    PYTHONS(PyThreadState_EnsureFromView);
    ENSURE_BY(ENSURE_VIEWED, view);
}

INSTEAD(void, PyThreadState_Release, void *token)
{
    PYTHONS(PyThreadState_Release);
    NOTE(RELEASE_TOKEN, 0, NULL);
    struct release release;
    contract_before_release(&release);
    next(token);
    contract_after_release(&release);
}

INSTEAD(void *, PyEval_SaveThread, void)
{
    PYTHONS(PyEval_SaveThread);
    NOTE(SAVE, 0, NULL);
    contract_before_detach(__builtin_return_address(0));
    return next();
}

INSTEAD(void, PyEval_RestoreThread, void *state)
{
    PYTHONS(PyEval_RestoreThread);
    NOTE(RESTORE, 0, state);
    contract_before_attach();
    next(state);
    if (has_slot()) /* else its end would not be seen */
        contract_after_attach(state, __builtin_return_address(0));
}

INSTEAD(void, PyEval_AcquireThread, void *state)
{
    PYTHONS(PyEval_AcquireThread);
    NOTE(ACQUIRE_THREAD, 0, state);
    contract_before_attach();
    next(state);
    if (has_slot()) /* else its end would not be seen */
        contract_after_attach(state, __builtin_return_address(0));
}

INSTEAD(void, PyEval_ReleaseThread, void *state)
{
    PYTHONS(PyEval_ReleaseThread);
    NOTE(RELEASE_THREAD, 0, state);
    contract_before_detach(__builtin_return_address(0));
    next(state);
}

INSTEAD(void *, PyThreadState_Swap, void *state)
{
    PYTHONS(PyThreadState_Swap);
    NOTE(SWAP, state != NULL, state);
    contract_before_detach(__builtin_return_address(0));
    return next(state);
}

INSTEAD(void, PyEval_AcquireLock, void)
{
    PYTHONS(PyEval_AcquireLock);
    NOTE(ACQUIRE_LOCK, 0, NULL);
    next();
}

INSTEAD(void, PyEval_ReleaseLock, void)
{
    PYTHONS(PyEval_ReleaseLock);
    NOTE(RELEASE_LOCK, 0, NULL);
    next();
}

static void started(bool was_running)
{
    if (page != NULL)
        page->initialized++, page->running = 1;
    contract_started(was_running);
}

static void stopped(void)
{
    if (page != NULL)
        page->finalized++, page->running = 0;
    contract_after_stop();
}

INSTEAD(void, Py_InitializeEx, int signals)
{
    PYTHONS(Py_InitializeEx);
    NOTE(INITIALIZE, 0, NULL);
    bool was_running = python_is_running();
    next(signals);
    started(was_running);
}

INSTEAD(void, Py_Initialize, void)
{
    PYTHONS(Py_Initialize);
    NOTE(INITIALIZE, 0, NULL);
    bool was_running = python_is_running();
    next();
    started(was_running);
}

INSTEAD(struct status, Py_InitializeFromConfig, const void *config)
{
    PYTHONS(Py_InitializeFromConfig);
    NOTE(INITIALIZE, 0, NULL);
    bool was_running = python_is_running();
    struct status status = next(config);
    started(was_running);
    return status;
}

INSTEAD(int, Py_FinalizeEx, void)
{
    PYTHONS(Py_FinalizeEx);
    NOTE(FINALIZE, 0, NULL);
    left_before_stop();
    contract_before_stop();
    int status = next();
    stopped();
    return status;
}

INSTEAD(void, Py_Finalize, void)
{
    PYTHONS(Py_Finalize);
    NOTE(FINALIZE, 0, NULL);
    left_before_stop();
    contract_before_stop();
    next();
    stopped();
}

INSTEAD(void, Py_EndInterpreter, void *state)
{
    PYTHONS(Py_EndInterpreter);
    NOTE(END_INTERPRETER, 0, state);
    contract_state_is_gone();
    next(state);
}

INSTEAD(void, PyThreadState_DeleteCurrent, void)
{
    PYTHONS(PyThreadState_DeleteCurrent);
    contract_state_is_gone();
    next();
}

INSTEAD(struct status, Py_NewInterpreterFromConfig, void **state, const void *config)
{
    PYTHONS(Py_NewInterpreterFromConfig);
    NOTE(NEW_INTERPRETER, 0, NULL);
    return next(state, config);
}
