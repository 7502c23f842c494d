#include "entry/scene_script.h"

#include "interp/attach.h"
#include "interp/exception.h"
#include "interp/import.h"
#include "interp/interrupt.h"
#include "interp/ref.h"
#include "node/builder.h"

#include <stdio.h>
#include <string.h>

static pn_code failed(pn_error *err)
{
    pn_code code = pn_interrupt_is_pending() ? PN_ERR_CANCELLED : PN_ERR_SCENE;
    return pn_error_from_exception(err, code);
}

pn_code pn_scene_script_load(pn_scene_script *script, const pn_job *job, const char *tag,
                             pn_error *err)
{
    PN_ASSERT_ATTACHED();
    script->loaded = NULL;
    bool before = pn_interrupt_begin();
    script->loaded =
        pn_import_call(PN_HOST_MODULE, "load", "(Nssi)", PyUnicode_DecodeFSDefault(job->script),
                       pn_preview_name(job->preview), tag, job->debug);
    pn_interrupt_allow(before);
    return script->loaded != NULL ? PN_OK : failed(err);
}

void pn_scene_script_finish(pn_scene_script *script)
{
    Py_CLEAR(script->loaded);
}

static PyObject *define_list(const pn_job *job)
{
    PyObject *list = PyList_New(0);
    for (int i = 0; list != NULL && i < job->n_defines; i++)
        pn_list_add(&list, PyUnicode_DecodeFSDefault(job->defines[i]));
    return list;
}

// Copy a str attribute, cut to fit; -1 with an exception set.
static int copy_text(PyObject *object, const char *name, char *out, size_t size)
{
    PN_REF value = PyObject_GetAttrString(object, name);
    PN_REF bytes =
        value != NULL ? PyUnicode_AsEncodedString(value, "utf-8", "backslashreplace") : NULL;
    if (bytes == NULL)
        return -1;
    snprintf(out, size, "%s", PyBytes_AS_STRING(bytes));
    return 0;
}

pn_code pn_scene_script_build(const pn_scene_script *script, const pn_job *job, int frame,
                              bool live, pn_world *world, pn_scene_built *built, pn_error *err)
{
    PN_ASSERT_ATTACHED();
    memset(built, 0, sizeof *built);
    PN_REF builder = world != NULL ? pn_builder_create(world) : Py_NewRef(Py_None);
    if (builder == NULL)
        return failed(err);
    bool before = pn_interrupt_begin();
    built->built =
        pn_import_call(PN_HOST_MODULE, "build", "(ONiiiOO)", script->loaded, define_list(job),
                       frame, job->width_px, job->height_px, builder, live ? Py_True : Py_False);
    pn_interrupt_allow(before);
    if (world != NULL)
        pn_builder_close(builder);
    if (built->built == NULL ||
        copy_text(built->built, "digest", built->digest, sizeof built->digest) != 0 ||
        copy_text(built->built, "title", built->title, sizeof built->title) != 0) {
        pn_code code = failed(err);
        pn_scene_built_finish(built);
        return code;
    }
    return PN_OK;
}

void pn_scene_built_finish(pn_scene_built *built)
{
    Py_CLEAR(built->built);
}

pn_code pn_scene_script_describe(const pn_job *job, pn_error *err)
{
    PN_ASSERT_ATTACHED();
    PN_REF text = pn_import_call(PN_HOST_MODULE, "describe", "(N)",
                                 job->script != NULL ? PyUnicode_DecodeFSDefault(job->script)
                                                     : Py_NewRef(Py_None));
    const char *utf8 = text != NULL ? PyUnicode_AsUTF8(text) : NULL;
    if (utf8 == NULL)
        return failed(err);
    bool printed = printf("%s\n", utf8) >= 0;
    if (fflush(stdout) != 0 || !printed)
        return pn_fail(err, PN_ERR_SYSTEM, "cannot write the list of nodes to stdout");
    return PN_OK;
}

void pn_leftover_find(pn_leftover *left)
{
    PN_ASSERT_ATTACHED();
    *left = (pn_leftover){0};
    PN_REF list = pn_import_call(PN_HOST_MODULE, "leftover", "()");
    PN_REF comma = list != NULL && PyList_Check(list) ? PyUnicode_FromString(", ") : NULL;
    PN_REF joined = comma != NULL ? PyUnicode_Join(comma, list) : NULL;
    PN_REF bytes =
        joined != NULL ? PyUnicode_AsEncodedString(joined, "utf-8", "backslashreplace") : NULL;
    if (bytes == NULL) {
        PyErr_Clear();
        return;
    }
    left->count = (int)PyList_GET_SIZE(list);
    snprintf(left->names, sizeof left->names, "%s", PyBytes_AS_STRING(bytes));
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
