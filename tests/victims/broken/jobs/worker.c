#include "jobs.h"

#include <pthread.h>
#include <stdatomic.h>

static pthread_t threads[16];
static int count;
static atomic_int failed;

static void *work(void *unused)
{
    struct job job;
    (void)unused;
    while (queue_take(&job))
        if (script_run(&job) != 0)
            atomic_fetch_add(&failed, 1);
    return NULL;
}

void workers_start(int n)
{
    for (count = 0; count < n; count++)
        pthread_create(&threads[count], NULL, work, NULL);
}

void workers_join(void)
{
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
}
