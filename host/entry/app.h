/* The application: what the entry points share.
 *
 * Owned by the main thread; what other threads may touch has a lock of its own or is an immutable
 * snapshot, and says so. The parts (areas, links, drivers, ...) live in files of their own, each
 * with a state of its own, and are listed in app/parts.def.
 */
#ifndef PN_ENTRY_APP_H
#define PN_ENTRY_APP_H

#include <Python.h>

#include "base/code.h"
#include "document/live_scene.h"
#include "entry/gate.h"
#include "entry/script.h"
#include "entry/texts.h"
#include "wire/event.h"
#include "wire/job.h"
#include "wire/replay.h"

#include <stdbool.h>
#include <stddef.h>

/* What the entry points need of the engine, which lies above them. All are for the main thread. */
typedef struct {
    void *arg;
    /* The main thread is about to attach (true), or has attached (false). Attach: forbidden for
     * true, either for false. */
    void (*main_waits)(void *arg, bool waits);
    /* Wait until the time on the one clock, or until so many tiles of the background render are
     * done in all, or a Ctrl-C; keeps the background render going. Attach: forbidden. */
    void (*wait)(void *arg, int64_t until_ns, int64_t until_tiles);
    /* Tiles and frames of the background render done so far; 0 without one. Attach: either. */
    int64_t (*tiles)(void *arg);
    int64_t (*frames)(void *arg);
    bool (*has_background)(void *arg);
    /* Wait for the frame in work. Attach: forbidden. */
    void (*wait_frame)(void *arg);
    /* Render a frame of the live scene with the same threads, after the frame in work. Attach:
     * forbidden. Fails: as a frame of a session. */
    pn_code (*render)(void *arg, int frame, pn_error *err);
    /* Begin no further tile. Attach: either. */
    void (*stop)(void *arg);
} pn_app_ops;

typedef struct pn_app pn_app;

extern const pn_entry_kind pn_entry_cleanup; /* everything that only drops references to Python */
extern const pn_entry_kind pn_entry_file;    /* a file: chosen by the user, opened, saved */

typedef enum {
    PN_DROP_SCRIPT_END, /* who: name of the script */
    PN_DROP_TEXT,       /* who: name of the text that was edited or deleted */
    PN_DROP_NODE,       /* who: name of the node */
    PN_DROP_OBJECT,     /* who: name of the object */
    PN_DROP_UNDO,
    PN_DROP_LOAD,
    PN_DROP_QUIT
} pn_drop_why;

typedef enum { PN_STAGE_FRAME_CHANGED, PN_STAGE_RENDER, PN_STAGE_POST_RENDER } pn_render_stage;

/* Play one event of its kind. Attach: forbidden. Fails: PN_ERR_USAGE and others, for what is wrong
 * with the event itself; errors inside Python are the gate's. */
typedef pn_code pn_play(pn_app *app, const pn_replay_event *event, pn_error *err);

/* Who may call a function of `_pynodes_app`; others get RuntimeError. */
typedef enum {
    PN_FROM_ANYWHERE, /* every thread of every interpreter, also without an application */
    PN_FROM_MAIN,     /* the main thread of the main interpreter */
    PN_FROM_WRITER    /* likewise, but for drivers and constraints */
} pn_app_access;

/* A function of the built-in module `_pynodes_app`. */
typedef struct {
    const char *name;
    /* `app` is NULL only where it may be called from anywhere. `args` is a tuple. Attach:
     * required. */
    PyObject *(*call)(pn_app *app, PyObject *args);
    pn_app_access access;
    const char *title; /* what the RuntimeError calls it; not for ANYWHERE */
} pn_app_function;

/* One kind of event of replays and what plays it. */
typedef struct {
    const char *kind;
    int n_args; /* arguments that it must have */
    pn_play *play;
} pn_play_kind;

/* A part of the application: a row of app/parts.def. All but the state may be NULL. Main thread. */
typedef struct {
    /* Of its state: zeroed memory that the application makes before the start of the first part and
     * frees after the finish of the last; 0: none. */
    size_t state_size;
    const pn_app_function *functions; /* ends with a name of NULL */
    const pn_play_kind *events;       /* ends with a kind of NULL */
    /* Once, when Python runs. Attach: forbidden. */
    pn_code (*start)(pn_app *app, pn_error *err);
    /* Drop references; inside a visit. Attach: required. May be called again, and while callbacks
     * of the part run. */
    void (*drop)(pn_app *app, pn_drop_why why, const char *who);
    /* A frame was set, a render begins, a render is over. `still`: one frame, not an animation.
     * Attach: forbidden. */
    void (*stage)(pn_app *app, pn_render_stage stage, int frame, bool still);
    /* Take a text that is about to be run, as its first line asks for; false: it is no text of the
     * part. Attach: either. */
    bool (*claim)(pn_app *app, const pn_text *text);
    /* The 3D view was drawn. Attach: either. */
    void (*drawn)(pn_app *app);
    /* An event was played, and whatever was queued meanwhile can be done. Attach: forbidden. */
    void (*idle)(pn_app *app);
    /* Free what the state owns in C; the drop for PN_DROP_QUIT came before. Attach: either (Python
     * may be gone). */
    void (*finish)(pn_app *app);
} pn_app_part;

enum { PN_APP_PARTS_MAX = 32 };

/* --- main thread only, but for what is said otherwise --- */
struct pn_app {
    const pn_job *job;
    const pn_events *events;
    const pn_replay *replay; /* NULL: none is played */
    pn_app_ops ops;
    const pn_app_part *const *parts; /* ends with NULL; constant */
    void *states[PN_APP_PARTS_MAX];  /* of the parts, in their order */
    pn_gate gate;                    /* any thread */
    pn_texts texts;                  /* sources: any thread */
    pn_scripts scripts;
    pn_live_scene *scene; /* what scripts see and change; has a lock of its own */
    bool started;
    bool quitting;                  /* app.quit(), Ctrl-C, the end: nothing new begins */
    const pn_replay_event *playing; /* NULL: none */
    int frame;                      /* the current frame */
    int64_t opened; /* counts opened documents: loops over the old one's lists stop */
    int renders;    /* renders of the live scene that go on: 0 or 1 */
    int status;     /* of the last text script that ended badly, else 0 */
};

/* Make the parts, in that order; the list ends with NULL. The app must stay where it is. Attach:
 * forbidden. Main thread, while Python runs. */
pn_code pn_app_start(pn_app *app, const pn_app_part *const *parts, const pn_job *job,
                     const pn_events *events, const pn_replay *replay, const pn_app_ops *ops,
                     pn_error *err);

/* Drop every reference to Python, in a visit for each part. No thread may be inside Python for the
 * app any more.
 * Attach: forbidden. Accepts a zeroed or ended one. */
void pn_app_quit(pn_app *app);

/* Free what is left. Attach: either. Accepts a zeroed one. */
void pn_app_finish(pn_app *app);

/* The app of this process, or NULL. Any thread. */
pn_app *pn_app_get(void);

/* The state of a part of this app. Attach: either. */
void *pn_app_state(const pn_app *app, const pn_app_part *part);

/* The app, for a Python function that works on the main thread of the main interpreter only; else
 * NULL with RuntimeError set. Attach: required. */
pn_app *pn_app_on_main(const char *function);

/* Let every part drop what it holds for that reason, in one visit. Attach: either. */
void pn_app_drop(pn_app *app, pn_drop_why why, const char *who);

/* Let every part do what it put off until the event that was played is over. Attach: forbidden. */
void pn_app_idle(pn_app *app);

/* Does a part take the text for itself, so that it is not run? Attach: either. */
bool pn_app_claims(pn_app *app, const pn_text *text);

/* Let every part know that the 3D view was drawn. Attach: either. */
void pn_app_drawn(pn_app *app);

/* Let every part know how far a render is. Attach: forbidden. */
void pn_app_stage(pn_app *app, pn_render_stage stage, int frame, bool still);

#endif
