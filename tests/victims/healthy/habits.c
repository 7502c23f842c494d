/* Programs that look like trouble and are none: one a function, chosen by the first argument.
 * Most take about two seconds, long enough for a watcher to grow suspicious. */
#include <Python.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LONG_MS = 2200 };

static sem_t ready, go;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void nap(int ms)
{
    struct timespec left = {ms / 1000, ms % 1000 * 1000000L};
    while (nanosleep(&left, &left) != 0)
        ;
}

static void run_python(const char *text)
{
    PyGILState_STATE state = PyGILState_Ensure();
    PyRun_SimpleString(text);
    PyGILState_Release(state);
}

static pthread_t start(void *(*body)(void *))
{
    pthread_t thread;
    pthread_create(&thread, NULL, body, NULL);
    return thread;
}

static void join_detached(pthread_t thread)
{
    Py_BEGIN_ALLOW_THREADS
    pthread_join(thread, NULL);
    Py_END_ALLOW_THREADS
}

/* --- waits --- */

static void *sleep_in_python(void *unused)
{
    run_python("import time; time.sleep(2.2)");
    return unused;
}

/* Joins a thread that sleeps in Python; both are detached. */
static void long_sleep(void)
{
    join_detached(start(sleep_in_python));
}

static void *work_in_c(void *unused)
{
    nap(LONG_MS);
    return unused;
}

/* Joins while attached, but the thread it waits for never wants Python. */
static void join_of_native_thread(void)
{
    pthread_join(start(work_in_c), NULL);
}

static void *want_python(void *unused)
{
    sem_post(&ready);
    run_python("x = 1");
    return unused;
}

/* The same, and an innocent third thread waits to attach until it is over. Slow, no deadlock. */
static void join_of_native_thread_under_rivals(void)
{
    pthread_t rival = start(want_python);
    sem_wait(&ready);
    pthread_join(start(work_in_c), NULL);
    join_detached(rival);
}

static void *post_later(void *unused)
{
    nap(LONG_MS);
    sem_post(&go);
    return unused;
}

/* Waits attached on a semaphore that a thread without Python will post; a rival queues. */
static void semaphore_of_native_thread(void)
{
    pthread_t rival = start(want_python);
    sem_wait(&ready);
    pthread_t poster = start(post_later);
    sem_wait(&go);
    pthread_join(poster, NULL);
    join_detached(rival);
}

static void *hold_mutex(void *unused)
{
    pthread_mutex_lock(&lock);
    sem_post(&ready);
    nap(LONG_MS);
    pthread_mutex_unlock(&lock);
    return unused;
}

/* Waits attached for a mutex whose owner does something slow in C, then gives it back. */
static void mutex_of_native_thread(void)
{
    pthread_t owner = start(hold_mutex);
    sem_wait(&ready);
    pthread_mutex_lock(&lock);
    pthread_mutex_unlock(&lock);
    pthread_join(owner, NULL);
}

static void *mutex_then_python(void *unused)
{
    pthread_mutex_lock(&lock);
    sem_post(&ready);
    run_python("import time; time.sleep(2.2)");
    pthread_mutex_unlock(&lock);
    return unused;
}

/* The order mutex, then Python, kept by all: detaches before it locks. */
static void mutex_before_python(void)
{
    pthread_t owner = start(mutex_then_python);
    Py_BEGIN_ALLOW_THREADS
    sem_wait(&ready);
    pthread_mutex_lock(&lock);
    pthread_mutex_unlock(&lock);
    Py_END_ALLOW_THREADS
    join_detached(owner);
}

static int ends[2];

static void *read_late(void *unused)
{
    char block[4096];
    nap(LONG_MS);
    while (read(ends[0], block, sizeof block) > 0)
        run_python("x = 1");
    return unused;
}

/* Fills a pipe, detached, faster than its reader empties it. */
static void full_pipe_detached(void)
{
    static char block[300000];
    if (pipe(ends) != 0)
        abort();
    pthread_t reader = start(read_late);
    Py_BEGIN_ALLOW_THREADS
    if (write(ends[1], block, sizeof block) < 0)
        abort();
    close(ends[1]);
    Py_END_ALLOW_THREADS
    join_detached(reader);
}

/* Fills a pipe, attached, that another process reads late. */
static void full_pipe_to_process(void)
{
    static char block[300000];
    if (pipe(ends) != 0)
        abort();
    pid_t child = fork();
    if (child == 0) {
        close(ends[1]);
        nap(LONG_MS);
        while (read(ends[0], block, sizeof block) > 0)
            ;
        _exit(0);
    }
    close(ends[0]);
    if (write(ends[1], block, sizeof block) < 0)
        abort();
    close(ends[1]);
    waitpid(child, NULL, 0);
}

/* --- Ensure and Release --- */

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

/* --- crashes that have nothing to do with attaching --- */

static void *write_to_null(void *unused)
{
    *(volatile int *)unused = 1;
    return unused;
}

static void crash_in_native_thread(void)
{
    PyThreadState *kept = PyEval_SaveThread();
    pthread_join(start(write_to_null), NULL);
    PyEval_RestoreThread(kept);
}

static PyObject *careless(PyObject *self, PyObject *unused)
{
    (void)unused;
    volatile char *nowhere = (volatile char *)8;
    *nowhere = 1;
    return Py_NewRef(self);
}

static PyObject *assertive(PyObject *self, PyObject *unused)
{
    (void)unused;
    fprintf(stderr, "habits: assertion `n > 0' failed\n");
    abort();
    return self;
}

static PyMethodDef methods[] = {
    {"careless", careless, METH_NOARGS, NULL}, {"assertive", assertive, METH_NOARGS, NULL}, {NULL}};
static PyModuleDef module = {PyModuleDef_HEAD_INIT, "habits", NULL, -1, methods};

static PyObject *make_module(void)
{
    return PyModule_Create(&module);
}

static void crash_in_own_function(void)
{
    PyRun_SimpleString("import habits; habits.careless()");
}

static void *assert_attached(void *unused)
{
    run_python("import habits; habits.assertive()");
    return unused;
}

static void abort_in_own_function(void)
{
    join_detached(start(assert_attached));
}

/* --- exceptions --- */

static void raise_it(void)
{
    PyErr_SetString(PyExc_ValueError, "no such colour");
}

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

/* --- signals --- */

static atomic_bool interrupted;

static void on_interrupt(int number)
{
    atomic_store(&interrupted, number == SIGINT);
}

/* Handles Ctrl-C in C; the main thread waits for a worker all the while. */
static void interrupt_in_c(void)
{
    signal(SIGINT, on_interrupt);
    raise(SIGINT);
    join_detached(start(work_in_c));
    if (!atomic_load(&interrupted))
        abort();
}

/* Looks for signals while it waits, does what is asked for, then takes its time to end. */
static void interrupt_checked(void)
{
    pthread_t worker = start(work_in_c);
    raise(SIGINT);
    while (PyErr_CheckSignals() == 0) {
        Py_BEGIN_ALLOW_THREADS
        nap(10);
        Py_END_ALLOW_THREADS
    }
    PyErr_Clear();
    pthread_join(worker, NULL);
}

static void *await_signal(void *signals)
{
    int number = 0;
    sigwait(signals, &number);
    atomic_store(&interrupted, number == SIGINT);
    nap(LONG_MS);
    return NULL;
}

/* Blocks Ctrl-C everywhere, and has a thread that waits for it. */
static void interrupt_blocked(void)
{
    static sigset_t signals;
    pthread_t waiter;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    pthread_create(&waiter, NULL, await_signal, &signals);
    kill(getpid(), SIGINT);
    join_detached(waiter);
    if (!atomic_load(&interrupted))
        abort();
}

/* The main thread waits for a worker that takes a while, and looks at the signal then. */
static void interrupt_taken_late(void)
{
    raise(SIGINT);
    pthread_join(start(work_in_c), NULL);
    PyErr_CheckSignals();
    PyErr_Clear();
}

/* For Ctrl-C by the user: Python code that takes it, tidies up, and ends. */
static void interrupt_in_python(void)
{
    PyRun_SimpleString("import sys, time\n"
                       "try:\n"
                       "    print('ready', file=sys.stderr, flush=True)\n"
                       "    time.sleep(60)\n"
                       "except KeyboardInterrupt:\n"
                       "    time.sleep(1)\n");
}

/* For Ctrl-C by the user: it is noted in C, and the program goes on with what it does. */
static void interrupt_counted(void)
{
    signal(SIGINT, on_interrupt);
    fprintf(stderr, "ready\n");
    Py_BEGIN_ALLOW_THREADS
    for (int i = 0; i < 600; i++)
        nap(100);
    Py_END_ALLOW_THREADS
}

/* --- objects that threads share --- */

enum { USERS = 3, USES = 300 };

typedef struct {
    PyObject_HEAD
    long calls, last, ended;
    PyObject *cache;
    void *now;
} tool;

static PyObject *use_tool(PyObject *self, PyObject *arguments, PyObject *named)
{
    tool *used = (tool *)self;
    (void)arguments, (void)named;
    used->calls++;
    used->last = (long)pthread_self();
    if (used->cache == NULL)
        used->cache = PyUnicode_FromString("made at the first call");
    PyObject *done = PyObject_CallMethod(self, "work", "d", 0.5);
    used->ended = (long)pthread_self();
    return done;
}

static PyObject *find_nothing(PyObject *self, PyObject *argument)
{
    (void)self;
    return Py_NewRef(argument);
}

static PyMethodDef tool_methods[] = {{"find", find_nothing, METH_O, NULL}, {NULL}};
static PyType_Slot tool_slots[] = {
    {Py_tp_call, use_tool}, {Py_tp_methods, tool_methods}, {0, NULL}};
static PyType_Spec tool_spec = {"habits.Tool", sizeof(tool), 0,
                                Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, tool_slots};
static PyObject *shared_tool;

static void check(PyObject *object)
{
    if (object == NULL) {
        PyErr_Print();
        abort();
    }
    Py_DECREF(object);
}

/* Each thread calls the one object, which counts, keeps a cache, and notes who came and went last.
 */
static void use_counter(void)
{
    check(PyObject_CallNoArgs(shared_tool));
    check(PyObject_CallFunction(shared_tool, "ids", 1, 2.5, "three"));
    check(PyObject_CallMethod(shared_tool, "find", "s", "x"));
    PyObject *total = PyLong_FromLong(7); /* the same for all */
    PyObject_SetAttrString(shared_tool, "total", total);
    Py_DECREF(total);
}

static pthread_mutex_t tool_lock = PTHREAD_MUTEX_INITIALIZER;

/* Each thread sets the one object up, calls it, and keeps the others off until it is done. */
static void use_locked(void)
{
    int here;
    Py_BEGIN_ALLOW_THREADS
    pthread_mutex_lock(&tool_lock);
    Py_END_ALLOW_THREADS
    PyObject *mine = PyLong_FromVoidPtr(&here);
    ((tool *)shared_tool)->now = &here;
    PyObject_SetAttrString(shared_tool, "mine", mine);
    check(PyObject_CallNoArgs(shared_tool));
    Py_DECREF(mine);
    pthread_mutex_unlock(&tool_lock);
}

/* Each call has an object of its own. */
static void use_own(void)
{
    int here;
    PyObject *own = PyObject_CallNoArgs((PyObject *)Py_TYPE(shared_tool));
    PyObject *mine = PyLong_FromVoidPtr(&here);
    ((tool *)own)->now = &here;
    PyObject_SetAttrString(own, "mine", mine);
    check(PyObject_CallNoArgs(own));
    Py_DECREF(mine);
    Py_DECREF(own);
}

static void (*use)(void);
static pthread_barrier_t all_here;

static void *use_tools(void *unused)
{
    pthread_barrier_wait(&all_here);
    for (int i = 0; i < USES; i++) {
        PyGILState_STATE state = PyGILState_Ensure();
        use();
        PyGILState_Release(state);
    }
    return unused;
}

static void share_tool(void (*how)(void))
{
    pthread_t users[USERS];
    PyObject *here = PyImport_AddModule("__main__"), *type = PyType_FromSpec(&tool_spec);
    PyObject_SetAttrString(here, "Tool", type);
    PyRun_SimpleString("import sys\n"
                       "sys.setswitchinterval(1e-5)\n"
                       "class Hammer(Tool):\n"
                       "    def work(self, strength):\n"
                       "        assert strength == 0.5\n"
                       "        for i in range(200): pass\n"
                       "hammer = Hammer()\n");
    shared_tool = PyObject_GetAttrString(here, "hammer");
    use = how;
    pthread_barrier_init(&all_here, NULL, USERS);
    for (int i = 0; i < USERS; i++)
        users[i] = start(use_tools);
    for (int i = 0; i < USERS; i++)
        join_detached(users[i]);
    Py_CLEAR(shared_tool);
    Py_DECREF(type);
}

static void shared_counter(void)
{
    share_tool(use_counter);
}

static void shared_under_lock(void)
{
    share_tool(use_locked);
}

static void object_for_each_call(void)
{
    share_tool(use_own);
}

/* --- start and stop --- */

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

/* --- fork --- */

/* Forks as Python wants it and lets the child run for a while. */
static void fork_with_care(void)
{
    PyOS_BeforeFork();
    pid_t child = fork();
    if (child == 0) {
        PyOS_AfterFork_Child();
        PyRun_SimpleString("import time; time.sleep(2)");
        _exit(0);
    }
    PyOS_AfterFork_Parent();
    Py_BEGIN_ALLOW_THREADS
    waitpid(child, NULL, 0);
    Py_END_ALLOW_THREADS
}

/* Forks from a thread without Python; the child waits in C and never asks for Python. */
static void *fork_in_c(void *unused)
{
    pid_t child = fork();
    if (child == 0) {
        nap(LONG_MS);
        _exit(0);
    }
    waitpid(child, NULL, 0);
    return unused;
}

static void fork_without_python(void)
{
    join_detached(start(fork_in_c));
}

/* Forks a program that takes a while. */
static void fork_and_exec(void)
{
    pid_t child = fork();
    if (child == 0) {
        execlp("sleep", "sleep", "2.2", NULL);
        _exit(127);
    }
    waitpid(child, NULL, 0);
}

/* --- what is left, and what is not --- */

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

static const struct {
    const char *name;
    void (*function)(void);
} habits[] = {
    {"long_sleep", long_sleep},
    {"join_of_native_thread", join_of_native_thread},
    {"join_of_native_thread_under_rivals", join_of_native_thread_under_rivals},
    {"semaphore_of_native_thread", semaphore_of_native_thread},
    {"mutex_of_native_thread", mutex_of_native_thread},
    {"mutex_before_python", mutex_before_python},
    {"full_pipe_detached", full_pipe_detached},
    {"full_pipe_to_process", full_pipe_to_process},
    {"unmatched_ensure_at_end", unmatched_ensure_at_end},
    {"kept_state", kept_state},
    {"state_handed_on", state_handed_on},
    {"late_finisher", late_finisher},
    {"guarded_by_helpers", guarded_by_helpers},
    {"busy_in_c", busy_in_c},
    {"nested_pairs", nested_pairs},
    {"left_without_stopping", left_without_stopping},
    {"crash_in_native_thread", crash_in_native_thread},
    {"crash_in_own_function", crash_in_own_function},
    {"abort_in_own_function", abort_in_own_function},
    {"exception_printed", exception_printed},
    {"exception_for_outer_pair", exception_for_outer_pair},
    {"exception_cleared", exception_cleared},
    {"interrupt_in_c", interrupt_in_c},
    {"interrupt_checked", interrupt_checked},
    {"interrupt_blocked", interrupt_blocked},
    {"interrupt_taken_late", interrupt_taken_late},
    {"interrupt_in_python", interrupt_in_python},
    {"interrupt_counted", interrupt_counted},
    {"shared_counter", shared_counter},
    {"shared_under_lock", shared_under_lock},
    {"object_for_each_call", object_for_each_call},
    {"start_in_threads", start_in_threads},
    {"stop_in_forked_child", stop_in_forked_child},
    {"poller_joined_first", poller_joined_first},
    {"threads_that_exit", threads_that_exit},
    {"threads_of_interpreter", threads_of_interpreter},
    {"threads_after_interpreter", threads_after_interpreter},
    {"service_of_main", service_of_main},
    {"start_again", start_again},
    {"thread_outlives_python", thread_outlives_python},
    {"daemon_at_end", daemon_at_end},
    {"fork_with_care", fork_with_care},
    {"fork_without_python", fork_without_python},
    {"fork_and_exec", fork_and_exec},
    {"pool_ends_with_states", pool_ends_with_states},
    {"short_threads", short_threads},
    {"states_deleted_by_hand", states_deleted_by_hand},
    {"state_by_turns", state_by_turns},
    {"states_for_jobs", states_for_jobs},
    {"errors_dropped", errors_dropped},
    {"errors_listed", errors_listed},
    {"errors_kept_for_report", errors_kept_for_report},
    {"errors_put_back", errors_put_back},
    {"lock_taken_twice", lock_taken_twice},
    {"end_waits_for_lock", end_waits_for_lock},
};

int main(int argc, char **argv)
{
    sem_init(&ready, 0, 0);
    sem_init(&go, 0, 0);
    for (size_t i = 0; i < sizeof habits / sizeof habits[0]; i++) {
        if (argc == 2 && strcmp(argv[1], habits[i].name) == 0) {
            PyImport_AppendInittab("habits", make_module);
            Py_Initialize();
            habits[i].function();
            return Py_FinalizeEx();
        }
    }
    fprintf(stderr, "which habit?\n");
    return 2;
}
