/* What a running callback may ask about the call it is in: pynodes.app.event, event_value, ascii,
 * link, bylink, argument().
 *
 * Main thread, attached. Calls nest; each sees its own.
 */
#ifndef PN_ENTRY_NOW_H
#define PN_ENTRY_NOW_H

#include <Python.h>

#include "entry/app.h"

#include <stdbool.h>

typedef struct pn_now pn_now;
struct pn_now {
    PyObject *event;    /* owned; NULL: None */
    PyObject *link;     /* owned; NULL: None */
    PyObject *argument; /* owned; NULL: None */
    bool bylink;
    bool may_select; /* bylink, yet file selectors may be opened (event handlers) */
    int event_value;
    char ascii[8]; /* the character of a key, or empty */
    pn_app *app;
    pn_now *outer;
};

extern const pn_app_part pn_now_part;

/* Attach: required, here and at the end of the scope. */
void pn_now_begin(pn_now *now, pn_app *app);
void pn_now_end(pn_now *now); /* drops the references; accepts a zeroed one */

#define PN_NOW __attribute__((cleanup(pn_now_end))) pn_now

/* The innermost call, or NULL: nothing is being called. */
pn_now *pn_now_of(const pn_app *app);

/* Did the callback say `app.event = None`? */
bool pn_now_is_eaten(const pn_now *now);

#endif
