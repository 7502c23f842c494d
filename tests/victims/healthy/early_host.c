/* Loads a plug-in on a thread of its own, while the main thread is attached and goes through calls
 * of Python's that nothing has called before. */
#include <Python.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

static atomic_int begun;

static void *load(void *name)
{
    atomic_store(&begun, 1);
    void *plugin = dlopen(name, RTLD_NOW);
    if (plugin == NULL)
        fprintf(stderr, "%s\n", dlerror());
    return plugin;
}

int main(int argc, char **argv)
{
    pthread_t loader;
    void *plugin = NULL;
    struct timespec while_it_loads = {0, 300 * 1000 * 1000};
    if (argc != 2)
        return 2;
    Py_Initialize();
    pthread_create(&loader, NULL, load, argv[1]);
    while (!atomic_load(&begun))
        ;
    nanosleep(&while_it_loads, NULL); /* attached: nothing waits for this */
    PyGILState_STATE state = PyGILState_Ensure();
    PyObject *list = PyList_New(0);
    PyObject *size = PyObject_CallMethod(list, "__len__", NULL);
    Py_XDECREF(size);
    Py_DECREF(list);
    PyGILState_Release(state);
    PyThreadState *own = PyThreadState_Swap(NULL);
    PyThreadState_Swap(own);
    PyThreadState *kept = PyEval_SaveThread();
    pthread_join(loader, &plugin);
    PyEval_RestoreThread(kept);
    return Py_FinalizeEx() || plugin == NULL;
}
