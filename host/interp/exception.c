#include "interp/exception.h"

#include "interp/attach.h"
#include "interp/import.h"
#include "interp/ref.h"

#include <stdio.h>
#include <string.h>

// The pending exception as one normalised object with its traceback attached; NULL when there is
// none.
static PyObject *take_exception(void)
{
#if PY_VERSION_HEX >= 0x030C0000
    return PyErr_GetRaisedException();
#else
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    if (type == NULL)
        return NULL;
    PyErr_NormalizeException(&type, &value, &traceback);
    if (value != NULL && traceback != NULL)
        PyException_SetTraceback(value, traceback);
    Py_XDECREF(type);
    Py_XDECREF(traceback);
    return value;
#endif
}

// Text of any object without ever leaving an exception behind; the result is borrowed from *keep.
static const char *text_of(PyObject *object, PyObject **keep)
{
    *keep = PyObject_Str(object);
    const char *text = NULL;
    if (*keep != NULL) {
        // A lone surrogate has no UTF-8 form: escape it instead of failing.
        PyObject *bytes = PyUnicode_AsEncodedString(*keep, "utf-8", "backslashreplace");
        Py_DECREF(*keep);
        *keep = bytes;
        text = bytes != NULL ? PyBytes_AsString(bytes) : NULL;
    }
    if (text == NULL)
        PyErr_Clear();
    return text;
}

static pn_code describe_plainly(pn_error *err, pn_code code, PyObject *exception)
{
    PyObject *keep = NULL;
    const char *text = text_of(exception, &keep);
    pn_fail(err, code, "%s: %s", Py_TYPE(exception)->tp_name, text != NULL ? text : "(no text)");
    Py_XDECREF(keep);
    return code;
}

enum { PARTS = 5 };

// what, where, help, detail, refused = pynodes.inside.explain(exception)
static bool describe_in_python(pn_error *err, pn_code code, PyObject *exception)
{
    PN_REF parts = pn_import_call(PN_HOST_MODULE, "explain", "(O)", exception);
    if (parts == NULL || !PyTuple_Check(parts) || PyTuple_GET_SIZE(parts) != PARTS)
        return false;
    PyObject *keep[PARTS] = {NULL};
    const char *text[PARTS];
    bool ok = true;
    for (int i = 0; i < PARTS; i++) {
        text[i] = text_of(PyTuple_GET_ITEM(parts, i), &keep[i]);
        ok = ok && text[i] != NULL;
    }
    if (ok) {
        pn_fail(err, code, "%s", text[0]);
        pn_error_where(err, "%s", text[1]);
        pn_error_help(err, "%s", text[2]);
        pn_error_detail(err, text[3], strlen(text[3]));
        snprintf(err->refused, sizeof err->refused, "%s", text[4]);
    }
    for (int i = 0; i < PARTS; i++)
        Py_XDECREF(keep[i]);
    return ok;
}

pn_code pn_error_from_exception(pn_error *err, pn_code code)
{
    PN_ASSERT_ATTACHED();
    PN_REF exception = take_exception();
    if (exception == NULL)
        return pn_fail(err, code, "a Python call failed without an exception");
    if (err == NULL)
        return code;
    if (!describe_in_python(err, code, exception)) {
        PyErr_Clear();
        describe_plainly(err, code, exception);
    }
    return code;
}

PyObject *pn_error_raise(pn_error *err, PyObject *other)
{
    PyObject *type = err->code == PN_ERR_MEMORY   ? PyExc_MemoryError
                     : err->code == PN_ERR_SYSTEM ? PyExc_OSError
                                                  : other;
    PyErr_Format(type, "%s%s%s%s%s", err->what, err->where[0] ? " at " : "", err->where,
                 err->help[0] ? "; " : "", err->help);
    pn_error_finish(err);
    return NULL;
}
