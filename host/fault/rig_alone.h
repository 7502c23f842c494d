/* The rig's second back end: a skeleton of a host that depends on nothing but CPython. `pynodes
 * repro export` pastes what a case needs of it behind the case, and a main(). Built with -DFIXED it
 * runs the cure.
 */
#ifndef PN_FAULT_RIG_ALONE_H
#define PN_FAULT_RIG_ALONE_H

#include "fault/rig_both.h"
#include "fault/stress.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { ALONE_LIMIT_S = 10 };

static PyObject *alone_globals;
static float *alone_pixels;
static atomic_int alone_next;
static atomic_bool alone_enough;
static pthread_t alone_threads[256];
static rig_thread alone_states[256];
static int alone_cores[256], alone_n_cores; // under stress
static int alone_running;                   // threads that are not joined yet
static int alone_working;                   // those that have not reported that they are done
static pthread_mutex_t alone_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t alone_changed = PTHREAD_COND_INITIALIZER;

void rig_initialize(rig *r)
{
    PyConfig config;
    PyConfig_InitPythonConfig(&config);
    config.install_signal_handlers = 0;
    config.faulthandler = 1;
    PyStatus status = Py_InitializeFromConfig(&config);
    PyConfig_Clear(&config);
    if (PyStatus_Exception(status))
        Py_ExitStatusException(status);
    if (r->stress) {
        PyRun_SimpleString("import sys; sys.setswitchinterval(2e-4)");
        alone_n_cores = stress_cores(alone_cores, 256);
        stress_print(true, NULL, alone_cores, alone_n_cores);
    }
}

void rig_load(rig *r, const char *text)
{
    (void)r;
    PyGILState_STATE gil = PyGILState_Ensure();
    alone_globals = PyDict_New();
    PyDict_SetItemString(alone_globals, "__builtins__", PyEval_GetBuiltins());
    PyObject *none = PyRun_String(text, Py_file_input, alone_globals, alone_globals);
    if (none == NULL) {
        PyErr_Print();
        exit(3);
    }
    Py_DECREF(none);
    PyGILState_Release(gil);
    alone_pixels = calloc((size_t)(r->width * r->height) * 3, sizeof *alone_pixels);
}

void rig_run_script(rig *r, const char *text)
{
    (void)r;
    PyGILState_STATE gil = PyGILState_Ensure();
    PyObject *names = PyDict_New();
    PyObject *name = PyUnicode_FromString("__main__");
    PyDict_SetItemString(names, "__name__", name);
    PyDict_SetItemString(names, "__builtins__", PyEval_GetBuiltins());
    rig_end_call(PyRun_String(text, Py_file_input, names, names));
    Py_DECREF(name);
    Py_DECREF(names);
    PyGILState_Release(gil);
}

PyObject *rig_global(rig *r, const char *name)
{
    (void)r;
    PyGILState_STATE gil = PyGILState_Ensure();
    PyObject *found = PyDict_GetItemString(alone_globals, name);
    PyGILState_Release(gil);
    return found;
}

void rig_attach(rig_thread *thread)
{
    if (thread->rig->stress)
        stress_pause(thread->index);
    if (thread->rig->fresh)
        thread->gil = PyGILState_Ensure();
    else
        PyEval_RestoreThread(thread->state);
}

void rig_detach(rig_thread *thread)
{
    if (thread->rig->fresh)
        PyGILState_Release(thread->gil);
    else
        thread->state = PyEval_SaveThread();
}

static void alone_pixel(rig_thread *thread, int pixel)
{
    rig *r = thread->rig;
    thread->x = pixel % r->width;
    thread->y = pixel / r->width;
    thread->rgb = &alone_pixels[(size_t)pixel * 3];
    (r->attach != NULL ? r->attach : rig_attach)(thread);
    (r->call != NULL ? r->call : rig_shade)(thread);
    (r->detach != NULL ? r->detach : rig_detach)(thread);
    atomic_fetch_add(&r->calls, 1);
}

static void alone_report_done(void)
{
    pthread_mutex_lock(&alone_lock);
    alone_working--;
    pthread_mutex_unlock(&alone_lock);
    pthread_cond_signal(&alone_changed);
}

// One render thread: a thread state and a shader for its life, pixels while there are any.
static void *alone_thread(void *arg)
{
    rig_thread *thread = arg;
    rig *r = thread->rig;
    if (r->stress)
        stress_pin(thread->index, alone_cores, alone_n_cores);
    PyGILState_STATE outer = PyGILState_Ensure();
    thread->node = PyObject_CallNoArgs(PyDict_GetItemString(alone_globals, "Shader"));
    PyErr_Clear(); // a class that the case makes objects of by itself
    if (r->fresh)
        PyGILState_Release(outer);
    else
        thread->state = PyEval_SaveThread();
    int n = r->width * r->height;
    for (int i; (i = atomic_fetch_add(&alone_next, 1)) < n || !atomic_load(&alone_enough);)
        alone_pixel(thread, i % n);
    if (r->fresh)
        outer = PyGILState_Ensure();
    else
        PyEval_RestoreThread(thread->state);
    Py_CLEAR(thread->node);
    PyGILState_Release(outer);
    alone_report_done();
    return NULL;
}

static void alone_begin(rig *r, bool enough)
{
    atomic_store(&alone_next, 0);
    atomic_store(&alone_enough, enough);
    alone_working = r->n_threads;
    for (alone_running = 0; alone_running < r->n_threads; alone_running++) {
        alone_states[alone_running] = (rig_thread){.rig = r, .index = alone_running};
        pthread_create(&alone_threads[alone_running], NULL, alone_thread,
                       &alone_states[alone_running]);
    }
}

void rig_render_begin(rig *r)
{
    alone_begin(r, false);
}

void rig_render_end(rig *r)
{
    (void)r;
    atomic_store(&alone_enough, true);
    pthread_mutex_lock(&alone_lock);
    while (alone_working > 0)
        pthread_cond_wait(&alone_changed, &alone_lock);
    pthread_mutex_unlock(&alone_lock);
    for (; alone_running > 0; alone_running--)
        pthread_join(alone_threads[alone_running - 1], NULL);
}

void rig_render(rig *r)
{
    alone_begin(r, true);
    rig_render_end(r);
}

void rig_end_threads(rig *r)
{
    rig_render_end(r);
}

void rig_drop(rig *r)
{
    (void)r;
    PyGILState_STATE gil = PyGILState_Ensure();
    Py_CLEAR(alone_globals);
    PyGILState_Release(gil);
}

void rig_finalize(rig *r)
{
    (void)r;
    Py_FinalizeEx();
}

static void alone_on_alarm(int number)
{
    static const char text[] = "hang: no end within ten seconds\n";
    (void)number;
    ssize_t wrote = write(2, text, sizeof text - 1);
    _exit(wrote > 0 ? 5 : 6);
}

// The picture, rows from the top, three floats a pixel: compare it (cmp) with that of -DFIXED.
static bool alone_write(const rig *r, const char *path)
{
    FILE *f = fopen(path, "wb");
    size_t n = (size_t)(r->width * r->height) * 3;
    bool ok = f != NULL && alone_pixels != NULL && fwrite(alone_pixels, sizeof(float), n, f) == n;
    return f != NULL && fclose(f) == 0 && ok;
}

// FNV-1a of the picture: the same number means the same pixels.
static unsigned int alone_sum(const rig *r)
{
    unsigned int sum = 2166136261u;
    const unsigned char *bytes = (const unsigned char *)alone_pixels;
    size_t n = alone_pixels != NULL ? (size_t)(r->width * r->height) * 3 * sizeof(float) : 0;
    for (size_t i = 0; i < n; i++)
        sum = (sum ^ bytes[i]) * 16777619u;
    return sum;
}

/* Options: -t N threads, -s stress, -o FILE writes the picture. It ends with 0, by a signal, or
 * with 5 when it did not come to an end within ten seconds. */
int alone_main(const pn_fault *fault, int argc, char **argv)
{
    rig r = {.n_threads = 4, .width = 48, .height = 32};
#ifdef FIXED
    r.fixed = true;
#endif
    const char *picture = NULL;
    for (int c; (c = getopt(argc, argv, "t:so:")) != -1;) {
        if (c == 't')
            r.n_threads = atoi(optarg);
        else if (c == 's')
            r.stress = true;
        else if (c == 'o')
            picture = optarg;
        else
            return 2;
    }
    if (r.n_threads < 1 || r.n_threads > 256) {
        fprintf(stderr, "-t takes 1 to 256\n");
        return 2;
    }
    signal(SIGALRM, alone_on_alarm);
    alarm(ALONE_LIMIT_S);
    fault->run(&r);
    if (picture != NULL && !alone_write(&r, picture))
        return 3;
    printf("%s%s: came to its end, sum of the picture %08x\n", fault->name,
           r.fixed ? " (fixed)" : "", alone_sum(&r));
    return 0;
}

#endif
