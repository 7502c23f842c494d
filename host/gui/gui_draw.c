#include "gui/gui.h"

#include "interp/attach.h"

const pn_entry_kind pn_entry_draw = {.word = "draw", .span = PN_ENTRY_SPAN("draw callback")};

static const pn_color background = {0.16f, 0.17f, 0.2f, 1};

static void paint_buttons(pn_area *area)
{
    pn_overlay_clip(&area->canvas, (pn_rect){0, 0, area->canvas.width_px, area->canvas.height_px});
    for (int i = 0; i < area->buttons.n; i++)
        pn_button_paint(&area->buttons.list[i], &area->canvas);
}

// Attach: either.
static pn_code draw_script(pn_app *app, pn_area *area, pn_error *err)
{
    if (area->script == NULL) { // closed: what it showed last stays in the file
        pn_entry_note(&app->gate, &pn_entry_draw, area->name, "nobody");
        return PN_OK;
    }
    if (area->draw == NULL) { // no more than its background
        pn_overlay_clear(&area->canvas);
        pn_overlay_rect(&area->canvas, 0, 0, area->canvas.width_px, area->canvas.height_px,
                        background);
        pn_overlay_show(&area->canvas);
        return PN_OK;
    }
    PN_VISIT visit = {0};
    pn_code code = pn_visit_begin(&visit, &app->gate, &pn_entry_draw, area->name, err);
    if (code != PN_OK)
        return code;
    pn_gui *gui = pn_gui_of(app);
    pn_area *outer = gui->drawn;
    gui->drawn = area;
    area->drawing = true;
    area->draws++;
    pn_buttons_clear(&area->buttons);
    pn_overlay_clear(&area->canvas);
    pn_overlay_rect(&area->canvas, 0, 0, area->canvas.width_px, area->canvas.height_px, background);
    if (area->draw != NULL) // a destructor may have closed it
        pn_gui_call(app, &visit, area, Py_NewRef(area->draw), NULL);
    if (area->script == NULL) // it ended, perhaps in the middle
        pn_buttons_clear(&area->buttons);
    area->drawing = false;
    gui->drawn = outer;
    paint_buttons(area);
    pn_overlay_show(&area->canvas);
    return PN_OK;
}

// Attach: either.
static pn_code draw_view(pn_app *app, pn_area *area, pn_error *err)
{
    pn_gui *gui = pn_gui_of(app);
    pn_area *outer = gui->drawn;
    gui->drawn = area;
    area->drawing = true;
    area->draws++;
    if (area->buttons.n > 0) {
        PN_VISIT visit = {0};
        if (pn_visit_begin(&visit, &app->gate, &pn_entry_cleanup, area->name, NULL) == PN_OK)
            pn_buttons_clear(&area->buttons);
    }
    pn_overlay_clear(&area->canvas);
    pn_code code = pn_handlers_draw(app, err);
    gui->drawn = outer;
    paint_buttons(area);
    pn_overlay_show(&area->canvas);
    pn_entry_note(&app->gate, &pn_entry_draw, area->name, "ok");
    pn_app_drawn(app); // a link of a redraw may not draw again
    area->drawing = false;
    return code;
}

pn_code pn_gui_draw(pn_app *app, pn_area *area, pn_error *err)
{
    if (area->drawing) { // a pop-up is open inside of its draw
        pn_entry_note(&app->gate, &pn_entry_draw, area->name, "busy");
        return PN_OK;
    }
    area->redraw_wanted = false;
    return area->is_view ? draw_view(app, area, err) : draw_script(app, area, err);
}

// --- the part ---

static void draw_wanted(pn_app *app)
{
    PN_ASSERT_DETACHED();
    // Areas are never taken out of the list, so a draw may do what it likes; what it asks for comes
    // the next time.
    for (pn_area *area = pn_gui_of(app)->areas; area != NULL && !app->quitting; area = area->next) {
        pn_error err = {0};
        if (area->redraw_wanted && !area->drawing && pn_gui_draw(app, area, &err) != PN_OK)
            pn_entry_fail(&app->gate, &pn_entry_draw, area->name, &err);
        pn_error_finish(&err);
    }
}

const pn_app_part pn_gui_draw_part = {.idle = draw_wanted};
