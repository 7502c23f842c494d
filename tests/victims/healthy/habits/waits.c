/* Waits, attached and detached, that all come to their end. */
#define _GNU_SOURCE
#include "habits.h"

#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

/* Joins a thread that sleeps in Python; both are detached. */
static void long_sleep(void)
{
    join_detached(start(sleep_in_python));
}

/* Joins while attached, but the thread it waits for never wants Python. */
static void join_of_native_thread(void)
{
    pthread_join(start(work_in_c), NULL);
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

static void *mutex_then_lock_of_python(void *unused)
{
    pthread_mutex_lock(&lock);
    sem_post(&ready);
    run_python("with lock: pass");
    pthread_mutex_unlock(&lock);
    return unused;
}

/* A mutex, then a lock of Python's that somebody else has for a while; the mutex is waited for. */
static void mutex_before_lock_of_python(void)
{
    PyRun_SimpleString("import threading, time\n"
                       "lock = threading.Lock()\n"
                       "def keep():\n"
                       "    with lock: time.sleep(2.2)\n"
                       "threading.Thread(target=keep).start()\n");
    pthread_t owner = start(mutex_then_lock_of_python);
    Py_BEGIN_ALLOW_THREADS
    sem_wait(&ready);
    pthread_mutex_lock(&lock);
    pthread_mutex_unlock(&lock);
    Py_END_ALLOW_THREADS
    join_detached(owner);
}

static void *put_later(void *unused)
{
    nap(LONG_MS);
    run_python("line.put(1)");
    return unused;
}

static void *mutex_then_queue(void *unused)
{
    pthread_mutex_lock(&lock);
    sem_post(&ready);
    run_python("line.get()");
    pthread_mutex_unlock(&lock);
    return unused;
}

/* The same with a queue, which a thread without Python fills later. */
static void mutex_before_queue(void)
{
    PyRun_SimpleString("import queue; line = queue.Queue()");
    pthread_t owner = start(mutex_then_queue), filler = start(put_later);
    Py_BEGIN_ALLOW_THREADS
    sem_wait(&ready);
    pthread_mutex_lock(&lock);
    pthread_mutex_unlock(&lock);
    Py_END_ALLOW_THREADS
    join_detached(owner);
    join_detached(filler);
}

static atomic_bool done;

static void *finish_later(void *unused)
{
    nap(LONG_MS);
    pthread_mutex_lock(&lock);
    done = true;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
    return unused;
}

/* Waits attached, for a while at a time, for a thread without Python; a rival queues. Slow. */
static void timed_wait_for_native_thread(void)
{
    pthread_t rival = start(want_python), native = start(finish_later);
    sem_wait(&ready);
    pthread_mutex_lock(&lock);
    while (!done) {
        struct timespec end;
        clock_gettime(CLOCK_REALTIME, &end);
        end.tv_sec++;
        pthread_cond_timedwait(&changed, &lock, &end);
    }
    pthread_mutex_unlock(&lock);
    pthread_join(native, NULL);
    join_detached(rival);
}

/* The same, and it yields its processor in a loop. */
static void spin_for_native_thread(void)
{
    pthread_t rival = start(want_python), native = start(finish_later);
    sem_wait(&ready);
    while (!done)
        sched_yield();
    pthread_join(native, NULL);
    join_detached(rival);
}

/* Computes attached, far too long, while a rival queues. */
static void computes_under_rivals(void)
{
    struct timespec begun, now;
    volatile double sum = 0;
    pthread_t rival = start(want_python);
    sem_wait(&ready);
    clock_gettime(CLOCK_MONOTONIC, &begun);
    do {
        for (int i = 1; i < 1000000; i++)
            sum += 1.0 / i;
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while (now.tv_sec - begun.tv_sec < 4);
    join_detached(rival);
}

/* Spins and waits for a while at a time, detached, for a thread that needs Python. */
static void timed_wait_detached(void)
{
    Py_BEGIN_ALLOW_THREADS
    pthread_t thread = start(sleep_in_python);
    for (int late = ETIMEDOUT; late == ETIMEDOUT;) {
        struct timespec end;
        clock_gettime(CLOCK_REALTIME, &end);
        end.tv_sec++;
        late = pthread_timedjoin_np(thread, NULL, &end);
    }
    Py_END_ALLOW_THREADS
}

static int pipe_ends[2];

static void *read_late(void *unused)
{
    char block[4096];
    nap(LONG_MS);
    while (read(pipe_ends[0], block, sizeof block) > 0)
        run_python("x = 1");
    return unused;
}

/* Fills a pipe, detached, faster than its reader empties it. */
static void full_pipe_detached(void)
{
    static char block[300000];
    if (pipe(pipe_ends) != 0)
        abort();
    pthread_t reader = start(read_late);
    Py_BEGIN_ALLOW_THREADS
    if (write(pipe_ends[1], block, sizeof block) < 0)
        abort();
    close(pipe_ends[1]);
    Py_END_ALLOW_THREADS
    join_detached(reader);
}

/* Fills a pipe, attached, that another process reads late. */
static void full_pipe_to_process(void)
{
    static char block[300000];
    if (pipe(pipe_ends) != 0)
        abort();
    pid_t child = fork();
    if (child == 0) {
        close(pipe_ends[1]);
        nap(LONG_MS);
        while (read(pipe_ends[0], block, sizeof block) > 0)
            ;
        _exit(0);
    }
    close(pipe_ends[0]);
    if (write(pipe_ends[1], block, sizeof block) < 0)
        abort();
    close(pipe_ends[1]);
    waitpid(child, NULL, 0);
}

const struct habit waits[] = {
    HABIT(long_sleep),
    HABIT(join_of_native_thread),
    HABIT(join_of_native_thread_under_rivals),
    HABIT(semaphore_of_native_thread),
    HABIT(mutex_of_native_thread),
    HABIT(mutex_before_python),
    HABIT(mutex_before_lock_of_python),
    HABIT(mutex_before_queue),
    HABIT(timed_wait_for_native_thread),
    HABIT(spin_for_native_thread),
    HABIT(computes_under_rivals),
    HABIT(timed_wait_detached),
    HABIT(full_pipe_detached),
    HABIT(full_pipe_to_process),
    {NULL},
};
