#include "gui/area.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

pn_code pn_area_create(pn_area **out, const char *name, int width_px, int height_px, pn_error *err)
{
    *out = NULL;
    pn_area *area = calloc(1, sizeof *area);
    if (area == NULL)
        return pn_no_memory(err, "the area %s", name);
    pn_code code = pn_overlay_init(&area->canvas, width_px, height_px, err);
    if (code != PN_OK) {
        free(area);
        return code;
    }
    snprintf(area->name, sizeof area->name, "%s", name);
    area->is_view = strcmp(name, PN_AREA_VIEW) == 0;
    area->dragged = -1;
    *out = area;
    return PN_OK;
}

void pn_area_destroy(pn_area *area)
{
    pn_overlay_finish(&area->canvas);
    free(area->buttons.list);
    free(area);
}

void pn_area_drop(pn_area *area)
{
    // Out of the area first: a destructor may run a script that looks at it, or registers again.
    pn_script *script = area->script;
    PyObject *draw = area->draw, *event = area->event, *button = area->button;
    area->script = NULL;
    area->draw = area->event = area->button = NULL;
    area->redraw_wanted = false;
    area->dragged = -1;
    if (script != NULL)
        pn_script_release(script, PN_HOLD_GUI);
    pn_buttons_clear(&area->buttons);
    Py_XDECREF(draw);
    Py_XDECREF(event);
    Py_XDECREF(button);
}
