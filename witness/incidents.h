/* What is wrong with how the program uses Python, noted as it happens: a crash may come later, or
 * never.
 *
 * Attach: either. Locks: none that is held while Python or the program runs. Owns: a file of its
 * own beside the notes; pynodes/diagnose/collect/incidents.py reads it and has the same layout:
 * change both.
 */
#ifndef PN_WITNESS_INCIDENTS_H
#define PN_WITNESS_INCIDENTS_H

#include <stdbool.h>
#include <stdint.h>

/* Names in incidents.py in the same order. */
enum incident_kind {
    LOST_EXCEPTION = 1,  /* a release deleted the thread state that had it; text: its type */
    FINALIZED_ELSEWHERE, /* other: where Python was started, on other_tid */
    /* the thread, by pthread_exit; value: the phase in which it attached; other: where Python was
       stopped */
    ENDED_BY_PYTHON,
    KEPT_BY_PYTHON, /* the thread, for good; the same */
    LANDED_IN_MAIN, /* value: the interpreter it was started from; other: where */
    /* value: the word, or -1 and text: the attribute; other: the call under way, on other_tid */
    SHARED_OBJECT,
    /* a thread ended and left its thread state; value: how often one after the other; see left.c */
    STATE_LEFT,
    /* fetched here, and still there when Python is stopped; value: how many; text: the type */
    EXCEPTION_KEPT,
    /* a thread took a thread state that other_tid took at other and has not given back */
    STATE_OF_TWO,
};

enum { TRACE = 32 };

struct trace {
    uint32_t size;
    uint64_t calls[TRACE];
};

/* What Python is to this process. */
enum phase { NEVER_STARTED, STARTED, STOPPING, STOPPED };
enum { HAD_ATTACHED = 256 }; /* with a phase: this is not the thread's first PyGILState_Ensure */

/* Open the file; without one nothing is noted. */
void incidents_begin(const char *path);
bool incidents_wanted(void);

/* The caller's stack, innermost first. */
void take_trace(struct trace *trace);

/* Note it down, once for each pair of places; `other` and `text` may be NULL. */
void note_incident(enum incident_kind kind, int64_t value, const char *text,
                   const struct trace *other, uint32_t other_tid);

/* The same of another place than where we are. */
void note_incident_of(enum incident_kind kind, int64_t value, const char *text,
                      const struct trace *stack, const struct trace *other, uint32_t other_tid);

uint32_t this_thread(void);

#endif
