/* A plug-in that registers itself with Python as it is loaded: it waits for its turn in the midst
 * of dlopen, with all that the loader has locked. */
#include <Python.h>

__attribute__((constructor)) static void register_plugin(void)
{
    PyGILState_STATE state = PyGILState_Ensure();
    PyRun_SimpleString("plugins = ['early']");
    PyGILState_Release(state);
}
