/* base/code, base/histogram, wire/figures, wire/trace: errors, quantiles in fixed memory, totals,
 * timelines in a file. */
#include "check.h"

#include "base/code.h"
#include "base/hash.h"
#include "base/histogram.h"
#include "wire/figures.h"
#include "wire/trace.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- errors --- */

static void test_out_of_memory_looks_like_a_system_error_outside(void)
{
    pn_error err = {0};
    CHECK_INT(pn_no_memory(&err, "%d tiles", 7), PN_ERR_MEMORY);
    CHECK_TEXT(err.what, "out of memory for 7 tiles");
    CHECK_INT(pn_no_memory(NULL, "%d tiles", 7), PN_ERR_MEMORY);
    CHECK_INT(pn_code_status(PN_ERR_MEMORY), 13);
    CHECK_INT(pn_code_status(PN_ERR_SYSTEM), 13);
    CHECK_TEXT(pn_code_name(PN_ERR_MEMORY), "output");
    CHECK_TEXT(pn_code_name(PN_ERR_SYSTEM), "output");
    pn_error_finish(&err);
}

/* --- histogram --- */

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static void test_empty_histogram_has_zeros(void)
{
    pn_histogram h = {0};
    CHECK_INT(pn_histogram_quantile(&h, 0.5), 0);
    CHECK_INT(pn_histogram_quantile(&h, 1.0), 0);
}

static void test_small_values_are_exact(void)
{
    pn_histogram h = {0};
    for (int64_t v = 1; v <= 15; v++)
        pn_histogram_add(&h, v);
    CHECK_INT(pn_histogram_quantile(&h, 0.0), 1);
    CHECK_INT(pn_histogram_quantile(&h, 0.5), 8);
    CHECK_INT(pn_histogram_quantile(&h, 1.0), 15);
}

static void test_negative_counts_as_zero(void)
{
    pn_histogram h = {0};
    pn_histogram_add(&h, -5);
    CHECK_INT(h.n, 1);
    CHECK_INT(pn_histogram_quantile(&h, 0.5), 0);
}

static void test_huge_values_share_the_last_bucket(void)
{
    pn_histogram h = {0};
    pn_histogram_add(&h, INT64_MAX);
    pn_histogram_add(&h, INT64_C(1) << 60);
    pn_histogram_add(&h, 7);
    CHECK_INT(h.max, INT64_MAX);
    CHECK_INT(pn_histogram_quantile(&h, 0.2), 7);
    CHECK_INT(pn_histogram_quantile(&h, 1.0), INT64_MAX);
}

// Every quantile is near the one of the sorted values, over nine powers of ten.
static void test_quantiles_are_within_the_promise(void)
{
    enum { N = 5000 };
    static int64_t values[N];
    pn_histogram h = {0};
    for (int i = 0; i < N; i++) {
        double exponent = 9.0 * pn_hash_double(pn_hash_mix((uint64_t)i + 1));
        values[i] = (int64_t)pow(10.0, exponent);
        pn_histogram_add(&h, values[i]);
    }
    qsort(values, N, sizeof values[0], by_size);
    const double shares[] = {0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 1.0};
    for (size_t k = 0; k < sizeof shares / sizeof shares[0]; k++) {
        int rank = (int)ceil(shares[k] * N);
        double exact = (double)values[rank - 1];
        CHECK_NEAR((double)pn_histogram_quantile(&h, shares[k]), exact, 0.032 * exact);
    }
    CHECK_INT(pn_histogram_quantile(&h, 1.0), values[N - 1]);
}

static void test_merged_is_as_if_added_to_one(void)
{
    pn_histogram a = {0}, b = {0}, both = {0};
    for (int i = 0; i < 300; i++) {
        int64_t v = (int64_t)(pn_hash_mix((uint64_t)i) % 100000);
        pn_histogram_add(i % 3 == 0 ? &a : &b, v);
        pn_histogram_add(&both, v);
    }
    pn_histogram_merge(&a, &b);
    CHECK_INT(a.n, both.n);
    CHECK_INT(a.max, both.max);
    CHECK(memcmp(a.counts, both.counts, sizeof a.counts) == 0);
}

/* --- totals --- */

static void test_totals_add_as_their_rows_say(void)
{
    pn_totals sum = {.node_calls = 3, .wait_max_ns = 7};
    pn_totals one = {.node_calls = 4, .wait_max_ns = 5, .ivcsw = 1};
    pn_histogram_add(&one.wait, 5);
    pn_totals_add(&sum, &one);
    pn_totals_add(&sum, &one);
    CHECK_INT(sum.node_calls, 11);
    CHECK_INT(sum.wait_max_ns, 7);
    CHECK_INT(sum.ivcsw, 2);
    CHECK_INT(sum.wait.n, 2);
}

static void test_totals_are_shared_once(void)
{
    pn_totals_words words = {0}, of_first = {0}, of_second = {0};
    pn_totals first = {.tiles_done = 1, .wait_max_ns = 9}, second = {.tiles_done = 5}, all;
    pn_histogram_add(&first.wait, 9);
    pn_totals_share(&words, &first, &of_first);
    first.tiles_done = 3;
    pn_totals_share(&words, &first, &of_first);
    pn_totals_share(&words, &first, &of_first);
    pn_totals_share(&words, &second, &of_second);
    pn_totals_load(&all, &words);
    CHECK_INT(all.tiles_done, 8);
    CHECK_INT(all.wait_max_ns, 9);
    CHECK_INT(all.wait.n, 1);
}

static bool written(const pn_totals *totals, pn_figure_of whose, const char *part)
{
    pn_line line;
    pn_line_begin(&line);
    pn_totals_write(&line, totals, whose);
    line.text[pn_line_end(&line)] = '\0';
    return strstr(line.text, part) != NULL;
}

static void test_totals_of_a_thread_and_a_frame_have_the_same_keys(void)
{
    pn_totals totals = {.cpu_ns = 12, .render_ns = 34};
    pn_histogram_add(&totals.wait, 6);
    CHECK(written(&totals, PN_FIGURE_OF_THREAD, "\"cpu_ns\":12,"));
    CHECK(written(&totals, PN_FIGURE_OF_FRAME, "\"cpu_ns\":12,"));
    CHECK(written(&totals, PN_FIGURE_OF_THREAD, "\"waits\":1,\"wait_p50_ns\":6,"));
    CHECK(written(&totals, PN_FIGURE_OF_FRAME, "\"render_ns\":34,"));
    CHECK(!written(&totals, PN_FIGURE_OF_THREAD, "render_ns"));
}

static void test_quantiles_that_were_not_shared_are_left_out(void)
{
    pn_totals_words words = {0}, mine = {0};
    pn_totals totals = {0}, loaded;
    pn_histogram_add(&totals.wait, 6);
    pn_totals_share(&words, &totals, &mine);
    pn_totals_load(&loaded, &words);
    CHECK(written(&loaded, PN_FIGURE_OF_FRAME, "\"waits\":1"));
    CHECK(!written(&loaded, PN_FIGURE_OF_FRAME, "wait_p"));
}

/* --- trace --- */

static const pn_trace_kind outer = {"outer", "native", {"tile", "calls"}};
static const pn_trace_kind counter = {"tiles done", "frame", {"tiles"}};

static char path[64];

static pn_trace *open_trace(bool calls)
{
    strcpy(path, "/tmp/pynodes-trace-XXXXXX");
    int fd = mkstemp(path);
    if (fd >= 0)
        close(fd);
    pn_trace_config config = {
        .path = path, .calls = calls, .begin_ns = pn_clock_ns(), .process = "a \"test\""};
    pn_trace *trace = NULL;
    pn_error err = {0};
    CHECK_INT(pn_trace_open(&trace, &config, &err), PN_OK);
    return trace;
}

// The file's text; owned by the caller.
static char *read_back(void)
{
    FILE *f = fopen(path, "r");
    if (f == NULL)
        return calloc(1, 1);
    fseek(f, 0, SEEK_END);
    long size = ftell(f);
    rewind(f);
    char *text = calloc(1, (size_t)size + 1);
    size_t got = text != NULL ? fread(text, 1, (size_t)size, f) : 0;
    CHECK_INT((long long)got, size);
    fclose(f);
    unlink(path);
    return text;
}

static int count(const char *text, const char *part)
{
    // not strstr: a sanitizer measures the whole text at each call
    size_t size = strlen(part);
    const char *end = text + strlen(text), *at = text;
    int n = 0;
    while ((at = memmem(at, (size_t)(end - at), part, size)) != NULL) {
        n++;
        at += size;
    }
    return n;
}

static void test_no_trace_reads_no_clock(void)
{
    CHECK_INT(pn_trace_begin(NULL), 0);
    CHECK(pn_trace_lane(NULL, 0, "x") == NULL);
    CHECK(!pn_trace_wants_calls(NULL));
    pn_trace_end(NULL, &outer, 0, 1, 2, 3);
    pn_trace_count(NULL, &counter, 1);
    CHECK_INT(pn_trace_flush(NULL), 0);
    pn_trace_close(NULL);
}

static void test_file_has_spans_counters_and_names(void)
{
    pn_trace *trace = open_trace(false);
    CHECK_STOP(trace != NULL);
    pn_lane *lane = pn_trace_lane(trace, 3, "render-2");
    const char *nodes[] = {"Plain", "with \"quotes\""};
    pn_trace_frame(trace, 7, "shared", nodes, 2);
    int64_t now = pn_clock_ns();
    pn_trace_span(lane, &outer, now, now + 1234567, 37, 1024, 99);
    pn_trace_count(lane, &counter, 5);
    CHECK_INT(pn_trace_flush(trace), 0);
    pn_trace_close(trace);
    char *text = read_back();
    CHECK(strncmp(text, "[\n", 2) == 0 && strcmp(text + strlen(text) - 4, "}\n]\n") == 0);
    CHECK_CONTAINS(text, "\"name\":\"outer\",\"cat\":\"native\"");
    CHECK_CONTAINS(text, "\"dur\":1234.567,\"args\":{\"tile\":37,\"calls\":1024}}");
    CHECK_CONTAINS(text, "\"args\":{\"tiles\":5}}");
    CHECK_CONTAINS(text, "\"nodes\":[\"Plain\",\"with \\\"quotes\\\"\"]");
    CHECK_CONTAINS(text, "\"tid\":3,\"args\":{\"name\":\"render-2\"}");
    CHECK_CONTAINS(text, "{\"name\":\"a \\\"test\\\"\"}");
    free(text);
}

static void test_full_lane_drops_and_says_so(void)
{
    pn_trace *trace = open_trace(false);
    CHECK_STOP(trace != NULL);
    pn_lane *lane = pn_trace_lane(trace, 1, "render-0");
    for (int i = 0; i < PN_TRACE_SPANS + 5; i++)
        pn_trace_span(lane, &outer, 0, 1, i, 0, 0);
    CHECK_INT(pn_trace_flush(trace), 5);
    pn_trace_span(lane, &outer, 0, 1, 0, 0, 0); // room again
    CHECK_INT(pn_trace_flush(trace), 0);
    pn_trace_close(trace);
    char *text = read_back();
    CHECK_INT(count(text, "\"ph\":\"X\""), PN_TRACE_SPANS + 1);
    CHECK_CONTAINS(text, "\"spans left out\"");
    CHECK_CONTAINS(text, "{\"spans\":5}");
    free(text);
}

static void test_full_disk_is_reported_once(void)
{
    if (access("/dev/full", W_OK) != 0)
        return;
    pn_trace_config config = {.path = "/dev/full", .process = "test"};
    pn_trace *trace = NULL;
    pn_error err = {0};
    CHECK_INT(pn_trace_open(&trace, &config, &err), PN_OK);
    CHECK_INT(pn_trace_flush(trace), -1);
    CHECK_CONTAINS(pn_trace_failure(trace), "space");
    CHECK_INT(pn_trace_flush(trace), 0);
    pn_trace_close(trace);
}

static void test_folder_that_is_not_there_is_refused(void)
{
    pn_trace_config config = {.path = "/nowhere/at/all.json", .process = "test"};
    pn_trace *trace = NULL;
    pn_error err = {0};
    CHECK_INT(pn_trace_open(&trace, &config, &err), PN_ERR_SYSTEM);
    CHECK_CONTAINS(err.what, "/nowhere/at/all.json");
    CHECK(trace == NULL);
}

enum { WRITERS = 4, SPANS = 3000 };

static void *write_spans(void *arg)
{
    pn_trace_set_here(arg);
    for (int i = 0; i < SPANS; i++) {
        int64_t begin = pn_trace_begin(pn_trace_here());
        pn_trace_end(pn_trace_here(), &outer, begin, i, 0, 0);
    }
    return NULL;
}

static void test_threads_write_side_by_side(void)
{
    pn_trace *trace = open_trace(false);
    CHECK_STOP(trace != NULL);
    pthread_t threads[WRITERS];
    for (int i = 0; i < WRITERS; i++)
        pthread_create(&threads[i], NULL, write_spans, pn_trace_lane(trace, i + 1, "writer"));
    for (int i = 0; i < WRITERS; i++)
        pthread_join(threads[i], NULL);
    pn_trace_close(trace);
    char *text = read_back();
    CHECK_INT(count(text, "\"name\":\"outer\""), WRITERS * SPANS);
    CHECK_INT(count(text, "\"tile\":2999"), WRITERS);
    free(text);
}

static const check_test tests[] = {
    CHECK_TEST(test_out_of_memory_looks_like_a_system_error_outside),
    CHECK_TEST(test_empty_histogram_has_zeros),
    CHECK_TEST(test_small_values_are_exact),
    CHECK_TEST(test_negative_counts_as_zero),
    CHECK_TEST(test_huge_values_share_the_last_bucket),
    CHECK_TEST(test_quantiles_are_within_the_promise),
    CHECK_TEST(test_merged_is_as_if_added_to_one),
    CHECK_TEST(test_totals_add_as_their_rows_say),
    CHECK_TEST(test_totals_are_shared_once),
    CHECK_TEST(test_totals_of_a_thread_and_a_frame_have_the_same_keys),
    CHECK_TEST(test_quantiles_that_were_not_shared_are_left_out),
    CHECK_TEST(test_no_trace_reads_no_clock),
    CHECK_TEST(test_file_has_spans_counters_and_names),
    CHECK_TEST(test_full_lane_drops_and_says_so),
    CHECK_TEST(test_full_disk_is_reported_once),
    CHECK_TEST(test_folder_that_is_not_there_is_refused),
    CHECK_TEST(test_threads_write_side_by_side),
};

int main(int argc, char **argv)
{
    return CHECK_MAIN(argc, argv, tests);
}
