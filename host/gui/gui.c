#include "gui/gui.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

pn_gui *pn_gui_of(const pn_app *app)
{
    return pn_app_state(app, &pn_gui_part);
}

pn_area *pn_gui_find(pn_app *app, const char *name)
{
    pn_area *area = pn_gui_of(app)->areas;
    while (area != NULL &&
           strncmp(area->name, name, sizeof area->name - 1) != 0) // long ones are cut
        area = area->next;
    return area;
}

pn_code pn_gui_add(pn_app *app, const char *name, int width_px, int height_px, pn_area **out,
                   pn_error *err)
{
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
    pn_gui *gui = pn_gui_of(app);
    area->next = gui->areas;
    *out = gui->areas = area;
    return PN_OK;
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

void pn_gui_want_redraw(pn_app *app, const char *name)
{
    pn_area *area = pn_gui_find(app, name);
    if (area != NULL)
        area->redraw_wanted = true;
}

pn_code pn_gui_save(pn_app *app, const char *npy_path, pn_error *err)
{
    size_t stem = strlen(npy_path);
    const char *suffix = strrchr(npy_path, '.');
    if (suffix != NULL && strchr(suffix, '/') == NULL)
        stem = (size_t)(suffix - npy_path);
    for (pn_area *area = pn_gui_of(app)->areas; area != NULL; area = area->next) {
        char path[PATH_MAX];
        int n = area->is_view
                    ? snprintf(path, sizeof path, "%s", npy_path)
                    : snprintf(path, sizeof path, "%.*s.%s.npy", (int)stem, npy_path, area->name);
        if (n >= (int)sizeof path)
            return pn_fail(err, PN_ERR_SYSTEM, "the name of the overlay is too long: %s", npy_path);
        pn_code code = pn_overlay_save(&area->canvas, path, err);
        if (code != PN_OK)
            return code;
    }
    return PN_OK;
}

void pn_gui_call(pn_app *app, pn_visit *visit, pn_area *area, PyObject *callback, PyObject *args)
{
    pn_script *script = area->script;
    bool entered = pn_script_enter(&app->scripts, script);
    Py_XDECREF(pn_visit_take(visit, entered ? PyObject_CallObject(callback, args) : NULL));
    Py_DECREF(callback);
    Py_XDECREF(args);
    if (!entered)
        return;
    // An error and sys.exit() end the script; buttons of the view, which no script owns, go until
    // the next draw.
    if (visit->failed || visit->exited) {
        if (area->script == script) // else it was run anew meanwhile
            pn_area_drop(area);
        if (script != NULL)
            pn_script_end(&app->scripts, script);
    }
    pn_script_leave(&app->scripts, script);
}

// --- the part ---

static pn_code gui_start(pn_app *app, pn_error *err)
{
    pn_area *view;
    return pn_gui_add(app, PN_AREA_VIEW, app->job->width_px, app->job->height_px, &view, err);
}

static void gui_drop(pn_app *app, pn_drop_why why, const char *who)
{
    for (pn_area *area = pn_gui_of(app)->areas; area != NULL; area = area->next)
        if (why == PN_DROP_QUIT || why == PN_DROP_LOAD ||
            (why == PN_DROP_SCRIPT_END && strcmp(area->name, who) == 0))
            pn_area_drop(area);
}

static void gui_finish(pn_app *app)
{
    pn_gui *gui = pn_gui_of(app);
    while (gui->areas != NULL) {
        pn_area *area = gui->areas;
        gui->areas = area->next;
        pn_overlay_finish(&area->canvas);
        free(area->buttons.list);
        free(area);
    }
}

const pn_app_part pn_gui_part = {
    .state_size = sizeof(pn_gui),
    .start = gui_start,
    .drop = gui_drop,
    .finish = gui_finish,
};
