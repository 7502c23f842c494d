/* An interpreter with a GIL of its own, made and ended on the calling thread. Python 3.12 and
 * later. */
#ifndef PN_FAULT_OWN_GIL_H
#define PN_FAULT_OWN_GIL_H

#include "fault/rig.h"

/* `OWN_GIL_CASE` is the `run` of a case, whose functions stand inside #ifdef OWN_GIL. */
#if PY_VERSION_HEX < 0x030C0000
#define OWN_GIL_CASE NULL
#else
#define OWN_GIL
#define OWN_GIL_CASE run

typedef struct {
    PyThreadState *main_state, *state;
} own_gil;

/* Attach: changes: attached to the new interpreter afterwards. */
static inline void own_gil_begin(own_gil *own)
{
    PyInterpreterConfig config = {
        .allow_threads = 1,
        .check_multi_interp_extensions = 1,
        .gil = PyInterpreterConfig_OWN_GIL,
    };
    PyGILState_Ensure();
    own->main_state = PyThreadState_Get();
    PyStatus status = Py_NewInterpreterFromConfig(&own->state, &config);
    if (PyStatus_Exception(status))
        Py_ExitStatusException(status);
}

/* Attach: required, to that interpreter; detached afterwards. */
static inline void own_gil_end(own_gil *own)
{
    Py_EndInterpreter(own->state);
    PyEval_RestoreThread(own->main_state);
    PyThreadState_Clear(own->main_state);
    PyThreadState_DeleteCurrent();
}

#endif

#endif
