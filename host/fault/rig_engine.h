/* The rig's first back end: the render host itself. */
#ifndef PN_FAULT_RIG_ENGINE_H
#define PN_FAULT_RIG_ENGINE_H

#include "fault/rig.h"

#include "base/code.h"
#include "wire/event.h"

typedef struct {
    int n_threads;
    int width_px, height_px;
    bool fixed, stress;
    const char *order; /* of tiles */
    const char *out;   /* NPY file for the picture; NULL: none */
    const char *program;
    const char *python_exe; /* NULL: find one */
    const pn_events *events;
} rig_options;

/* Set the rig up; Python is not touched. Fails: PN_ERR_USAGE, PN_ERR_MEMORY. */
pn_code rig_init(const rig_options *options, rig **out, pn_error *err);

/* PN_OK, or PN_ERR_NODE when a node raised. */
pn_code rig_result(const rig *r);

#endif
