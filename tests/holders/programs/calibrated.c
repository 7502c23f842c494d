/* calibrated SECONDS FILE: two threads that share Python in a known way, and what was really so.
 *
 * `keeper` has Python for 8 ms, then works 2 ms detached, over and over; `asker` wants it all the
 * time and has it for half a millisecond. All work is spinning, by the thread's own processor
 * clock. Each measures by the wall clock how long it had Python and how long it waited; FILE gets a
 * line a thread: name, seconds in all, seconds it had Python, seconds it waited.
 */
#include <Python.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct worker {
    const char *name;
    double attached_s, detached_s, end_s;
    double all_s, held_s, waited_s;
};

static double read_clock(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void spin(double seconds)
{
    double end = read_clock(CLOCK_THREAD_CPUTIME_ID) + seconds;
    while (read_clock(CLOCK_THREAD_CPUTIME_ID) < end)
        ;
}

static void *work(void *data)
{
    struct worker *own = data;
    double began = read_clock(CLOCK_MONOTONIC), now = began;
    pthread_setname_np(pthread_self(), own->name);
    PyGILState_STATE outer = PyGILState_Ensure();
    PyThreadState *kept = PyEval_SaveThread();
    own->waited_s += read_clock(CLOCK_MONOTONIC) - began;
    while (now < own->end_s) {
        double asked = read_clock(CLOCK_MONOTONIC);
        PyEval_RestoreThread(kept);
        double got = read_clock(CLOCK_MONOTONIC);
        spin(own->attached_s);
        double left = read_clock(CLOCK_MONOTONIC);
        kept = PyEval_SaveThread();
        spin(own->detached_s);
        now = read_clock(CLOCK_MONOTONIC);
        own->waited_s += got - asked;
        own->held_s += left - got;
    }
    PyEval_RestoreThread(kept);
    PyGILState_Release(outer);
    own->all_s = read_clock(CLOCK_MONOTONIC) - began;
    own->waited_s += own->all_s - (now - began);
    return NULL;
}

int main(int argc, char **argv)
{
    double seconds = argc > 2 ? atof(argv[1]) : 0;
    Py_Initialize();
    PyThreadState *main_state = PyEval_SaveThread();
    double end = read_clock(CLOCK_MONOTONIC) + seconds;
    struct worker workers[] = {
        {"keeper", 0.008, 0.002, end, 0, 0, 0},
        {"asker", 0.0005, 0.0001, end, 0, 0, 0},
    };
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, work, &workers[i]);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    PyEval_RestoreThread(main_state);
    Py_FinalizeEx();
    FILE *file = argc > 2 ? fopen(argv[2], "w") : NULL;
    for (int i = 0; file != NULL && i < 2; i++)
        fprintf(file, "%s %f %f %f\n", workers[i].name, workers[i].all_s, workers[i].held_s,
                workers[i].waited_s);
    return file == NULL || fclose(file) != 0;
}
