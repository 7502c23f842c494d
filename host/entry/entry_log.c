#include "entry/entry_log.h"

#include <stdlib.h>
#include <string.h>

void pn_entry_log_init(pn_entry_log *log, const pn_events *events)
{
    memset(log, 0, sizeof *log);
    log->events = events;
    atomic_init(&log->failures, 0);
    pthread_mutex_init(&log->lock, NULL);
    log->end = &log->first;
}

static void free_items(pn_entry_log *log, pn_entry_item *item)
{
    while (item != NULL) {
        pn_entry_item *next = item->next;
        pn_error_finish(&item->error);
        if (item != &log->spare)
            free(item);
        item = next;
    }
}

void pn_entry_log_finish(pn_entry_log *log)
{
    if (log->end == NULL)
        return;
    free_items(log, log->first);
    pthread_mutex_destroy(&log->lock);
    memset(log, 0, sizeof *log);
}

enum { MANY = 256, TOO_MANY = 4096 };

// May this one be added to another one. `lock` is held.
static bool is_summed(const pn_entry_log *log, const pn_entry_item *item)
{
    if (log->n_waiting >= TOO_MANY)
        return true;
    if (item->failed)
        return false;
    return item->sent.thread != PN_THREAD_MAIN || (item->sent.depth > 0 && log->n_waiting >= MANY);
}

// One of the same kind, name, thread, depth and result. `lock` is held.
static pn_entry_item *find_alike(pn_entry_log *log, const pn_entry_item *item)
{
    if (!is_summed(log, item))
        return NULL;
    for (pn_entry_item *other = log->first; other != NULL; other = other->next) {
        if (other->kind == item->kind && other->sent.thread == item->sent.thread &&
            other->sent.depth == item->sent.depth && other->failed == item->failed &&
            other->sent.expected == item->sent.expected &&
            strcmp(other->result, item->result) == 0 && strcmp(other->who, item->who) == 0)
            return other;
    }
    return NULL;
}

void pn_entry_log_add(pn_entry_log *log, const pn_entry_item *item)
{
    if (item->failed && !item->sent.expected)
        atomic_fetch_add(&log->failures, 1);
    pn_entry_item *copy = malloc(sizeof *copy);
    pthread_mutex_lock(&log->lock);
    int64_t n = log->count;
    log->count += item->sent.times;
    pn_entry_item *alike = find_alike(log, item);
    if (alike != NULL) {
        alike->sent.times += item->sent.times;
        alike->sent.took_ns += item->sent.took_ns;
        if (item->sent.wait_ns > alike->sent.wait_ns)
            alike->sent.wait_ns = item->sent.wait_ns;
    } else if (copy != NULL || (item->failed && !log->spare_waits)) {
        if (copy == NULL) {
            copy = &log->spare;
            log->spare_waits = true;
        }
        *copy = *item;
        copy->next = NULL;
        copy->sent.n = n;
        *log->end = copy;
        log->end = &copy->next;
        log->n_waiting++;
    }
    pthread_mutex_unlock(&log->lock);
    if (alike != NULL)
        free(copy);
    if (alike != NULL || copy == NULL) {
        pn_error gone = item->error;
        pn_error_finish(&gone);
    }
}

void pn_entry_log_send(pn_entry_log *log)
{
    pthread_mutex_lock(&log->lock);
    pn_entry_item *first = log->first;
    log->first = NULL;
    log->end = &log->first;
    log->n_waiting = 0;
    bool spare_was_sent = log->spare_waits;
    pthread_mutex_unlock(&log->lock);
    for (pn_entry_item *item = first; item != NULL; item = item->next) {
        item->sent.kind = item->kind->word;
        item->sent.who = item->who;
        item->sent.result = item->result;
        pn_event_send_entry(log->events, &item->sent, item->failed ? &item->error : NULL);
    }
    free_items(log, first);
    if (spare_was_sent) {
        pthread_mutex_lock(&log->lock);
        log->spare_waits = false;
        pthread_mutex_unlock(&log->lock);
    }
}
