// Drawing: rectangles, lines, discs and text on the area that is being drawn.

#include "gui/gui.h"

#include <string.h>

// The canvas to draw on, or NULL with RuntimeError set.
static pn_overlay *canvas(const pn_app *app, const char *function)
{
    pn_area *area = pn_gui_of(app)->drawn;
    if (area == NULL) {
        PyErr_Format(PyExc_RuntimeError,
                     "%s() draws while an area is drawn: in draw(), or in a DRAW handler",
                     function);
        return NULL;
    }
    return &area->canvas;
}

// draw_shape(kind, x, y, a, b, c, color): `rect` of width a and height b, `line` to (a, b) of width
// c, `disc` of radius a.
static PyObject *draw_shape(pn_app *app, PyObject *args)
{
    const char *kind;
    double x, y, a, b, width;
    pn_color c;
    if (!PyArg_ParseTuple(args, "sddddd(ffff):shape", &kind, &x, &y, &a, &b, &width, &c.r, &c.g,
                          &c.b, &c.a))
        return NULL;
    pn_overlay *on = canvas(app, kind);
    if (on == NULL)
        return NULL;
    if (strcmp(kind, "rect") == 0)
        pn_overlay_rect(on, x, y, a, b, c);
    else if (strcmp(kind, "line") == 0)
        pn_overlay_line(on, x, y, a, b, width, c);
    else
        pn_overlay_disc(on, x, y, a, c);
    Py_RETURN_NONE;
}

// draw_text(x, y, text, scale, color): its width.
static PyObject *draw_text(pn_app *app, PyObject *args)
{
    double x, y;
    const char *text;
    int scale;
    pn_color c;
    pn_overlay *on = canvas(app, "text");
    if (on == NULL ||
        !PyArg_ParseTuple(args, "ddsi(ffff):text", &x, &y, &text, &scale, &c.r, &c.g, &c.b, &c.a))
        return NULL;
    if (scale < 1 || scale > 64)
        return PyErr_Format(PyExc_ValueError, "the scale of a text must be 1 to 64, got %d", scale);
    return PyLong_FromLong(pn_overlay_text(on, x, y, text, scale, c));
}

// draw_clip(x, y, width, height)
static PyObject *draw_clip(pn_app *app, PyObject *args)
{
    pn_rect part;
    pn_overlay *on = canvas(app, "clip");
    if (on == NULL ||
        !PyArg_ParseTuple(args, "iiii:clip", &part.x, &part.y, &part.width, &part.height))
        return NULL;
    pn_overlay_clip(on, part);
    Py_RETURN_NONE;
}

// (width, height) of the area.
static PyObject *draw_size(pn_app *app, PyObject *args)
{
    (void)args;
    const pn_overlay *on = canvas(app, "size");
    return on != NULL ? Py_BuildValue("(ii)", on->width_px, on->height_px) : NULL;
}

static const pn_app_function functions[] = {
    {"draw_shape", draw_shape, PN_FROM_MAIN, "a shape"},
    {"draw_text", draw_text, PN_FROM_MAIN, "text"},
    {"draw_clip", draw_clip, PN_FROM_MAIN, "clip"},
    {"draw_size", draw_size, PN_FROM_MAIN, "size"},
    {NULL, NULL, 0, NULL},
};

const pn_app_part pn_draw2d_part = {.functions = functions};
