/* Entry point "text script": a script that is run for what it does, from the command line, a replay
 * or another script.
 *
 * It is compiled once and cached, runs in a fresh namespace as `__main__`, sees `__file__` and
 * `sys.argv`, and lives on while something of it waits to be called. sys.exit() ends it and gives
 * its status.
 */
#ifndef PN_ENTRY_TEXT_SCRIPT_H
#define PN_ENTRY_TEXT_SCRIPT_H

#include <Python.h>

#include "base/code.h"
#include "entry/app.h"
#include "entry/texts.h"

extern const pn_entry_kind pn_entry_text;

enum { PN_STATUS_INTERRUPTED = 130 }; /* of a script that a KeyboardInterrupt ended */

/* pn_text_open for a thread that is attached: detached while the file is read. Attach: required. */
pn_code pn_text_open_attached(pn_app *app, const char *path, pn_text **text, pn_error *err);

/* Run a text in a fresh namespace that is no script's, inside of a visit, which takes what it
 * raises. `empties`: nothing of it is needed afterwards. Attach: required. */
void pn_text_run_anew(pn_app *app, pn_visit *visit, pn_text *text, bool empties);

/* Run a text. *status (may be NULL): 0, what it gave to sys.exit(), or after an error, which the
 * gate has reported, 1 or PN_STATUS_INTERRUPTED.
 * Attach: either (nested, when attached). Fails: PN_ERR_INTERP. */
pn_code pn_text_script_run(pn_app *app, pn_text *text, int n_args, const char *const *args,
                           int *status, pn_error *err);

#endif
