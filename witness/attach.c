/* What is called in Python's stead by a program that attaches, detaches, starts or stops it.
 * Declared here, for Python's own headers are not wanted. */
#include "witness/census.h"
#include "witness/contract.h"
#include "witness/ledger.h"
#include "witness/notes.h"
#include "witness/process.h"
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
    ledger_attach(NULL);
    contract_after_ensure(fresh);
    return state;
}

INSTEAD(void, PyGILState_Release, int state)
{
    PYTHONS(PyGILState_Release);
    int before = NOTE(RELEASE, state, NULL) ? state : LOCKED;
    struct release release;
    contract_before_release(before, &release);
    next(state);
    if (state != LOCKED)
        ledger_detach();
    contract_after_release(before, &release);
}

/* From 3.15 on; they name the interpreter, so that none lands in a wrong one. NULL: refused, and
 * nothing is open. */
#define ENSURE_BY(call, name)                                                                      \
    INSTEAD(void *, name, void *by)                                                                \
    {                                                                                              \
        PYTHONS(name);                                                                             \
        NOTE(call, 0, NULL);                                                                       \
        contract_before_attach();                                                                  \
        void *token = next(by);                                                                    \
        if (token != NULL)                                                                         \
            ledger_attach(NULL), contract_after_ensure(false);                                     \
        else                                                                                       \
            NOTE(RELEASE_TOKEN, 0, NULL);                                                          \
        return token;                                                                              \
    }
ENSURE_BY(ENSURE_GUARDED, PyThreadState_Ensure)
ENSURE_BY(ENSURE_VIEWED, PyThreadState_EnsureFromView)

INSTEAD(void, PyThreadState_Release, void *token)
{
    PYTHONS(PyThreadState_Release);
    NOTE(RELEASE_TOKEN, 0, NULL);
    struct release release;
    contract_before_release(UNLOCKED, &release);
    next(token);
    ledger_detach();
    contract_after_release(UNLOCKED, &release);
}

INSTEAD(void *, PyEval_SaveThread, void)
{
    PYTHONS(PyEval_SaveThread);
    contract_before_detach(NOTE(SAVE, 0, NULL));
    void *state = next();
    ledger_detach();
    return state;
}

/* Without a slot the end of a thread, and so of what it took, would not be seen. */
#define ATTACH(call, name)                                                                         \
    INSTEAD(void, name, void *state)                                                               \
    {                                                                                              \
        PYTHONS(name);                                                                             \
        bool is_theirs = NOTE(call, 0, state);                                                     \
        contract_before_attach();                                                                  \
        next(state);                                                                               \
        ledger_attach(state);                                                                      \
        if (is_theirs && has_slot())                                                               \
            contract_after_attach(state, __builtin_return_address(0));                             \
    }
ATTACH(RESTORE, PyEval_RestoreThread)
ATTACH(ACQUIRE_THREAD, PyEval_AcquireThread)

INSTEAD(void, PyEval_ReleaseThread, void *state)
{
    PYTHONS(PyEval_ReleaseThread);
    contract_before_detach(NOTE(RELEASE_THREAD, 0, state));
    next(state);
    ledger_detach();
}

INSTEAD(void *, PyThreadState_Swap, void *state)
{
    PYTHONS(PyThreadState_Swap);
    contract_before_detach(NOTE(SWAP, state != NULL, state));
    void *before = next(state);
    if (state != NULL)
        ledger_attach(state);
    else
        ledger_detach();
    return before;
}

#define NOTE_LOCK(call, name)                                                                      \
    INSTEAD(void, name, void)                                                                      \
    {                                                                                              \
        PYTHONS(name);                                                                             \
        NOTE(call, 0, NULL);                                                                       \
        next();                                                                                    \
        ledger_detach(); /* whatever holds now is asked */                                         \
    }
NOTE_LOCK(ACQUIRE_LOCK, PyEval_AcquireLock)
NOTE_LOCK(RELEASE_LOCK, PyEval_ReleaseLock)

static void started(bool was_running)
{
    process->initialized++;
    process->running = 1;
    ledger_begin();
    census_started();
    contract_started(was_running);
}

static void stopped(void)
{
    process->finalized++;
    process->running = 0;
    contract_after_stop();
}

/* `call` is next(...), with its result kept where there is one. */
#define START(name, call)                                                                          \
    PYTHONS(name);                                                                                 \
    NOTE(INITIALIZE, 0, NULL);                                                                     \
    bool was_running = python_is_running();                                                        \
    call;                                                                                          \
    started(was_running)

#define STOP(name, call)                                                                           \
    PYTHONS(name);                                                                                 \
    NOTE(FINALIZE, 0, NULL);                                                                       \
    ledger_before_stop();                                                                          \
    left_before_stop();                                                                            \
    contract_before_stop();                                                                        \
    call;                                                                                          \
    stopped()

INSTEAD(void, Py_InitializeEx, int signals)
{
    START(Py_InitializeEx, next(signals));
}

INSTEAD(void, Py_Initialize, void)
{
    START(Py_Initialize, next());
}

INSTEAD(struct status, Py_InitializeFromConfig, const void *config)
{
    START(Py_InitializeFromConfig, struct status status = next(config));
    return status;
}

INSTEAD(int, Py_FinalizeEx, void)
{
    STOP(Py_FinalizeEx, int status = next());
    return status;
}

INSTEAD(void, Py_Finalize, void)
{
    STOP(Py_Finalize, next());
}

INSTEAD(void, Py_EndInterpreter, void *state)
{
    PYTHONS(Py_EndInterpreter);
    NOTE(END_INTERPRETER, 0, state);
    contract_state_is_gone();
    next(state);
    ledger_detach();
}

INSTEAD(void, PyThreadState_DeleteCurrent, void)
{
    PYTHONS(PyThreadState_DeleteCurrent);
    contract_state_is_gone();
    next();
    ledger_detach();
}

INSTEAD(void *, Py_NewInterpreter, void)
{
    PYTHONS(Py_NewInterpreter);
    NOTE(NEW_INTERPRETER, 0, NULL);
    void *state = next();
    if (state != NULL)
        ledger_attach(state);
    return state;
}

INSTEAD(struct status, Py_NewInterpreterFromConfig, void **state, const void *config)
{
    PYTHONS(Py_NewInterpreterFromConfig);
    NOTE(NEW_CONFIGURED, 0, NULL);
    struct status status = next(state, config);
    if (*state != NULL)
        ledger_attach(*state);
    return status;
}
