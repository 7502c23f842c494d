#include "engine/leftover.h"

#include "entry/scene_script.h"

#include <stdio.h>

void pn_leftover_find(pn_leftover *left)
{
    pn_scene_script_leftover(left->names, sizeof left->names, &left->count);
}

void pn_leftover_warn(const pn_leftover *left, const pn_events *events, const char *script)
{
    char what[640];
    if (left->count == 0)
        return;
    snprintf(what, sizeof what, "Python threads are still running: %s", left->names);
    pn_event_send_warning(
        events, what, script,
        "join them in the node: daemons are cut off where they are when the host ends, and the "
        "others are waited for, for some seconds");
}
