/* Objects that threads share, and may. */
#include "habits.h"

#include <stdlib.h>
#include <sys/wait.h>

enum { USERS = 3, USES = 300 };

typedef struct {
    PyObject_HEAD
    long calls, last, ended;
    PyObject *cache;
    void *now;
} tool;

static PyObject *use_tool(PyObject *self, PyObject *arguments, PyObject *named)
{
    tool *used = (tool *)self;
    (void)arguments, (void)named;
    used->calls++;
    used->last = (long)pthread_self();
    if (used->cache == NULL)
        used->cache = PyUnicode_FromString("made at the first call");
    PyObject *done = PyObject_CallMethod(self, "work", "d", 0.5);
    used->ended = (long)pthread_self();
    return done;
}

static PyObject *find_nothing(PyObject *self, PyObject *argument)
{
    (void)self;
    return Py_NewRef(argument);
}

static PyMethodDef tool_methods[] = {{"find", find_nothing, METH_O, NULL}, {NULL}};
static PyType_Slot tool_slots[] = {
    {Py_tp_call, use_tool}, {Py_tp_methods, tool_methods}, {0, NULL}};
static PyType_Spec tool_spec = {"habits.Tool", sizeof(tool), 0,
                                Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, tool_slots};
static PyObject *shared_tool;

static void check(PyObject *object)
{
    if (object == NULL) {
        PyErr_Print();
        abort();
    }
    Py_DECREF(object);
}

/* Each thread calls the one object, which counts, keeps a cache, and notes who came and went last.
 */
static void use_counter(void)
{
    check(PyObject_CallNoArgs(shared_tool));
    check(PyObject_CallFunction(shared_tool, "ids", 1, 2.5, "three"));
    check(PyObject_CallMethod(shared_tool, "find", "s", "x"));
    PyObject *total = PyLong_FromLong(7); /* the same for all */
    PyObject_SetAttrString(shared_tool, "total", total);
    Py_DECREF(total);
}

static pthread_mutex_t tool_lock = PTHREAD_MUTEX_INITIALIZER;

/* Each thread sets the one object up, calls it, and keeps the others off until it is done. */
static void use_locked(void)
{
    int here;
    Py_BEGIN_ALLOW_THREADS
    pthread_mutex_lock(&tool_lock);
    Py_END_ALLOW_THREADS
    PyObject *mine = PyLong_FromVoidPtr(&here);
    ((tool *)shared_tool)->now = &here;
    PyObject_SetAttrString(shared_tool, "mine", mine);
    check(PyObject_CallNoArgs(shared_tool));
    Py_DECREF(mine);
    pthread_mutex_unlock(&tool_lock);
}

/* Each call has an object of its own. */
static void use_own(void)
{
    int here;
    PyObject *own = PyObject_CallNoArgs((PyObject *)Py_TYPE(shared_tool));
    PyObject *mine = PyLong_FromVoidPtr(&here);
    ((tool *)own)->now = &here;
    PyObject_SetAttrString(own, "mine", mine);
    check(PyObject_CallNoArgs(own));
    Py_DECREF(mine);
    Py_DECREF(own);
}

static void (*use)(void);
static pthread_barrier_t all_here;

static void *use_tools(void *unused)
{
    pthread_barrier_wait(&all_here);
    for (int i = 0; i < USES; i++) {
        PyGILState_STATE state = PyGILState_Ensure();
        use();
        PyGILState_Release(state);
    }
    return unused;
}

static void share_tool(void (*how)(void))
{
    pthread_t users[USERS];
    PyObject *here = PyImport_AddModule("__main__"), *type = PyType_FromSpec(&tool_spec);
    PyObject_SetAttrString(here, "Tool", type);
    PyRun_SimpleString("import sys\n"
                       "sys.setswitchinterval(1e-5)\n"
                       "class Hammer(Tool):\n"
                       "    def work(self, strength):\n"
                       "        assert strength == 0.5\n"
                       "        for i in range(200): pass\n"
                       "hammer = Hammer()\n");
    shared_tool = PyObject_GetAttrString(here, "hammer");
    use = how;
    pthread_barrier_init(&all_here, NULL, USERS);
    for (int i = 0; i < USERS; i++)
        users[i] = start(use_tools);
    for (int i = 0; i < USERS; i++)
        join_detached(users[i]);
    Py_CLEAR(shared_tool);
    Py_DECREF(type);
}

static void shared_counter(void)
{
    share_tool(use_counter);
}

static void shared_under_lock(void)
{
    share_tool(use_locked);
}

static void object_for_each_call(void)
{
    share_tool(use_own);
}

const struct habit objects[] = {
    HABIT(shared_counter),
    HABIT(shared_under_lock),
    HABIT(object_for_each_call),
    {NULL},
};
