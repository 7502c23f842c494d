/* The call record: what one node instance's `self.input`, `self.output` and `self.shi` read and
 * write.
 *
 * One per node instance, shared by the instance and its three views by a count of its own, so that
 * a view that a script kept can never point at freed memory. Its pointers into a batch are set by
 * the render thread that owns the instance, and only that thread may use them: any other thread,
 * and the same thread outside a call, gets a RuntimeError. So a record needs no lock.
 *
 * With one node object for all threads (--node-sharing shared) there are races, on purpose:
 * each render thread has a copy of the object's record, and before each call it puts its copy's
 * views on the object. Whoever runs the object then uses the views that lie there, also when a
 * thread in between has put its own: the race that this is for. Copies and the batches they point
 * into live until no thread renders the frame any more, so what is read is wrong, never freed. The
 * words of a copy are read and written as relaxed atomics; the colours it points at are not.
 */
#ifndef PN_NODE_RECORD_H
#define PN_NODE_RECORD_H

#include <Python.h>

#include "native/socket.h"
#include "scene/scene.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct {
    PyObject *name; /* interned str, owned */
    pn_socket_type type;
} pn_record_socket;

/* The sockets of one side of a node. */
typedef struct {
    pn_record_socket *sockets; /* owned */
    int n;
} pn_record_side;

typedef struct {
    _Atomic(const float *) data;
    atomic_int stride;
} pn_record_column; /* as pn_column */

typedef struct {
    atomic_int refs;
    /* --- set by bind, constant afterwards --- */
    size_t thread; /* pn_thread_self() of the thread that may use it; 0: not bound, or a copy */
    /* of the record of an object that threads share: any render thread in a call may use it */
    bool is_copy;
    pn_record_side inputs, outputs;
    bool is_batch; /* a call is for all samples of the batch, by arrays; never a copy */
    /* --- owned by `thread` --- */
    bool active;            /* a call by the host is going on */
    atomic_int sample;      /* which of the batch */
    _Atomic uint32_t draws; /* calls of random() so far in this call */
    uint64_t salt;          /* distinguishes the nodes of a scene in random() */
    _Atomic(const pn_scene *) scene;
    _Atomic(const pn_shading *) shading; /* the batch */
    pn_record_column in[PN_SOCKETS_MAX];
    _Atomic(float *) out[PN_SOCKETS_MAX];
    /* --- of a batch call: see array.h --- */
    int n;                              /* samples */
    void *column_block, *shading_block; /* what inputs and outputs, and the shading, lie in */
    PyObject **arrays;                  /* that it was given; owned */
    int n_arrays;
} pn_call_record;

/* NULL with MemoryError set. Attach: required. */
pn_call_record *pn_call_record_create(void);

/* Attach: either. */
pn_call_record *pn_call_record_share(pn_call_record *record);

/* Attach: required (the last one drops the socket names). Accepts NULL. */
void pn_call_record_drop(pn_call_record *record);

/* Declare the sockets, once: each a sequence of (name, type, ...); and whether a call is for a
 * whole batch. -1 with an exception set on failure. Attach: required, on the thread that will call
 * the node. */
int pn_call_record_bind(pn_call_record *record, PyObject *inputs, PyObject *outputs, bool is_batch);

/* A copy that has the sockets of a record, for one more thread. NULL with an exception set. Attach:
 * required. */
pn_call_record *pn_call_record_copy(const pn_call_record *record);

/* What the record points at is about to go: nobody is in a call of its node. Attach: either. */
void pn_call_record_close(pn_call_record *record);

/* The calling thread begins or ends a call of a shared object: only in between may it use copies.
 * Attach: required. */
void pn_call_record_enter_shared(void);
void pn_call_record_leave_shared(void);

/* Set RuntimeError and return -1 unless the calling thread is inside a call of this node.
 * Attach: required. `what` names the view: "self.input". */
int pn_call_record_check(const pn_call_record *record, const char *what);

/* --- the words of a call: plain for the thread that owns them, and good for the race between
 * copies
 * --- */

static inline int pn_call_record_sample(const pn_call_record *record)
{
    return atomic_load_explicit(&record->sample, memory_order_relaxed);
}

static inline const pn_shading *pn_call_record_shading(const pn_call_record *record)
{
    return atomic_load_explicit(&record->shading, memory_order_relaxed);
}

static inline const pn_scene *pn_call_record_scene(const pn_call_record *record)
{
    return atomic_load_explicit(&record->scene, memory_order_relaxed);
}

static inline const float *pn_call_record_input(const pn_call_record *record, int i)
{
    const float *data = atomic_load_explicit(&record->in[i].data, memory_order_relaxed);
    int stride = atomic_load_explicit(&record->in[i].stride, memory_order_relaxed);
    return data + (size_t)pn_call_record_sample(record) * (size_t)stride;
}

static inline float *pn_call_record_output(const pn_call_record *record, int i)
{
    float *data = atomic_load_explicit(&record->out[i], memory_order_relaxed);
    size_t width = (size_t)pn_socket_width(record->outputs.sockets[i].type);
    return data + (size_t)pn_call_record_sample(record) * width;
}

#endif
