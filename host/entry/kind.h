/* The kinds of entries: what the gate, its log and the events of the application call them. Each
 * entry point has its own, next to its code.
 */
#ifndef PN_ENTRY_KIND_H
#define PN_ENTRY_KIND_H

#include "wire/trace.h"

#include <stdbool.h>

/* Constant; its address is what it is known by. */
typedef struct {
    const char *word; /* in events */
    pn_trace_kind span;
    bool cleans;       /* it only drops references: Ctrl-C does not interrupt it */
    bool only_reads;   /* it may change nothing and wait for nobody */
    bool gives_status; /* sys.exit() in it is a script's own end */
} pn_entry_kind;

#define PN_ENTRY_SPAN(title) {title, "entry", {"depth"}}

/* Of the names of what is entered, and of the words that say how it went. */
enum { PN_WHO_SIZE = 96, PN_RESULT_SIZE = 16 };

/* Numbers of threads that are no render threads. */
enum { PN_THREAD_MAIN = -1, PN_THREAD_OTHER = -2 };

#endif
