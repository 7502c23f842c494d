// The live scene: things, snapshots, undo, and readers on other threads.

#include "check.h"

#include "base/thread.h"
#include "document/live_scene.h"
#include "document/placement.h"

#include <stdlib.h>

static pn_thing *put_ball(pn_things *things)
{
    const double location[3] = {1, 2, 3}, scale[3] = {1, 1, 1};
    pn_thing *ball = pn_things_put(things, PN_THING_OBJECT, "Ball", "sphere");
    pn_thing_put_channel(ball, "location", location, 3);
    pn_thing_put_channel(ball, "scale", scale, 3);
    return ball;
}

static pn_live_scene *make_scene(void)
{
    pn_live_scene *live = pn_live_scene_create();
    pn_things *things = pn_live_scene_edit(live, 0);
    pn_things_rebase(things, &(pn_things){.frame = 1});
    put_ball(things);
    pn_live_scene_edited(live);
    return live;
}

static void assign(pn_live_scene *live, int64_t step, double x)
{
    pn_things *things = pn_live_scene_edit(live, step);
    pn_channel *c =
        pn_thing_find_channel(pn_things_find(things, PN_THING_OBJECT, "Ball"), "location");
    c->is_assigned = true;
    c->assigned[0] = c->assigned[1] = c->assigned[2] = x;
    pn_live_scene_edited(live);
}

static double location_of(const pn_things *things, int at)
{
    const pn_thing *ball = pn_things_find(things, PN_THING_OBJECT, "Ball");
    return ball != NULL ? pn_channel_value(pn_thing_find_channel(ball, "location"))[at] : -1;
}

static void test_snapshot_stays_as_it_was(void)
{
    pn_live_scene *live = make_scene();
    pn_snapshot *before = pn_live_scene_snapshot(live);
    pn_snapshot *same = pn_live_scene_snapshot(live);
    CHECK(before == same);
    assign(live, 1, 9);
    pn_snapshot *after = pn_live_scene_snapshot(live);
    CHECK(after != before);
    CHECK(after->generation > before->generation);
    CHECK_INT((int)location_of(&before->things, 0), 1);
    CHECK_INT((int)location_of(&after->things, 0), 9);
    pn_snapshot_drop(before);
    pn_snapshot_drop(same);
    pn_live_scene_destroy(live);
    CHECK_INT((int)location_of(&after->things, 2), 9); // its users keep it
    pn_snapshot_drop(after);
}

static void test_another_build_keeps_what_was_assigned(void)
{
    pn_live_scene *live = make_scene();
    assign(live, 1, 9);
    const double moved[3] = {5, 5, 5};
    pn_things *things = pn_live_scene_edit(live, 0);
    pn_things_rebase(things, &(pn_things){.frame = 2});
    CHECK(pn_things_find(things, PN_THING_OBJECT, "Ball") == NULL); // until it is put again
    pn_thing *ball = put_ball(things);
    pn_thing_put_channel(ball, "location", moved, 3);
    pn_live_scene_edited(live);
    things = (pn_things *)pn_live_scene_things(live);
    CHECK_INT(things->frame, 2);
    CHECK_INT((int)location_of(things, 0), 9);
    CHECK_INT((int)pn_thing_find_channel(ball, "location")->base[0], 5);
    pn_live_scene_destroy(live);
}

static void test_undo_goes_back_step_by_step(void)
{
    pn_live_scene *live = make_scene();
    assign(live, 1, 7);
    assign(live, 1, 8); // of the same step
    assign(live, 2, 9);
    CHECK(pn_live_scene_undo(live));
    CHECK_INT((int)location_of(pn_live_scene_things(live), 0), 8);
    CHECK(pn_live_scene_undo(live));
    CHECK_INT((int)location_of(pn_live_scene_things(live), 0), 1);
    CHECK(!pn_live_scene_undo(live));
    pn_live_scene_destroy(live);
}

static void test_more_steps_than_are_kept_forget_the_oldest(void)
{
    pn_live_scene *live = make_scene();
    for (int i = 1; i <= 100; i++)
        assign(live, i, i);
    int undone = 0;
    while (pn_live_scene_undo(live))
        undone++;
    CHECK(undone > 10 && undone < 100);
    CHECK_INT((int)location_of(pn_live_scene_things(live), 0), 100 - undone);
    pn_live_scene_destroy(live);
}

static void test_failed_driver_is_flagged_here_and_there_once(void)
{
    pn_live_scene *live = make_scene();
    pn_things *things = pn_live_scene_edit(live, 0);
    pn_thing *ball = pn_things_find(things, PN_THING_OBJECT, "Ball");
    uint64_t id = pn_live_scene_next_id(live);
    CHECK_INT(pn_thing_add_driver(ball, id, "location", 0, "1 / 0", NULL), PN_OK);
    pn_live_scene_edited(live);
    pn_snapshot *snapshot = pn_live_scene_snapshot(live);
    CHECK(pn_live_scene_fail(live, snapshot, id));
    CHECK(!pn_live_scene_fail(live, snapshot, id));
    CHECK(atomic_load(&pn_live_scene_things(live)->items[0].drivers[0].invalid));
    CHECK(atomic_load(&snapshot->things.items[0].drivers[0].invalid));
    pn_live_scene_refresh_drivers(live, NULL);
    CHECK(!atomic_load(&pn_live_scene_things(live)->items[0].drivers[0].invalid));
    pn_snapshot_drop(snapshot);
    pn_live_scene_destroy(live);
}

static void test_copy_is_deep(void)
{
    pn_things things = {0}, copy;
    pn_thing *ball = put_ball(&things);
    CHECK(pn_property_put(&ball->properties, &ball->n_properties, "who", "me", 0));
    CHECK(pn_property_put(&ball->properties, &ball->n_properties, "n", NULL, 4));
    pn_constraint *c = pn_thing_add_constraint(ball, 1, "c.py", "/c.py", "# CONSTRAINT\n");
    CHECK(c != NULL && pn_constraint_add_target(c, "Box"));
    CHECK_INT(pn_things_copy(&copy, &things, NULL), PN_OK);
    pn_things_finish(&things);
    const pn_thing *again = pn_things_find(&copy, PN_THING_OBJECT, "Ball");
    CHECK(again != NULL && again->n_constraints == 1 && again->n_properties == 2);
    CHECK_TEXT(again->constraints[0].targets[0], "Box");
    CHECK_TEXT(pn_property_find(again->properties, 2, "who")->text, "me");
    CHECK(pn_property_remove(again->properties, &((pn_thing *)again)->n_properties, "who"));
    CHECK_INT(again->n_properties, 1);
    pn_things_finish(&copy);
}

static void test_paths_name_one_number(void)
{
    pn_things things = {0};
    pn_thing *ball = put_ball(&things);
    const pn_channel *channel;
    int at = 0;
    pn_error err = {0};
    CHECK_INT(pn_thing_parse_path(ball, "location.z", &channel, &at, NULL), PN_OK);
    CHECK_INT(at, 2);
    CHECK_INT(pn_thing_parse_path(ball, "location.1", &channel, &at, NULL), PN_OK);
    CHECK_INT(at, 1);
    CHECK_INT(pn_thing_parse_path(ball, "location", &channel, &at, NULL), PN_OK);
    CHECK_INT(at, -1);
    const char *const wrong[] = {"location.w", "location.3", "location.", "location.-1",
                                 "nix",        "nix.x",      ".",         ""};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        CHECK_INT(pn_thing_parse_path(ball, wrong[i], &channel, &at, &err), PN_ERR_USAGE);
    pn_error_finish(&err);
    pn_things_finish(&things);
}

static void test_placement_comes_apart_and_together(void)
{
    const double location[3] = {1, -2, 3}, rotation[3] = {20, -35, 110}, scale[3] = {0.5, 2, 3};
    pn_matrix whole = pn_placement_compose(location, rotation, scale);
    double l[3], r[3], s[3];
    pn_placement_decompose(&whole, l, r, s);
    for (int i = 0; i < 3; i++) {
        CHECK_NEAR(l[i], location[i], 1e-12);
        CHECK_NEAR(r[i], rotation[i], 1e-9);
        CHECK_NEAR(s[i], scale[i], 1e-12);
    }
    const double up[3] = {0, -90, 30}, mirrored[3] = {-1, 1, 1};
    whole = pn_placement_compose(location, up, mirrored);
    pn_placement_decompose(&whole, l, r, s);
    pn_matrix again = pn_placement_compose(l, r, s);
    for (int i = 0; i < 16; i++)
        CHECK_NEAR(again.m[i], whole.m[i], 1e-9);
}

typedef struct {
    pn_live_scene *live;
    atomic_bool stop;
    atomic_int torn, reads;
} reading;

static void read_all_the_time(void *arg)
{
    reading *r = arg;
    while (!atomic_load(&r->stop)) {
        pn_snapshot *snapshot = pn_live_scene_snapshot(r->live);
        double x = location_of(&snapshot->things, 0);
        if (x >= 10 &&
            (location_of(&snapshot->things, 1) != x || location_of(&snapshot->things, 2) != x))
            atomic_fetch_add(&r->torn, 1);
        atomic_fetch_add(&r->reads, 1);
        pn_snapshot_drop(snapshot);
    }
}

static void test_readers_see_whole_states_while_the_main_thread_writes(void)
{
    enum { READERS = 3, WRITES = 2000 };
    reading r = {.live = make_scene()};
    pn_thread threads[READERS] = {{0}};
    for (int i = 0; i < READERS; i++)
        CHECK_INT(pn_thread_start(&threads[i], "reader", 1 << 20, read_all_the_time, &r, NULL),
                  PN_OK);
    for (int i = 0; i < WRITES || atomic_load(&r.reads) < WRITES; i++) {
        assign(r.live, i, 10 + i);
        if (i % 7 == 0)
            pn_live_scene_undo(r.live);
    }
    atomic_store(&r.stop, true);
    for (int i = 0; i < READERS; i++)
        pn_thread_join(&threads[i]);
    CHECK_INT(atomic_load(&r.torn), 0);
    pn_live_scene_destroy(r.live);
}

static const check_test tests[] = {
    CHECK_TEST(test_snapshot_stays_as_it_was),
    CHECK_TEST(test_another_build_keeps_what_was_assigned),
    CHECK_TEST(test_undo_goes_back_step_by_step),
    CHECK_TEST(test_more_steps_than_are_kept_forget_the_oldest),
    CHECK_TEST(test_failed_driver_is_flagged_here_and_there_once),
    CHECK_TEST(test_copy_is_deep),
    CHECK_TEST(test_paths_name_one_number),
    CHECK_TEST(test_placement_comes_apart_and_together),
    CHECK_TEST(test_readers_see_whole_states_while_the_main_thread_writes),
};

int main(int argc, char **argv)
{
    return CHECK_MAIN(argc, argv, tests);
}
