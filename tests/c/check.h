/* A tiny check header for the C tests: no dependencies, never compiled out.
 *
 * A test is a named static function; a table lists them; main hands both to check_main:
 *
 *     static void test_one_is_one(void) { CHECK_INT(1, 1); }
 *     static const check_test tests[] = {CHECK_TEST(test_one_is_one)};
 *     int main(int argc, char **argv) { return CHECK_MAIN(argc, argv, tests); }
 *
 * Without an argument every test runs; with names only those; `--list` prints the names. A failed
 * check prints both operands and the test goes on, so that one run shows all that is wrong;
 * CHECK_STOP ends the test function when going on makes no sense. One thread only.
 */
#ifndef PN_TESTS_CHECK_H
#define PN_TESTS_CHECK_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    const char *name;
    void (*run)(void);
} check_test;

/* The table's row: `test_one_is_one` is shown as one_is_one. */
#define CHECK_TEST(fn) {#fn, fn}

#define CHECK_MAIN(argc, argv, tests)                                                              \
    check_main((argc), (argv), (tests), sizeof(tests) / sizeof((tests)[0]))

/* Failed checks of the test that runs now. More than CHECK_SHOWN are counted, not printed. */
static int check_failures;
enum { CHECK_SHOWN = 20 };

static inline bool check_note(bool good, const char *file, int line, const char *text)
{
    if (good)
        return true;
    if (check_failures++ < CHECK_SHOWN)
        printf("  %s:%d: %s\n", file, line, text);
    return false;
}

/* True when the operands of the failed check should be printed too. */
static inline bool check_shown(void)
{
    return check_failures <= CHECK_SHOWN;
}

static inline bool check_int(long long a, long long b, const char *file, int line, const char *text)
{
    if (check_note(a == b, file, line, text))
        return true;
    if (check_shown())
        printf("    left  %lld\n    right %lld\n", a, b);
    return false;
}

/* Absolute difference; a NaN on either side fails. */
static inline bool check_near(double a, double b, double within, const char *file, int line,
                              const char *text)
{
    if (check_note(fabs(a - b) <= within, file, line, text))
        return true;
    if (check_shown())
        printf("    left  %.9g\n    right %.9g\n    within %.3g\n", a, b, within);
    return false;
}

static inline bool check_text(const char *a, const char *b, const char *file, int line,
                              const char *text)
{
    if (check_note(a != NULL && b != NULL && strcmp(a, b) == 0, file, line, text))
        return true;
    if (check_shown())
        printf("    left  \"%s\"\n    right \"%s\"\n", a ? a : "(null)", b ? b : "(null)");
    return false;
}

static inline bool check_contains(const char *a, const char *part, const char *file, int line,
                                  const char *text)
{
    if (check_note(a != NULL && part != NULL && strstr(a, part) != NULL, file, line, text))
        return true;
    if (check_shown())
        printf("    text    \"%s\"\n    without \"%s\"\n", a ? a : "(null)",
               part ? part : "(null)");
    return false;
}

/* Each gives true when the check held, so `if (!CHECK(...)) return;` works. */
#define CHECK(cond) check_note((cond) ? true : false, __FILE__, __LINE__, "not true: " #cond)
#define CHECK_INT(a, b) check_int((long long)(a), (long long)(b), __FILE__, __LINE__, #a " == " #b)
#define CHECK_NEAR(a, b, within)                                                                   \
    check_near((a), (b), (within), __FILE__, __LINE__, #a " is near " #b)
#define CHECK_TEXT(a, b) check_text((a), (b), __FILE__, __LINE__, #a " is the text " #b)
#define CHECK_CONTAINS(a, part)                                                                    \
    check_contains((a), (part), __FILE__, __LINE__, #a " contains " #part)
#define CHECK_STOP(cond)                                                                           \
    do {                                                                                           \
        if (!CHECK(cond))                                                                          \
            return;                                                                                \
    } while (0)

static inline const char *check_shown_name(const check_test *test)
{
    return strncmp(test->name, "test_", 5) == 0 ? test->name + 5 : test->name;
}

static inline bool check_wanted(int argc, char **argv, const check_test *test)
{
    if (argc < 2)
        return true;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], test->name) == 0 || strcmp(argv[i], check_shown_name(test)) == 0)
            return true;
    }
    return false;
}

/* 0 all ran well, 1 a check failed, 2 no test has the name asked for. */
static inline int check_main(int argc, char **argv, const check_test *tests, size_t count)
{
    if (argc == 2 && strcmp(argv[1], "--list") == 0) {
        for (size_t i = 0; i < count; i++)
            puts(check_shown_name(&tests[i]));
        return 0;
    }
    int failed = 0, ran = 0;
    for (size_t i = 0; i < count; i++) {
        if (!check_wanted(argc, argv, &tests[i]))
            continue;
        check_failures = 0;
        tests[i].run();
        ran++;
        if (check_failures > 0) {
            failed++;
            printf("FAILED %s (%d checks)\n", check_shown_name(&tests[i]), check_failures);
        } else {
            printf("ok %s\n", check_shown_name(&tests[i]));
        }
        fflush(stdout);
    }
    if (ran == 0) {
        fprintf(stderr, "no such test; --list shows the names\n");
        return 2;
    }
    return failed > 0 ? 1 : 0;
}

#endif
