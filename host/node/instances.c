#include "node/instances.h"

#include "base/hash.h"
#include "interp/attach.h"
#include "interp/exception.h"
#include "interp/import.h"
#include "interp/ref.h"
#include "node/types.h"

#include <string.h>

// A class with an ordinary `def __call__` is called through the function itself: no bound method,
// no argument tuple. It is looked up once: a class that is given another __call__ during the render
// keeps the old one.
static PyObject *find_callable(PyObject *node, bool *with_self)
{
    PN_REF function = PyObject_GetAttrString((PyObject *)Py_TYPE(node), "__call__");
    PN_REF method = function != NULL ? PyObject_GetAttrString(node, "__call__") : NULL;
    PyErr_Clear();
    // The class gives a plain function for a staticmethod too; only what binds to the node gets it
    // as `self`.
    *with_self = method != NULL && PyFunction_Check(function) && PyMethod_Check(method) &&
                 PyMethod_GET_FUNCTION(method) == function && PyMethod_GET_SELF(method) == node;
    return *with_self ? pn_ref_move(&function) : Py_NewRef(node);
}

uint64_t pn_node_salt(int python_index)
{
    return pn_hash_mix((uint64_t)python_index + 1);
}

static bool allocate(pn_instances *instances, int n)
{
    instances->objects = PyMem_RawCalloc((size_t)n + 1, sizeof *instances->objects);
    instances->records = PyMem_RawCalloc((size_t)n + 1, sizeof *instances->records);
    instances->callables = PyMem_RawCalloc((size_t)n + 1, sizeof *instances->callables);
    instances->with_self = PyMem_RawCalloc((size_t)n + 1, sizeof *instances->with_self);
    return instances->objects != NULL && instances->records != NULL &&
           instances->callables != NULL && instances->with_self != NULL;
}

pn_code pn_instances_init(pn_instances *instances, PyObject *built, int n_expected, pn_error *err)
{
    PN_ASSERT_ATTACHED();
    memset(instances, 0, sizeof *instances);
    PN_REF list = pn_import_call(PN_HOST_MODULE, "instances", "(O)", built);
    if (list == NULL)
        return pn_error_from_exception(err, PN_ERR_SCENE);
    if (!PyList_Check(list) || PyList_GET_SIZE(list) != n_expected)
        return pn_fail(err, PN_ERR_SCENE, "the scene has %d Python nodes, but %zd were made",
                       n_expected, PyList_Check(list) ? PyList_GET_SIZE(list) : (Py_ssize_t)-1);
    if (!allocate(instances, n_expected)) {
        pn_instances_finish(instances);
        return pn_no_memory(err, "%d nodes", n_expected);
    }
    for (int i = 0; i < n_expected; i++) {
        PyObject *object = PyList_GET_ITEM(list, i);
        pn_call_record *record = pn_node_record(object);
        if (record == NULL) {
            pn_instances_finish(instances);
            return pn_error_from_exception(err, PN_ERR_SCENE);
        }
        record->salt = pn_node_salt(i);
        instances->objects[i] = Py_NewRef(object);
        instances->records[i] = record;
        instances->callables[i] = find_callable(object, &instances->with_self[i]);
        instances->n = i + 1;
    }
    return PN_OK;
}

pn_code pn_instances_debug(pn_instances *instances, int sample, pn_error *err)
{
    PN_ASSERT_ATTACHED();
    for (int i = 0; i < instances->n; i++) {
        PyObject *call =
            pn_import_call(PN_HOST_MODULE, "debugged", "(Oi)", instances->objects[i], sample);
        if (call == NULL)
            return pn_error_from_exception(err, PN_ERR_SCENE);
        Py_SETREF(instances->callables[i], call);
        instances->with_self[i] = false;
    }
    return PN_OK;
}

static bool keep_views(pn_instances *instances)
{
    if (instances->kept != NULL)
        return true;
    instances->kept = PyMem_RawCalloc((size_t)instances->n + 1, sizeof *instances->kept);
    for (int i = 0; instances->kept != NULL && i < instances->n; i++)
        instances->kept[i] = pn_node_views(instances->objects[i]);
    return instances->kept != NULL;
}

pn_code pn_instances_share(pn_instances *share, pn_instances *from, pn_error *err)
{
    PN_ASSERT_ATTACHED();
    memset(share, 0, sizeof *share);
    for (int i = 0; i < from->n; i++) {
        if (pn_instances_is_batch(from, i))
            return pn_fail_with(err, PN_ERR_USAGE, "leave --node-sharing out",
                                "--node-sharing shared is for nodes that are called by sample; %s "
                                "takes batches",
                                Py_TYPE(from->objects[i])->tp_name);
    }
    bool ok = keep_views(from) && allocate(share, from->n);
    if (ok)
        share->views = PyMem_RawCalloc((size_t)from->n + 1, sizeof *share->views);
    ok = ok && share->views != NULL;
    for (int i = 0; ok && i < from->n; i++) {
        pn_call_record *copy = pn_call_record_copy(from->records[i]);
        ok = copy != NULL && pn_views_create(&share->views[i], from->objects[i], copy) == 0;
        if (!ok) {
            PyErr_Clear();
            pn_call_record_drop(copy);
            break;
        }
        share->objects[i] = Py_NewRef(from->objects[i]);
        share->callables[i] = Py_NewRef(from->callables[i]);
        share->with_self[i] = from->with_self[i];
        share->records[i] = copy;
        share->n = i + 1;
    }
    if (ok)
        return PN_OK;
    pn_instances_finish(share);
    return pn_no_memory(err, "a thread's share of %d nodes", from->n);
}

void pn_instances_finish(pn_instances *instances)
{
    for (int i = 0; i < instances->n; i++) {
        if (instances->kept != NULL)
            pn_node_put_views(instances->objects[i], &instances->kept[i]);
        if (instances->views != NULL) {
            pn_call_record_close(instances->records[i]);
            pn_views_drop(&instances->views[i]);
            pn_call_record_drop(instances->records[i]);
        }
        Py_XDECREF(instances->callables[i]);
        Py_XDECREF(instances->objects[i]);
    }
    PyMem_RawFree(instances->objects);
    PyMem_RawFree(instances->records);
    PyMem_RawFree(instances->callables);
    PyMem_RawFree(instances->with_self);
    PyMem_RawFree(instances->views);
    PyMem_RawFree(instances->kept);
    memset(instances, 0, sizeof *instances);
}
