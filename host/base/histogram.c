#include "base/histogram.h"

#include <math.h>

enum { SUB_BITS = 4, SUB = 1 << SUB_BITS };

static int bucket_of(int64_t value)
{
    if (value < SUB)
        return (int)value;
    int exponent = 63 - __builtin_clzll((unsigned long long)value);
    int shift = exponent - SUB_BITS;
    int bucket = SUB + shift * SUB + (int)(value >> shift) - SUB;
    return bucket < PN_HISTOGRAM_BUCKETS ? bucket : PN_HISTOGRAM_BUCKETS - 1;
}

static int64_t middle_of(int bucket)
{
    if (bucket < SUB)
        return bucket;
    int shift = (bucket - SUB) / SUB;
    int64_t low = (int64_t)(SUB + (bucket - SUB) % SUB) << shift;
    return low + ((INT64_C(1) << shift) >> 1);
}

void pn_histogram_add(pn_histogram *histogram, int64_t value)
{
    if (value < 0)
        value = 0;
    histogram->counts[bucket_of(value)]++;
    histogram->n++;
    if (value > histogram->max)
        histogram->max = value;
}

void pn_histogram_merge(pn_histogram *into, const pn_histogram *from)
{
    for (int i = 0; i < PN_HISTOGRAM_BUCKETS; i++)
        into->counts[i] += from->counts[i];
    into->n += from->n;
    if (from->max > into->max)
        into->max = from->max;
}

int64_t pn_histogram_quantile(const pn_histogram *histogram, double at)
{
    int64_t rank = (int64_t)ceil(at * (double)histogram->n);
    if (rank >= histogram->n)
        return histogram->max;
    int64_t seen = 0;
    for (int i = 0; i < PN_HISTOGRAM_BUCKETS; i++) {
        seen += histogram->counts[i];
        if (seen > 0 && seen >= rank)
            return middle_of(i) < histogram->max ? middle_of(i) : histogram->max;
    }
    return histogram->max;
}
