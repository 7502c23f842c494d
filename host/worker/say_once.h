/* What every worker finds is reported by one of them.
 *
 * What was said stands on the board, in a word for each thing. A worker that finds something to
 * report takes the word, sends, and marks it said; when it dies in between, the coordinator takes
 * the word back, and the next worker that asks has it. Attach: either. Main thread.
 */
#ifndef PN_WORKER_SAY_ONCE_H
#define PN_WORKER_SAY_ONCE_H

#include "tiles/board.h"
#include "wire/event.h"

typedef struct {
    pn_speaker speaker; /* first: for pn_events */
    pn_board *board;
    int worker;
    int frame; /* place of the frame that the worker is at */
} pn_say_once;

void pn_say_once_init(pn_say_once *once, pn_board *board, int worker);

/* Has a worker reported why the scene cannot be rendered? */
bool pn_say_once_failed(const pn_board *board);

/* Take back what a dead worker was about to say. */
void pn_say_once_take_back(pn_board *board, int worker);

#endif
