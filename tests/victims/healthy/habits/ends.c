/* Starts and ends: of Python, of threads, of interpreters. */
#include "habits.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* Two threads hand one after the other; the thread that started Python never comes back. */
static void *stop_elsewhere(void *unused)
{
    run_python("x = 1");
    return unused;
}

static void left_without_stopping(void)
{
    PyEval_SaveThread();
    pthread_join(start(stop_elsewhere), NULL);
    exit(0);
}

/* Starts and stops Python three times. */
static void start_again(void)
{
    for (int i = 0; i < 2; i++) {
        join_detached(start(stop_elsewhere));
        Py_FinalizeEx();
        Py_Initialize();
    }
}

static void *start_and_stop(void *unused)
{
    Py_Initialize();
    PyRun_SimpleString("x = 1");
    Py_FinalizeEx();
    Py_FinalizeEx(); /* does nothing */
    return unused;
}

/* Starts and stops Python on a thread that is not the first one, then on another, then here. */
static void start_in_threads(void)
{
    Py_FinalizeEx();
    for (int i = 0; i < 2; i++)
        pthread_join(start(start_and_stop), NULL);
    Py_Initialize();
}

/* In the child of a fork the thread that forked is the main one, and stops Python. */
static void stop_in_forked_child(void)
{
    PyOS_BeforeFork();
    pid_t child = fork();
    if (child == 0) {
        PyOS_AfterFork_Child();
        _exit(Py_FinalizeEx());
    }
    PyOS_AfterFork_Parent();
    waitpid(child, NULL, 0);
}

static atomic_bool enough;

static void *poll_python(void *unused)
{
    PyGILState_STATE outer = PyGILState_Ensure();
    while (!atomic_load(&enough)) {
        PyRun_SimpleString("x = 1");
        PyThreadState *kept = PyEval_SaveThread();
        sem_post(&ready);
        PyEval_RestoreThread(kept);
    }
    PyGILState_Release(outer);
    return unused;
}

/* A thread at work with Python is asked to end, and joined, before Python is stopped. */
static void poller_joined_first(void)
{
    pthread_t poller = start(poll_python);
    Py_BEGIN_ALLOW_THREADS
    for (int i = 0; i < 20; i++)
        sem_wait(&ready);
    atomic_store(&enough, 1);
    pthread_join(poller, NULL);
    Py_END_ALLOW_THREADS
}

static void *work_briefly(void *unused)
{
    pthread_exit(unused);
}

static void *leave_early(void *unused)
{
    run_python("x = 1");
    pthread_exit(unused);
}

static void leave_late(PyObject *capsule)
{
    (void)capsule;
    pthread_join(start(work_briefly), NULL);
}

/* Threads that end by pthread_exit of their own will, one of them while Python is being stopped. */
static void threads_that_exit(void)
{
    join_detached(start(leave_early));
    PyObject *capsule = PyCapsule_New(&enough, NULL, leave_late); /* goes with the interpreter */
    PyObject_SetAttrString(PyImport_AddModule("__main__"), "capsule", capsule);
    Py_DECREF(capsule);
}

static PyObject *leave(PyObject *self, PyObject *unused)
{
    (void)self, (void)unused;
    Py_FinalizeEx();
    exit(0);
}

static PyObject *give_up(PyObject *self, PyObject *unused)
{
    (void)self, (void)unused;
    Py_FinalizeEx();
    abort();
}

static void call_from_python(PyCFunction function)
{
    static PyMethodDef method = {"call", NULL, METH_NOARGS, NULL};
    method.ml_meth = function;
    PyObject *call = PyCFunction_New(&method, NULL);
    PyObject_SetAttrString(PyImport_AddModule("__main__"), "call", call);
    Py_DECREF(call);
    PyRun_SimpleString("call()");
}

/* Python calls what stops it, and that never returns. */
static void stop_within_and_leave(void)
{
    call_from_python(leave);
}

/* The same, and what crashes is no matter of Python's. */
static void stop_within_and_give_up(void)
{
    call_from_python(give_up);
}

static PyObject *ask_to_stop(PyObject *self, PyObject *unused)
{
    (void)self, (void)unused;
    PyErr_SetNone(PyExc_KeyboardInterrupt);
    return NULL;
}

/* Python calls what asks for a stop, and is stopped when it has returned. */
static void stop_when_asked(void)
{
    call_from_python(ask_to_stop);
    Py_FinalizeEx();
    Py_Initialize();
}

#if PY_VERSION_HEX >= 0x030C0000

static PyInterpreterState *home;

static void *work_at_home(void *unused)
{
    PyThreadState *state = PyThreadState_New(home);
    PyEval_RestoreThread(state);
    run_python("x = 1"); /* an inner pair stays where it is */
    PyThreadState_Clear(state);
    PyThreadState_DeleteCurrent();
    return unused;
}

static void with_interpreter(void (*function)(void))
{
    PyInterpreterConfig config = {
        .allow_threads = 1,
        .check_multi_interp_extensions = 1,
        .gil = PyInterpreterConfig_OWN_GIL,
    };
    PyThreadState *here = PyThreadState_Get(), *other;
    if (PyStatus_Exception(Py_NewInterpreterFromConfig(&other, &config)))
        abort();
    home = PyInterpreterState_Get();
    function();
    Py_EndInterpreter(other);
    PyEval_RestoreThread(here);
}

static void start_at_home(void)
{
    join_detached(start(work_at_home));
    pthread_join(start(work_in_c), NULL);
    PyRun_SimpleString("import threading\n"
                       "for i in range(3):\n"
                       "    t = threading.Thread(target=print, args=(i,)); t.start(); t.join()\n");
}

/* Threads that are started out of another interpreter, and attach to that one or to none. */
static void threads_of_interpreter(void)
{
    with_interpreter(start_at_home);
}

static void nothing(void) {}

/* A thread that is started after another interpreter was used, out of the main one. */
static void threads_after_interpreter(void)
{
    with_interpreter(nothing);
    join_detached(start(stop_elsewhere));
}

static sem_t wanted;

static void *serve_main(void *unused)
{
    sem_post(&ready);
    sem_wait(&wanted);
    run_python("x = 1");
    return unused;
}

static void want_service(void)
{
    PyThreadState *kept = PyEval_SaveThread();
    sem_post(&wanted);
    nap(50);
    PyEval_RestoreThread(kept);
}

/* A thread of the main interpreter that serves while another one is in use. */
static void service_of_main(void)
{
    sem_init(&wanted, 0, 0);
    pthread_t service = start(serve_main);
    sem_wait(&ready);
    with_interpreter(want_service);
    join_detached(service);
}

#else

#define threads_of_interpreter left_without_stopping
#define threads_after_interpreter left_without_stopping
#define service_of_main left_without_stopping

#endif

static void *outlive(void *unused)
{
    run_python("x = 1");
    sem_post(&ready);
    nap(LONG_MS);
    return unused;
}

static pthread_t survivor;

static void join_survivor(void)
{
    pthread_join(survivor, NULL);
}

/* A thread that used Python, let go, and is still there long after Python has stopped. */
static void thread_outlives_python(void)
{
    survivor = start(outlive);
    Py_BEGIN_ALLOW_THREADS
    sem_wait(&ready);
    Py_END_ALLOW_THREADS
    atexit(join_survivor);
}

/* A Python thread of no importance sleeps on while the interpreter ends. */
static void daemon_at_end(void)
{
    PyRun_SimpleString("import threading, time\n"
                       "threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
                       "import atexit; atexit.register(time.sleep, 2)\n");
}

static void *leave_state(void *unused)
{
    PyGILState_Ensure();
    PyEval_SaveThread();
    return unused;
}

/* A thread leaves its state; at the end Python waits for a thread of a script, which takes long. */
static void end_waits_with_left_state(void)
{
    join_detached(start(leave_state));
    PyRun_SimpleString("import threading, time\n"
                       "threading.Thread(target=time.sleep, args=(2.5,)).start()\n");
}

const struct habit ends[] = {
    HABIT(left_without_stopping),
    HABIT(start_in_threads),
    HABIT(stop_in_forked_child),
    HABIT(poller_joined_first),
    HABIT(threads_that_exit),
    HABIT(threads_of_interpreter),
    HABIT(threads_after_interpreter),
    HABIT(service_of_main),
    HABIT(start_again),
    HABIT(thread_outlives_python),
    HABIT(daemon_at_end),
    HABIT(end_waits_with_left_state),
    HABIT(stop_within_and_leave),
    HABIT(stop_within_and_give_up),
    HABIT(stop_when_asked),
    {NULL},
};
