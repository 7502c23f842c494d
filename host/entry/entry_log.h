/* The log of entries: who was called, on which thread, how long it waited and took, and how it
 * ended.
 *
 * Entries are queued by any thread and sent as events by the main thread while it is detached.
 * Calls on render threads come by the thousand: those that went well are summed up by kind, name
 * and thread until they are sent (`times`). So are calls inside of others once many wait, and at
 * last errors too, so that a script that never ends does not fill the memory.
 */
#ifndef PN_ENTRY_ENTRY_LOG_H
#define PN_ENTRY_ENTRY_LOG_H

#include "base/code.h"
#include "entry/kind.h"
#include "wire/event.h"

#include <pthread.h>
#include <stdatomic.h>

typedef struct pn_entry_item pn_entry_item;
struct pn_entry_item {
    pn_entry_item *next;
    const pn_entry_kind *kind;
    char who[PN_WHO_SIZE];
    char result[PN_RESULT_SIZE];
    /* its kind, who and result are set when it is sent; of several calls: n and at_ns of the first,
     * took_ns of all, waits included, wait_ns the longest */
    pn_event_entry sent;
    bool failed;
    pn_error error; /* owned */
};

typedef struct {
    const pn_events *events;
    atomic_int failures; /* errors that were not expected */
    /* --- protected by `lock`, held for a few instructions; no Python under it --- */
    pthread_mutex_t lock;
    pn_entry_item *first, **end;
    int n_waiting;
    bool spare_waits;
    pn_entry_item spare; /* for a failure when there is no memory */
    int64_t count;
} pn_entry_log;

void pn_entry_log_init(pn_entry_log *log, const pn_events *events);
void pn_entry_log_finish(pn_entry_log *log);

/* Queue an entry; `item` is copied, its error moves along. Attach: either. Any thread. */
void pn_entry_log_add(pn_entry_log *log, const pn_entry_item *item);

/* Send what is queued. Attach: forbidden. */
void pn_entry_log_send(pn_entry_log *log);

#endif
