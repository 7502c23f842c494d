/* myhost: a program with threads that calls Python, in the order that works.
 *
 *   start   configure, initialise, let go: at rest nobody is attached
 *   work    N threads with a thread state each, attached for a batch of calls; a library's thread
 *           that calls back; the main thread waits detached, and Ctrl-C ends the work
 *   stop    join, close the gates, drop the references, attach, finalise
 *
 * This file may be copied, changed and used without any condition and without naming its origin
 * (MIT-0). It comes without warranty.
 *
 * Exit status: 0, 1 the plug-in failed, 2 usage, 3 cannot start, 130 interrupted.
 */
#include "attach.h" /* first: it includes Python.h, which decides what the C library declares */

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#ifndef PYTHON_EXECUTABLE
#define PYTHON_EXECUTABLE "python3" /* whose packages the plug-in sees; build files say which */
#endif
#ifndef PLUGIN_FOLDER
#define PLUGIN_FOLDER "."
#endif

enum { MOST_THREADS = 256, MOST_ITEMS = 100000000, BATCH = 16, TICK_NS = 20000000 };

static struct {
    int threads, items;
    bool own_gil; /* an interpreter with a GIL of its own for each thread */
    const char *plugin, *folder;
} options = {4, 2000, false, "plugin", PLUGIN_FOLDER};

static atomic_int next_item, items_done;
static atomic_bool stopping, failed;
static double *results; /* one of each item; threads write to different ones */

/* --- the module that the plug-in imports --- */

static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;

/* host.log(text): waits for a lock and for whoever reads stderr, so it does that detached. */
static PyObject *host_log(PyObject *module, PyObject *text)
{
    (void)module;
    Py_ssize_t size = 0;
    const char *bytes = PyUnicode_AsUTF8AndSize(text, &size); /* lives as long as `text` */
    if (bytes == NULL)
        return NULL;
    {
        PYHOST_WITHOUT_PYTHON(wait);
        pthread_mutex_lock(&log_lock);
        fprintf(stderr, "%.*s\n", (int)size, bytes);
        pthread_mutex_unlock(&log_lock); /* before the scope ends, which attaches */
    }
    Py_RETURN_NONE;
}

static PyMethodDef host_methods[] = {
    {"log", host_log, METH_O, "log(text): write a line to the host's log."},
    {NULL, NULL, 0, NULL},
};

/* Initialised in several phases, without static objects: every interpreter can have it. */
static PyModuleDef_Slot host_slots[] = {
#if PYHOST_HAS_OWN_GIL
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
#ifdef Py_GIL_DISABLED
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL},
};

static PyModuleDef host_module = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "host",
    .m_methods = host_methods,
    .m_slots = host_slots,
};

static PyObject *init_host_module(void)
{
    return PyModuleDef_Init(&host_module);
}

/* --- errors and look-up; attached --- */

/* Print the pending exception while this thread is attached: it lives in the thread state. */
static void report_exception(void)
{
    PYHOST_MUST_BE_ATTACHED();
    if (PyErr_ExceptionMatches(PyExc_SystemExit)) { /* PyErr_Print would end the process for it */
        PyErr_Clear();
        fprintf(stderr, "the plug-in called sys.exit()\n");
    } else {
        PyErr_Print();
    }
}

/* Put the plug-in's folder in front of sys.path of the interpreter that is attached. */
static bool add_plugin_folder(void)
{
    PYHOST_MUST_BE_ATTACHED();
    PyObject *path = PySys_GetObject("path"); /* borrowed */
    PYHOST_REF folder = PyUnicode_DecodeFSDefault(options.folder);
    if (path == NULL || folder == NULL || PyList_Insert(path, 0, folder) != 0) {
        report_exception();
        return false;
    }
    return true;
}

/* A function of the plug-in: a new reference, or NULL after the exception was printed. */
static PyObject *find_function(const char *name)
{
    PYHOST_MUST_BE_ATTACHED();
    PYHOST_REF module = PyImport_ImportModule(options.plugin);
    PyObject *function = module != NULL ? PyObject_GetAttrString(module, name) : NULL;
    if (function == NULL)
        report_exception();
    return function;
}

/* --- start --- */

static PyThreadState *main_state; /* of the thread that starts and stops Python */

static bool start_python(void)
{
    /* Before initialisation nothing of Python may be touched but this and its configuration. */
    PyImport_AppendInittab("host", init_host_module);
    PyConfig config;
    PyConfig_InitPythonConfig(&config);
    config.parse_argv = 0;
    config.install_signal_handlers = 0; /* Ctrl-C is the host's: see wait_for_workers */
    PyStatus status = PyConfig_SetBytesString(&config, &config.program_name, PYTHON_EXECUTABLE);
    if (!PyStatus_Exception(status))
        status = Py_InitializeFromConfig(&config);
    PyConfig_Clear(&config);
    if (PyStatus_Exception(status)) {
        fprintf(stderr, "Python did not start: %s\n",
                status.err_msg != NULL ? status.err_msg : "no reason given");
        return false;
    }
    /* Initialising attached this thread. The last act of start-up is to let go: others could never
     * attach. */
    main_state = PyGILState_GetThisThreadState();
    PyEval_ReleaseThread(main_state);
    return true;
}

/* --- a library that calls back on a thread of its own --- */

static pyhost_gate ticks = PYHOST_GATE_CLOSED;
static PyObject *tick; /* the plug-in's function; used within the gate only */
static atomic_bool library_ends;

/* What the library calls. It knows nothing of Python, and its thread has no thread state. */
static void on_tick(void)
{
    PYHOST_VISIT(&ticks, visit);
    if (visit.gate == NULL)
        return; /* too late: Python is about to go, or gone */
    PYHOST_REF done = PyObject_CallFunction(tick, "i", atomic_load(&items_done));
    if (done == NULL)
        report_exception();
}

static void *library_main(void *unused)
{
    struct timespec step = {.tv_nsec = TICK_NS};
    while (!atomic_load(&library_ends)) {
        nanosleep(&step, NULL);
        on_tick();
    }
    return unused;
}

/* --- work --- */

/* What wakes the main thread: a byte in this pipe. */
static int wake[2];
enum { WORKER_ENDED = 'e', INTERRUPTED = 'i' };

static void wake_main(char what)
{
    ssize_t wrote;
    do
        wrote = write(wake[1], &what, 1);
    while (wrote < 0 && errno == EINTR);
}

typedef struct {
    pthread_t thread;
    pyhost_gate gate; /* into the worker's interpreter, for the main thread */
    unsigned long id; /* as Python counts threads; set before the gate opens */
} worker;

static bool call_work(PyObject *work, int item)
{
    PYHOST_MUST_BE_ATTACHED();
    PYHOST_REF value = PyObject_CallFunction(work, "i", item);
    double number = value != NULL ? PyFloat_AsDouble(value) : -1.0;
    if (PyErr_Occurred() != NULL) {
        if (atomic_load(&stopping) && PyErr_ExceptionMatches(PyExc_KeyboardInterrupt))
            PyErr_Clear(); /* ours: see interrupt_workers */
        else
            report_exception();
        return false;
    }
    results[item] = number;
    atomic_fetch_add(&items_done, 1);
    return true;
}

/* Attach, find the function to call and open the gate. The reference is of this thread's
 * interpreter. */
static PyObject *begin_work(worker *self, pyhost_thread *thread)
{
    PYHOST_ATTACHED_AS(thread, at);
    if (options.own_gil && !add_plugin_folder())
        return NULL;
    PyObject *work = find_function("work");
    if (work == NULL)
        return NULL;
    self->id = PyThread_get_thread_ident();
    if (!pyhost_gate_open(&self->gate)) {
        report_exception();
        Py_CLEAR(work);
    }
    return work;
}

static void do_work(pyhost_thread *thread, PyObject *work)
{
    while (!atomic_load(&stopping) && !atomic_load(&failed)) {
        int first = atomic_fetch_add(&next_item, BATCH);
        if (first >= options.items)
            return;
        /* Work that needs no Python goes here, detached. */
        PYHOST_ATTACHED_AS(thread, at); /* for a batch: attaching costs more than a small call */
        for (int item = first; item < first + BATCH && item < options.items; item++) {
            if (atomic_load(&stopping) || atomic_load(&failed))
                break;
            if (!call_work(work, item)) {
                if (!atomic_load(&stopping))
                    atomic_store(&failed, true); /* free nothing here: others are in their calls */
                break;
            }
        }
    }
}

static void end_work(worker *self, pyhost_thread *thread, PyObject *work)
{
    pyhost_gate_close(&self->gate);
    PYHOST_ATTACHED_AS(thread, at);
    if (atomic_load(&stopping))
        PyThreadState_SetAsyncExc(self->id, NULL); /* what came after the last call */
    Py_DECREF(work);
}

static void *worker_main(void *argument)
{
    worker *self = argument;
    pyhost_thread thread;
    const char *why = "no memory for a thread state";
    if (options.own_gil ? pyhost_thread_begin_own_gil(&thread, &why)
                        : pyhost_thread_begin(&thread)) {
        PyObject *work = begin_work(self, &thread);
        if (work != NULL) {
            do_work(&thread, work);
            end_work(self, &thread, work);
        } else {
            atomic_store(&failed, true);
        }
        pyhost_thread_end(&thread);
    } else {
        fprintf(stderr, "a worker did not start: %s\n", why);
        atomic_store(&failed, true);
    }
    wake_main(WORKER_ENDED);
    return NULL;
}

static void on_sigint(int number)
{
    (void)number;
    int kept = errno;
    wake_main(INTERRUPTED); /* write() is all that a handler may do here */
    errno = kept;
}

static void catch_sigint(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_sigint;
    action.sa_flags = SA_RESTART | (int)SA_RESETHAND; /* a second Ctrl-C ends the process at once */
    sigaction(SIGINT, &action, NULL);
}

/* Raise KeyboardInterrupt in the call that each worker has in hand, so that `while True` ends as
 * well. */
static void interrupt_workers(worker *workers, int n)
{
    atomic_store(&stopping, true);
    for (int i = 0; i < n; i++) {
        PYHOST_VISIT(&workers[i].gate, visit); /* whichever interpreter that is */
        if (visit.gate != NULL)
            PyThreadState_SetAsyncExc(workers[i].id, PyExc_KeyboardInterrupt);
    }
}

/* Detached: a thread that waits attached keeps all others from Python, and the ones it waits for
 * most of all. */
static void wait_for_workers(worker *workers, int n)
{
    PYHOST_MUST_BE_DETACHED();
    for (int running = n; running > 0;) {
        struct pollfd woken = {.fd = wake[0], .events = POLLIN};
        char what = WORKER_ENDED;
        if (poll(&woken, 1, -1) < 0 || read(wake[0], &what, 1) < 0)
            continue; /* a signal; its byte is in the pipe */
        if (what == INTERRUPTED)
            interrupt_workers(workers, n);
        else
            running--;
    }
    for (int i = 0; i < n; i++)
        pthread_join(workers[i].thread, NULL);
}

static void run_workers(void)
{
    static worker workers[MOST_THREADS];
    int n = 0;
    for (; n < options.threads; n++) {
        workers[n] = (worker){.gate = PYHOST_GATE_CLOSED};
        if (pthread_create(&workers[n].thread, NULL, worker_main, &workers[n]) != 0) {
            fprintf(stderr, "the system gives %d threads only\n", n);
            break;
        }
    }
    wait_for_workers(workers, n);
    if (n == 0)
        atomic_store(&failed, true);
}

/* The library's thread, while the workers work. */
static void work_beside_library(void)
{
    {
        PYHOST_ATTACHED(at);
        if (!add_plugin_folder() || (tick = find_function("tick")) == NULL) {
            atomic_store(&failed, true);
            return;
        }
#if PYHOST_HAS_OWN_GIL
        /* This module's types are of the interpreter that loads it first: let that be the one which
         * outlives the others. */
        if (options.own_gil) {
            PYHOST_REF module = PyImport_ImportModule("_datetime");
            if (module == NULL)
                PyErr_Clear();
        }
#endif
        if (!pyhost_gate_open(&ticks)) {
            report_exception();
            atomic_store(&failed, true);
            return;
        }
    }
    pthread_t library;
    bool calls_back = pthread_create(&library, NULL, library_main, NULL) == 0;
    run_workers();
    atomic_store(&library_ends, true);
    if (calls_back)
        pthread_join(library, NULL); /* where a library has no such call, the gate alone will do */
}

/* --- stop --- */

static bool stop_python(void)
{
    pyhost_gate_close(&ticks);
    {
        PYHOST_ATTACHED(at); /* every reference that the host holds, while there is Python */
        Py_CLEAR(tick);
    }
    PYHOST_MUST_BE_ALONE();
    PyEval_RestoreThread(main_state); /* as it was at the start; never detached from again */
    return Py_FinalizeEx() == 0;
}

/* --- */

static int parse_number(const char *text, int most)
{
    char *end = NULL;
    long number = strtol(text, &end, 10);
    return end != text && *end == '\0' && number >= 1 && number <= most ? (int)number : 0;
}

static bool parse_options(int argc, char **argv)
{
    for (int c; (c = getopt(argc, argv, "t:n:p:P:g")) != -1;) {
        if (c == 't')
            options.threads = parse_number(optarg, MOST_THREADS);
        else if (c == 'n')
            options.items = parse_number(optarg, MOST_ITEMS);
        else if (c == 'p')
            options.plugin = optarg;
        else if (c == 'P')
            options.folder = optarg;
        else if (c == 'g')
            options.own_gil = true;
        else
            return false;
    }
    return optind == argc && options.threads > 0 && options.items > 0;
}

int main(int argc, char **argv)
{
    if (!parse_options(argc, argv)) {
        fprintf(stderr,
                "usage: %s [-t THREADS] [-n ITEMS] [-p MODULE] [-P FOLDER] [-g]\n"
                "  -t  threads, 1 to %d   -n  items, 1 or more   -p  the plug-in   -P  its folder\n"
                "  -g  an interpreter with a GIL of its own for each thread (Python 3.12 on)\n",
                argv[0], MOST_THREADS);
        return 2;
    }
    if (options.own_gil && !PYHOST_HAS_OWN_GIL) {
        fprintf(stderr,
                "-g: before Python 3.12 all interpreters share one GIL; this is " PY_VERSION "\n");
        return 2;
    }
    results = calloc((size_t)options.items, sizeof *results);
    if (results == NULL || pipe(wake) != 0) {
        fprintf(stderr, "no memory for %d items, or no pipe\n", options.items);
        return 3;
    }
    if (!start_python())
        return 3;
    catch_sigint();
    work_beside_library();
    bool ok = stop_python();

    double sum = 0.0;
    /* in order, so that it is the same for every number of threads */
    for (int i = 0; i < options.items; i++)
        sum += results[i];
    free(results);
    printf("%d of %d items, sum %.6f\n", atomic_load(&items_done), options.items, sum);
    if (atomic_load(&stopping))
        return 130;
    return ok && !atomic_load(&failed) ? 0 : 1;
}
