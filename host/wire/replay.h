/* A replay as the host reads it: a flat list of events, one a line, made by the package from a TOML
 * file.
 *
 *   pynodes-replay<TAB>1
 *   menus<TAB>DIR                                        (optional)
 *   event<TAB>LINE<TAB>WHEN<TAB>AT<TAB>EXPECT<TAB>KIND[<TAB>ARG]...
 *
 * LINE is the line of the TOML file, for messages. WHEN is `then` (right after the event before
 * it), `ns`, `frame` or `tile` (counted from the start of the round). EXPECT is `-`, `error` or
 * `maybe`. In a field \t, \n, \r and \\ stand for tab, line feed, carriage return and backslash. A
 * round ends with an event `round`, whose AT is its length.
 * Attach: either, throughout (no Python here). One thread.
 */
#ifndef PN_WIRE_REPLAY_H
#define PN_WIRE_REPLAY_H

#include "base/code.h"

#include <stdint.h>

typedef enum { PN_WHEN_THEN, PN_WHEN_NS, PN_WHEN_FRAME, PN_WHEN_TILE } pn_when;
typedef enum { PN_EXPECT_NOTHING, PN_EXPECT_ERROR, PN_EXPECT_MAYBE } pn_expect;

typedef struct {
    int line;
    pn_when when;
    int64_t at;
    pn_expect expect;
    const char *kind;
    int n_args;
    const char *const *args;
} pn_replay_event;

/* Zeroed memory is a valid empty one. */
typedef struct {
    const char *menus; /* folder of menu scripts, or NULL */
    pn_replay_event *events;
    int n_events;
    char *text;          /* owned; all strings lie in it */
    const char **fields; /* owned; all arguments lie in it */
} pn_replay;

/* The text of an argument; "" for one that is not there. */
const char *pn_replay_text(const pn_replay_event *event, int at);

/* An argument that is a whole number. Fails: PN_ERR_USAGE. */
pn_code pn_replay_whole(const pn_replay_event *event, int at, int *out, pn_error *err);

/* Read the file at `path`. Fails: PN_ERR_USAGE with file and line; nothing is left behind. */
pn_code pn_replay_read(pn_replay *replay, const char *path, pn_error *err);
void pn_replay_finish(pn_replay *replay); /* accepts a zeroed one */

#endif
