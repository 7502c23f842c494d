#include "fault/own_gil.h"

#ifdef OWN_GIL

static pthread_barrier_t all_begun;

static void *use_interpreter(void *arg)
{
    rig *r = arg;
    own_gil own;
    own_gil_begin(&own);
    PyRun_SimpleString("ready = True\n");
    if (r->fixed) {
        Py_BEGIN_ALLOW_THREADS // cure: detach for the wait, also under a GIL that nobody shares
        pthread_barrier_wait(&all_begun);
        Py_END_ALLOW_THREADS
    } else {
        pthread_barrier_wait(&all_begun); // wrong: "our own GIL disturbs nobody"
    }
    own_gil_end(&own);
    return NULL;
}

static void run(rig *r)
{
    rig_open(r, RIG_SHADER);
    rig_render(r);
    pthread_barrier_init(&all_begun, NULL, (unsigned int)r->n_threads);
    rig_run_threads(r->n_threads, use_interpreter, r);
    rig_stop(r);
}

#endif

const pn_fault pn_fault_barrier_attached = {
    .name = "barrier-attached",
    .story = "Each thread has an interpreter with a GIL of its own, and all meet at a barrier "
             "while attached, since nobody else wants that GIL.",
    .origin = "hosts that start all interpreters and then go on together",
    .cure = "detach before every wait",
    .expected = "3.12.. ok; t hang",
    .note = "With a GIL per interpreter it goes well. A free-threaded build stops all interpreters "
            "at once to make one, so whoever waits attached keeps the others from beginning.",
    .run = OWN_GIL_CASE,
};
