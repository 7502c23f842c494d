/* The image layer: what scripts draw, and how large the pictures in files are. */
#include "check.h"

#include "base/code.h"
#include "image/overlay.h"
#include "image/size.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

static const pn_color white = {1, 1, 1, 1}, red = {1, 0, 0, 1}, glass = {0, 0, 1, 0.5f};

static pn_overlay made(int width, int height)
{
    pn_overlay o;
    CHECK_INT(pn_overlay_init(&o, width, height, NULL), PN_OK);
    return o;
}

static double covered(pn_overlay *o)
{
    double sum = 0;
    for (int y = 0; y < o->height_px; y++)
        for (int x = 0; x < o->width_px; x++)
            sum += pn_overlay_at(o, x, y).a;
    return sum;
}

static void test_nothing_is_seen_before_it_is_shown(void)
{
    pn_overlay o = made(8, 4);
    pn_overlay_rect(&o, 0, 0, 8, 4, white);
    CHECK_NEAR(covered(&o), 0, 0);
    pn_overlay_show(&o);
    CHECK_NEAR(covered(&o), 32, 0);
    pn_overlay_clear(&o);
    CHECK_NEAR(covered(&o), 32, 0);
    pn_overlay_show(&o);
    CHECK_NEAR(covered(&o), 0, 0);
    pn_overlay_finish(&o);
}

static void test_a_rectangle_covers_its_area_to_parts_of_pixels(void)
{
    pn_overlay o = made(16, 16);
    pn_overlay_rect(&o, 2.25, 3.5, 4.5, 2.25, red);
    pn_overlay_show(&o);
    CHECK_NEAR(covered(&o), 4.5 * 2.25, 1e-4);
    CHECK_NEAR(pn_overlay_at(&o, 4, 4).r, 1, 0);
    CHECK_NEAR(pn_overlay_at(&o, 4, 3).a, 0.5, 1e-6);
    pn_overlay_finish(&o);
}

static void test_a_disc_and_a_line_cover_about_their_area(void)
{
    pn_overlay o = made(64, 64);
    pn_overlay_disc(&o, 32, 32, 20, white);
    pn_overlay_show(&o);
    CHECK_NEAR(covered(&o), acos(-1) * 400, 10);
    pn_overlay_clear(&o);
    pn_overlay_line(&o, 10, 12, 50, 42, 3, white);
    pn_overlay_show(&o);
    CHECK_NEAR(covered(&o), 50 * 3 + acos(-1) * 2.25, 4);
    pn_overlay_finish(&o);
}

static void test_colours_are_laid_over_each_other(void)
{
    pn_overlay o = made(2, 1);
    pn_overlay_rect(&o, 0, 0, 1, 1, red);
    pn_overlay_rect(&o, 0, 0, 2, 1, glass);
    pn_overlay_show(&o);
    pn_color both = pn_overlay_at(&o, 0, 0), alone = pn_overlay_at(&o, 1, 0);
    CHECK_NEAR(both.r, 0.5, 1e-6);
    CHECK_NEAR(both.b, 0.5, 1e-6);
    CHECK_NEAR(both.a, 1, 0);
    CHECK_NEAR(alone.b, 1, 1e-6);
    CHECK_NEAR(alone.a, 0.5, 1e-6);
    pn_overlay_finish(&o);
}

static void test_nothing_is_drawn_outside_of_the_clip_rectangle(void)
{
    pn_overlay o = made(20, 20);
    pn_overlay_clip(&o, (pn_rect){5, 6, 3, 4});
    pn_overlay_rect(&o, -100, -100, 500, 500, white);
    pn_overlay_line(&o, 0, 0, 20, 20, 5, white);
    pn_overlay_disc(&o, 10, 10, 30, white);
    pn_overlay_text(&o, 0, 6, "WWWW", 1, white);
    pn_overlay_show(&o);
    CHECK_NEAR(covered(&o), 12, 0);
    CHECK_NEAR(pn_overlay_at(&o, 5, 6).a, 1, 0);
    CHECK_NEAR(pn_overlay_at(&o, 7, 9).a, 1, 0);
    pn_overlay_clip(&o, (pn_rect){2000000000, -2000000000, 2000000000, 2000000000});
    pn_overlay_clear(&o);
    pn_overlay_show(&o);
    CHECK_NEAR(covered(&o), 0, 0);
    pn_overlay_finish(&o);
}

static void test_what_is_no_number_or_far_away_draws_nothing_and_ends(void)
{
    pn_overlay o = made(8, 8);
    const double odd[] = {NAN, INFINITY, -INFINITY, 1e300, -1e300};
    for (int i = 0; i < 5; i++)
        for (int j = 0; j < 5; j++) {
            pn_overlay_line(&o, odd[i], 0, odd[j], 0, 1, white);
            pn_overlay_disc(&o, odd[i], odd[j], 4, white);
            pn_overlay_rect(&o, odd[i], 0, 4, odd[j] > 0 ? -1 : odd[j], white);
            pn_overlay_text(&o, odd[i], odd[j], "x", 1, white);
        }
    pn_overlay_rect(&o, 3, 3, -2, 2, white);
    pn_overlay_disc(&o, 4, 4, NAN, white);
    pn_overlay_line(&o, 1, 1, 5, 5, -1, white);
    pn_overlay_show(&o);
    CHECK_NEAR(covered(&o), 0, 0);
    pn_overlay_finish(&o);
}

static void test_text_is_as_wide_as_it_says(void)
{
    pn_overlay o = made(200, 30);
    int width = pn_overlay_text(&o, 0, 0, "Hallo \xc3\xa4g\xe2\x82\xac", 2, white);
    CHECK_INT(width, 9 * 12);
    CHECK_INT(pn_overlay_text_width("Hallo \xc3\xa4g\xe2\x82\xac", 2), width);
    pn_overlay_show(&o);
    CHECK(covered(&o) > 200);
    CHECK_INT(pn_overlay_text(&o, 0, 0, "\xff\xc3", 1, white), 12); // broken UTF-8 is boxes
    CHECK_INT(pn_overlay_text(&o, 0, 0, "", 1, white), 0);
    pn_overlay_finish(&o);
}

typedef struct {
    pn_overlay overlay;
    atomic_bool over;
    int torn;
} shared;

static void *look(void *arg)
{
    shared *s = arg;
    while (!atomic_load(&s->over)) {
        pn_color c = pn_overlay_at(&s->overlay, 3, 3);
        if (c.a != 0 && (c.r != c.g || c.g != c.b || c.a != 1))
            s->torn++;
    }
    return NULL;
}

static void test_who_looks_from_another_thread_sees_whole_drawings(void)
{
    static shared s;
    s.overlay = made(16, 16);
    pthread_t thread;
    CHECK_INT(pthread_create(&thread, NULL, look, &s), 0);
    for (int i = 0; i < 20000; i++) {
        float grey = (float)(i & 1);
        pn_overlay_clear(&s.overlay);
        // covered before it is shown
        pn_overlay_rect(&s.overlay, 0, 0, 16, 16, (pn_color){1, 0, 0, 1});
        pn_overlay_rect(&s.overlay, 0, 0, 16, 16, (pn_color){grey, grey, grey, 1});
        pn_overlay_show(&s.overlay);
    }
    atomic_store(&s.over, true);
    pthread_join(thread, NULL);
    CHECK_INT(s.torn, 0);
    pn_overlay_finish(&s.overlay);
}

// --- sizes ---

static pn_code size_of(const void *bytes, size_t n, int *width, int *height)
{
    char path[] = "/tmp/pynodes-image-XXXXXX";
    int fd = mkstemp(path);
    CHECK(fd >= 0);
    CHECK_INT(write(fd, bytes, n), (long long)n);
    close(fd);
    pn_error err = {0};
    *width = *height = -1;
    pn_code code = pn_image_size(path, width, height, &err);
    CHECK(code == PN_OK || err.help[0] != '\0');
    pn_error_finish(&err);
    unlink(path);
    return code;
}

#define SIZE_IS(bytes, w, h)                                                                       \
    do {                                                                                           \
        int width, height;                                                                         \
        CHECK_INT(size_of(bytes, sizeof(bytes) - 1, &width, &height), PN_OK);                      \
        CHECK_INT(width, w);                                                                       \
        CHECK_INT(height, h);                                                                      \
    } while (0)

#define NO_PICTURE(bytes)                                                                          \
    do {                                                                                           \
        int width, height;                                                                         \
        CHECK_INT(size_of(bytes, sizeof(bytes) - 1, &width, &height), PN_ERR_USAGE);               \
    } while (0)

static void test_sizes_of_pictures_are_read_from_their_heads(void)
{
    SIZE_IS("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\1\2\0\0\0\7\10\6\0\0\0", 258, 7);
    SIZE_IS("GIF89a\x10\x01\x05\x00xx", 272, 5);
    SIZE_IS("BM............\x28\0\0\0\x05\0\0\0\xfd\xff\xff\xff....", 5, 3);
    SIZE_IS("P6\n31 17\n255\n...........", 31, 17);
    SIZE_IS("PF\n4 5\n-1.0\n...........", 4, 5);
    SIZE_IS("\xff\xd8\xff\xe0\0\4ab\xff\xff\xff\xc0\0\21\10\0\x20\0\x40\3abcdefgh", 64, 32);
}

static void test_what_is_no_picture_is_an_error(void)
{
    NO_PICTURE("");
    NO_PICTURE("hello");
    NO_PICTURE("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\0\0\0\0\7\10\6\0\0\0");
    NO_PICTURE("\xff\xd8\xff\xe0\0\0ab");
    NO_PICTURE("\xff\xd8\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff");
    NO_PICTURE("P6\nx y\n......");
    NO_PICTURE("BM............\x0c\0\0\0\x05\0\0\0\xfd\xff\xff\xff....");
    pn_error err = {0};
    int width, height;
    CHECK_INT(pn_image_size("/nowhere/at/all.png", &width, &height, &err), PN_ERR_USAGE);
    CHECK(strstr(err.what, "No such file") != NULL);
    CHECK_INT(pn_image_size("/tmp", &width, &height, &err), PN_ERR_USAGE);
    pn_error_finish(&err);
}

static const check_test tests[] = {
    CHECK_TEST(test_nothing_is_seen_before_it_is_shown),
    CHECK_TEST(test_a_rectangle_covers_its_area_to_parts_of_pixels),
    CHECK_TEST(test_a_disc_and_a_line_cover_about_their_area),
    CHECK_TEST(test_colours_are_laid_over_each_other),
    CHECK_TEST(test_nothing_is_drawn_outside_of_the_clip_rectangle),
    CHECK_TEST(test_what_is_no_number_or_far_away_draws_nothing_and_ends),
    CHECK_TEST(test_text_is_as_wide_as_it_says),
    CHECK_TEST(test_who_looks_from_another_thread_sees_whole_drawings),
    CHECK_TEST(test_sizes_of_pictures_are_read_from_their_heads),
    CHECK_TEST(test_what_is_no_picture_is_an_error),
};

int main(int argc, char **argv)
{
    return CHECK_MAIN(argc, argv, tests);
}
