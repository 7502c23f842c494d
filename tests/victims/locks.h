/* For programs with a native lock and one of Python's: a module that takes the native one,
 * detached, and a thread that has it while it runs Python. */
#ifndef LOCKS_H
#define LOCKS_H

#include "waits.h"

#include <semaphore.h>

static pthread_mutex_t native = PTHREAD_MUTEX_INITIALIZER;
static sem_t has_native, has_python;
static const char *script_under_lock;

static void *run_under_lock(void *unused)
{
    pthread_mutex_lock(&native);
    sem_post(&has_native);
    sem_wait(&has_python);
    PyGILState_STATE state = PyGILState_Ensure();
    PyRun_SimpleString(script_under_lock);
    PyGILState_Release(state);
    pthread_mutex_unlock(&native);
    return unused;
}

static void start_under_lock(const char *script)
{
    pthread_t thread;
    sem_init(&has_native, 0, 0);
    sem_init(&has_python, 0, 0);
    script_under_lock = script;
    if (pthread_create(&thread, NULL, run_under_lock, NULL) != 0)
        abort();
    pthread_detach(thread);
    sem_wait(&has_native);
}

#endif
