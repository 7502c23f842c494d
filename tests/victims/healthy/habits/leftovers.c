/* What is left at the end, and what is not: thread states, exceptions, locks. */
#include "habits.h"

#include <sys/wait.h>

enum { MANY = 24 };

static pthread_barrier_t all_here;

static void *end_with_state(void *unused)
{
    PyGILState_Ensure();
    PyEval_SaveThread();
    pthread_barrier_wait(&all_here);
    return unused;
}

/* The threads of a pool end together, when there is no more work, and leave their states to the end
 * of Python. */
static void pool_ends_with_states(void)
{
    pthread_t pool[MANY];
    pthread_barrier_init(&all_here, NULL, MANY);
    for (int i = 0; i < MANY; i++)
        pool[i] = start(end_with_state);
    for (int i = 0; i < MANY; i++)
        join_detached(pool[i]);
}

static void *keep_for_a_while(void *unused)
{
    PyGILState_STATE outer = PyGILState_Ensure();
    PyThreadState *kept = PyEval_SaveThread();
    run_python("x = 1");
    PyEval_RestoreThread(kept);
    PyGILState_Release(outer);
    return unused;
}

/* Short threads, one after the other, which keep their states as long as they live. */
static void short_threads(void)
{
    for (int i = 0; i < MANY; i++)
        join_detached(start(keep_for_a_while));
}

static void *delete_by_hand(void *unused)
{
    PyGILState_Ensure();
    PyThreadState_Clear(PyThreadState_Get());
    PyThreadState_DeleteCurrent();
    return unused;
}

/* The same; they end their states in another way than by a release. */
static void states_deleted_by_hand(void)
{
    for (int i = 0; i < MANY; i++)
        join_detached(start(delete_by_hand));
}

static PyThreadState *passed_round;
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

static void *take_turns(void *unused)
{
    for (int i = 0; i < MANY; i++) {
        pthread_mutex_lock(&turn);
        PyEval_RestoreThread(passed_round);
        PyRun_SimpleString("import time; time.sleep(0.001)");
        passed_round = PyEval_SaveThread();
        pthread_mutex_unlock(&turn);
    }
    return unused;
}

/* Threads have one thread state among them, and a lock, so that one at a time uses it. */
static void state_by_turns(void)
{
    passed_round = PyThreadState_New(PyInterpreterState_Get());
    pthread_t one = start(take_turns), other = start(take_turns);
    join_detached(one);
    join_detached(other);
    PyThreadState_Clear(passed_round);
    PyThreadState_Delete(passed_round);
}

static void *state_for_each_job(void *interpreter)
{
    for (int i = 0; i < MANY; i++) {
        PyEval_RestoreThread(PyThreadState_New(interpreter));
        PyRun_SimpleString("import time; time.sleep(0.001)");
        PyThreadState_Clear(PyThreadState_Get());
        PyThreadState_DeleteCurrent();
    }
    return interpreter;
}

/* A thread state for each job; a new one lies where one that was deleted lay. */
static void states_for_jobs(void)
{
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, state_for_each_job, PyInterpreterState_Get());
    for (int i = 0; i < 4; i++)
        join_detached(threads[i]);
}

static PyObject *taken(void)
{
    PyObject *type, *value, *traceback;
    raise_it();
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    Py_XDECREF(type);
    Py_XDECREF(traceback);
    return value;
}

/* Takes exceptions, and drops them. */
static void errors_dropped(void)
{
    for (int i = 0; i < MANY; i++)
        Py_DECREF(taken());
}

/* Takes exceptions for a list that scripts look at. */
static void errors_listed(void)
{
    PyObject *list = PyList_New(0);
    PyObject_SetAttrString(PyImport_AddModule("__main__"), "errors", list);
    for (int i = 0; i < MANY; i++) {
        PyObject *error = taken();
        PyList_Append(list, error);
        Py_DECREF(error);
    }
    Py_DECREF(list);
}

/* Keeps them to the end, and drops them before Python is stopped. */
static void errors_kept_for_report(void)
{
    PyObject *kept[MANY];
    for (int i = 0; i < MANY; i++)
        kept[i] = taken();
    for (int i = 0; i < MANY; i++)
        Py_DECREF(kept[i]);
}

/* Sets them aside for a moment. */
static void errors_put_back(void)
{
    for (int i = 0; i < MANY; i++) {
        PyObject *type, *value, *traceback;
        raise_it();
        PyErr_Fetch(&type, &value, &traceback);
        PyRun_SimpleString("x = 1");
        PyErr_Restore(type, value, traceback);
        PyErr_Clear();
    }
}

static pthread_mutex_t again;

static void end_under_lock(PyObject *unused)
{
    (void)unused;
    pthread_mutex_lock(&again);
    nap(100);
    pthread_mutex_unlock(&again);
}

/* An object ends under a lock that its end takes as well: one that may be taken twice. */
static void lock_taken_twice(void)
{
    pthread_mutexattr_t twice;
    pthread_mutexattr_init(&twice);
    pthread_mutexattr_settype(&twice, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&again, &twice);
    for (int i = 0; i < LONG_MS / 100; i++) {
        PyObject *object = PyCapsule_New(&again, NULL, end_under_lock);
        pthread_mutex_lock(&again);
        Py_DECREF(object);
        pthread_mutex_unlock(&again);
    }
}

static void *hold_again(void *unused)
{
    pthread_mutex_lock(&again);
    sem_post(&ready);
    nap(LONG_MS);
    pthread_mutex_unlock(&again);
    return unused;
}

/* The end of an object waits for a lock that a thread without Python has for a while. */
static void end_waits_for_lock(void)
{
    pthread_mutex_init(&again, NULL);
    pthread_t owner = start(hold_again);
    sem_wait(&ready);
    Py_DECREF(PyCapsule_New(&again, NULL, end_under_lock));
    pthread_join(owner, NULL);
}

static PyThreadState *zombie;

static void *leave_to_next(void *unused)
{
    PyGILState_Ensure();
    if (zombie != NULL) {
        PyThreadState_Clear(zombie);
        PyThreadState_Delete(zombie);
    }
    zombie = PyThreadState_Get();
    PyRun_SimpleString("x = 1");
    PyEval_SaveThread();
    return unused;
}

/* As bindings for callbacks do: each thread keeps its state, and the next one deletes it. */
static void states_deleted_by_the_next(void)
{
    for (int i = 0; i < 20; i++)
        join_detached(start(leave_to_next));
}

const struct habit leftovers[] = {
    HABIT(pool_ends_with_states),
    HABIT(short_threads),
    HABIT(states_deleted_by_hand),
    HABIT(state_by_turns),
    HABIT(states_for_jobs),
    HABIT(errors_dropped),
    HABIT(errors_listed),
    HABIT(errors_kept_for_report),
    HABIT(errors_put_back),
    HABIT(lock_taken_twice),
    HABIT(end_waits_for_lock),
    HABIT(states_deleted_by_the_next),
    {NULL},
};
