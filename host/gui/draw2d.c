// Drawing: rectangles, lines, discs and text on the area that is being drawn.

#include "gui/gui.h"

#include "interp/ref.h"

// The canvas to draw on, or NULL with RuntimeError set.
static pn_overlay *canvas(const char *function)
{
    pn_app *app = pn_app_on_main(function);
    if (app == NULL)
        return NULL;
    pn_area *area = pn_gui_of(app)->drawn;
    if (area == NULL) {
        PyErr_Format(PyExc_RuntimeError,
                     "%s() draws while an area is drawn: in draw(), or in a DRAW handler",
                     function);
        return NULL;
    }
    return &area->canvas;
}

static PyObject *draw_rect(PyObject *module, PyObject *args)
{
    (void)module;
    double x, y, width, height;
    pn_color c;
    pn_overlay *on = canvas("rect");
    if (on == NULL ||
        !PyArg_ParseTuple(args, "dddd(ffff):rect", &x, &y, &width, &height, &c.r, &c.g, &c.b, &c.a))
        return NULL;
    pn_overlay_rect(on, x, y, width, height, c);
    Py_RETURN_NONE;
}

static PyObject *draw_line(PyObject *module, PyObject *args)
{
    (void)module;
    double x0, y0, x1, y1, width;
    pn_color c;
    pn_overlay *on = canvas("line");
    if (on == NULL || !PyArg_ParseTuple(args, "ddddd(ffff):line", &x0, &y0, &x1, &y1, &width, &c.r,
                                        &c.g, &c.b, &c.a))
        return NULL;
    pn_overlay_line(on, x0, y0, x1, y1, width, c);
    Py_RETURN_NONE;
}

static PyObject *draw_disc(PyObject *module, PyObject *args)
{
    (void)module;
    double x, y, radius;
    pn_color c;
    pn_overlay *on = canvas("disc");
    if (on == NULL ||
        !PyArg_ParseTuple(args, "ddd(ffff):disc", &x, &y, &radius, &c.r, &c.g, &c.b, &c.a))
        return NULL;
    pn_overlay_disc(on, x, y, radius, c);
    Py_RETURN_NONE;
}

static PyObject *draw_text(PyObject *module, PyObject *args)
{
    (void)module;
    double x, y;
    const char *text;
    int scale;
    pn_color c;
    pn_overlay *on = canvas("text");
    if (on == NULL ||
        !PyArg_ParseTuple(args, "ddsi(ffff):text", &x, &y, &text, &scale, &c.r, &c.g, &c.b, &c.a))
        return NULL;
    if (scale < 1 || scale > 64)
        return PyErr_Format(PyExc_ValueError, "the scale of a text must be 1 to 64, got %d", scale);
    return PyLong_FromLong(pn_overlay_text(on, x, y, text, scale, c));
}

static PyObject *draw_clip(PyObject *module, PyObject *args)
{
    (void)module;
    pn_rect part;
    pn_overlay *on = canvas("clip");
    if (on == NULL ||
        !PyArg_ParseTuple(args, "iiii:clip", &part.x, &part.y, &part.width, &part.height))
        return NULL;
    pn_overlay_clip(on, part);
    Py_RETURN_NONE;
}

static PyObject *draw_size(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    const pn_overlay *on = canvas("size");
    return on != NULL ? Py_BuildValue("(ii)", on->width_px, on->height_px) : NULL;
}

static PyMethodDef methods[] = {
    {"draw_rect", draw_rect, METH_VARARGS, "draw_rect(x, y, width, height, color)\n--\n\n"},
    {"draw_line", draw_line, METH_VARARGS, "draw_line(x0, y0, x1, y1, width, color)\n--\n\n"},
    {"draw_disc", draw_disc, METH_VARARGS, "draw_disc(x, y, radius, color)\n--\n\n"},
    {"draw_text", draw_text, METH_VARARGS,
     "draw_text(x, y, text, scale, color)\n--\n\nReturns the width."},
    {"draw_clip", draw_clip, METH_VARARGS, "draw_clip(x, y, width, height)\n--\n\n"},
    {"draw_size", draw_size, METH_NOARGS, "draw_size()\n--\n\n(width, height) of the area."},
    {NULL, NULL, 0, NULL},
};

const pn_app_part pn_draw2d_part = {.methods = methods};
