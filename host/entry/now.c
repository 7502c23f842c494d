#include "entry/now.h"

#include "interp/attach.h"

#include <string.h>

// The innermost call.
static pn_now **innermost(const pn_app *app)
{
    return pn_app_state(app, &pn_now_part);
}

pn_now *pn_now_of(const pn_app *app)
{
    return *innermost(app);
}

void pn_now_begin(pn_now *now, pn_app *app)
{
    PN_ASSERT_ATTACHED();
    now->app = app;
    now->outer = pn_now_of(app);
    *innermost(app) = now;
}

void pn_now_end(pn_now *now)
{
    if (now->app != NULL)
        *innermost(now->app) = now->outer;
    now->app = NULL;
    Py_CLEAR(now->event);
    Py_CLEAR(now->link);
    Py_CLEAR(now->argument);
}

bool pn_now_is_eaten(const pn_now *now)
{
    return now->event == NULL || now->event == Py_None;
}

static PyObject *or_none(PyObject *object)
{
    return Py_NewRef(object != NULL ? object : Py_None);
}

static PyObject *now_get(PyObject *module, PyObject *args)
{
    (void)module;
    const char *name;
    if (!PyArg_ParseTuple(args, "s:now_get", &name))
        return NULL;
    pn_app *app = pn_app_on_main(name);
    if (app == NULL)
        return NULL;
    static const pn_now nothing;
    const pn_now *now = pn_now_of(app) != NULL ? pn_now_of(app) : &nothing;
    if (strcmp(name, "event") == 0)
        return or_none(now->event);
    if (strcmp(name, "link") == 0)
        return or_none(now->link);
    if (strcmp(name, "argument") == 0)
        return or_none(now->argument);
    if (strcmp(name, "bylink") == 0)
        return PyBool_FromLong(now->bylink);
    if (strcmp(name, "event_value") == 0)
        return PyLong_FromLong(now->event_value);
    if (strcmp(name, "ascii") == 0)
        return PyUnicode_DecodeUTF8(now->ascii, (Py_ssize_t)strlen(now->ascii), "replace");
    return PyErr_Format(PyExc_AttributeError, "a call has no %s", name);
}

static PyObject *now_set_event(PyObject *module, PyObject *event)
{
    (void)module;
    pn_app *app = pn_app_on_main("event");
    if (app == NULL)
        return NULL;
    pn_now *now = pn_now_of(app);
    if (now == NULL) {
        PyErr_SetString(PyExc_RuntimeError,
                        "app.event can be set in a handler only; nothing is being called now");
        return NULL;
    }
    Py_XSETREF(now->event, Py_NewRef(event));
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"now_get", now_get, METH_VARARGS,
     "now_get(name)\n--\n\nWhat the call that runs now is about."},
    {"now_set_event", now_set_event, METH_O,
     "now_set_event(event)\n--\n\nReplace the event; None eats it."},
    {NULL, NULL, 0, NULL},
};

const pn_app_part pn_now_part = {.state_size = sizeof(pn_now *), .methods = methods};
