/* The document: the scene script that the application has open, and its own instance of each Python
 * node.
 *
 * Opened with the application (the job's scene), with a `load` event or app.load(). A file that
 * app.save() wrote holds the scene script's path and all that scripts did to the scene. Its node
 * instances are made on the main thread; renders do not use them, `delete node` drops them while a
 * render thread may be inside the same class.
 */

#include "live/live.h"

#include "entry/text_script.h"
#include "interp/attach.h"
#include "interp/exception.h"
#include "interp/import.h"
#include "interp/ref.h"
#include "node/instances.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DOCUMENT "pynodes.app._document"

typedef struct {
    char path[PATH_MAX]; /* of the scene script; empty: none is open */
    pn_job job;          /* the app's, with that script; borrows all of it */
    pn_scene_script script;
    pn_instances nodes; /* by python index; an object is NULL once it was deleted */
    PyObject *names;    /* of the nodes: a tuple */
} pn_document;

extern const pn_app_part pn_document_part;

static pn_document *document_of(const pn_app *app)
{
    return pn_app_state(app, &pn_document_part);
}

// Attach: required.
static void drop_nodes(pn_document *document)
{
    pn_instances nodes = document->nodes; // taken away first: a destructor may look at the document
    memset(&document->nodes, 0, sizeof document->nodes);
    pn_instances_finish(&nodes);
    Py_CLEAR(document->names);
}

// Attach: required; leaves no exception pending.
static void drop_script(pn_document *document)
{
    if (document->script.loaded == NULL)
        return;
    PN_REF done = pn_import_call(PN_HOST_MODULE, "unload", "(O)", document->script.loaded);
    PyErr_Clear();
    pn_scene_script_finish(&document->script);
}

// Drop the document's instance of a node. Attach: required.
static void delete_node(pn_app *app, const char *name)
{
    pn_document *document = document_of(app);
    Py_ssize_t n = document->names != NULL ? PyTuple_GET_SIZE(document->names) : 0;
    for (Py_ssize_t i = 0; i < n && i < document->nodes.n; i++) {
        PyObject *known = PyTuple_GET_ITEM(document->names, i);
        if (!PyUnicode_Check(known) || PyUnicode_CompareWithASCIIString(known, name) != 0 ||
            document->nodes.objects[i] == NULL)
            continue;
        PyObject *callable = document->nodes.callables[i], *object = document->nodes.objects[i];
        document->nodes.callables[i] = document->nodes.objects[i] = NULL;
        document->nodes.records[i] = NULL; // was the object's
        Py_XDECREF(callable);
        Py_DECREF(object); // __del__ may run, and come back here
        return;
    }
}

static void drop(pn_app *app, pn_drop_why why, const char *who)
{
    pn_document *document = document_of(app);
    if (why == PN_DROP_NODE)
        delete_node(app, who);
    if (why != PN_DROP_LOAD && why != PN_DROP_QUIT)
        return;
    drop_nodes(document);
    drop_script(document);
}

static pn_code build(pn_app *app, int frame, pn_world *world, pn_scene_built *built, pn_error *err)
{
    return pn_scene_script_build(&document_of(app)->script, &document_of(app)->job, frame, true,
                                 world, built, err);
}

// A visit's error becomes the caller's.
static pn_code move_error(pn_visit *visit, pn_error *err, pn_code code)
{
    if (!visit->failed && !visit->exited)
        return PN_OK;
    if (visit->exited)
        return pn_fail(err, code, "%s called sys.exit()", visit->who);
    if (err != NULL) {
        *err = visit->error; // the detail moves along
        err->code = code;
        memset(&visit->error, 0, sizeof visit->error);
    }
    visit->failed = false;
    pn_visit_result(visit, "failed");
    return code;
}

// Attach: required. Runs the script and its build(), and makes the document's own nodes.
static pn_code run_script(pn_app *app, pn_error *err)
{
    pn_document *document = document_of(app);
    pn_scene_built built = {0};
    char tag[32];
    snprintf(tag, sizeof tag, "document%lld", (long long)app->opened);
    pn_code code = pn_scene_script_load(&document->script, &document->job, tag, err);
    if (code == PN_OK)
        code = build(app, app->frame, NULL, &built, err);
    document->names = code == PN_OK ? PyObject_GetAttrString(built.built, "names") : NULL;
    if (code == PN_OK && (document->names == NULL || !PyTuple_Check(document->names)))
        code = pn_error_from_exception(err, PN_ERR_SCENE);
    if (code == PN_OK)
        code = pn_instances_init(&document->nodes, built.built,
                                 (int)PyTuple_GET_SIZE(document->names), err);
    pn_scene_built_finish(&built);
    return code;
}

static void leave_document(pn_app *app)
{
    app->opened++;
    pn_app_drop(app, PN_DROP_LOAD,
                document_of(app)->path[0] != '\0' ? pn_text_name_of(document_of(app)->path)
                                                  : "load");
    pn_script_links_clear(app);
    pn_live_scene_clear(app->scene);
    document_of(app)->path[0] = '\0';
}

static pn_code open_scene(pn_app *app, const char *path, pn_error *err)
{
    pn_document *document = document_of(app);
    if (strlen(path) >= sizeof document->path)
        return pn_fail(err, PN_ERR_USAGE, "the path of the scene is too long");
    snprintf(document->path, sizeof document->path, "%s", path);
    document->job = *app->job;
    document->job.script = document->path;
    PN_VISIT visit = {0};
    pn_code code = pn_visit_begin(&visit, &app->gate, &pn_entry_text, pn_text_name_of(path), err);
    if (code == PN_OK)
        code = run_script(app, err);
    if (code == PN_OK)
        return PN_OK;
    pn_visit_result(&visit, "failed");
    drop_nodes(document);
    drop_script(document);
    document->path[0] = '\0';
    return code;
}

// A saved file: its scene, then what scripts had done to it.
static pn_code open_saved(pn_app *app, const char *path, pn_error *err)
{
    PN_VISIT visit = {0};
    pn_code code = pn_visit_begin(&visit, &app->gate, &pn_entry_file, pn_text_name_of(path), err);
    if (code != PN_OK)
        return code;
    PN_REF file = PyUnicode_DecodeFSDefault(path);
    PN_REF saved = file != NULL ? pn_import_call(DOCUMENT, "read", "(O)", file) : NULL;
    PN_REF scene = saved != NULL ? pn_import_call(DOCUMENT, "scene_of", "(OO)", saved, file) : NULL;
    PN_REF bytes = scene != NULL ? PyUnicode_EncodeFSDefault(scene) : NULL;
    if (pn_visit_take(&visit, bytes) == NULL)
        return move_error(&visit, err, PN_ERR_USAGE);
    code = open_scene(app, PyBytes_AS_STRING(bytes), err);
    if (code != PN_OK)
        return code;
    PN_REF done = pn_visit_take(&visit, pn_import_call(DOCUMENT, "apply", "(O)", saved));
    return done != NULL ? PN_OK : move_error(&visit, err, PN_ERR_USAGE);
}

static pn_code open_document(pn_app *app, const char *path, pn_error *err)
{
    char own[PATH_MAX];
    if (realpath(path, own) == NULL)
        return pn_fail_with(err, PN_ERR_USAGE,
                            "load a scene script (.py), or a file that app.save() wrote",
                            "there is no file %s", path);
    leave_document(app);
    size_t size = strlen(own);
    bool is_script = size > 3 && strcmp(own + size - 3, ".py") == 0;
    pn_code code = is_script ? open_scene(app, own, err) : open_saved(app, own, err);
    if (code == PN_OK)
        pn_script_links_fire(app, "OnLoad", NULL);
    return code;
}

static pn_code save_document(pn_app *app, const char *path, pn_error *err)
{
    if (document_of(app)->path[0] == '\0')
        return pn_fail(err, PN_ERR_USAGE, "there is no scene to save");
    pn_script_links_fire(app, "OnSave", NULL);
    PN_VISIT visit = {0};
    pn_code code = pn_visit_begin(&visit, &app->gate, &pn_entry_file, pn_text_name_of(path), err);
    if (code != PN_OK)
        return code;
    PN_REF file = PyUnicode_DecodeFSDefault(path);
    PN_REF scene = file != NULL ? PyUnicode_DecodeFSDefault(document_of(app)->path) : NULL;
    PN_REF done = pn_visit_take(
        &visit,
        scene != NULL ? pn_import_call(DOCUMENT, "save", "(OOi)", file, scene, app->frame) : NULL);
    return done != NULL ? PN_OK : move_error(&visit, err, PN_ERR_SYSTEM);
}

pn_code pn_document_build(pn_app *app, int frame, pn_world *world, pn_scene_built *built,
                          pn_error *err)
{
    PN_ASSERT_ATTACHED();
    if (document_of(app)->path[0] == '\0')
        return pn_fail(err, PN_ERR_SCENE, "no scene is open to be rendered");
    pn_code code = build(app, frame, world, built, err);
    if (code != PN_OK)
        return code;
    built->apart = app->opened > 0;
    pn_snapshot_drop(world->snapshot);
    world->snapshot = pn_live_scene_snapshot(app->scene);
    return PN_OK;
}

static void use_frame(pn_app *app, int frame)
{
    app->frame = frame;
    pn_document *document = document_of(app);
    if (document->path[0] == '\0')
        return;
    PN_VISIT visit = {0};
    pn_error err = {0};
    pn_scene_built built = {0};
    pn_code code =
        pn_visit_begin(&visit, &app->gate, &pn_entry_text, pn_text_name_of(document->path), &err);
    if (code != PN_OK || build(app, frame, NULL, &built, &err) != PN_OK) {
        pn_visit_result(&visit, "failed");
        pn_entry_fail(&app->gate, &pn_entry_text, pn_text_name_of(document->path), &err);
    }
    pn_scene_built_finish(&built);
}

static pn_code start(pn_app *app, pn_error *err)
{
    char path[PATH_MAX];
    if (app->job->script == NULL)
        return PN_OK;
    return open_scene(app, realpath(app->job->script, path) != NULL ? path : app->job->script, err);
}

// Rendering a frame of the live scene needs what build() gives for it, before the links of that
// frame run.
static void stage(pn_app *app, pn_render_stage stage, int frame, bool still)
{
    (void)still;
    if (stage == PN_STAGE_FRAME_CHANGED)
        use_frame(app, frame);
}

// --- for Python ---

static PyObject *with_file(pn_app *app, PyObject *args,
                           pn_code (*use)(pn_app *app, const char *path, pn_error *err))
{
    PyObject *path;
    pn_error err = {0};
    if (!PyArg_ParseTuple(args, "O&", PyUnicode_FSConverter, &path))
        return NULL;
    pn_code code = use(app, PyBytes_AS_STRING(path), &err);
    Py_DECREF(path);
    return code == PN_OK ? Py_NewRef(Py_None) : pn_error_raise(&err, PyExc_RuntimeError);
}

// document_load(path)
static PyObject *document_load(pn_app *app, PyObject *args)
{
    return with_file(app, args, open_document);
}

// document_save(path)
static PyObject *document_save(pn_app *app, PyObject *args)
{
    return with_file(app, args, save_document);
}

// text_source(name): its path and source (bytes), or None.
static PyObject *text_source(pn_app *app, PyObject *args)
{
    const char *name;
    if (!PyArg_ParseTuple(args, "s:text_source", &name))
        return NULL;
    return app != NULL ? pn_text_read(&app->texts, name) : Py_NewRef(Py_None);
}

// text_open(path): its name.
static PyObject *text_open(pn_app *app, PyObject *args)
{
    PyObject *path;
    if (!PyArg_ParseTuple(args, "O&:text_open", PyUnicode_FSConverter, &path))
        return NULL;
    pn_text *text;
    pn_error err = {0};
    pn_code code = pn_text_open_attached(app, PyBytes_AS_STRING(path), &text, &err);
    Py_DECREF(path);
    if (code != PN_OK)
        return pn_error_raise(&err, PyExc_RuntimeError);
    pn_live_library_changed(app, text->name);
    return PyUnicode_FromString(text->name);
}

// set_frame(frame)
static PyObject *set_frame(pn_app *app, PyObject *args)
{
    int frame;
    if (!PyArg_ParseTuple(args, "i:set_frame", &frame))
        return NULL;
    use_frame(app, frame);
    pn_script_links_fire(app, "FrameChanged", NULL);
    Py_RETURN_NONE;
}

static const pn_app_function functions[] = {
    {"document_load", document_load, PN_FROM_WRITER, "load"},
    {"document_save", document_save, PN_FROM_WRITER, "save"},
    {"set_frame", set_frame, PN_FROM_WRITER, "set_frame"},
    {"text_open", text_open, PN_FROM_WRITER, "open_text"},
    {"text_source", text_source, PN_FROM_ANYWHERE, NULL},
    {NULL, NULL, 0, NULL},
};

// --- the part ---

static pn_code play_frame(pn_app *app, const pn_replay_event *event, pn_error *err)
{
    int frame;
    if (pn_replay_whole(event, 0, &frame, err) != PN_OK)
        return PN_ERR_USAGE;
    pn_app_stage(app, PN_STAGE_FRAME_CHANGED, frame, false);
    return PN_OK;
}

static pn_code play_load(pn_app *app, const pn_replay_event *event, pn_error *err)
{
    return open_document(app, event->args[0], err);
}

static pn_code play_save(pn_app *app, const pn_replay_event *event, pn_error *err)
{
    return save_document(app, event->args[0], err);
}

static const pn_play_kind events[] = {
    {"frame", 1, play_frame},
    {"load", 1, play_load},
    {"save", 1, play_save},
    {NULL, 0, NULL},
};

const pn_app_part pn_document_part = {
    .state_size = sizeof(pn_document),
    .functions = functions,
    .events = events,
    .start = start,
    .drop = drop,
    .stage = stage,
};
