/* OBJ files and the registry that reads each once. */
#include "scene_kit.h"

#include "document/number.h"
#include "scene/mesh_registry.h"

#include <locale.h>
#include <pthread.h>
#include <sys/stat.h>
#include <time.h>

static void test_obj_dialects_are_understood(void)
{
    static const char *const dialects[] = {
        "v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nf 1 2 3 4\n",
        "v 0 0 0\r\nv 1 0 0\r\nv 1 1 0\r\nv 0 1 0\r\nf 1 2 3 4\r\n",
        "v 0 0 0\rv 1 0 0\rv 1 1 0\rv 0 1 0\rf 1 2 3 4",
        "\xEF\xBB\xBF# by hand\nmtllib a b.mtl\no thing\ng a#b\ns off\nusemtl \xC3\xA4\n"
        "v 0 0 0 # origin\n\tv\t1 0   0\n\n \nv 1 1 0\nv 0 1 0\nl 1 2\np 1\nf 1 2 3 4 # done",
        "v 0 0 0 1.0\nv 1 0 0 0.5 0.5 0.5\nv 1 1 0 1 1 1 1\nv 0 1 0\nf -4 -3 -2 -1\n",
        "v 0 \\\n0 0\nv 1 0 0\\\r\n\nv 1 1 0\nv 0 1 0\nf 1 2 \\\n  3 \\\n4\n",
        "v +0. -.0 0e0\nv 1.0000000000000000000000 0 0\nv 10E-1 100e-02 0\nv 0 .1e+1 0\n"
        "f 1// 2/ 3 4",
        "vt 0\nvt 1 1 1\nvn 0 0 1\nv 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nf 1/1/1 2//-1 3/-1 4/2/1\n",
    };
    for (size_t i = 0; i < sizeof dialects / sizeof dialects[0]; i++) {
        pn_obj obj = {0};
        pn_error err = {0};
        CHECK_INT(parse(dialects[i], &obj, &err), PN_OK);
        CHECK_TEXT(err.what, "");
        if (CHECK(obj.n_positions == 4 && obj.n_corners == 6)) {
            static const uint32_t fan[6] = {0, 1, 2, 0, 2, 3};
            for (int k = 0; k < 6; k++)
                CHECK_INT(obj.corners[k].position, fan[k]);
            CHECK_NEAR(obj.positions[1].x, 1, 0);
            CHECK_NEAR(obj.positions[2].y, 1, 0);
            CHECK_NEAR(obj.positions[3].y, 1, 0);
        }
        pn_error_finish(&err);
        pn_obj_finish(&obj);
    }
}

static void test_bad_obj_lines_are_named(void)
{
    static const struct {
        const char *text, *where, *what, *help;
    } cases[] = {
        {"v 0 0 0\nv 0 zero 0\n", "some.obj:2", "\"zero\" is not a number", "v X Y Z"},
        {"v 0 0\n", "some.obj:1", "2 numbers where 3", "v X Y Z"},
        {"v\n", "some.obj:1", "0 numbers where 3", "v X Y Z"},
        {"v 1 2 3 blue\n", "some.obj:1", "\"blue\" is not a number", "v X Y Z"},
        {"v 1,5 0 0\n", "some.obj:1", "\"1,5\" is not a number", "v X Y Z"},
        {"v 0x10 0 0\n", "some.obj:1", "\"0x10\" is not a number", "v X Y Z"},
        {"v 1e 0 0\n", "some.obj:1", "\"1e\" is not a number", "v X Y Z"},
        {"v - 0 0\n", "some.obj:1", "\"-\" is not a number", "v X Y Z"},
        {"v . 0 0\n", "some.obj:1", "\".\" is not a number", "v X Y Z"},
        {"\n\nv nan 0 0\n", "some.obj:3", "\"nan\" is not a finite number", "cleaned"},
        {"v 0 -Infinity 0\n", "some.obj:1", "\"-Infinity\" is not a finite number", "cleaned"},
        {"v 0 0 -1.#IND\n", "some.obj:1", "is not a finite number", "cleaned"},
        {"v 0 0 1e999\n", "some.obj:1", "\"1e999\" is not a finite number", "cleaned"},
        {"v 0 0 1e30\n", "some.obj:1", "\"1e30\" is out of range", "1e15"},
        {"vt\n", "some.obj:1", "0 numbers where 1", "vt U V"},
        {"vn 0 1\n", "some.obj:1", "2 numbers where 3", "vn X Y Z"},
        {"v 0 0 0\nv 1 0 0\nf 1 2\n", "some.obj:3", "a face with 2 corners", "three"},
        {"v 0 0 0\nf 1\n", "some.obj:2", "a face with 1 corner", "three"},
        {"f\n", "some.obj:1", "a face with 0 corners", "three"},
        {"v 0 0 0\nf 1 1 0\n", "some.obj:2", "\"0\" has the vertex index 0", "from 1"},
        {"v 0 0 0\nf 1 1 2\n", "some.obj:2", "\"2\" has the vertex index 2, but there are 1",
         "from 1"},
        {"v 0 0 0\nf 1 -2 1\n", "some.obj:2", "\"-2\" has the vertex index -2", "backwards"},
        {"v 0 0 0\nf 1 1 99999999999999999999\n", "some.obj:2", "vertex index", "from 1"},
        {"v 0 0 0\nf 1/1 1 1\n", "some.obj:2", "\"1/1\" has the texture index 1", "from 1"},
        {"v 0 0 0\nf 1//-1 1 1\n", "some.obj:2", "\"1//-1\" has the normal index -1", "from 1"},
        {"v 0 0 0\nf 1/2/3/4 1 1\n", "some.obj:2", "is not a corner", "V/VT/VN"},
        {"v 0 0 0\nf 1 one 1\n", "some.obj:2", "\"one\" is not a corner", "V/VT/VN"},
        {"v 0 0 0\nf /1 1 1\n", "some.obj:2", "\"/1\" is not a corner", "V/VT/VN"},
        {"v 0 0 0\nf 1.0 1 1\n", "some.obj:2", "\"1.0\" is not a corner", "V/VT/VN"},
        {"v 0 0 0 \\\n1 1 1 \\\n\x01\xFFx\n", "some.obj:3", "\"\\x01\\xFFx\" is not", "v X Y Z"},
        {"v 0 0 0\r\nv 0 0 q\r\n", "some.obj:2", "\"q\"", "v X Y Z"},
        {"", "some.obj:1", "no face", "OBJ"},
        {"# only words\n\n", "some.obj:3", "no face", "OBJ"},
        {"v 0 0 0\nv 1 0 0\nsolid cube\n", "some.obj:3", "line 3 starts with \"solid\"", "OBJ"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        pn_obj obj;
        pn_error err = {0};
        CHECK_INT(parse(cases[i].text, &obj, &err), PN_ERR_SCENE);
        CHECK_TEXT(err.where, cases[i].where);
        CHECK_CONTAINS(err.what, cases[i].what);
        CHECK_CONTAINS(err.help, cases[i].help);
        CHECK(obj.positions == NULL && obj.corners == NULL);
        CHECK_INT(parse(cases[i].text, &obj, NULL), PN_ERR_SCENE);
        pn_error_finish(&err);
    }
}

static void test_very_long_lines_and_faces_are_read(void)
{
    text_buffer b = {0};
    put_line(&b, "v 1 0 0\nv 0 1 0\nv 0 0 1\n# ");
    for (int i = 0; i < 100000; i++)
        put_line(&b, "blah ");
    put_line(&b, "\nf");
    for (int i = 0; i < 99999; i++)
        put_line(&b, " %d", i % 3 + 1);
    put_line(&b, "\nv 0.");
    for (int i = 0; i < 5000; i++)
        put_line(&b, "3333333333");
    put_line(&b, " 0 0");
    pn_obj obj;
    pn_error err = {0};
    CHECK_INT(parse(b.bytes, &obj, &err), PN_OK);
    CHECK_TEXT(err.what, "");
    CHECK_INT(obj.n_corners, 99997 * 3);
    CHECK_NEAR(obj.positions[3].x, 1.0f / 3.0f, 0);
    pn_obj_finish(&obj);
    put_line(&b, " ");
    for (int i = 0; i < 1000; i++)
        put_line(&b, "wordswordswords");
    CHECK_INT(parse(b.bytes, &obj, &err), PN_ERR_SCENE);
    CHECK_TEXT(err.where, "some.obj:6");
    CHECK_CONTAINS(err.what, "wordswords");
    CHECK(strlen(err.what) < 100);
    pn_error_finish(&err);
    free(b.bytes);
}

static void test_numbers_are_read_as_strtod_reads_them_in_any_locale(void)
{
    dice_state = 1;
    for (int i = 0; i < 20000; i++) {
        char text[64];
        double value = 0;
        snprintf(text, sizeof text, "%.*e", (int)dice(0, 18), dice(-1, 1) * pow(10, dice(-30, 30)));
        double wanted = strtod(text, NULL);
        CHECK_INT(pn_number_real(text, strlen(text), &value), PN_NUMBER_OK);
        CHECK_NEAR(value, wanted, fabs(wanted) * 5e-16);
        CHECK((float)value == (float)wanted);
    }
    double value;
    setlocale(LC_ALL, "de_DE.UTF-8"); // may not exist; then this shows nothing
    CHECK_INT(pn_number_real("-1.25e1", 7, &value), PN_NUMBER_OK);
    CHECK_NEAR(value, -12.5, 0);
    CHECK_INT(pn_number_real("1,5", 3, &value), PN_NUMBER_WRONG);
    setlocale(LC_ALL, "C");
    CHECK_INT(pn_number_real("1e-400", 6, &value), PN_NUMBER_OK);
    CHECK_NEAR(value, 0, 0);
    CHECK_INT(pn_number_real("0e999999999999", 14, &value), PN_NUMBER_OK);
    CHECK_INT(pn_number_real("1e308", 5, &value), PN_NUMBER_OK);
    CHECK_NEAR(value, 1e308, 1e293);
    CHECK_INT(pn_number_real("1e309", 5, &value), PN_NUMBER_NOT_FINITE);
    CHECK_INT(pn_number_real("", 0, &value), PN_NUMBER_WRONG);
    CHECK_INT(pn_number_real("1 2", 3, &value), PN_NUMBER_WRONG);
    CHECK_INT(pn_number_real("1.2.3", 5, &value), PN_NUMBER_WRONG);
    CHECK_INT(pn_number_real("n", 1, &value), PN_NUMBER_WRONG);
    int64_t whole;
    CHECK_INT(pn_number_whole("-12", 3, &whole), PN_NUMBER_OK);
    CHECK_INT(whole, -12);
    CHECK_INT(pn_number_whole("+", 1, &whole), PN_NUMBER_WRONG);
    CHECK_INT(pn_number_whole("1e3", 3, &whole), PN_NUMBER_WRONG);
}

static void refuse_file(const char *path, const char *part)
{
    pn_scene *scene = scene_seen_by(FRONT);
    pn_mat4 m = identity();
    pn_error err = {0};
    CHECK_INT(pn_scene_add_mesh(scene, "m", path, true, &m, 0, &err), PN_ERR_SCENE);
    CHECK_CONTAINS(err.where, path);
    CHECK_CONTAINS(err.what, part);
    CHECK(err.help[0] != '\0');
    CHECK_INT(pn_scene_count(scene).objects, 0);
    pn_error_finish(&err);
    pn_scene_destroy(scene);
}

static void test_files_that_cannot_be_read_are_named(void)
{
    refuse_file("/tmp/pn_test_scene_that_is_not_there.obj", "No such file");
    refuse_file("/tmp", "folder");
    refuse_file("/dev/null", "regular");
    char *empty = file_with("", 0), *fifo = file_with("", 0),
         *bad = file_with("v 0 0 0\nv x\n", 12);
    refuse_file(empty, "no face");
    unlink(fifo);
    CHECK_INT(mkfifo(fifo, 0600), 0);
    refuse_file(fifo, "regular");
    refuse_file(bad, "\"x\" is not a number");
    if (geteuid() != 0) {
        chmod(bad, 0);
        refuse_file(bad, "denied");
    }
    forget_file(empty);
    forget_file(fifo);
    forget_file(bad);
}

// A few bytes changed, taken out or put in, of `size`; gives the new size.
static size_t mutate(char *text, size_t size, size_t room)
{
    static const char interesting[] = "0123456789-+.eE/\\ \n\r\t#vftnainf\0\xFF\x80";
    for (int n = (int)dice(1, 6); n > 0; n--) {
        size_t at = (size_t)dice(0, (double)size);
        int how = (int)dice(0, 4);
        if (how == 0) {
            text[at] = interesting[(size_t)dice(0, sizeof interesting - 1)];
        } else if (how == 1) {
            text[at] = (char)dice(0, 256);
        } else if (how == 2 && size > 2) {
            memmove(text + at, text + at + 1, size - at - 1);
            size--;
        } else if (size < room - 1) {
            memmove(text + at + 1, text + at, size - at);
            text[at] = interesting[(size_t)dice(0, sizeof interesting - 1)];
            size++;
        }
    }
    return size;
}

static void test_mutated_obj_bytes_never_crash(void)
{
    static const char seed[] =
        "# x\nv 0 0 0\nv 1 0 0\nv 1 1 0 1 1 1\nv 0 1e0 0\r\nvt 0 0\nvt 1 0\n"
        "vn 0 0 1\nf 1/1/1 2/2/1 3/1/1 4//1\nf -1 -2 \\\n-3\ng q\nf 1// 2 4\n";
    int good = 0, refused = 0;
    dice_state = 1;
    for (int round = 0; round < 20000; round++) {
        // A block of its exact size, so that a sanitizer sees a read past the end.
        size_t size = sizeof seed - 1;
        char text[2 * sizeof seed];
        memcpy(text, seed, size);
        size = mutate(text, size, sizeof text);
        if (dice(0, 1) < 0.2)
            size = (size_t)dice(0, (double)size);
        char *exact = malloc(size + (size == 0));
        memcpy(exact, text, size);
        pn_obj obj;
        pn_error err = {0};
        pn_mesh *mesh = NULL;
        pn_code code = pn_obj_init(&obj, exact, size, "fuzz", &err);
        if (code == PN_OK)
            code = pn_mesh_create(&obj, round % 2, "fuzz", &mesh, &err);
        CHECK(code == PN_OK || code == PN_ERR_SCENE);
        CHECK(code == PN_OK || (err.what[0] != '\0' && strncmp(err.where, "fuzz", 4) == 0));
        if (mesh != NULL) {
            good++;
            pn_dray ray = {{0.3, 0.2, 2}, {0.01, 0.02, -1}};
            pn_hit hit = {.t = INFINITY};
            if (pn_mesh_hit(mesh, &ray, &hit)) {
                pn_surface surface;
                pn_mesh_at(mesh, hit.primitive, hit.b1, hit.b2, &surface);
                CHECK(isfinite(surface.point.x) && isfinite(surface.normal.x));
            }
        } else {
            refused++;
        }
        pn_mesh_destroy(mesh);
        pn_obj_finish(&obj);
        pn_error_finish(&err);
        free(exact);
    }
    CHECK(good > 1000);
    CHECK(refused > 1000);
}

/* ---- the registry ---- */

static const char TRIANGLE[] = "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n";

static void test_a_file_is_read_once_and_shared(void)
{
    pn_mesh_registry_purge();
    char *path = file_with(TRIANGLE, strlen(TRIANGLE));
    unsigned long before = pn_mesh_registry_count().reads;
    const pn_mesh *a, *b, *flat, *again, *changed;
    CHECK_INT(pn_mesh_registry_acquire(path, true, &a, NULL), PN_OK);
    char twisted[300];
    snprintf(twisted, sizeof twisted, "/tmp/../tmp/./%s", strrchr(path, '/') + 1);
    CHECK_INT(pn_mesh_registry_acquire(twisted, true, &b, NULL), PN_OK);
    CHECK(a == b);
    CHECK_INT(pn_mesh_registry_acquire(path, false, &flat, NULL), PN_OK);
    CHECK(flat != a);
    CHECK_INT(pn_mesh_registry_count().reads, before + 2);
    CHECK_INT(pn_mesh_registry_count().held, 2);
    pn_mesh_registry_release(a);
    pn_mesh_registry_release(b);
    // Kept for the next frame.
    CHECK_INT(pn_mesh_registry_acquire(path, true, &again, NULL), PN_OK);
    CHECK(again == a);
    CHECK_INT(pn_mesh_registry_count().reads, before + 2);
    // A changed file is another mesh, and the old one lives as long as somebody holds it.
    struct timespec times_[2] = {{1000, 0}, {1000, 1}};
    CHECK_INT(utimensat(AT_FDCWD, path, times_, 0), 0);
    CHECK_INT(pn_mesh_registry_acquire(path, true, &changed, NULL), PN_OK);
    CHECK(changed != again);
    CHECK_INT(pn_mesh_registry_count().reads, before + 3);
    CHECK_INT(again->n_triangles, 1);
    pn_mesh_registry_release(again);
    pn_mesh_registry_release(flat);
    pn_mesh_registry_release(changed);
    pn_mesh_registry_release(NULL);
    CHECK_INT(pn_mesh_registry_count().held, 0);
    pn_mesh_registry_purge();
    CHECK_INT(pn_mesh_registry_count().meshes, 0);
    forget_file(path);
}

static void *acquire_many(void *arg)
{
    const pn_mesh *first = NULL;
    for (int i = 0; i < 200; i++) {
        const pn_mesh *mesh = NULL;
        if (pn_mesh_registry_acquire(arg, i % 2, &mesh, NULL) != PN_OK)
            return NULL;
        if (i == 0)
            first = mesh;
        pn_mesh_registry_release(mesh);
    }
    return (void *)first;
}

static void test_threads_share_one_read(void)
{
    pn_mesh_registry_purge();
    char *path = file_with(TRIANGLE, strlen(TRIANGLE));
    unsigned long before = pn_mesh_registry_count().reads;
    pthread_t threads[4];
    void *got[4];
    for (int i = 0; i < 4; i++)
        CHECK_INT(pthread_create(&threads[i], NULL, acquire_many, path), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], &got[i]);
    for (int i = 0; i < 4; i++)
        CHECK(got[i] != NULL && got[i] == got[0]);
    CHECK_INT(pn_mesh_registry_count().reads, before + 2);
    CHECK_INT(pn_mesh_registry_count().held, 0);
    pn_mesh_registry_purge();
    forget_file(path);
}

static void test_scenes_count_and_give_back_their_meshes(void)
{
    pn_mesh_registry_purge();
    char *text = ball_text(10, 5, 0, 0, 0, 1), *path = file_with(text, strlen(text));
    pn_scene *scene = scene_seen_by(FRONT);
    pn_mat4 left = moved(-1, 0, 0), right = moved(1, 0, 0);
    CHECK_INT(pn_scene_add_mesh(scene, "l", path, true, &left, 0, NULL), PN_OK);
    CHECK_INT(pn_scene_add_mesh(scene, "r", path, true, &right, 1, NULL), PN_OK);
    CHECK_INT(pn_mesh_registry_count().meshes, 1);
    CHECK_INT(pn_scene_count(scene).triangles, 2 * (10 * 2 + 3 * 10 * 2));
    CHECK_INT(pn_scene_count(scene).objects, 2);
    pn_scene_destroy(scene);
    CHECK_INT(pn_mesh_registry_count().held, 0);
    pn_mesh_registry_purge();
    forget_file(path);
    free(text);
}

static const check_test tests[] = {
    CHECK_TEST(test_obj_dialects_are_understood),
    CHECK_TEST(test_bad_obj_lines_are_named),
    CHECK_TEST(test_very_long_lines_and_faces_are_read),
    CHECK_TEST(test_numbers_are_read_as_strtod_reads_them_in_any_locale),
    CHECK_TEST(test_files_that_cannot_be_read_are_named),
    CHECK_TEST(test_mutated_obj_bytes_never_crash),
    CHECK_TEST(test_a_file_is_read_once_and_shared),
    CHECK_TEST(test_threads_share_one_read),
    CHECK_TEST(test_scenes_count_and_give_back_their_meshes),
};

int main(int argc, char **argv)
{
    return CHECK_MAIN(argc, argv, tests);
}
