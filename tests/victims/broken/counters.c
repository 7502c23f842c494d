/* Two interpreters with a GIL each, and a module with a static variable that is let into both. */
#include <Python.h>
#include <pthread.h>

#if PY_VERSION_HEX < 0x030C0000
#error "3.12 has the first interpreters with a GIL of their own"
#endif

static PyObject *latest;

static PyObject *count(PyObject *module, PyObject *thing)
{
    (void)module;
    Py_XSETREF(latest, Py_NewRef(thing)); /* WRONG: the other interpreter's object */
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {{"count", count, METH_O, NULL}, {NULL}};
static PyModuleDef_Slot slots[] = {
    {Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_SUPPORTED}, {0, NULL}};
static PyModuleDef module = {
    PyModuleDef_HEAD_INIT, .m_name = "counters", .m_methods = methods, .m_slots = slots};

static PyObject *make_module(void)
{
    return PyModuleDef_Init(&module);
}

static void *run_shop(void *unused)
{
    PyInterpreterConfig config = {
        .allow_threads = 1, .check_multi_interp_extensions = 1, .gil = PyInterpreterConfig_OWN_GIL};
    PyThreadState *own;
    PyGILState_STATE state = PyGILState_Ensure();
    PyThreadState *before = PyThreadState_Get();
    if (PyStatus_Exception(Py_NewInterpreterFromConfig(&own, &config)))
        abort();
    PyRun_SimpleString("import _imp\n"
                       "_imp._override_multi_interp_extensions_check(-1)\n"
                       "import counters\n"
                       "for i in range(200000):\n"
                       "    counters.count([i, str(i)])\n");
    Py_EndInterpreter(own);
    PyEval_RestoreThread(before);
    PyGILState_Release(state);
    return unused;
}

int main(void)
{
    pthread_t shops[4];
    PyImport_AppendInittab("counters", make_module);
    Py_Initialize();
    PyThreadState *kept = PyEval_SaveThread();
    for (int i = 0; i < 4; i++)
        pthread_create(&shops[i], NULL, run_shop, NULL);
    for (int i = 0; i < 4; i++)
        pthread_join(shops[i], NULL);
    PyEval_RestoreThread(kept);
    return Py_FinalizeEx();
}
