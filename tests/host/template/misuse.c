/* Each wrong use of attach.h, by number: the check that fails says which. */
#include "attach.h"

static void *attach_state(void *thread)
{
    pyhost_thread_attach((pyhost_thread *)thread);
    return NULL;
}

static void *begin_and_leave(void *thread)
{
    pyhost_thread_begin((pyhost_thread *)thread);
    return NULL;
}

static void in_thread(void *(*body)(void *), void *argument)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, body, argument) == 0)
        pthread_join(thread, NULL);
}

static void *misuse(void *argument)
{
    int number = *(int *)argument;
    pyhost_thread thread;
    static pyhost_thread kept;
    if (number == 1) { /* detached for a wait, but not attached */
        PYHOST_WITHOUT_PYTHON(wait);
    } else if (number == 2) { /* attached twice */
        pyhost_thread_begin(&thread);
        pyhost_thread_attach(&thread);
        pyhost_thread_attach(&thread);
    } else if (number == 3) { /* somebody else's state */
        pyhost_thread_begin(&thread);
        in_thread(attach_state, &thread);
    } else if (number == 4) { /* about to wait, attached */
        PYHOST_ATTACHED(at);
        PYHOST_MUST_BE_DETACHED();
    } else if (number == 5) { /* the exception goes with the thread state */
        pyhost_thread_begin(&thread);
        PYHOST_ATTACHED_AS(&thread, at);
        PyErr_SetString(PyExc_ValueError, "lost");
    } else if (number == 6) { /* dropped behind the attachment's end */
        PYHOST_REF text = NULL;
        PYHOST_ATTACHED(at);
        text = PyUnicode_FromString("late");
    } else if (number == 7) { /* a thread that did not delete its state */
        in_thread(begin_and_leave, &kept);
        PYHOST_MUST_BE_ALONE();
    } else if (number == 8) { /* released by hand within the guard */
        PYHOST_ATTACHED(at);
        PyEval_SaveThread();
    } else if (number == 9) { /* closing waits for those inside, who wait for the GIL */
        static pyhost_gate gate = PYHOST_GATE_CLOSED;
        PYHOST_ATTACHED(at);
        pyhost_gate_open(&gate);
        pyhost_gate_close(&gate);
    } else if (number == 10) { /* two states for one thread */
        PYHOST_ATTACHED(at);
        PYHOST_WITHOUT_PYTHON(wait);
        pyhost_thread_begin(&thread);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    int number = atoi(argv[1]);
    if (number == 0) { /* before the start */
        PYHOST_ATTACHED(at);
    }
    Py_InitializeEx(0);
    PyEval_ReleaseThread(PyGILState_GetThisThreadState());
    in_thread(misuse, &number);
    PyGILState_Ensure();
    Py_FinalizeEx();
    if (number == 11) { /* after the end */
        PYHOST_ATTACHED(at);
    }
    return 0;
}
