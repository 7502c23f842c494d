#include <Python.h>

#include "node/compiled_nodes.h"

#include "base/clock.h"
#include "interp/attach.h"
#include "interp/exception.h"
#include "interp/import.h"
#include "interp/ref.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

// The function of a library, when there is one; else why not, owned by the caller.
static pn_compiled_eval *load(void **library, const char *path, const char *why, char **reason)
{
    pn_compiled_eval *eval = NULL;
    void *symbol = NULL;
    if (path[0] != '\0') {
        *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
        symbol = *library != NULL ? dlsym(*library, PN_COMPILED_SYMBOL) : NULL;
        why = symbol == NULL ? dlerror() : NULL;
    }
    if (symbol == NULL)
        *reason = strdup(why != NULL ? why : "the loader gives no reason");
    else
        memcpy(&eval, &symbol, sizeof symbol); // ISO C has no cast from data to functions
    return eval;
}

static int take_objects(pn_compiled_node *node, PyObject *names)
{
    Py_ssize_t n = PyTuple_Check(names) ? PyTuple_GET_SIZE(names) : 0;
    node->objects = calloc((size_t)n + 1, sizeof *node->objects);
    for (Py_ssize_t i = 0; node->objects != NULL && i < n; i++) {
        const char *name = PyUnicode_AsUTF8(PyTuple_GET_ITEM(names, i));
        node->objects[i] = name != NULL ? strdup(name) : NULL;
        if (node->objects[i] == NULL)
            return -1;
        node->n_objects = (int)i + 1;
    }
    return node->objects != NULL ? 0 : -1;
}

// One item is (the path of a library or empty, why not, names of objects, the path of the library
// in single precision or empty, why not).
static int take(pn_compiled_node *node, PyObject *item)
{
    const char *path, *why, *fast, *why_exact;
    PyObject *objects;
    if (!PyArg_ParseTuple(item, "ssOss:compiled", &path, &why, &objects, &fast, &why_exact) ||
        take_objects(node, objects) != 0)
        return -1;
    node->eval = load(&node->library, path, why, &node->why);
    if (node->eval != NULL)
        node->fast = load(&node->fast_library, fast, why_exact, &node->why_exact);
    return 0;
}

pn_code pn_compiled_nodes_init(pn_compiled_nodes *compiled, PyObject *built, const pn_job *job,
                               int n_nodes, pn_error *err)
{
    PN_ASSERT_ATTACHED();
    *compiled = (pn_compiled_nodes){.n = n_nodes};
    int64_t begin = pn_clock_ns();
    PN_REF list = pn_import_call(
        PN_HOST_MODULE, "compiled", "(OsOO)", built, job->keep_c != NULL ? job->keep_c : "",
        job->live ? Py_True : Py_False, job->compile == PN_COMPILE_FAST ? Py_True : Py_False);
    if (list == NULL)
        return pn_error_from_exception(err, PN_ERR_SCENE);
    compiled->nodes = calloc((size_t)n_nodes + 1, sizeof *compiled->nodes);
    if (compiled->nodes == NULL)
        return pn_no_memory(err, "%d compiled nodes", n_nodes);
    for (int i = 0; i < n_nodes; i++) {
        PyObject *item = PyList_Check(list) ? PyList_GetItem(list, i) : NULL;
        if (item == NULL || take(&compiled->nodes[i], item) != 0) {
            pn_compiled_nodes_finish(compiled);
            return pn_error_from_exception(err, PN_ERR_SCENE);
        }
        compiled->n_compiled += compiled->nodes[i].eval != NULL;
    }
    compiled->took_ns = pn_clock_ns() - begin;
    return PN_OK;
}

void pn_compiled_nodes_finish(pn_compiled_nodes *compiled)
{
    for (int i = 0; compiled->nodes != NULL && i < compiled->n; i++) {
        pn_compiled_node *node = &compiled->nodes[i];
        for (int k = 0; k < node->n_objects; k++)
            free(node->objects[k]);
        free(node->objects);
        free(node->why);
        free(node->why_exact);
        if (node->library != NULL)
            dlclose(node->library);
        if (node->fast_library != NULL)
            dlclose(node->fast_library);
    }
    free(compiled->nodes);
    *compiled = (pn_compiled_nodes){0};
}

static bool read_numbers(PyObject *found, double *out)
{
    if (found == NULL || !PyTuple_Check(found) || PyTuple_GET_SIZE(found) != PN_LOOKED_UP_EACH)
        return false;
    for (int i = 0; i < PN_LOOKED_UP_EACH; i++)
        out[i] = PyFloat_AsDouble(PyTuple_GET_ITEM(found, i));
    return PyErr_Occurred() == NULL;
}

bool pn_compiled_node_look_up(const pn_compiled_node *node, double *out)
{
    PN_ASSERT_ATTACHED();
    bool ok = true;
    for (int i = 0; ok && i < node->n_objects; i++) {
        // as app.object(NAME).matrix does
        PN_REF found = pn_import_call("_pynodes_app", "thing_get", "(sss)", "object",
                                      node->objects[i], "matrix");
        ok = read_numbers(found, out + (size_t)i * PN_LOOKED_UP_EACH);
    }
    PyErr_Clear(); // the interpreter, which computes the samples then, raises it again
    return ok;
}
