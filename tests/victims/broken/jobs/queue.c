#include "jobs.h"

#include <pthread.h>

enum { ROOM = 32 };

static struct job ring[ROOM];
static int first, filled;
static bool closed;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t moved = PTHREAD_COND_INITIALIZER;

void queue_put(struct job job)
{
    pthread_mutex_lock(&lock);
    while (filled == ROOM)
        pthread_cond_wait(&moved, &lock);
    ring[(first + filled++) % ROOM] = job;
    pthread_cond_broadcast(&moved);
    pthread_mutex_unlock(&lock);
}

bool queue_take(struct job *job)
{
    pthread_mutex_lock(&lock);
    while (filled == 0 && !closed)
        pthread_cond_wait(&moved, &lock);
    bool got = filled > 0;
    if (got) {
        *job = ring[first];
        first = (first + 1) % ROOM;
        filled--;
        pthread_cond_broadcast(&moved);
    }
    pthread_mutex_unlock(&lock);
    return got;
}

void queue_close(void)
{
    pthread_mutex_lock(&lock);
    closed = true;
    pthread_cond_broadcast(&moved);
    pthread_mutex_unlock(&lock);
}
