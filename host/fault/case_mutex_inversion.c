#include "fault/rig.h"

static pthread_mutex_t cache = PTHREAD_MUTEX_INITIALIZER; // a table of the host

// Half of the threads look into the cache from inside Python, half call Python while they look into
// the cache.
static void call(rig_thread *thread)
{
    if (thread->rig->fixed) {
        pthread_mutex_lock(&cache);
        pthread_mutex_unlock(&cache); // cure: no lock of the host is held while attaching
        rig_attach(thread);
        rig_shade(thread);
        rig_detach(thread);
    } else if (thread->index % 2 == 0) {
        pthread_mutex_lock(&cache);
        // wrong: attaches under the lock; below the lock is taken while attached
        rig_attach(thread);
        rig_shade(thread);
        rig_detach(thread);
        pthread_mutex_unlock(&cache);
    } else {
        rig_attach(thread);
        rig_shade(thread);
        pthread_mutex_lock(&cache);
        pthread_mutex_unlock(&cache);
        rig_detach(thread);
    }
}

static void run(rig *r)
{
    r->attach = r->detach = rig_nothing;
    r->call = call;
    rig_open(r, RIG_SHADER_BUSY("300"));
    for (int frame = 0; frame < 6; frame++)
        rig_render(r);
    rig_stop(r);
}

const pn_fault pn_fault_mutex_inversion = {
    .name = "mutex-inversion",
    .story = "One thread holds a mutex of the host and attaches; another is attached and takes the "
             "mutex. Each waits for what the other has: the GIL is a lock like any other, and has "
             "a place in the order of locks.",
    .origin = "log, cache and allocator locks of hosts; the most common deadlock in the trackers "
              "of embedding programs",
    .cure = "hold no lock of the host while attaching, or while Python runs",
    .expected = "g hang; t ok",
    .note = "Without a GIL a thread attaches at once, unless the world is being stopped just then.",
    .run = run,
};
