#include "entry/call_info.h"

#include "interp/attach.h"
#include "interp/ref.h"

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
    return object != NULL ? object : Py_None;
}

// call_info_get(name): what the call that runs now is about.
static PyObject *call_info_get(pn_app *app, PyObject *args)
{
    const char *name;
    if (!PyArg_ParseTuple(args, "s:call_info_get", &name) || pn_app_on_main(name) == NULL)
        return NULL;
    static const pn_call_info nothing;
    const pn_call_info *info = pn_call_info_of(app) != NULL ? pn_call_info_of(app) : &nothing;
    PN_REF all = Py_BuildValue(
        "{s:O,s:O,s:O,s:O,s:i,s:N}", "event", or_none(info->event), "link", or_none(info->link),
        "argument", or_none(info->argument), "bylink", info->bylink ? Py_True : Py_False,
        "event_value", info->event_value, "ascii",
        PyUnicode_DecodeUTF8(info->ascii, (Py_ssize_t)strlen(info->ascii), "replace"));
    return all != NULL ? Py_XNewRef(PyDict_GetItemString(all, name)) : NULL;
}

// call_info_set_event(event): replace it; None eats it.
static PyObject *call_info_set_event(pn_app *app, PyObject *args)
{
    PyObject *event;
    pn_call_info *info = pn_call_info_of(app);
    if (info == NULL)
        return PyErr_Format(PyExc_RuntimeError,
                            "app.event can be set in a handler only; nothing is being called now");
    if (!PyArg_ParseTuple(args, "O:call_info_set_event", &event))
        return NULL;
    Py_XSETREF(info->event, Py_NewRef(event));
    Py_RETURN_NONE;
}

static const pn_app_function functions[] = {
    {"call_info_get", call_info_get, PN_FROM_ANYWHERE, NULL},
    {"call_info_set_event", call_info_set_event, PN_FROM_MAIN, "event"},
    {NULL, NULL, 0, NULL},
};

const pn_app_part pn_call_info_part = {.state_size = sizeof(pn_call_info *),
                                       .functions = functions};
