/* The file that the witness maps and the diagnosis reads: every field of it, once.
 *
 * It starts with this layout as text, so that a reader finds fields and words by name: a line
 * `struct NAME SIZE` for each struct here, `field STRUCT NAME KIND OFFSET COUNT` for each field and
 * `word LIST NUMBER WORD` for what numbers mean; then `end`. A kind is a struct, or one of those
 * with a TYPE_ below. Integers are in the machine's own order: writer and reader share the machine.
 *
 * Locks: none. All that is written by several threads is atomic, or belongs to one thread.
 */
#ifndef PN_WITNESS_LAYOUT_H
#define PN_WITNESS_LAYOUT_H

#include <stdatomic.h>
#include <stdint.h>

enum {
    HEAD = 8192, /* bytes for the layout as text */
    SLOTS = 1024,
    OPEN = 8,    /* attaches of one thread that are open at once; deeper ones are counted only */
    RECENT = 16, /* last notes of a thread */
    CALLERS = 6, /* return addresses kept of a note */
    STACK = 48,  /* of a crash, or of a thread that was asked */
    ARGUMENTS = 6,
    INCIDENTS = 64,
    TRACE = 32, /* of an incident */
    WORD = 64,
    NAME = 16,
    SAID = 512, /* bytes of CPython's last words */
    PROCESSES = 1024,
    MAPPED = 8, /* processes whose maps are kept */
    MAPS = 32 * 1024,
    PROGRAMS = 4096,
    COMMAND = 256,
};

/* What was called. */
#define CALLS(X)                                                                                   \
    X(call, ENSURE, "PyGILState_Ensure")                                                           \
    X(call, RELEASE, "PyGILState_Release")                                                         \
    X(call, SAVE, "PyEval_SaveThread")                                                             \
    X(call, RESTORE, "PyEval_RestoreThread")                                                       \
    X(call, ACQUIRE_THREAD, "PyEval_AcquireThread")                                                \
    X(call, RELEASE_THREAD, "PyEval_ReleaseThread")                                                \
    X(call, SWAP, "PyThreadState_Swap")                                                            \
    X(call, INITIALIZE, "Py_Initialize")                                                           \
    X(call, FINALIZE, "Py_FinalizeEx")                                                             \
    X(call, END_INTERPRETER, "Py_EndInterpreter")                                                  \
    X(call, ACQUIRE_LOCK, "PyEval_AcquireLock")                                                    \
    X(call, RELEASE_LOCK, "PyEval_ReleaseLock")                                                    \
    X(call, NEW_INTERPRETER, "Py_NewInterpreter")                                                  \
    X(call, ENSURE_GUARDED, "PyThreadState_Ensure")                                                \
    X(call, ENSURE_VIEWED, "PyThreadState_EnsureFromView")                                         \
    X(call, RELEASE_TOKEN, "PyThreadState_Release")                                                \
    X(call, NEW_CONFIGURED, "Py_NewInterpreterFromConfig")

/* What went against Python's rules; the word is that of the finding, where there is one such. */
#define INCIDENT_KINDS(X)                                                                          \
    /* a release deleted the thread state that had it; text: its type */                           \
    X(incident, LOST_EXCEPTION, "lost-exception")                                                  \
    /* other: where Python was started, on other_tid */                                            \
    X(incident, FINALIZED_ELSEWHERE, "finalize-elsewhere")                                         \
    /* the thread, by pthread_exit; phase; other: where Python was stopped */                      \
    X(incident, ENDED_BY_PYTHON, "ended-by-python")                                                \
    /* the thread, for ever; the same */                                                           \
    X(incident, KEPT_BY_PYTHON, "kept-by-python")                                                  \
    /* value: the interpreter it was started from; other: where */                                 \
    X(incident, LANDED_IN_MAIN, "wrong-interpreter")                                               \
    /* value: the word, or -1 and text: the attribute; other: the call under way, on other_tid */  \
    X(incident, SHARED_OBJECT, "shared-object")                                                    \
    /* a thread ended and left its thread state; value: how often one after the other; left.c */   \
    X(incident, STATE_LEFT, "state-left")                                                          \
    /* fetched here, and there when Python is stopped; value: how many; text: the type */          \
    X(incident, EXCEPTION_KEPT, "exception-kept")                                                  \
    /* a thread took a thread state that other_tid took at other and has not given back */         \
    X(incident, STATE_OF_TWO, "state-of-two")                                                      \
    /* a signal handler attaches, that interrupted Python or the C library; value: as returns_to   \
     */                                                                                            \
    X(incident, ATTACHED_IN_HANDLER, "python-in-handler")                                          \
    /* a thread that is not attached called the function `text`; other: where it detached */       \
    X(incident, CALLED_DETACHED, "call-without-attaching")                                         \
    /* the program called Python with an exception of type `text`; other: the call that gave it */ \
    X(incident, EXCEPTION_PENDING, "exception-pending")                                            \
    X(incident, STOPPED_DETACHED, "finalize-detached")

/* What Python is to the process. */
#define PHASES(X)                                                                                  \
    X(phase, NEVER_STARTED, "never started")                                                       \
    X(phase, STARTED, "started")                                                                   \
    X(phase, STOPPING, "stopping")                                                                 \
    X(phase, STOPPED, "stopped")

#define CRASH_STATES(X)                                                                            \
    X(crash, NO_CRASH, "none")                                                                     \
    X(crash, WAITS, "waits")    /* to be looked at */                                              \
    X(crash, LOOKED_AT, "seen") /* and the program may go on */

#define NOTE_FIELDS(ONE, MANY)                                                                     \
    ONE(note, u32, call)                                                                           \
    ONE(note, i32, value)                                                                          \
    ONE(note, u64, frame) /* where the caller's stack ended: equal for a pair in one function */   \
    ONE(note, u64, state) /* the thread state that the call was given, or made */                  \
    MANY(note, u64, callers, CALLERS)

/* A thread. */
#define SLOT_FIELDS(ONE, MANY)                                                                     \
    ONE(slot, atomic_u32, tid) /* 0: free */                                                       \
    ONE(slot, u32, pid)                                                                            \
    ONE(slot, u32, ended)                                                                          \
    ONE(slot, atomic_u32, depth) /* open attaches, also those beyond OPEN */                       \
    ONE(slot, u32, notes)        /* all there ever were */                                         \
    ONE(slot, u32, unmatched)                                                                      \
    ONE(slot, u32, asked) /* the number of the last question that `stack` answers */               \
    ONE(slot, u32, stack_size)                                                                     \
    ONE(slot, u64, current)  /* thread state as Python says, when asked; 1: not known */           \
    ONE(slot, u32, program)  /* in which it is, by number from 1; 0: not known */                  \
    ONE(slot, u32, attaches) /* that are not counted there yet */                                  \
    ONE(slot, u32, held)     /* it stands still where it was asked, for others crashed */          \
    ONE(slot, i32, call)     /* the system call in which it was asked; -1: not known */            \
    MANY(slot, u64, arguments, ARGUMENTS)                                                          \
    ONE(slot, note, unmatched_note)                                                                \
    MANY(slot, note, open, OPEN)                                                                   \
    MANY(slot, note, recent, RECENT)                                                               \
    MANY(slot, u64, stack, STACK)

#define INCIDENT_FIELDS(ONE, MANY)                                                                 \
    ONE(incident, atomic_u32, kind) /* written last */                                             \
    ONE(incident, u32, pid)                                                                        \
    ONE(incident, u32, tid)                                                                        \
    ONE(incident, u32, other_tid)                                                                  \
    ONE(incident, atomic_u32, times)                                                               \
    ONE(incident, u32, phase)    /* in which the thread attached last */                           \
    ONE(incident, u32, attached) /* it had done so before */                                       \
    ONE(incident, u32, n_stack)                                                                    \
    ONE(incident, u32, n_other)                                                                    \
    ONE(incident, i64, value)                                                                      \
    MANY(incident, text, text, WORD)                                                               \
    MANY(incident, text, name, NAME) /* of the thread */                                           \
    MANY(incident, u64, stack, TRACE)                                                              \
    MANY(incident, u64, other, TRACE)

/* What of a process's files is mapped to run, as /proc says: the process may be gone when it is
 * read. */
#define MAPS_FIELDS(ONE, MANY)                                                                     \
    ONE(maps, atomic_u32, pid)                                                                     \
    ONE(maps, u32, size)                                                                           \
    MANY(maps, text, text, MAPS)

/* A process that has the witness. */
#define PROCESS_FIELDS(ONE, MANY)                                                                  \
    ONE(process, atomic_u32, pid)   /* 0: free */                                                  \
    ONE(process, atomic_u32, crash) /* a word of `crash`; then who and where */                    \
    ONE(process, i32, signal)                                                                      \
    ONE(process, i32, code)                                                                        \
    ONE(process, u32, tid)                                                                         \
    ONE(process, u32, stack_size)                                                                  \
    ONE(process, u64, address)                                                                     \
    ONE(process, u64, pointer)    /* the crashed thread's, into its stack; 0: not known */         \
    ONE(process, u64, low)        /* that stack's end, */                                          \
    ONE(process, u64, high)       /* its start, */                                                 \
    ONE(process, u64, guard)      /* and the bytes below it that nobody may use */                 \
    ONE(process, u64, returns_to) /* where handlers of signals do; 0: not known */                 \
    MANY(process, u64, stack, STACK)                                                               \
    MANY(process, text, said, SAID) /* by CPython, when it gave up */                              \
    ONE(process, u32, initialized)  /* times Python was started, */                                \
    ONE(process, u32, finalized)    /* and stopped */                                              \
    ONE(process, u32, running)      /* it was started, and not stopped since */                    \
    ONE(process, u32, sees)    /* calls of Python come through here, as far as the start shows */  \
    ONE(process, u32, within)  /* Python is part of something else, and that calls it directly */  \
    ONE(process, u32, starter) /* the thread that started Python last, and where it did */         \
    ONE(process, note, started)                                                                    \
    ONE(process, u32, releaser) /* the thread that let go of the GIL alone; 0: none */             \
    ONE(process, note, released)

/* A program that ran, or a child of fork that runs its parent's; census.c */
#define PROGRAM_FIELDS(ONE, MANY)                                                                  \
    ONE(program, atomic_u32, pid) /* written last */                                               \
    ONE(program, u32, of)         /* the number of its parent's, from 1; 0: a program */           \
    ONE(program, u32, ended)      /* by itself, with this status */                                \
    ONE(program, i32, status)                                                                      \
    ONE(program, u32, version)            /* of Python, as Py_Version has it; 0: none is loaded */ \
    ONE(program, u32, started)            /* times Python was */                                   \
    ONE(program, u32, sees)               /* as in process */                                      \
    ONE(program, atomic_u32, threads)     /* that called Python */                                 \
    ONE(program, atomic_u32, attaches)    /* by those that ended */                                \
    MANY(program, text, command, COMMAND) /* words, with 0x1f between */

#define PAGE_FIELDS(ONE, MANY)                                                                     \
    MANY(page, text, head, HEAD)                                                                   \
    ONE(page, atomic_u32, crashes) /* so far, of all processes; counted when it can be seen */     \
    ONE(page, atomic_u32, question)                                                                \
    ONE(page, atomic_u32, lost)   /* threads and processes that there was no room for */           \
    ONE(page, atomic_u32, past)   /* processes whose Python was called past the witness */         \
    ONE(page, atomic_u32, within) /* processes that are so */                                      \
    MANY(page, process, processes, PROCESSES)                                                      \
    ONE(page, atomic_u32, used) /* slots that ever were, from the first on */                      \
    MANY(page, slot, slots, SLOTS)                                                                 \
    ONE(page, atomic_u32, taken) /* incidents */                                                   \
    ONE(page, u32, more)         /* there was no room for */                                       \
    MANY(page, incident, incidents, INCIDENTS)                                                     \
    MANY(page, maps, maps, MAPPED)                                                                 \
    ONE(page, atomic_u32, begun)     /* programs */                                                \
    ONE(page, atomic_u32, uncounted) /* there were more than there is room for */                  \
    MANY(page, program, programs, PROGRAMS)

#define WORD_LISTS(X) CALLS(X) INCIDENT_KINDS(X) PHASES(X) CRASH_STATES(X)
#define ALL_FIELDS(ONE, MANY)                                                                      \
    NOTE_FIELDS(ONE, MANY)                                                                         \
    SLOT_FIELDS(ONE, MANY)                                                                         \
    INCIDENT_FIELDS(ONE, MANY)                                                                     \
    MAPS_FIELDS(ONE, MANY)                                                                         \
    PROCESS_FIELDS(ONE, MANY)                                                                      \
    PROGRAM_FIELDS(ONE, MANY)                                                                      \
    PAGE_FIELDS(ONE, MANY)
#define STRUCTS(X) X(note) X(slot) X(incident) X(maps) X(process) X(program) X(page)

#define TYPE_u32 uint32_t
#define TYPE_i32 int32_t
#define TYPE_u64 uint64_t
#define TYPE_i64 int64_t
#define TYPE_atomic_u32 _Atomic uint32_t
#define TYPE_text char
#define TYPE_note struct note
#define TYPE_slot struct slot
#define TYPE_incident struct incident
#define TYPE_maps struct maps
#define TYPE_process struct process
#define TYPE_program struct program

#define NUMBER_OF(list, name, word) name,
enum call { NO_CALL, CALLS(NUMBER_OF) };
enum incident_kind { NO_INCIDENT, INCIDENT_KINDS(NUMBER_OF) };
enum phase { PHASES(NUMBER_OF) };
enum crash_state { CRASH_STATES(NUMBER_OF) };
#undef NUMBER_OF

#define ONE_FIELD(of, kind, name) TYPE_##kind name;
#define MANY_FIELDS(of, kind, name, count) TYPE_##kind name[count];
struct note {
    NOTE_FIELDS(ONE_FIELD, MANY_FIELDS)
};
struct slot {
    SLOT_FIELDS(ONE_FIELD, MANY_FIELDS)
};
struct incident {
    INCIDENT_FIELDS(ONE_FIELD, MANY_FIELDS)
};
struct maps {
    MAPS_FIELDS(ONE_FIELD, MANY_FIELDS)
};
struct process {
    PROCESS_FIELDS(ONE_FIELD, MANY_FIELDS)
};
struct program {
    PROGRAM_FIELDS(ONE_FIELD, MANY_FIELDS)
};
struct page {
    PAGE_FIELDS(ONE_FIELD, MANY_FIELDS)
};
#undef ONE_FIELD
#undef MANY_FIELDS

/* The file, mapped; NULL: there is no file, and nothing is noted. */
extern struct page *page;

/* Make the file as large as a page, write the layout, map it. `door`: the name of a socket to ask
 * for it where it may not be opened, or NULL. Fails: page stays NULL. */
void page_open(const char *path, const char *door);

#endif
