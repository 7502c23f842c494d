/* Waits, attached and detached, that all come to their end. */
#include "habits.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

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
    HABIT(full_pipe_detached),
    HABIT(full_pipe_to_process),
    {NULL},
};
