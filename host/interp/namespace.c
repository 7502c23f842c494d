#include "interp/namespace.h"

#include "interp/attach.h"

void pn_namespace_drop(PyObject *names)
{
    PN_ASSERT_ATTACHED();
#if defined(Py_GIL_DISABLED) && PY_VERSION_HEX < 0x030E0000
    PyDict_Clear(names);
#endif
    Py_DECREF(names);
    PyGC_Collect();
}
