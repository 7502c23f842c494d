/* The call record: what one node instance's `self.input`, `self.output` and `self.shi` read and write.
 *
 * One per node instance, shared by the instance and its three views by a count of its own, so that a view that
 * a script kept can never point at freed memory. Its pointers into a batch are set by the render thread that
 * owns the instance, and only that thread may use them: any other thread, and the same thread outside a
 * call, gets a RuntimeError. So a record needs no lock.
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

typedef struct {
    atomic_int refs;
    /* --- set by bind, constant afterwards --- */
    size_t thread; /* pn_thread_self() of the thread that may use it; 0: not bound */
    int n_inputs, n_outputs;
    pn_record_socket *inputs, *outputs;
    /* --- owned by `thread` --- */
    bool active;               /* a call by the host is going on */
    int sample;                /* which of the batch */
    uint32_t draws;            /* calls of random() so far in this call */
    uint64_t salt;             /* tells the nodes of a scene apart in random() */
    const pn_scene *scene;
    const pn_shading *shading; /* the batch */
    pn_column in[PN_SOCKETS_MAX];
    float *out[PN_SOCKETS_MAX];
} pn_call_record;

/* NULL with MemoryError set. Attach: required. */
pn_call_record *pn_call_record_create(void);

/* Attach: either. */
pn_call_record *pn_call_record_share(pn_call_record *record);

/* Attach: required (the last one drops the socket names). Accepts NULL. */
void pn_call_record_drop(pn_call_record *record);

/* Declare the sockets, once: each a sequence of (name, type, ...). -1 with an exception set on failure.
 * Attach: required, on the thread that will call the node. */
int pn_call_record_bind(pn_call_record *record, PyObject *inputs, PyObject *outputs);

/* Set RuntimeError and return -1 unless the calling thread is inside a call of this node.
 * Attach: required. `what` names the view: "self.input". */
int pn_call_record_check(const pn_call_record *record, const char *what);

#endif
