/* A filter in Python whose object knows the sample in hand; there is one for the whole program. */
#include <Python.h>
#include <pthread.h>

enum { THREADS = 3, SAMPLES = 200 };

typedef struct {
    double in, out;
} sample;

typedef struct {
    PyObject_HEAD
    sample *now;
} filter;

static PyObject *get_in(PyObject *self, void *unused)
{
    (void)unused;
    return PyFloat_FromDouble(((filter *)self)->now->in);
}

static int set_out(PyObject *self, PyObject *value, void *unused)
{
    (void)unused;
    ((filter *)self)->now->out = PyFloat_AsDouble(value);
    return 0;
}

static PyGetSetDef members[] = {{"signal", get_in, set_out, NULL, NULL}, {NULL}};
static PyType_Slot slots[] = {{Py_tp_getset, members}, {0, NULL}};
static PyType_Spec spec = {"filter.Filter", sizeof(filter), 0,
                           Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};
static PyObject *only;
static pthread_barrier_t all_here;

static double apply(double in)
{
    sample here = {in, -1};
    ((filter *)only)->now = &here;
    Py_XDECREF(PyObject_CallFunctionObjArgs(only, Py_None, Py_True, NULL)); // WRONG
    return here.out;
}

static void *work(void *wrong)
{
    pthread_barrier_wait(&all_here);
    for (int i = 0; i < SAMPLES; i++) {
        PyGILState_STATE state = PyGILState_Ensure();
        *(long *)wrong += apply(i) != 2.0 * i;
        PyGILState_Release(state);
    }
    return NULL;
}

int main(void)
{
    pthread_t threads[THREADS];
    long wrong[THREADS] = {0};
    pthread_barrier_init(&all_here, NULL, THREADS);
    Py_Initialize();
    PyObject *main_module = PyImport_AddModule("__main__");
    PyObject *type = PyType_FromSpec(&spec);
    PyObject_SetAttrString(main_module, "Filter", type);
    PyRun_SimpleString("import time\n"
                       "class Double(Filter):\n"
                       "    def __call__(self, *unused):\n"
                       "        time.sleep(1e-5)\n"
                       "        self.signal = self.signal * 2\n"
                       "only = Double()\n");
    only = PyObject_GetAttrString(main_module, "only");
    PyThreadState *kept = PyEval_SaveThread();
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, work, &wrong[i]);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    PyEval_RestoreThread(kept);
    printf("%ld samples are wrong\n", wrong[0] + wrong[1] + wrong[2]);
    Py_DECREF(only);
    Py_DECREF(type);
    return Py_FinalizeEx();
}
