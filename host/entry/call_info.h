/* What a running callback may ask about the call it is in: pynodes.app.event, event_value, ascii,
 * link, bylink, argument().
 *
 * Main thread, attached. Calls nest; each sees its own.
 */
#ifndef PN_ENTRY_CALL_INFO_H
#define PN_ENTRY_CALL_INFO_H

#include <Python.h>

#include "entry/app.h"

#include <stdbool.h>

typedef struct pn_call_info pn_call_info;
struct pn_call_info {
    PyObject *event;    /* owned; NULL: None */
    PyObject *link;     /* owned; NULL: None */
    PyObject *argument; /* owned; NULL: None */
    bool bylink;
    bool may_select; /* bylink, yet file selectors may be opened (event handlers) */
    int event_value;
    char ascii[8]; /* the character of a key, or empty */
    pn_app *app;
    pn_call_info *outer;
};

extern const pn_app_part pn_call_info_part;

/* Attach: required, here and at the end of the scope. */
void pn_call_info_begin(pn_call_info *info, pn_app *app);
void pn_call_info_end(pn_call_info *info); /* drops the references; accepts a zeroed one */

#define PN_CALL_INFO __attribute__((cleanup(pn_call_info_end))) pn_call_info

/* The innermost call, or NULL: nothing is being called. */
pn_call_info *pn_call_info_of(const pn_app *app);

/* Did the callback say `app.event = None`? */
bool pn_call_info_is_eaten(const pn_call_info *info);

#endif
