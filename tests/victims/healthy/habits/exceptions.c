/* Exceptions that are printed, cleared, or kept for an outer pair. */
#include "habits.h"

static void *print_it(void *unused)
{
    PyGILState_STATE state = PyGILState_Ensure();
    raise_it();
    PyErr_Print();
    PyGILState_Release(state);
    return unused;
}

/* Raises on a thread without a state of its own, and prints before it lets go. */
static void exception_printed(void)
{
    join_detached(start(print_it));
}

static void *keep_it(void *unused)
{
    PyGILState_STATE outer = PyGILState_Ensure();
    PyGILState_STATE inner = PyGILState_Ensure();
    raise_it();
    PyGILState_Release(inner);
    PyErr_Print();
    PyThreadState *kept = PyEval_SaveThread();
    inner = PyGILState_Ensure();
    raise_it();
    PyGILState_Release(inner);
    PyEval_RestoreThread(kept);
    PyErr_Print();
    PyGILState_Release(outer);
    return unused;
}

/* An inner pair leaves an exception pending for the outer one, which has the state. */
static void exception_for_outer_pair(void)
{
    join_detached(start(keep_it));
}

static void *clear_it(void *unused)
{
    PyGILState_STATE state = PyGILState_Ensure();
    raise_it();
    PyErr_Clear();
    PyGILState_Release(state);
    return unused;
}

/* Means to ignore it, and says so. */
static void exception_cleared(void)
{
    join_detached(start(clear_it));
}

const struct habit exceptions[] = {
    HABIT(exception_printed),
    HABIT(exception_for_outer_pair),
    HABIT(exception_cleared),
    {NULL},
};
