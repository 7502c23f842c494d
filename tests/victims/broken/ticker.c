/* A plain C library with a thread of its own that calls back; see ticker_user.py. No Python here.
 */
#include <pthread.h>
#include <stdatomic.h>

typedef void (*tick_function)(int);

static pthread_t thread;
static atomic_int stopping, ticks;
static tick_function tick;

static void *tick_on(void *unused)
{
    (void)unused;
    while (!atomic_load(&stopping))
        tick(atomic_fetch_add(&ticks, 1));
    tick(-1);
    return 0;
}

void ticker_start(tick_function function)
{
    tick = function;
    pthread_create(&thread, 0, tick_on, 0);
}

int ticker_count(void)
{
    return atomic_load(&ticks);
}

void ticker_stop(void)
{
    atomic_store(&stopping, 1);
    pthread_join(thread, 0); /* WRONG when its caller is attached, as through ctypes.PyDLL */
}
