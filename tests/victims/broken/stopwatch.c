/* A profiler of a job queue: on each tick of the clock it tells Python how far the queue is, in the
 * handler of the signal. */
#define _GNU_SOURCE
#include <Python.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

static PyObject *notes; /* a list */
static volatile unsigned long done;

static void note(unsigned long jobs)
{
    PyGILState_STATE state = PyGILState_Ensure();
    PyObject *line = PyUnicode_FromFormat("%lu jobs %2000s", jobs, "so far");
    if (line != NULL && PyList_Append(notes, line) != 0)
        PyErr_Clear();
    Py_XDECREF(line);
    PyGILState_Release(state);
}

static void on_tick(int number)
{
    (void)number;
    note(done); // WRONG
}

static void start_clock(long every_us)
{
    struct itimerval clock = {{0, every_us}, {0, every_us}};
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_tick;
    action.sa_flags = SA_RESTART;
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &clock, NULL);
}

/* A job copies its input, in pieces. */
static unsigned long work(unsigned long job)
{
    char *pieces[8];
    unsigned long sum = 0;
    for (int i = 0; i < 8; i++) {
        size_t size = 1200 + (job * 131 + (unsigned long)i * 977) % 6000;
        pieces[i] = malloc(size);
        pieces[i][size / 2] = (char)job;
        sum += (unsigned char)pieces[i][size / 2];
    }
    for (int i = 7; i >= 0; i--)
        free(pieces[i]);
    return sum;
}

int main(void)
{
    unsigned long sum = 0;
    Py_Initialize();
    notes = PyList_New(0);
    start_clock(500);
    for (unsigned long job = 0; job < 40 * 1000 * 1000; job++, done++)
        sum += work(job);
    printf("%lu\n", sum);
    return 0;
}
