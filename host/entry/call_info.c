#include "entry/call_info.h"

#include "interp/attach.h"

#include <string.h>

// The innermost call.
static pn_call_info **innermost(const pn_app *app)
{
    return pn_app_state(app, &pn_call_info_part);
}

pn_call_info *pn_call_info_of(const pn_app *app)
{
    return *innermost(app);
}

void pn_call_info_begin(pn_call_info *info, pn_app *app)
{
    PN_ASSERT_ATTACHED();
    info->app = app;
    info->outer = pn_call_info_of(app);
    *innermost(app) = info;
}

void pn_call_info_end(pn_call_info *info)
{
    if (info->app != NULL)
        *innermost(info->app) = info->outer;
    info->app = NULL;
    Py_CLEAR(info->event);
    Py_CLEAR(info->link);
    Py_CLEAR(info->argument);
}

bool pn_call_info_is_eaten(const pn_call_info *info)
{
    return info->event == NULL || info->event == Py_None;
}

static PyObject *or_none(PyObject *object)
{
    return Py_NewRef(object != NULL ? object : Py_None);
}

static PyObject *call_info_get(PyObject *module, PyObject *args)
{
    (void)module;
    const char *name;
    if (!PyArg_ParseTuple(args, "s:call_info_get", &name))
        return NULL;
    pn_app *app = pn_app_on_main(name);
    if (app == NULL)
        return NULL;
    static const pn_call_info nothing;
    const pn_call_info *info = pn_call_info_of(app) != NULL ? pn_call_info_of(app) : &nothing;
    if (strcmp(name, "event") == 0)
        return or_none(info->event);
    if (strcmp(name, "link") == 0)
        return or_none(info->link);
    if (strcmp(name, "argument") == 0)
        return or_none(info->argument);
    if (strcmp(name, "bylink") == 0)
        return PyBool_FromLong(info->bylink);
    if (strcmp(name, "event_value") == 0)
        return PyLong_FromLong(info->event_value);
    if (strcmp(name, "ascii") == 0)
        return PyUnicode_DecodeUTF8(info->ascii, (Py_ssize_t)strlen(info->ascii), "replace");
    return PyErr_Format(PyExc_AttributeError, "a call has no %s", name);
}

static PyObject *call_info_set_event(PyObject *module, PyObject *event)
{
    (void)module;
    pn_app *app = pn_app_on_main("event");
    if (app == NULL)
        return NULL;
    pn_call_info *info = pn_call_info_of(app);
    if (info == NULL) {
        PyErr_SetString(PyExc_RuntimeError,
                        "app.event can be set in a handler only; nothing is being called now");
        return NULL;
    }
    Py_XSETREF(info->event, Py_NewRef(event));
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"call_info_get", call_info_get, METH_VARARGS,
     "call_info_get(name)\n--\n\nWhat the call that runs now is about."},
    {"call_info_set_event", call_info_set_event, METH_O,
     "call_info_set_event(event)\n--\n\nReplace the event; None eats it."},
    {NULL, NULL, 0, NULL},
};

const pn_app_part pn_call_info_part = {.state_size = sizeof(pn_call_info *), .methods = methods};
