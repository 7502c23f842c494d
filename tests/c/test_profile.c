/* wire/profile: a tree of calls in memory that was taken before; two of them become one. */
#include "check.h"

#include "wire/profile.h"

#include <stdio.h>

static int add(pn_profile *p, uint64_t mark, const char *file, const char *name, int first_line)
{
    pn_profile_function function = {mark, file, name, first_line};
    return pn_profile_add(p, &function);
}

static void test_same_step_is_the_same_place(void)
{
    pn_profile *p = pn_profile_create(64);
    int root = pn_profile_step(p, -1, 3, 0);
    int f = add(p, 77, "a.py", "f", 1);
    int line = pn_profile_step(p, root, f, 12);
    CHECK_INT(pn_profile_step(p, -1, 3, 0), root);
    CHECK_INT(pn_profile_step(p, root, f, 12), line);
    CHECK(pn_profile_step(p, root, f, 13) != line);
    CHECK(pn_profile_step(p, line, f, 12) != line);
    pn_profile_count(p, line, 500);
    pn_profile_count(p, line, 250);
    CHECK_INT(pn_profile_place_at(p, line)->samples, 2);
    CHECK_INT(pn_profile_place_at(p, line)->cpu_ns, 750);
    CHECK_INT(pn_profile_place_at(p, root)->samples, 0);
    CHECK_INT(pn_profile_totals(p).samples, 2);
    pn_profile_destroy(p);
}

static void test_functions_are_found_by_mark_and_copied(void)
{
    pn_profile *p = pn_profile_create(64);
    char file[] = "a.py", name[] = "f";
    CHECK_INT(pn_profile_find(p, 5), -1);
    int f = add(p, 5, file, name, 9);
    file[0] = name[0] = '?';
    CHECK_INT(pn_profile_find(p, 5), f);
    CHECK_TEXT(pn_profile_function_at(p, f)->file, "a.py");
    CHECK_TEXT(pn_profile_function_at(p, f)->name, "f");
    CHECK_INT(pn_profile_function_at(p, f)->first_line, 9);
    pn_profile_destroy(p);
}

static void test_full_profile_takes_no_more_and_keeps_what_it_has(void)
{
    enum { ROOM = 64 };
    pn_profile *p = pn_profile_create(ROOM);
    int root = pn_profile_step(p, -1, 0, 0), last = -1;
    for (int line = 1; line < ROOM; line++)
        last = pn_profile_step(p, root, 0, line);
    CHECK_INT(last, ROOM - 1);
    CHECK_INT(pn_profile_step(p, root, 0, ROOM), -1);
    CHECK_INT(pn_profile_step(p, root, 0, ROOM - 1), last);
    CHECK(pn_profile_place_at(p, ROOM) == NULL);
    pn_profile_count(p, -1, 1);
    CHECK_INT(pn_profile_totals(p).samples, 1);
    int added = 0;
    char name[32];
    for (uint64_t mark = 1; mark < 100; mark++) {
        snprintf(name, sizeof name, "a_function_%d", (int)mark);
        added += add(p, mark, "f.py", name, 1) >= 0;
    }
    CHECK(added > 0 && added < 99);
    CHECK_INT(pn_profile_find(p, 1), 0);
    CHECK_INT(pn_profile_find(p, 99), -1);
    pn_profile_destroy(p);
}

static void test_cleared_profile_is_empty(void)
{
    pn_profile *p = pn_profile_create(64);
    pn_profile_count(p, pn_profile_step(p, pn_profile_step(p, -1, 0, 0), add(p, 1, "f", "g", 1), 2),
                     5);
    pn_profile_count_outside(p, 7);
    pn_profile_count_cut(p);
    pn_profile_clear(p);
    CHECK(pn_profile_place_at(p, 0) == NULL);
    CHECK_INT(pn_profile_find(p, 1), -1);
    CHECK_INT(pn_profile_totals(p).samples + pn_profile_totals(p).cut, 0);
    CHECK_INT(pn_profile_totals(p).outside_ns, 0);
    CHECK_INT(pn_profile_step(p, -1, 4, 0), 0);
    pn_profile_destroy(p);
}

// Marks are of one interpreter: what counts is what a function is.
static void test_two_profiles_become_one_by_what_functions_are(void)
{
    pn_profile *all = pn_profile_create(64);
    for (int i = 0; i < 2; i++) {
        pn_profile *p = pn_profile_create(64);
        int other = i == 0 ? -1 : add(p, 1000, "b.py", "g", 1);
        int f = add(p, i == 0 ? 1000 : 2000, "a.py", "f", 1);
        int root = pn_profile_step(p, -1, 0, 0);
        int line = pn_profile_step(p, root, f, 3);
        pn_profile_count(p, line, 100);
        if (i == 1)
            pn_profile_count(p, pn_profile_step(p, pn_profile_step(p, line, -1, 0), other, 2), 10);
        pn_profile_count_outside(p, 1);
        pn_profile_merge(all, p);
        pn_profile_destroy(p);
    }
    CHECK_INT(pn_profile_totals(all).samples, 3);
    CHECK_INT(pn_profile_totals(all).outside_ns, 2);
    CHECK(pn_profile_place_at(all, 4) == NULL);
    const pn_profile_place *line = pn_profile_place_at(all, 1);
    CHECK_INT(line->samples, 2);
    CHECK_INT(line->cpu_ns, 200);
    CHECK_INT(pn_profile_place_at(all, 2)->function, -1);
    const pn_profile_place *last = pn_profile_place_at(all, 3);
    CHECK_INT(last->parent, 2);
    CHECK_TEXT(pn_profile_function_at(all, last->function)->name, "g");
    pn_profile_destroy(all);
}

static void test_what_does_not_fit_counts_where_there_is_a_place(void)
{
    pn_profile *small = pn_profile_create(2), *large = pn_profile_create(64);
    int root = pn_profile_step(large, -1, 0, 0);
    int f = add(large, 1, "f", "f", 1);
    for (int line = 0; line < 5; line++)
        pn_profile_count(large, pn_profile_step(large, root, f, line), 10);
    pn_profile_merge(small, large);
    int64_t samples = 0;
    for (int i = 0; pn_profile_place_at(small, i) != NULL; i++)
        samples += pn_profile_place_at(small, i)->samples;
    CHECK_INT(samples, 5);
    CHECK(pn_profile_totals(small).cut >= 4);
    pn_profile_destroy(small);
    pn_profile_destroy(large);
}

static const check_test tests[] = {
    CHECK_TEST(test_same_step_is_the_same_place),
    CHECK_TEST(test_functions_are_found_by_mark_and_copied),
    CHECK_TEST(test_full_profile_takes_no_more_and_keeps_what_it_has),
    CHECK_TEST(test_cleared_profile_is_empty),
    CHECK_TEST(test_two_profiles_become_one_by_what_functions_are),
    CHECK_TEST(test_what_does_not_fit_counts_where_there_is_a_place),
};

int main(int argc, char **argv)
{
    return CHECK_MAIN(argc, argv, tests);
}
