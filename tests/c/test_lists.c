// Lists that grow, and the index of their names.

#include "check.h"

#include "base/lists.h"
#include "base/name_index.h"

#include <stdio.h>

typedef struct {
    char text[16];
} item;

static const char *name_at(const void *items, int at)
{
    return ((const item *)items)[at].text;
}

// Items stay where they are in the list, new ones are zeroed, and a copy grows on.
static void test_a_list_grows(void)
{
    int *list = NULL, *copy;
    for (int n = 0; n < 5000; n++) {
        int *place = pn_grow((void **)&list, n, sizeof *place);
        CHECK(place == list + n);
        CHECK_INT(*place, 0);
        *place = n + 1;
    }
    for (int n = 0; n < 70; n++) {
        copy = pn_list_create(n, sizeof *copy);
        memcpy(copy, list, (size_t)n * sizeof *copy);
        for (int k = n; k < n + 70; k++)
            *(int *)pn_grow((void **)&copy, k, sizeof *copy) = k + 1;
        CHECK_INT(memcmp(copy, list, (size_t)(n + 70) * sizeof *copy), 0);
        free(copy);
    }
    free(list);
}

static void test_names_are_found_among_many(void)
{
    enum { N = 50000 };
    item *items = NULL;
    pn_name_index index = {0}, copy;
    CHECK_INT(pn_name_index_find(&index, "thing 0", name_at, items), -1);
    for (int n = 0; n < N; n++) {
        item *place = pn_grow((void **)&items, n, sizeof *place);
        snprintf(place->text, sizeof place->text, "thing %d", n);
        CHECK(pn_name_index_add(&index, place->text, n));
    }
    CHECK(pn_name_index_copy(&copy, &index));
    pn_name_index_finish(&index);
    for (int n = 0; n < N; n++)
        CHECK_INT(pn_name_index_find(&copy, items[n].text, name_at, items), n);
    CHECK_INT(pn_name_index_find(&copy, "thing", name_at, items), -1);
    CHECK_INT(pn_name_index_find(&copy, "", name_at, items), -1);
    pn_name_index_finish(&copy);
    free(items);
}

static const check_test tests[] = {
    CHECK_TEST(test_a_list_grows),
    CHECK_TEST(test_names_are_found_among_many),
};

int main(int argc, char **argv)
{
    return CHECK_MAIN(argc, argv, tests);
}
