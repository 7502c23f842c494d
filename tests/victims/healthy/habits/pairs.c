/* Attaching and detaching: pairs, helpers, states that are kept or handed on. */
#include "habits.h"

#include <sys/wait.h>
#include <time.h>

/* One Ensure too many when the program ends: harmless, and common. */
static void unmatched_ensure_at_end(void)
{
    PyThreadState *kept = PyEval_SaveThread();
    (void)kept;
    PyGILState_Ensure();
    nap(LONG_MS);
}

static void *keep_state(void *unused)
{
    PyGILState_STATE outer = PyGILState_Ensure();
    PyThreadState *kept = PyEval_SaveThread();
    for (int i = 0; i < 100; i++)
        run_python("x = 1");
    nap(LONG_MS); /* idle, detached, with an Ensure open */
    PyEval_RestoreThread(kept);
    PyGILState_Release(outer);
    return unused;
}

/* A thread that keeps its state through an outer Ensure for its whole life. */
static void kept_state(void)
{
    join_detached(start(keep_state));
}

static void *compute_attached(void *unused)
{
    struct timespec begin, now;
    PyGILState_STATE state = PyGILState_Ensure();
    sem_post(&ready);
    clock_gettime(CLOCK_MONOTONIC, &begin);
    do
        clock_gettime(CLOCK_MONOTONIC, &now);
    while ((now.tv_sec - begin.tv_sec) * 1000 + (now.tv_nsec - begin.tv_nsec) / 1000000 < LONG_MS);
    PyGILState_Release(state);
    return unused;
}

/* A busy loop in C, attached: everybody else has to wait, and gets his turn. */
static void busy_in_c(void)
{
    PyThreadState *kept = PyEval_SaveThread();
    pthread_t busy = start(compute_attached);
    sem_wait(&ready);
    pthread_t rival = start(want_python);
    pthread_join(busy, NULL);
    pthread_join(rival, NULL);
    PyEval_RestoreThread(kept);
}

/* A thread state goes from hand to hand, one thread after the other. */
static PyThreadState *handed;

static void *take_over(void *unused)
{
    sem_wait(&go);
    PyEval_RestoreThread(handed);
    PyRun_SimpleString("turns = globals().get('turns', 0) + sum(range(999))");
    handed = PyEval_SaveThread();
    sem_post(&go);
    return unused;
}

static void state_handed_on(void)
{
    pthread_t threads[3];
    PyThreadState *own = PyThreadState_Get();
    handed = PyThreadState_New(PyInterpreterState_Get());
    PyEval_ReleaseThread(own);
    for (int i = 0; i < 3; i++)
        threads[i] = start(take_over);
    nap(LONG_MS);
    sem_post(&go);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    PyEval_RestoreThread(handed);
    PyThreadState_Clear(handed);
    PyThreadState_DeleteCurrent();
    PyEval_RestoreThread(own);
}

/* Python is stopped, and has to wait a while for a script's thread. */
static void late_finisher(void)
{
    PyRun_SimpleString("import threading, time\n"
                       "threading.Thread(target=time.sleep, args=(2.2,)).start()\n");
}

/* Helpers attach and detach; what lies between waits attached, for a thread without Python. */
static __thread PyGILState_STATE held;

static void go_in(void)
{
    held = PyGILState_Ensure();
}

static void go_out(void)
{
    PyGILState_Release(held);
}

static void guarded_by_helpers(void)
{
    PyThreadState *own = PyEval_SaveThread();
    for (int i = 0; i < 2; i++) {
        go_in();
        PyRun_SimpleString("answer = 6 * 7");
        go_out();
    }
    go_in();
    pthread_t worker = start(work_in_c), rival = start(sleep_in_python);
    pthread_join(worker, NULL);
    go_out();
    pthread_join(rival, NULL);
    PyEval_RestoreThread(own);
}

static void *nest(void *unused)
{
    PyGILState_STATE a = PyGILState_Ensure();
    PyGILState_STATE b = PyGILState_Ensure();
    run_python("x = 1");
    PyGILState_Release(b);
    Py_BEGIN_ALLOW_THREADS
    run_python("x = 2");
    nap(LONG_MS);
    Py_END_ALLOW_THREADS
    PyGILState_Release(a);
    return unused;
}

/* Pairs inside pairs. */
static void nested_pairs(void)
{
    join_detached(start(nest));
}

const struct habit pairs[] = {
    HABIT(unmatched_ensure_at_end), HABIT(kept_state), HABIT(state_handed_on), HABIT(late_finisher),
    HABIT(guarded_by_helpers),      HABIT(busy_in_c),  HABIT(nested_pairs),    {NULL},
};
