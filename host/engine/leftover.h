/* Python threads that nodes left running: reported by name before their interpreter ends, which
 * waits for them. */
#ifndef PN_ENGINE_LEFTOVER_H
#define PN_ENGINE_LEFTOVER_H

#include "wire/event.h"

typedef struct {
    int count;
    char names[512]; /* joined by ", ", cut to fit */
} pn_leftover;

/* Look at the current interpreter. Attach: required. Fails: never; what cannot be found out counts
 * as none. */
void pn_leftover_find(pn_leftover *left);

/* Send the warning, when there are any. Attach: forbidden. */
void pn_leftover_warn(const pn_leftover *left, const pn_events *events, const char *script);

#endif
