#include "entry/now.h"

#include "interp/attach.h"

#include <string.h>

void pn_now_begin(pn_now *now, pn_app *app)
{
    PN_ASSERT_ATTACHED();
    now->app = app;
    now->outer = app->now;
    app->now = now;
}

void pn_now_end(pn_now *now)
{
    if (now->app != NULL)
        now->app->now = now->outer;
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
    const pn_now *now = app->now != NULL ? app->now : &nothing;
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
    if (app->now == NULL) {
        PyErr_SetString(PyExc_RuntimeError,
                        "app.event can be set in a handler only; nothing is being called now");
        return NULL;
    }
    Py_XSETREF(app->now->event, Py_NewRef(event));
    Py_RETURN_NONE;
}

PyMethodDef pn_now_methods[] = {
    {"now_get", now_get, METH_VARARGS,
     "now_get(name)\n--\n\nWhat the call that runs now is about."},
    {"now_set_event", now_set_event, METH_O,
     "now_set_event(event)\n--\n\nReplace the event; None eats it."},
    {NULL, NULL, 0, NULL},
};
