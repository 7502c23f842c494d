/* A render thread: it waits for a frame, takes tiles until there are none, and does that again
 * until the crew ends. */
#ifndef PN_ENGINE_RENDER_THREAD_H
#define PN_ENGINE_RENDER_THREAD_H

#include "engine/render_data.h"

/* The thread's body; `arg` is the pn_render_thread of a crew. Attach: forbidden. */
void pn_render_thread_main(void *arg);

#endif
