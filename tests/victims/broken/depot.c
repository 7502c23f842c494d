/* Python asks for an order; a library, which knows nothing of Python, waits until it is packed. */
#include <Python.h>
#include <pthread.h>

/* --- the library --- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t packed = PTHREAD_COND_INITIALIZER;
static int left;

static void shelf_wait(void)
{
    pthread_mutex_lock(&lock);
    while (left > 0)
        pthread_cond_wait(&packed, &lock);
    pthread_mutex_unlock(&lock);
}

static void shelf_done(void)
{
    pthread_mutex_lock(&lock);
    left--;
    pthread_mutex_unlock(&lock);
    pthread_cond_signal(&packed);
}

static void depot_flush(void *(*pack)(void *), int parcels)
{
    left = parcels;
    for (int i = 0; i < parcels; i++) {
        pthread_t packer;
        pthread_create(&packer, NULL, pack, NULL);
        pthread_detach(packer);
    }
    shelf_wait();
}

static void depot_order(void *(*pack)(void *), int parcels)
{
    if (parcels > 0)
        depot_flush(pack, parcels);
}

/* --- the program --- */

static void *pack(void *unused)
{
    PyGILState_STATE state = PyGILState_Ensure();
    PyRun_SimpleString("label = 'fragile'.upper()");
    PyGILState_Release(state);
    shelf_done();
    return unused;
}

static PyObject *order(PyObject *self, PyObject *parcels)
{
    (void)self;
    depot_order(pack, (int)PyLong_AsLong(parcels)); /* WRONG: attached */
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {{"order", order, METH_O, NULL}, {NULL}};
static PyModuleDef module = {PyModuleDef_HEAD_INIT, "depot", NULL, -1, methods};

static PyObject *make_module(void)
{
    return PyModule_Create(&module);
}

int main(void)
{
    PyImport_AppendInittab("depot", make_module);
    Py_Initialize();
    PyRun_SimpleString("import depot\n"
                       "depot.order(3)\n");
    return Py_FinalizeEx();
}
