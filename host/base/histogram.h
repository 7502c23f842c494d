/* How often a time was how long: quantiles in fixed memory, whatever the number of times.
 *
 * Up to 15 each value has a bucket of its own; above, every power of two is cut in 16, so a
 * quantile is known within 3.2 % of the value (the middle of its bucket). The largest value is kept
 * exactly. Beyond 2^44 (nanoseconds: five hours) values share the last bucket. Attach: either. A
 * histogram belongs to one thread.
 */
#ifndef PN_BASE_HISTOGRAM_H
#define PN_BASE_HISTOGRAM_H

#include <stdint.h>

enum { PN_HISTOGRAM_BUCKETS = 16 + 40 * 16 };

/* The largest value of one of which only `n` is known: it has no quantiles. */
enum { PN_HISTOGRAM_MAX_UNKNOWN = -1 };

/* Zeroed memory is an empty one. */
typedef struct {
    int64_t n, max;
    uint32_t counts[PN_HISTOGRAM_BUCKETS];
} pn_histogram;

void pn_histogram_add(pn_histogram *histogram, int64_t value); /* below 0 counts as 0 */
void pn_histogram_merge(pn_histogram *into, const pn_histogram *from);

/* The value that the share `at` (0..1) of all values did not exceed; 0 when there are none. */
int64_t pn_histogram_quantile(const pn_histogram *histogram, double at);

#endif
