/* Keeps the borrowed first item of a list while another thread replaces the list's items. */
#include <Python.h>
#include <pthread.h>
#include <semaphore.h>

static PyObject *items, *kept_alive;
static sem_t looked, replaced;

static void *replace_items(void *unused)
{
    (void)unused;
    sem_wait(&looked);
    PyGILState_STATE state = PyGILState_Ensure();
    PyRun_SimpleString(
        "import __main__\n"
        "size = __main__.items[0].__sizeof__()\n"
        "__main__.items.clear()\n"
        "__main__.fill = [b'\\x41' * n for n in range(0, 200) for _ in range(64)]\n");
    PyGILState_Release(state);
    sem_post(&replaced);
    return NULL;
}

static int describe_first(void)
{
    PyObject *item = PyList_GET_ITEM(items, 0);
    Py_BEGIN_ALLOW_THREADS /* WRONG: with a borrowed reference in hand */
    sem_post(&looked);
    sem_wait(&replaced); /* a slow disk */
    Py_END_ALLOW_THREADS
    PyObject *text = PyObject_Repr(item); /* WRONG: nothing kept it alive */
    Py_XDECREF(text);
    return text != NULL;
}

int main(void)
{
    pthread_t thread;
    sem_init(&looked, 0, 0);
    sem_init(&replaced, 0, 0);
    Py_Initialize();
    PyRun_SimpleString("class Item:\n"
                       "    __slots__ = ('a', 'b', 'c')\n"
                       "items = [Item()]\n");
    items = PyObject_GetAttrString(PyImport_AddModule("__main__"), "items");
    pthread_create(&thread, NULL, replace_items, NULL);
    int ok = describe_first();
    PyThreadState *kept = PyEval_SaveThread();
    pthread_join(thread, NULL);
    PyEval_RestoreThread(kept);
    Py_XDECREF(kept_alive);
    Py_DECREF(items);
    return Py_FinalizeEx() == 0 && ok ? 0 : 1;
}
