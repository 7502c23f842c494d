// What scripts ask of areas: callbacks, redraws, buttons.

#include "gui/gui.h"
#include "interp/exception.h"

enum { MAX_SIDE_PX = 8192 };

static PyObject *or_null(PyObject *callback)
{
    return callback != Py_None ? Py_NewRef(callback) : NULL;
}

static PyObject *gui_register(pn_app *app, PyObject *args)
{
    PyObject *draw, *event, *button;
    int width, height;
    if (!PyArg_ParseTuple(args, "OOOii:gui_register", &draw, &event, &button, &width, &height))
        return NULL;
    pn_script *script = pn_script_now(&app->scripts);
    if (script == NULL || script->ending)
        return PyErr_Format(PyExc_RuntimeError,
                            "register() is for text and menu scripts, until they end");
    if (app->replay == NULL)
        return PyErr_Format(
            PyExc_RuntimeError,
            "register() needs somebody at the window: play the script with `pynodes replay`");
    if (width < 1 || height < 1 || width > MAX_SIDE_PX || height > MAX_SIDE_PX)
        return PyErr_Format(PyExc_ValueError, "the size of a window must be 1 to %d pixels a side",
                            MAX_SIDE_PX);
    pn_area *area = pn_gui_find(app, script->name);
    pn_error err = {0};
    if (area == NULL && pn_gui_add(app, script->name, width, height, &area, &err) != PN_OK)
        return pn_error_raise(&err, PyExc_MemoryError);
    if (area->is_view)
        return PyErr_Format(PyExc_RuntimeError, "a script named %s cannot have a window",
                            area->name);
    PyObject *old[] = {area->draw, area->event, area->button};
    area->draw = or_null(draw);
    area->event = or_null(event);
    area->button = or_null(button);
    area->script = script;
    area->redraw_wanted = true;
    pn_script_hold(script, PN_HOLD_GUI);
    for (int i = 0; i < 3; i++)
        Py_XDECREF(old[i]);
    Py_RETURN_NONE;
}

// The area of the script whose code runs, or NULL with RuntimeError set: or without, where it had
// one that is closed, which is no error of a callback that comes late.
static pn_area *own_area(pn_app *app, const char *function)
{
    pn_script *script = pn_script_now(&app->scripts);
    pn_area *area = script != NULL ? pn_gui_find(app, script->name) : NULL;
    if (area != NULL && area->script == script)
        return area;
    if (area == NULL || area->is_view)
        PyErr_Format(PyExc_RuntimeError,
                     "%s(): this script has no window; register() its callbacks first", function);
    return NULL;
}

// The area of that name, or the script's own for NULL; NULL as above.
static pn_area *named_area(pn_app *app, const char *name, const char *function)
{
    if (name == NULL)
        return own_area(app, function);
    pn_area *area = pn_gui_find(app, name);
    if (area == NULL)
        PyErr_Format(PyExc_ValueError, "%s(): there is no area %s", function, name);
    return area;
}

static PyObject *none_unless_raised(void)
{
    return PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
}

static PyObject *gui_redraw(pn_app *app, PyObject *args)
{
    const char *name;
    if (!PyArg_ParseTuple(args, "z:gui_redraw", &name))
        return NULL;
    pn_area *area = named_area(app, name, "redraw");
    if (area == NULL)
        return none_unless_raised();
    area->redraw_wanted = true;
    Py_RETURN_NONE;
}

static PyObject *gui_draw_now(pn_app *app, PyObject *args)
{
    const char *name;
    if (!PyArg_ParseTuple(args, "z:gui_draw_now", &name))
        return NULL;
    pn_area *area = named_area(app, name, "draw_now");
    if (area == NULL)
        return none_unless_raised();
    if (area->drawing)
        return PyErr_Format(PyExc_RuntimeError, "draw_now(): the area %s is being drawn now",
                            area->name);
    pn_error err = {0};
    return pn_gui_draw(app, area, &err) == PN_OK ? Py_NewRef(Py_None)
                                                 : pn_error_raise(&err, PyExc_RuntimeError);
}

static PyObject *gui_exit(pn_app *app, PyObject *args)
{
    (void)args;
    pn_area *area = own_area(app, "exit");
    if (area == NULL)
        return none_unless_raised();
    pn_area_drop(area);
    Py_RETURN_NONE;
}

static PyObject *gui_button(pn_app *app, PyObject *args)
{
    pn_area *drawn = pn_gui_of(app)->drawn;
    if (drawn == NULL)
        return PyErr_Format(
            PyExc_RuntimeError,
            "buttons are made while an area is drawn: in draw(), or in a DRAW handler");
    return pn_buttons_add(&drawn->buttons, args) == 0 ? Py_NewRef(Py_None) : NULL;
}

// Below the last button.
static PyObject *gui_next_place(pn_app *app, PyObject *args)
{
    int gap;
    if (!PyArg_ParseTuple(args, "i:gui_next_place", &gap))
        return NULL;
    const pn_area *area = pn_gui_of(app)->drawn;
    if (area == NULL || area->buttons.n == 0)
        return Py_BuildValue("(ii)", gap, gap);
    const pn_rect *last = &area->buttons.list[area->buttons.n - 1].place;
    return Py_BuildValue("(ii)", last->x, last->y + last->height + gap);
}

static PyObject *gui_value(pn_app *app, PyObject *args)
{
    const char *word;
    if (!PyArg_ParseTuple(args, "s:gui_value", &word))
        return NULL;
    const pn_area *area =
        pn_gui_of(app)->drawn != NULL ? pn_gui_of(app)->drawn : own_area(app, "value");
    if (area == NULL && PyErr_Occurred())
        return NULL;
    const pn_button *b = area != NULL ? pn_buttons_find(&area->buttons, word) : NULL;
    return b != NULL ? pn_button_value(b)
                     : PyErr_Format(PyExc_KeyError, "this window has no button %s", word);
}

static const pn_app_function functions[] = {
    {"gui_register", gui_register, PN_FROM_MAIN, "register"},
    {"gui_redraw", gui_redraw, PN_FROM_MAIN, "redraw"},
    {"gui_draw_now", gui_draw_now, PN_FROM_MAIN, "draw_now"},
    {"gui_exit", gui_exit, PN_FROM_MAIN, "exit"},
    {"gui_button", gui_button, PN_FROM_MAIN, "a button"},
    {"gui_next_place", gui_next_place, PN_FROM_MAIN, "a button"},
    {"gui_value", gui_value, PN_FROM_MAIN, "value"},
    {NULL, NULL, 0, NULL},
};

const pn_app_part pn_gui_module_part = {.functions = functions};
