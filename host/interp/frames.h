/* Which Python code a thread is at, read by a handler of a signal on that thread.
 *
 * The handler may come at any instruction, between two that belong together too. So nothing of
 * CPython is called, no count of references is touched, and memory is read through the kernel
 * (process_vm_readv), which reports what is not mapped: whatever is half done gives a stack that is
 * cut, or empty, and never a crash. What was read is copied at once: code may be gone later.
 *
 * This file alone knows how CPython lays out frames and code objects. Attach: either, but for
 * state. Async-signal-safe: read, at, line and describe.
 */
#ifndef PN_INTERP_FRAMES_H
#define PN_INTERP_FRAMES_H

#include <Python.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PN_FRAMES_MAX = 64, PN_FRAMES_FILE = 1024, PN_FRAMES_NAME = 256 };

/* One frame; `code` lives until the next read. */
typedef struct {
    const PyCodeObject *code; /* a copy of its head */
    uint64_t mark;            /* what distinguishes that code from others */
    int instruction;          /* bytes into it */
} pn_frame_at;

/* What reading needs, one a thread. */
typedef struct pn_frames pn_frames;

/* Can memory be read so? Else *why says why not. */
bool pn_frames_can(const char **why);

/* NULL: out of memory. */
pn_frames *pn_frames_create(void);
void pn_frames_destroy(pn_frames *frames); /* accepts NULL */

/* The calling thread's state, for read. Attach: required. */
PyThreadState *pn_frames_state(void);

/* The frames of a state of the calling thread, the innermost first, PN_FRAMES_MAX at most; *deeper:
 * it has more. Returns how many. */
int pn_frames_read(pn_frames *frames, PyThreadState *state, bool *deeper);
const pn_frame_at *pn_frames_at(const pn_frames *frames, int i);

/* The line that a frame is at; that of the `def` where it is at none. */
int pn_frames_line(pn_frames *frames, const pn_frame_at *at);

/* The file and name of a frame's function, as UTF-8, cut to fit. False: they cannot be read. */
bool pn_frames_describe(const pn_frame_at *at, char file[PN_FRAMES_FILE],
                        char name[PN_FRAMES_NAME]);

#endif
