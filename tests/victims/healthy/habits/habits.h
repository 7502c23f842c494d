/* What the habits have in common. */
#ifndef HABITS_H
#define HABITS_H

#include <Python.h>
#include <pthread.h>
#include <semaphore.h>

enum { LONG_MS = 2200 };

struct habit {
    const char *name;
    void (*function)(void);
};
/* of each kind, up to one without a name */
extern const struct habit waits[], pairs[], crashes[], exceptions[], signals[], objects[], ends[],
    forks[], leftovers[], stacks[];
#define HABIT(name) {#name, name}

extern sem_t ready, go; /* both zero at the start */

void nap(int ms);
void run_python(const char *text);
pthread_t start(void *(*body)(void *));
void join_detached(pthread_t thread);

/* Bodies of threads, for `start`. */
void *sleep_in_python(void *unused);
void *work_in_c(void *unused);
void *want_python(void *unused); /* posts `ready` first */

void raise_it(void);

PyObject *make_module(void); /* crashes.c */

#endif
