#include "fault/rig.h"

// The text that the interface shows for a button; a script may give it.
static bool tooltip(rig *r, const char *name, char *out, size_t size)
{
    PyGILState_STATE gil = PyGILState_Ensure();
    PyObject *builtins = PyEval_GetBuiltins();
    PyObject *text = PyDict_GetItemString(builtins, name);
    if (text == NULL) {
        if (r->fixed)
            PyGILState_Release(gil); // cure: this way out releases too
        return false;                // wrong: attached still, when there is no such text
    }
    PyOS_snprintf(out, size, "%s", PyUnicode_AsUTF8(text));
    PyGILState_Release(gil);
    return true;
}

static void run(rig *r)
{
    char text[64];
    rig_start(r);
    PyGILState_STATE gil = PyGILState_Ensure();
    rig_give("tip_render", PyUnicode_FromString("Render the picture"));
    PyGILState_Release(gil);
    rig_load(r, RIG_SHADER);
    tooltip(r, "tip_render", text, sizeof text);
    tooltip(r, "tip_close", text, sizeof text);
    rig_render(r);
    rig_stop(r);
}

const pn_fault pn_fault_no_release_early = {
    .name = "no-release-early",
    .story = "A helper returns early when it does not find what it looks for, and that way out "
             "lacks the release. All is well until the first miss.",
    .origin = "any function with more than one return",
    .cure = "one way out, or a scope guard",
    .expected = "all hang",
    .run = run,
};
