/* Paints dots by a Python object: sets what is to be painted on it, and calls it. */
#include <Python.h>
#include <pthread.h>

enum { THREADS = 3, DOTS = 1000 };

static PyObject *brush;
static pthread_barrier_t all_here;

static void paint(long x, long y)
{
    PyObject *dot = Py_BuildValue("ll", x, y);
    PyObject_SetAttrString(brush, "dot", dot); // WRONG
    PyObject *done = PyObject_CallFunction(brush, "d", 0.5);
    if (done == NULL)
        PyErr_Print();
    Py_XDECREF(done);
    Py_DECREF(dot);
}

static void *work(void *y)
{
    pthread_barrier_wait(&all_here);
    for (long x = 0; x < DOTS; x++) {
        PyGILState_STATE state = PyGILState_Ensure();
        paint(x, (long)y);
        PyGILState_Release(state);
    }
    return NULL;
}

int main(void)
{
    pthread_t threads[THREADS];
    pthread_barrier_init(&all_here, NULL, THREADS);
    Py_Initialize();
    PyRun_SimpleString("import sys\n"
                       "sys.setswitchinterval(1e-5)\n"
                       "wrong = 0\n"
                       "class Brush:\n"
                       "    def __call__(self, size):\n"
                       "        global wrong\n"
                       "        before = self.dot\n"
                       "        for i in range(300): size *= 1.0\n"
                       "        wrong += self.dot != before or size != 0.5\n"
                       "brush = Brush()\n");
    brush = PyObject_GetAttrString(PyImport_AddModule("__main__"), "brush");
    PyThreadState *kept = PyEval_SaveThread();
    for (long i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, work, (void *)i);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    PyEval_RestoreThread(kept);
    PyRun_SimpleString("print(wrong, 'dots are wrong')");
    Py_DECREF(brush);
    return Py_FinalizeEx();
}
