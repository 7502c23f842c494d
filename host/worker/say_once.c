#include "worker/say_once.h"

// Values of a word; worker + 1: that one is at it.
enum { NOBODY = 0, SAID = -1 };

static pn_board_word *word_of(const pn_say_once *once, pn_saying what)
{
    pn_board_header *header = once->board->header;
    if (header == NULL)
        return NULL;
    switch (what) {
    case PN_SAY_INTERP: return &header->said_interp;
    case PN_SAY_SCENE: return &once->board->frames[once->frame].said_scene;
    case PN_SAY_GIL: return &header->said_gil;
    case PN_SAY_FAILURE: return &header->said_failure;
    case PN_SAY_RUN: break; // the coordinator does
    }
    return NULL;
}

static bool may(pn_speaker *speaker, pn_saying what)
{
    const pn_say_once *once = (pn_say_once *)speaker;
    if (once->board->header == NULL) // it cannot be had, which the others need not find
        return what == PN_SAY_FAILURE;
    pn_board_word *word = word_of(once, what);
    int32_t nobody = NOBODY;
    return word != NULL && atomic_compare_exchange_strong(word, &nobody, once->worker + 1);
}

static void said(pn_speaker *speaker, pn_saying what)
{
    pn_board_word *word = word_of((pn_say_once *)speaker, what);
    if (word != NULL)
        atomic_store(word, SAID);
}

void pn_say_once_init(pn_say_once *once, pn_board *board, int worker)
{
    *once = (pn_say_once){.speaker = {may, said}, .board = board, .worker = worker};
}

bool pn_say_once_failed(const pn_board *board)
{
    return atomic_load(&board->header->said_failure) == SAID;
}

static void take_back(pn_board_word *word, int worker)
{
    int32_t holder = worker + 1;
    atomic_compare_exchange_strong(word, &holder, NOBODY);
}

void pn_say_once_take_back(pn_board *board, int worker)
{
    take_back(&board->header->said_interp, worker);
    take_back(&board->header->said_gil, worker);
    take_back(&board->header->said_failure, worker);
    for (uint32_t i = 0; i < board->header->n_frames; i++)
        take_back(&board->frames[i].said_scene, worker);
}
