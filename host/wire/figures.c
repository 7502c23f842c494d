#include "wire/figures.h"

#include <stddef.h>
#include <string.h>

typedef enum { SUM, MAX, TIMES } how;

typedef struct {
    const char *name, *unit;
    pn_figure_of of;
    how adds;
    size_t at, word_at; /* in pn_totals, in pn_totals_words */
} row;

#define ROW(of, adds, name, unit)                                                                  \
    {#name,                                                                                        \
     unit,                                                                                         \
     PN_FIGURE_OF_##of,                                                                            \
     adds,                                                                                         \
     offsetof(pn_totals, name),                                                                    \
     offsetof(pn_totals_words, name)},

static const row rows[] = {PN_FIGURES(ROW)};

enum { N_ROWS = sizeof rows / sizeof *rows };

static void *of(pn_totals *totals, const row *r)
{
    return (char *)totals + r->at;
}

static const pn_histogram *times_of(const pn_totals *totals, const row *r)
{
    return (const void *)((const char *)totals + r->at);
}

// What a word holds of it.
static int64_t number_of(const pn_totals *totals, const row *r)
{
    const void *at = (const char *)totals + r->at;
    return r->adds == TIMES ? ((const pn_histogram *)at)->n : *(const int64_t *)at;
}

static _Atomic int64_t *word(const pn_totals_words *words, const row *r)
{
    return (_Atomic int64_t *)(void *)((char *)words + r->word_at);
}

void pn_totals_add(pn_totals *into, const pn_totals *from)
{
    for (const row *r = rows; r < rows + N_ROWS; r++) {
        int64_t *number = of(into, r), added = number_of(from, r);
        if (r->adds == TIMES)
            pn_histogram_merge(of(into, r), times_of(from, r));
        else if (r->adds == SUM)
            *number += added;
        else if (added > *number)
            *number = added;
    }
}

static void raise_to(_Atomic int64_t *to, int64_t to_value)
{
    int64_t found = atomic_load(to);
    while (found < to_value && !atomic_compare_exchange_weak(to, &found, to_value))
        continue;
}

void pn_totals_share(pn_totals_words *words, const pn_totals *totals, pn_totals_words *shared)
{
    for (const row *r = rows; r < rows + N_ROWS; r++) {
        int64_t now = number_of(totals, r), before = atomic_load(word(shared, r));
        if (now == before)
            continue;
        if (r->adds == MAX)
            raise_to(word(words, r), now);
        else
            atomic_fetch_add(word(words, r), now - before);
        atomic_store(word(shared, r), now);
    }
}

void pn_totals_load(pn_totals *totals, const pn_totals_words *words)
{
    memset(totals, 0, sizeof *totals);
    for (const row *r = rows; r < rows + N_ROWS; r++) {
        int64_t found = atomic_load(word(words, r));
        if (r->adds == TIMES)
            *(pn_histogram *)of(totals, r) =
                (pn_histogram){.n = found, .max = PN_HISTOGRAM_MAX_UNKNOWN};
        else
            *(int64_t *)of(totals, r) = found;
    }
}

static void write_times(pn_line *line, const char *name, const pn_histogram *histogram)
{
    char key[64];
    snprintf(key, sizeof key, "%ss", name);
    pn_line_int(line, key, histogram->n);
    if (histogram->max == PN_HISTOGRAM_MAX_UNKNOWN)
        return;
    snprintf(key, sizeof key, "%s_p50_ns", name);
    pn_line_int(line, key, pn_histogram_quantile(histogram, 0.50));
    snprintf(key, sizeof key, "%s_p99_ns", name);
    pn_line_int(line, key, pn_histogram_quantile(histogram, 0.99));
}

void pn_totals_write(pn_line *line, const pn_totals *totals, pn_figure_of whose)
{
    for (const row *r = rows; r < rows + N_ROWS; r++) {
        if (r->of == PN_FIGURE_OF_FRAME && whose == PN_FIGURE_OF_THREAD)
            continue;
        if (r->adds == TIMES)
            write_times(line, r->name, times_of(totals, r));
        else
            pn_line_int(line, r->name, number_of(totals, r));
    }
}

void pn_figures_print_describe(FILE *to)
{
    static const char *const adds[] = {[SUM] = "sum", [MAX] = "max", [TIMES] = "times"};
    for (const row *r = rows; r < rows + N_ROWS; r++)
        fprintf(to, "%s{\"name\":\"%s\",\"unit\":\"%s\",\"of\":\"%s\",\"adds\":\"%s\"}",
                r == rows ? "[" : ",", r->name, r->unit,
                r->of == PN_FIGURE_OF_THREAD ? "thread" : "frame", adds[r->adds]);
    fprintf(to, "]");
}
