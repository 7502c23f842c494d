#include "node/builder.h"

#include "interp/exception.h"
#include "interp/ref.h"
#include "node/things.h"
#include "node/types.h"

#include <string.h>

typedef struct {
    PyObject_HEAD
    pn_world *world; /* borrowed; NULL once closed */
} builder;

static PyObject *done(pn_code code, pn_error *err)
{
    if (code != PN_OK)
        return pn_error_raise(err, PyExc_ValueError);
    pn_error_finish(err);
    Py_RETURN_NONE;
}

static PyObject *done_index(pn_code code, int index, pn_error *err)
{
    if (code != PN_OK)
        return pn_error_raise(err, PyExc_ValueError);
    pn_error_finish(err);
    return PyLong_FromLong(index);
}

static pn_world *open_world(PyObject *self)
{
    pn_world *world = ((builder *)self)->world;
    if (world == NULL)
        PyErr_SetString(PyExc_RuntimeError,
                        "this builder is closed: a scene is built inside build()");
    return world;
}

static pn_tree *open_tree(PyObject *self, int tree)
{
    pn_world *world = open_world(self);
    if (world == NULL)
        return NULL;
    if (tree < 0 || tree >= world->n_trees) {
        PyErr_Format(PyExc_ValueError, "no node tree %d; there are %d", tree, world->n_trees);
        return NULL;
    }
    return world->trees[tree];
}

// "O&" converters: sequences of exactly 3 or 16 numbers, all finite.
static int read_floats(PyObject *object, float *out, Py_ssize_t n)
{
    PyObject *items = PySequence_Tuple(object);
    if (items == NULL)
        return 0;
    int ok = PyTuple_GET_SIZE(items) == n;
    if (!ok)
        PyErr_Format(PyExc_ValueError, "expected %zd numbers, got %zd", n, PyTuple_GET_SIZE(items));
    for (Py_ssize_t i = 0; ok && i < n; i++) {
        double number = PyFloat_AsDouble(PyTuple_GET_ITEM(items, i));
        if (number == -1.0 && PyErr_Occurred())
            ok = 0;
        out[i] = (float)number;
    }
    Py_DECREF(items);
    return ok;
}

static int to_vec3(PyObject *object, void *out)
{
    float v[3];
    if (!read_floats(object, v, 3))
        return 0;
    *(pn_vec3 *)out = pn_vec3_make(v[0], v[1], v[2]);
    return 1;
}

static int to_mat4(PyObject *object, void *out)
{
    return read_floats(object, &((pn_mat4 *)out)->m[0][0], 16);
}

static PyObject *set_camera(PyObject *self, PyObject *args)
{
    const char *kind;
    pn_camera_spec spec = {0};
    pn_error err = {0};
    if (!PyArg_ParseTuple(args, "sO&O&O&ff:camera", &kind, to_vec3, &spec.position, to_vec3,
                          &spec.look_at, to_vec3, &spec.up, &spec.fov_degrees, &spec.ortho_width))
        return NULL;
    pn_world *world = open_world(self);
    if (world == NULL)
        return NULL;
    if (strcmp(kind, "perspective") == 0)
        spec.kind = PN_CAMERA_PERSPECTIVE;
    else if (strcmp(kind, "orthographic") == 0)
        spec.kind = PN_CAMERA_ORTHOGRAPHIC;
    else
        return PyErr_Format(PyExc_ValueError,
                            "no camera kind '%s'; there are: perspective, orthographic", kind);
    return done(pn_scene_set_camera(world->scene, &spec, &err), &err);
}

static PyObject *set_sky(PyObject *self, PyObject *args)
{
    pn_sky sky;
    if (!PyArg_ParseTuple(args, "O&O&O&:sky", to_vec3, &sky.zenith, to_vec3, &sky.horizon, to_vec3,
                          &sky.ground))
        return NULL;
    pn_world *world = open_world(self);
    if (world == NULL)
        return NULL;
    pn_scene_set_sky(world->scene, &sky);
    Py_RETURN_NONE;
}

static PyObject *add_tree(PyObject *self, PyObject *args)
{
    const char *name;
    int index = -1;
    pn_error err = {0};
    if (!PyArg_ParseTuple(args, "s:tree", &name))
        return NULL;
    pn_world *world = open_world(self);
    if (world == NULL)
        return NULL;
    pn_code code = pn_world_add_tree(world, name, &index, &err);
    return done_index(code, index, &err);
}

// One parameter of a native kind from Python; a list's numbers go to *list (PyMem).
static int read_param(const pn_param_spec *spec, PyObject *value, pn_param *out, double **list)
{
    if (spec->type == PN_PARAM_NUMBER) {
        out->number = PyFloat_AsDouble(value);
        return out->number == -1.0 && PyErr_Occurred() ? -1 : 0;
    }
    if (spec->type == PN_PARAM_CHOICE) {
        const char *word = PyUnicode_AsUTF8(value);
        if (word == NULL)
            return -1;
        for (int i = 0; spec->choices[i] != NULL; i++) {
            if (strcmp(spec->choices[i], word) == 0) {
                out->number = i;
                return 0;
            }
        }
        PyErr_Format(PyExc_ValueError, "parameter %s cannot be '%s'", spec->name, word);
        return -1;
    }
    PyObject *items = PySequence_Tuple(value);
    if (items == NULL)
        return -1;
    Py_ssize_t n = PyTuple_GET_SIZE(items);
    *list = PyMem_Calloc((size_t)n + 1, sizeof **list);
    if (*list == NULL) {
        Py_DECREF(items);
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        (*list)[i] = PyFloat_AsDouble(PyTuple_GET_ITEM(items, i));
        if ((*list)[i] == -1.0 && PyErr_Occurred()) {
            Py_DECREF(items);
            return -1;
        }
    }
    Py_DECREF(items);
    out->list = *list;
    out->n_list = (int)n;
    return 0;
}

static void set_defaults(const pn_native_kind *kind, pn_param *params)
{
    for (int i = 0; i < kind->n_params; i++) {
        params[i].number = kind->params[i].number;
        params[i].list = kind->params[i].list;
        params[i].n_list = kind->params[i].n_list;
    }
}

static const pn_param_spec *find_param(const pn_native_kind *kind, const char *name, int *index)
{
    for (int i = 0; i < kind->n_params; i++) {
        if (strcmp(kind->params[i].name, name) == 0) {
            *index = i;
            return &kind->params[i];
        }
    }
    return NULL;
}

static PyObject *add_native_node(PyObject *self, PyObject *args)
{
    enum { PARAMS_MAX = 16 };
    int tree_index, index = -1;
    const char *name, *kind_name;
    PyObject *values;
    pn_error err = {0};
    if (!PyArg_ParseTuple(args, "issO!:native_node", &tree_index, &name, &kind_name, &PyDict_Type,
                          &values))
        return NULL;
    pn_tree *tree = open_tree(self, tree_index);
    if (tree == NULL)
        return NULL;
    const pn_native_kind *kind = pn_native_kind_find(kind_name);
    if (kind == NULL || kind->n_params > PARAMS_MAX)
        return PyErr_Format(PyExc_ValueError, "no native node kind '%s'", kind_name);

    pn_param params[PARAMS_MAX] = {{0}};
    double *lists[PARAMS_MAX] = {NULL};
    set_defaults(kind, params);
    PyObject *key, *value;
    Py_ssize_t at = 0;
    bool ok = true;
    while (ok && PyDict_Next(values, &at, &key, &value)) {
        const char *param_name = PyUnicode_AsUTF8(key);
        int i = 0;
        const pn_param_spec *spec = param_name != NULL ? find_param(kind, param_name, &i) : NULL;
        if (spec == NULL) {
            if (param_name != NULL)
                PyErr_Format(PyExc_ValueError, "%s has no parameter '%s'", kind_name, param_name);
            ok = false;
        } else {
            ok = read_param(spec, value, &params[i], &lists[i]) == 0;
        }
    }
    PyObject *result = NULL;
    if (ok) {
        pn_code code = pn_tree_add_native(tree, name, kind, params, &index, &err);
        result = done_index(code, index, &err);
    }
    for (int i = 0; i < PARAMS_MAX; i++)
        PyMem_Free(lists[i]);
    return result;
}

// Sockets as in _pynodes.bind: (name, type, value4, min, max); the names stay owned by `list`.
static int read_specs(PyObject *list, pn_socket_spec *out, int *n)
{
    PyObject *const *items = &PyTuple_GET_ITEM(list, 0);
    Py_ssize_t size = PyTuple_GET_SIZE(list);
    if (size > PN_SOCKETS_MAX) {
        PyErr_Format(PyExc_ValueError, "a node has at most %d sockets a side, got %zd",
                     PN_SOCKETS_MAX, size);
        return -1;
    }
    for (Py_ssize_t i = 0; i < size; i++) {
        int type;
        PyObject *value;
        memset(&out[i], 0, sizeof out[i]);
        if (!PyTuple_Check(items[i])) {
            PyErr_SetString(PyExc_TypeError, "a socket is a tuple (name, type, value, min, max)");
            return -1;
        }
        if (!PyArg_ParseTuple(items[i], "siOff:socket", &out[i].name, &type, &value, &out[i].min,
                              &out[i].max))
            return -1;
        if (type < PN_SOCKET_VALUE || type > PN_SOCKET_RGBA) {
            PyErr_Format(PyExc_ValueError, "socket type %d; there are 0, 1 and 2", type);
            return -1;
        }
        out[i].type = (pn_socket_type)type;
        if (!read_floats(value, out[i].value, 4))
            return -1;
    }
    *n = (int)size;
    return 0;
}

static PyObject *add_python_node(PyObject *self, PyObject *args)
{
    int tree_index, python_index, index = -1, n_inputs = 0, n_outputs = 0;
    const char *name;
    PyObject *input_list, *output_list;
    pn_socket_spec inputs[PN_SOCKETS_MAX], outputs[PN_SOCKETS_MAX];
    pn_error err = {0};
    if (!PyArg_ParseTuple(args, "isiO!O!:python_node", &tree_index, &name, &python_index,
                          &PyTuple_Type, &input_list, &PyTuple_Type, &output_list))
        return NULL;
    pn_tree *tree = open_tree(self, tree_index);
    if (tree == NULL || read_specs(input_list, inputs, &n_inputs) != 0 ||
        read_specs(output_list, outputs, &n_outputs) != 0)
        return NULL;
    pn_code code = pn_world_add_node(((builder *)self)->world, name, python_index, &err);
    if (code == PN_OK)
        code = pn_tree_add_foreign(tree, name, python_index, inputs, n_inputs, outputs, n_outputs,
                                   &index, &err);
    return done_index(code, index, &err);
}

static PyObject *set_input(PyObject *self, PyObject *args)
{
    int tree_index, node, socket;
    PyObject *values;
    float got[4] = {0};
    pn_error err = {0};
    if (!PyArg_ParseTuple(args, "iiiO:set_input", &tree_index, &node, &socket, &values))
        return NULL;
    pn_tree *tree = open_tree(self, tree_index);
    if (tree == NULL)
        return NULL;
    Py_ssize_t n = PySequence_Size(values);
    if (n < 0)
        return NULL;
    if (node < 0 || node >= pn_tree_node_count(tree) || socket < 0 ||
        socket >= pn_tree_node_at(tree, node)->n_inputs)
        return PyErr_Format(PyExc_ValueError, "no input %d of node %d", socket, node);
    const pn_tree_input *input = &pn_tree_node_at(tree, node)->inputs[socket];
    if (n != pn_socket_width(input->type))
        return PyErr_Format(PyExc_ValueError, "input %s takes %d numbers, got %zd", input->name,
                            pn_socket_width(input->type), n);
    if (!read_floats(values, got, n))
        return NULL;
    return done(pn_tree_set_input(tree, node, socket, got, &err), &err);
}

static PyObject *add_link(PyObject *self, PyObject *args)
{
    int tree_index, from_node, from_socket, to_node, to_socket;
    pn_error err = {0};
    if (!PyArg_ParseTuple(args, "iiiii:link", &tree_index, &from_node, &from_socket, &to_node,
                          &to_socket))
        return NULL;
    pn_tree *tree = open_tree(self, tree_index);
    if (tree == NULL)
        return NULL;
    return done(pn_tree_link(tree, from_node, from_socket, to_node, to_socket, &err), &err);
}

static PyObject *set_surface(PyObject *self, PyObject *args)
{
    int tree_index, node, socket;
    pn_error err = {0};
    if (!PyArg_ParseTuple(args, "iii:surface", &tree_index, &node, &socket))
        return NULL;
    pn_tree *tree = open_tree(self, tree_index);
    if (tree == NULL)
        return NULL;
    return done(pn_tree_set_surface(tree, node, socket, &err), &err);
}

typedef pn_code add_shape(pn_scene *scene, const char *name, const pn_mat4 *transform, int material,
                          pn_error *err);

static PyObject *add_simple(PyObject *self, PyObject *args, const char *format, add_shape *add)
{
    const char *name;
    pn_mat4 matrix;
    int tree_index;
    pn_error err = {0};
    if (!PyArg_ParseTuple(args, format, &name, to_mat4, &matrix, &tree_index))
        return NULL;
    if (open_tree(self, tree_index) == NULL)
        return NULL;
    return done(add(((builder *)self)->world->scene, name, &matrix, tree_index, &err), &err);
}

static PyObject *add_sphere(PyObject *self, PyObject *args)
{
    return add_simple(self, args, "sO&i:sphere", pn_scene_add_sphere);
}

static PyObject *add_plane(PyObject *self, PyObject *args)
{
    return add_simple(self, args, "sO&i:plane", pn_scene_add_plane);
}

static PyObject *add_box(PyObject *self, PyObject *args)
{
    return add_simple(self, args, "sO&i:box", pn_scene_add_box);
}

static PyObject *add_mesh(PyObject *self, PyObject *args)
{
    const char *name;
    PyObject *path;
    int smooth, tree_index;
    pn_mat4 matrix;
    pn_error err = {0};
    if (!PyArg_ParseTuple(args, "sO&pO&i:mesh", &name, PyUnicode_FSConverter, &path, &smooth,
                          to_mat4, &matrix, &tree_index))
        return NULL;
    PyObject *result = NULL;
    if (open_tree(self, tree_index) != NULL) {
        pn_world *world = ((builder *)self)->world;
        pn_code code;
        // Reading a file takes its time and waits for the disk and for the registry's lock:
        // detached. The builder is used by one thread, so the world stays.
        Py_BEGIN_ALLOW_THREADS
        code = pn_scene_add_mesh(world->scene, name, PyBytes_AS_STRING(path), smooth != 0, &matrix,
                                 tree_index, &err);
        Py_END_ALLOW_THREADS
        result = done(code, &err);
    }
    Py_DECREF(path);
    return result;
}

static PyObject *add_lamp(PyObject *self, PyObject *args)
{
    const char *kind;
    int shadow;
    pn_lamp_spec spec = {0};
    pn_error err = {0};
    if (!PyArg_ParseTuple(args, "sO&O&O&fp:lamp", &kind, to_vec3, &spec.position, to_vec3,
                          &spec.direction, to_vec3, &spec.color, &spec.energy, &shadow))
        return NULL;
    pn_world *world = open_world(self);
    if (world == NULL)
        return NULL;
    if (strcmp(kind, "point") == 0)
        spec.kind = PN_LAMP_POINT;
    else if (strcmp(kind, "sun") == 0)
        spec.kind = PN_LAMP_SUN;
    else
        return PyErr_Format(PyExc_ValueError, "no lamp kind '%s'; there are: point, sun", kind);
    spec.shadow = shadow != 0;
    return done(pn_scene_add_lamp(world->scene, &spec, &err), &err);
}

static PyObject *set_things(PyObject *self, PyObject *args)
{
    int frame;
    PyObject *list;
    if (!PyArg_ParseTuple(args, "iO:things", &frame, &list))
        return NULL;
    pn_world *world = open_world(self);
    if (world == NULL)
        return NULL;
    pn_snapshot *snapshot = pn_snapshot_create(frame);
    if (snapshot == NULL)
        return PyErr_NoMemory();
    if (pn_things_read(&snapshot->things, list) != 0) {
        pn_snapshot_drop(snapshot);
        return NULL;
    }
    pn_snapshot_drop(world->snapshot);
    world->snapshot = snapshot;
    Py_RETURN_NONE;
}

static void builder_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyMethodDef methods[] = {
    {"camera", set_camera, METH_VARARGS,
     "camera(kind, position, look_at, up, fov_degrees, ortho_width)"},
    {"sky", set_sky, METH_VARARGS, "sky(zenith, horizon, ground)"},
    {"tree", add_tree, METH_VARARGS, "tree(name) -> int"},
    {"native_node", add_native_node, METH_VARARGS, "native_node(tree, name, kind, params) -> int"},
    {"python_node", add_python_node, METH_VARARGS,
     "python_node(tree, name, python_index, inputs, outputs) -> int"},
    {"set_input", set_input, METH_VARARGS, "set_input(tree, node, socket, values)"},
    {"link", add_link, METH_VARARGS, "link(tree, from_node, from_socket, to_node, to_socket)"},
    {"surface", set_surface, METH_VARARGS, "surface(tree, node, socket)"},
    {"sphere", add_sphere, METH_VARARGS, "sphere(name, matrix, tree)"},
    {"plane", add_plane, METH_VARARGS, "plane(name, matrix, tree)"},
    {"box", add_box, METH_VARARGS, "box(name, matrix, tree)"},
    {"mesh", add_mesh, METH_VARARGS, "mesh(name, path, smooth, matrix, tree)"},
    {"things", set_things, METH_VARARGS, "things(frame, list): what scripts can look up"},
    {"lamp", add_lamp, METH_VARARGS, "lamp(kind, position, direction, color, energy, shadow)"},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, "Takes a scene from Python, call by call."},
    {Py_tp_dealloc, builder_dealloc},
    {Py_tp_methods, methods},
    {0, NULL},
};

PyType_Spec pn_builder_spec = {
    .name = "_pynodes.Builder",
    .basicsize = sizeof(builder),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = slots,
};

PyObject *pn_builder_create(pn_world *world)
{
    PN_REF module = pn_module_now();
    if (module == NULL)
        return NULL;
    pn_module_state *state = PyModule_GetState(module);
    builder *self = (builder *)state->builder->tp_alloc(state->builder, 0);
    if (self != NULL)
        self->world = world;
    return (PyObject *)self;
}

void pn_builder_close(PyObject *self)
{
    if (self != NULL)
        ((builder *)self)->world = NULL;
}
