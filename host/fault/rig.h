/* The rig: a small host that a fault is written against.
 *
 * It has two back ends. rig_engine.c is the render host itself: its start and stop of CPython, its
 * crew of render threads, its node calls. rig_alone.h is a skeleton of the same shape that depends
 * on nothing but CPython; `pynodes repro export` pastes it in. A case sees no difference: it calls
 * these functions, and CPython, in some order; the wrong order or pairing of such calls is the
 * fault.
 *
 * In the C of a case a wrong line is marked `// wrong: why`, the line that fixes it `// cure: why`:
 * at its end, or in comment lines above it.
 */
#ifndef PN_FAULT_RIG_H
#define PN_FAULT_RIG_H

#include <Python.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct rig rig;

/* One render thread, and the pixel that it has in hand. */
typedef struct {
    rig *rig;
    int index;
    /* kept by the thread, detached between pixels; NULL when the rig is `fresh` */
    PyThreadState *state;
    PyObject *node; /* the thread's own Shader; borrowed */
    int x, y;
    float *rgb;           /* where the pixel's colour goes: three floats */
    PyGILState_STATE gil; /* free for a hook that ensures and releases by itself */
} rig_thread;

typedef void rig_hook(rig_thread *thread);

/* What a case may set before rig_load: how a pixel is attached for, called and detached from. Zero
 * is right. */
struct rig {
    bool fixed;  /* run the cure */
    bool stress; /* raise the odds */
    int n_threads, width, height;
    bool fresh;       /* no thread state is kept: attaching makes one, detaching deletes it */
    rig_hook *attach; /* NULL: rig_attach. Attach: changes (detached -> attached) */
    rig_hook *call;   /* NULL: call the node, report an exception */
    rig_hook *detach; /* NULL: rig_detach. Attach: changes (attached -> detached) */
    bool counts_left; /* rig_stop prints what nobody has dropped: rig_both.h */
    atomic_int calls; /* of nodes, by all threads */
};

/* --- start; main thread --- */

void rig_initialize(rig *r); /* Attach: changes: attached afterwards, as CPython leaves it. */
void rig_start(rig *r);      /* The same, and detach: rule 1. */

/* Put something into `builtins` under a name; takes the reference. Attach: required. */
void rig_give(const char *name, PyObject *object);

/* A text for cases that do not care what is drawn; one with something before the colour; one that
 * takes its time; one that raises where a condition holds. */
#define RIG_SHADER RIG_SHADER_AFTER("")
#define RIG_SHADER_AFTER(lines)                                                                    \
    "class Shader:\n"                                                                              \
    "    def __call__(self, x, y):\n" lines "        return x / 64, y / 64, 0.5\n"
#define RIG_SHADER_BUSY(turns)                                                                     \
    RIG_SHADER_AFTER("        for i in range(" turns "):\n            x = float(x)\n")
#define RIG_SHADER_RAISING(condition)                                                              \
    RIG_SHADER_AFTER("        if " condition ":\n"                                                 \
                     "            raise ValueError('no colour for this pixel')\n")

/* Run the Python text of a case. It has a class Shader: Shader()(x, y) gives the colour of a pixel,
 * three floats. Attach: forbidden (it attaches for a part of it, by an inner pair). */
void rig_load(rig *r, const char *text);

/* rig_start and rig_load. */
void rig_open(rig *r, const char *text);

/* A global of that text, as the main thread has it; borrowed from the text until rig_drop. Attach:
 * either (an inner pair). */
PyObject *rig_global(rig *r, const char *name);

/* Objects of a class of that text; new references. Attach: either (an inner pair). */
void rig_make(rig *r, const char *class_name, PyObject **objects, int n);

/* Put a function into `builtins`; its `self` is a capsule with the rig. Attach: either (an inner
 * pair). */
void rig_give_function(rig *r, PyMethodDef *method);

/* Put a type into `builtins`; borrowed from there. Attach: either (an inner pair). */
PyTypeObject *rig_give_type(const char *name, PyType_Spec *spec);

/* Run a line of Python on the main thread. Attach: either (an inner pair). */
void rig_run_line(const char *line);

/* --- render --- */

/* Every pixel once, on n_threads threads that share them; returns when all is done. Waits. */
void rig_render(rig *r);

/* Render over and over, in the background. Attach: either. */
void rig_render_begin(rig *r);
/* ... until this is called, which waits for the render threads. Attach: forbidden. */
void rig_render_end(rig *r);

/* Wait until the nodes were called so often. Attach: forbidden, or they never are. */
void rig_wait_calls(rig *r, int calls);

/* The right hooks, and one for a `call` that attaches by itself. */
void rig_attach(rig_thread *thread);
void rig_detach(rig_thread *thread);
void rig_nothing(rig_thread *thread);

/* Call a shader for the pixel in hand; false: an exception is pending. Attach: required. */
bool rig_call_node(rig_thread *thread, PyObject *shader);

/* The pixel gets the colour that a shader returned, whose reference is taken; false: an exception
 * is pending. Attach: required. */
bool rig_set_color(rig_thread *thread, PyObject *color);

/* Call the thread's own shader and print what it raises. Attach: required. */
void rig_shade(rig_thread *thread);

/* Drop what a call returned, or print what it raised. Attach: required. */
void rig_end_call(PyObject *result);

/* --- threads of the host's own --- */

/* Run a function on n threads and wait for them, n at most 256. Attach: forbidden. */
void rig_run_threads(int n, void *(*function)(void *arg), void *arg);

/* --- scripts of the user; main thread, between rig_load and rig_drop --- */

/* Run a text as a script does, `__main__` in a namespace of its own, which goes when the script has
 * ended. An error is printed. Attach: either (an inner pair). */
void rig_run_script(rig *r, const char *text);

/* --- stop; main thread --- */

/* the three below, attached by an Ensure that is not released: rule 3 */
void rig_stop(rig *r);
/* the render threads delete what they keep and are joined. Attach: forbidden */
void rig_end_threads(rig *r);
/* the references that the rig holds. Attach: forbidden (it attaches for each part) */
void rig_drop(rig *r);
void rig_finalize(rig *r); /* Py_FinalizeEx. Attach: required */

/* --- a gate: closed, then open --- */

typedef struct {
    pthread_mutex_t lock;
    pthread_cond_t opened;
    bool open;
} rig_gate;

#define RIG_GATE {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false}

static inline void rig_gate_open(rig_gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    gate->open = true;
    pthread_mutex_unlock(&gate->lock);
    pthread_cond_broadcast(&gate->opened);
}

/* Attach: forbidden, where who opens it attaches. */
static inline void rig_gate_wait(rig_gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    while (!gate->open)
        pthread_cond_wait(&gate->opened, &gate->lock);
    pthread_mutex_unlock(&gate->lock);
}

/* --- what a case says of itself --- */

typedef struct {
    const char *name;
    const char *story;  /* what the program does, and what comes of it */
    const char *origin; /* where this was met */
    const char *cure;
    /* "PYTHONS VERDICT[|VERDICT...][?]; ...": the last entry that fits a Python holds; `?`: not
     * every time */
    const char *expected;
    const char *note; /* why Pythons differ; "" when they do not */
    /* text that a right run writes, else its verdict is wrong-message; NULL: none */
    const char *says;
    void (*run)(rig *r); /* NULL: this Python cannot compile it */
} pn_fault;

#endif
