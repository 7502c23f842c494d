/* The table of figures: all that is measured of a frame, each once.
 *
 * A row makes the member of pn_totals that is counted up where it is measured, the word that
 * workers share, how several become one, and the keys of the events `thread` and `frame`; the
 * package has the same rows (pynodes/model/figures.py), and a test compares them. docs/figures.md
 * defines each figure. Attach: either. Totals belong to one thread; words to all.
 */
#ifndef PN_WIRE_FIGURES_H
#define PN_WIRE_FIGURES_H

#include "base/histogram.h"
#include "wire/json.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* X(of, adds, name, unit)
 *   of    THREAD: each render thread has it, and the frame has what they add up to.
 *         FRAME: measured of the frame alone
 *   adds  SUM, MAX, or TIMES: a histogram, in events `NAMEs` (how many), `NAME_p50_ns` and
 *         `NAME_p99_ns`
 *   unit  "ns" on the one clock, or "" for a number of things
 * What is counted per call comes first, histograms last: their empty ends keep the next thread's
 * words off this one's cache lines. */
#define PN_FIGURES(X)                                                                              \
    X(THREAD, SUM, node_calls, "")                                                                 \
    X(THREAD, SUM, compiled_calls, "")                                                             \
    X(THREAD, SUM, compared_calls, "")                                                             \
    X(THREAD, MAX, difference_e9, "")                                                              \
    X(THREAD, SUM, python_ns, "ns")                                                                \
    X(THREAD, SUM, wait_ns, "ns")                                                                  \
    X(THREAD, SUM, python_cpu_ns, "ns")                                                            \
    X(THREAD, SUM, native_ns, "ns")                                                                \
    X(THREAD, SUM, handovers, "")                                                                  \
    X(THREAD, MAX, wait_max_ns, "ns")                                                              \
    X(THREAD, SUM, tiles_done, "")                                                                 \
    X(THREAD, SUM, node_errors, "")                                                                \
    X(THREAD, SUM, wall_ns, "ns")                                                                  \
    X(THREAD, SUM, cpu_ns, "ns")                                                                   \
    X(THREAD, SUM, vcsw, "")                                                                       \
    X(THREAD, SUM, ivcsw, "")                                                                      \
    X(FRAME, SUM, render_ns, "ns")                                                                 \
    X(FRAME, MAX, beat_max_ns, "ns")                                                               \
    X(FRAME, TIMES, beat, "ns")                                                                    \
    X(THREAD, TIMES, wait, "ns")

#define PN_FIGURE_SUM int64_t
#define PN_FIGURE_MAX int64_t
#define PN_FIGURE_TIMES pn_histogram
#define PN_FIGURE_MEMBER(of, adds, name, unit) PN_FIGURE_##adds name;
#define PN_FIGURE_WORD(of, adds, name, unit) _Atomic int64_t name;

/* Zeroed memory: nothing was measured. */
typedef struct {
    PN_FIGURES(PN_FIGURE_MEMBER)
} pn_totals;

/* The same, to be added to by several processes. Of times only how many there were. */
typedef struct {
    PN_FIGURES(PN_FIGURE_WORD)
} pn_totals_words;

typedef enum {
    PN_FIGURE_OF_THREAD,
    PN_FIGURE_OF_FRAME,
} pn_figure_of;

/* Make one of two. */
void pn_totals_add(pn_totals *into, const pn_totals *from);

/* Add to `words` what `totals` has grown by since the last time; `shared`, the caller's own and
 * zeroed at first, says how far that was. */
void pn_totals_share(pn_totals_words *words, const pn_totals *totals, pn_totals_words *shared);

/* Totals that are exactly what was shared. Of their times only the numbers are known. */
void pn_totals_load(pn_totals *totals, const pn_totals_words *words);

/* Write them as fields of an event: those that each thread has, of a frame all. Quantiles of times
 * of which only the number is known are left out. */
void pn_totals_write(pn_line *line, const pn_totals *totals, pn_figure_of whose);

/* The table as a JSON list. */
void pn_figures_print_describe(FILE *to);

#endif
