/* The profiler (--profile): which lines of which nodes the render threads spend their time in.
 *
 * Each render thread has a timer on its own processor time, which sends it a SIGPROF about every
 * millisecond of that. The handler, on that thread, reads its Python frames (interp/frames.h) and
 * counts the processor time since the last sample there. So a thread that waits or sleeps is left
 * alone, samples weigh what they stand for, it is the same on every engine, and calls cost nothing
 * that they did not cost before. Nothing is shared, so there is no lock.
 */
#ifndef PN_ENGINE_PROFILER_H
#define PN_ENGINE_PROFILER_H

#include "base/code.h"
#include "native/world.h"
#include "wire/event.h"
#include "wire/status.h"

typedef struct pn_profiler pn_profiler;

/* For n render threads. Attach: either. Main thread. Fails: PN_ERR_MEMORY, PN_ERR_SYSTEM (this
 * system does not let a process read its own memory through the kernel). */
pn_code pn_profiler_create(pn_profiler **profiler, int n_threads, pn_error *err);

/* Once no render thread is between begin and end; accepts NULL. Attach: either. */
void pn_profiler_destroy(pn_profiler *profiler);

/* On render thread `i`: its samples count from here on, and no longer. `slot` says which node is
 * called. Attach: forbidden. */
void pn_profiler_begin(pn_profiler *profiler, int i, const pn_status_slot *slot);
void pn_profiler_end(pn_profiler *profiler, int i);

/* The calling render thread is about to run Python nodes, or has. Attach: required. */
void pn_profiler_enter(pn_profiler *profiler, int i);
void pn_profiler_leave(pn_profiler *profiler, int i);

/* Send the places where samples of a frame ended, of all threads together, and forget them.
 * Attach: forbidden. Main thread; no thread may be between begin and end. */
void pn_profiler_send(pn_profiler *profiler, const pn_events *events, int frame,
                      const pn_world *world);

#endif
