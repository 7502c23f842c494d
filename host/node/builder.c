#include "node/builder.h"

#include "interp/exception.h"
#include "interp/ref.h"
#include "node/things.h"
#include "node/tree_values.h"
#include "node/types.h"

#include <string.h>

typedef struct {
    PyObject_HEAD
    pn_world *world; /* borrowed; NULL once closed */
} builder;

// The index of what was added; -1: None.
static PyObject *done_index(pn_code code, int index, pn_error *err)
{
    if (code != PN_OK)
        return pn_error_raise(err, PyExc_ValueError);
    pn_error_finish(err);
    return index >= 0 ? PyLong_FromLong(index) : Py_NewRef(Py_None);
}

static PyObject *done(pn_code code, pn_error *err)
{
    return done_index(code, -1, err);
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

// "O&" converters: sequences of exactly 3 or 16 numbers.
static int to_vec3(PyObject *object, void *out)
{
    float v[3];
    if (!pn_floats_read(object, v, 3))
        return 0;
    *(pn_vec3 *)out = pn_vec3_make(v[0], v[1], v[2]);
    return 1;
}

static int to_mat4(PyObject *object, void *out)
{
    return pn_floats_read(object, &((pn_mat4 *)out)->m[0][0], 16);
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

static PyObject *add_native_node(PyObject *self, PyObject *args)
{
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
    if (kind == NULL)
        return PyErr_Format(PyExc_ValueError, "no native node kind '%s'", kind_name);
    pn_params params = {0};
    PyObject *result = NULL;
    if (pn_params_read(&params, kind, values) == 0) {
        pn_code code = pn_tree_add_native(tree, name, kind, params.list, &index, &err);
        result = done_index(code, index, &err);
    }
    pn_params_finish(&params);
    return result;
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
    if (tree == NULL || pn_socket_specs_read(input_list, inputs, &n_inputs) != 0 ||
        pn_socket_specs_read(output_list, outputs, &n_outputs) != 0)
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
    if (!pn_floats_read(values, got, n))
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

static PyObject *add_shape(PyObject *self, PyObject *args, const char *format, pn_shape shape)
{
    const char *name;
    pn_mat4 matrix;
    int tree_index;
    pn_error err = {0};
    if (!PyArg_ParseTuple(args, format, &name, to_mat4, &matrix, &tree_index))
        return NULL;
    if (open_tree(self, tree_index) == NULL)
        return NULL;
    pn_scene *scene = ((builder *)self)->world->scene;
    return done(pn_scene_add(scene, shape, name, &matrix, tree_index, &err), &err);
}

static PyObject *add_sphere(PyObject *self, PyObject *args)
{
    return add_shape(self, args, "sO&i:sphere", PN_SHAPE_SPHERE);
}

static PyObject *add_plane(PyObject *self, PyObject *args)
{
    return add_shape(self, args, "sO&i:plane", PN_SHAPE_PLANE);
}

static PyObject *add_box(PyObject *self, PyObject *args)
{
    return add_shape(self, args, "sO&i:box", PN_SHAPE_BOX);
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
