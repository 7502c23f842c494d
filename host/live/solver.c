#include "live/solver.h"

#include "entry/expression.h"
#include "interp/attach.h"
#include "interp/exception.h"
#include "interp/ref.h"
#include "live/constraint.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const pn_entry_kind driver_entry = {
    .word = "driver", .span = PN_ENTRY_SPAN("driver"), .only_reads = true};

enum { NEW, AT_WORK, SOLVED };

static _Thread_local pn_solver *here; // at work on this thread

void pn_solver_finish(pn_solver *solver)
{
    pn_snapshot_drop(solver->snapshot);
    free(solver->first);
    free(solver->values);
    free(solver->matrices);
    free(solver->state);
    memset(solver, 0, sizeof *solver);
}

pn_code pn_solver_set(pn_solver *solver, pn_snapshot *snapshot, pn_error *err)
{
    pn_solver_finish(solver);
    solver->snapshot = snapshot;
    const pn_things *things = &snapshot->things;
    solver->first = calloc((size_t)things->n + 1, sizeof *solver->first);
    if (solver->first != NULL) {
        for (int i = 0; i < things->n; i++)
            solver->first[i + 1] = solver->first[i] + things->items[i].n_channels;
        solver->values = calloc((size_t)solver->first[things->n] + 1, sizeof *solver->values);
    }
    solver->matrices = calloc((size_t)things->n + 1, sizeof *solver->matrices);
    solver->state = calloc((size_t)things->n + 1, 1);
    if (solver->values != NULL && solver->matrices != NULL && solver->state != NULL)
        return PN_OK;
    pn_solver_finish(solver);
    return pn_no_memory(err, "the scene's %d things", things->n);
}

static double *values_of(const pn_solver *solver, int thing, const char *name)
{
    const pn_thing *t = &solver->snapshot->things.items[thing];
    const pn_channel *channel = pn_thing_find_channel(t, name);
    return channel != NULL ? solver->values[solver->first[thing] + (channel - t->channels)] : NULL;
}

const double *pn_solver_value(const pn_solver *solver, int thing, const pn_channel *channel)
{
    const pn_thing *t = &solver->snapshot->things.items[thing];
    if (solver->state[thing] != SOLVED)
        return pn_channel_value(channel);
    return solver->values[solver->first[thing] + (channel - t->channels)];
}

static bool is_driven(const pn_thing *thing, const char *channel)
{
    for (int i = 0; i < thing->n_drivers; i++) {
        if (!atomic_load(&thing->drivers[i].invalid) &&
            strcmp(thing->drivers[i].channel, channel) == 0)
            return true;
    }
    return false;
}

static bool is_moved(const pn_thing *thing, const char *channel)
{
    const pn_channel *found = pn_thing_find_channel(thing, channel);
    return found != NULL && (found->is_assigned || is_driven(thing, channel));
}

// An expression that gives one number of a channel, in a visit. False when it failed: it is then
// flagged, here and in the live scene, and not called again.
static bool evaluate_driver(pn_app *app, pn_snapshot *snapshot, const pn_thing *thing,
                            pn_driver *driver, double *value)
{
    char path[256], name[PN_WHO_SIZE], title[PN_WHO_SIZE + 16];
    pn_driver_path(thing, driver, path, sizeof path);
    snprintf(name, sizeof name, "%.40s.%.50s", thing->name, path);
    snprintf(title, sizeof title, "driver %s", name);
    PN_VISIT visit = {0};
    if (app == NULL || pn_visit_begin(&visit, &app->gate, &driver_entry, name, NULL) != PN_OK)
        return false;
    const pn_expression_of of = {title, pn_thing_kind_name(thing->kind), thing->name,
                                 snapshot->things.frame};
    PN_REF number = pn_visit_take(&visit, pn_expression_in(snapshot, driver->expression, &of));
    if (number == NULL) {
        pn_live_scene_fail(app->scene, snapshot, driver->id);
        return false;
    }
    *value = PyFloat_AS_DOUBLE(number);
    return true;
}

static void drive(pn_solver *solver, pn_app *app, int thing)
{
    const pn_thing *t = &solver->snapshot->things.items[thing];
    for (int i = 0; i < t->n_drivers; i++) {
        pn_driver *driver = &t->drivers[i];
        double *values = values_of(solver, thing, driver->channel);
        double value;
        // Drivers of the same thing that come later see the value without this one: all are driven
        // at once.
        if (values != NULL && !atomic_load(&driver->invalid) &&
            evaluate_driver(app, solver->snapshot, t, driver, &value))
            values[driver->at] = value;
    }
}

static pn_matrix object_matrix(const pn_solver *solver, int thing)
{
    const pn_thing *t = &solver->snapshot->things.items[thing];
    double *matrix = values_of(solver, thing, "matrix");
    pn_matrix out;
    memcpy(out.m, matrix, sizeof out.m);
    if (is_moved(t, "location") || is_moved(t, "rotation") || is_moved(t, "scale")) {
        out = pn_placement_compose(values_of(solver, thing, "location"),
                                   values_of(solver, thing, "rotation"),
                                   values_of(solver, thing, "scale"));
        memcpy(matrix, out.m, sizeof out.m);
    }
    return out;
}

static const double nowhere[3] = {0, 0, 0}, ones[3] = {1, 1, 1};

static pn_matrix place(const pn_solver *solver, int thing)
{
    const pn_thing *t = &solver->snapshot->things.items[thing];
    const double *location = values_of(solver, thing, "location");
    const double *direction = values_of(solver, thing, "direction");
    if (t->kind == PN_THING_OBJECT && values_of(solver, thing, "matrix") != NULL &&
        location != NULL)
        return object_matrix(solver, thing);
    if (t->kind == PN_THING_CAMERA && location != NULL)
        return pn_placement_look(location, values_of(solver, thing, "look_at"),
                                 values_of(solver, thing, "up"));
    if (direction != NULL) {
        const double up[3] = {0, fabs(direction[2]) > 0.9 ? 1 : 0,
                              fabs(direction[2]) > 0.9 ? 0 : 1};
        return pn_placement_look(nowhere, direction, up);
    }
    return pn_placement_compose(location != NULL ? location : nowhere, nowhere, ones);
}

typedef struct {
    pn_solver *solver;
    pn_app *app;
} solving;

// For a constraint.
static const pn_matrix *solve_target(void *arg, const char *object)
{
    const solving *at_work = arg;
    pn_solver *solver = at_work->solver;
    const pn_things *things = &solver->snapshot->things;
    const pn_thing *target = pn_things_find(things, PN_THING_OBJECT, object);
    if (target == NULL) {
        PyErr_Format(PyExc_KeyError, "no object '%s' in the scene, a target of this constraint",
                     object);
        return NULL;
    }
    pn_error err = {0};
    int at = (int)(target - things->items);
    if (pn_solver_solve(solver, at_work->app, at, &err) != PN_OK) {
        pn_error_raise(&err, PyExc_RuntimeError);
        return NULL;
    }
    return &solver->matrices[at];
}

static void constrain(pn_solver *solver, pn_app *app, int thing)
{
    const pn_thing *t = &solver->snapshot->things.items[thing];
    const pn_targets targets = {solve_target, &(solving){solver, app}};
    for (int i = 0; i < t->n_constraints; i++) {
        pn_matrix out;
        if (!atomic_load(&t->constraints[i].broken) &&
            pn_constraint_evaluate(app, solver->snapshot, t, &t->constraints[i], &targets,
                                   &solver->matrices[thing], &out)) {
            solver->matrices[thing] = out;
            memcpy(values_of(solver, thing, "matrix"), out.m, sizeof out.m);
        }
    }
}

static pn_code fail_chain(const pn_solver *solver, int thing, pn_error *err)
{
    char text[PN_WHAT_SIZE / 2];
    size_t used = 0;
    int begin = 0;
    while (solver->chain[begin] != thing)
        begin++;
    for (int i = begin; i <= solver->depth && used < sizeof text; i++) {
        int at = i < solver->depth ? solver->chain[i] : thing;
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", i > begin ? " -> " : "",
                                 solver->snapshot->things.items[at].name);
    }
    return pn_fail_with(err, PN_ERR_SCENE, "take a driver or a constraint out of that ring",
                        "%s needs itself: %s", solver->snapshot->things.items[thing].name, text);
}

pn_code pn_solver_solve(pn_solver *solver, pn_app *app, int thing, pn_error *err)
{
    PN_ASSERT_ATTACHED();
    if (solver->state[thing] == SOLVED)
        return PN_OK;
    if (solver->state[thing] == AT_WORK)
        return fail_chain(solver, thing, err);
    if (solver->depth == PN_SOLVER_DEPTH)
        return pn_fail(err, PN_ERR_SCENE, "%s depends on more than %d others in a row",
                       solver->snapshot->things.items[thing].name, PN_SOLVER_DEPTH);
    const pn_thing *t = &solver->snapshot->things.items[thing];
    pn_solver *outer = here;
    here = solver;
    solver->chain[solver->depth++] = thing;
    solver->state[thing] = AT_WORK;
    for (int i = 0; i < t->n_channels; i++)
        memcpy(solver->values[solver->first[thing] + i], pn_channel_value(&t->channels[i]),
               sizeof solver->values[0]);
    drive(solver, app, thing);
    solver->matrices[thing] = place(solver, thing);
    constrain(solver, app, thing);
    solver->state[thing] = SOLVED;
    solver->depth--;
    here = outer;
    return PN_OK;
}

bool pn_solver_is_changed(const pn_solver *solver, int thing)
{
    const pn_thing *t = &solver->snapshot->things.items[thing];
    for (int i = 0; i < t->n_channels; i++) {
        const pn_channel *c = &t->channels[i];
        if (memcmp(solver->values[solver->first[thing] + i], c->base,
                   (size_t)c->n * sizeof(double)) != 0)
            return true;
    }
    return false;
}

pn_solver *pn_solver_here(void)
{
    return here;
}
