#include "fault/rig.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int pipe_in, pipe_out;

// Send the listener a pixel. A pipe holds so much and no more.
static void call(rig_thread *thread)
{
    char line[128] = {0};
    rig_shade(thread);
    snprintf(line, sizeof line, "pixel %d %d", thread->x, thread->y);
    if (thread->rig->fixed) {
        Py_BEGIN_ALLOW_THREADS // cure: detach for whatever may block
        if (write(pipe_in, line, sizeof line) < 0)
            perror("write");
        Py_END_ALLOW_THREADS
        // wrong: blocks attached once the pipe is full
    } else if (write(pipe_in, line, sizeof line) < 0) {
        perror("write");
    }
}

// The listener is a callback in Python, so each line needs the interpreter.
static void *listen(void *unused)
{
    (void)unused;
    char line[128];
    while (read(pipe_out, line, sizeof line) == (ssize_t)sizeof line) {
        PyGILState_STATE gil = PyGILState_Ensure();
        PyObject *text = PyUnicode_FromString(line);
        Py_XDECREF(text);
        PyGILState_Release(gil);
    }
    return NULL;
}

static void run(rig *r)
{
    int ends[2];
    pthread_t listener;
    if (pipe(ends) != 0)
        return;
    pipe_out = ends[0];
    pipe_in = ends[1];
    fcntl(pipe_in, F_SETPIPE_SZ, 4096);
    r->call = call;
    rig_open(r, RIG_SHADER);
    pthread_create(&listener, NULL, listen, NULL);
    rig_render(r);
    close(pipe_in);
    pthread_join(listener, NULL);
    rig_stop(r);
}

const pn_fault pn_fault_pipe_attached = {
    .name = "pipe-attached",
    .story = "An event is written to a pipe while the thread is attached. When the pipe is full "
             "the write waits for the reader, and the reader waits for the GIL.",
    .origin = "progress callbacks, logging to pipes, queues with a limit",
    .cure = "detach for whatever may block",
    .expected = "g hang; t ok",
    .note = "Without a GIL the reader attaches next to the writer that waits. A writer that waits "
            "attached still stops the collector.",
    .run = run,
};
