/* A module asks the program for its settings while it is imported; they need that module. */
#include "../locks.h"

static PyObject *call(PyObject *self, PyObject *unused)
{
    sem_post(&has_python);
    Py_BEGIN_ALLOW_THREADS
    pthread_mutex_lock(&native); /* WRONG: after a lock of Python's; the other thread, before */
    pthread_mutex_unlock(&native);
    Py_END_ALLOW_THREADS
    Py_RETURN_NONE;
}

int main(void)
{
    start_under_lock("import settings_of\n");
    return run_script(call, "import importlib.util, native, sys\n"
                            "class Loader:\n"
                            "    def find_spec(self, name, *rest):\n"
                            "        if name == 'settings_of':\n"
                            "            return importlib.util.spec_from_loader(name, self)\n"
                            "    def create_module(self, spec):\n"
                            "        pass\n"
                            "    def exec_module(self, module):\n"
                            "        native.call()\n"
                            "sys.meta_path.insert(0, Loader())\n"
                            "import settings_of\n");
}
