#include "live/driver.h"

#include "entry/expression.h"
#include "interp/ref.h"

#include <stdio.h>
#include <string.h>

static const pn_entry_kind driver_entry = {
    .word = "driver", .span = PN_ENTRY_SPAN("driver"), .only_reads = true};

#define LIBRARY "drivers.py"

bool pn_driver_evaluate(pn_app *app, pn_snapshot *snapshot, const pn_thing *thing,
                        pn_driver *driver, double *value)
{
    char path[256], name[PN_WHO_SIZE], title[PN_WHO_SIZE + 16];
    pn_driver_path(thing, driver, path, sizeof path);
    snprintf(name, sizeof name, "%.40s.%.50s", thing->name, path);
    snprintf(title, sizeof title, "driver %s", name);
    PN_VISIT visit = {0};
    if (app == NULL || pn_visit_begin(&visit, &app->gate, &driver_entry, name, NULL) != PN_OK)
        return false;
    const pn_expression_of of = {title, pn_thing_kind_name(thing->kind), thing->name,
                                 snapshot->things.frame};
    PN_REF number = pn_visit_take(&visit, pn_expression_in(snapshot, driver->expression, &of));
    if (number == NULL) {
        pn_live_scene_fail(app->scene, snapshot, driver->id);
        return false;
    }
    *value = PyFloat_AS_DOUBLE(number);
    return true;
}

void pn_driver_library_changed(pn_app *app, const char *text)
{
    if (strcmp(text, LIBRARY) != 0)
        return;
    const pn_text *found = pn_text_find(&app->texts, LIBRARY);
    pn_live_scene_refresh_drivers(app->scene, found != NULL ? found->source : NULL);
}
