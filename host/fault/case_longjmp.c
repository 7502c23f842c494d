#include "fault/rig.h"

#include <setjmp.h>

static jmp_buf on_error;

static void release(PyGILState_STATE *gil)
{
    PyGILState_Release(*gil);
}

// A library's error handler, which may not return.
static void read_image(bool readable)
{
    if (!readable)
        longjmp(on_error, 1); // wrong: leaves the function below without running its scope guard
}

static void load_texture(rig *r, bool readable)
{
    PyGILState_STATE gil __attribute__((cleanup(release))) = PyGILState_Ensure();
    PyRun_SimpleString("loading = True\n");
    if (r->fixed && !readable)
        return; // cure: nothing jumps out of an attached function; errors are returned
    read_image(readable);
}

static void run(rig *r)
{
    rig_open(r, RIG_SHADER);
    if (setjmp(on_error) == 0)
        load_texture(r, false);
    rig_render(r);
    rig_stop(r);
}

const pn_fault pn_fault_longjmp = {
    .name = "longjmp",
    .story = "An error handler of an image library jumps with longjmp out of a function that is "
             "attached. The scope guard there never runs.",
    .origin = "libpng, libjpeg and Lua handle errors so",
    .cure = "catch the jump inside the attached function, or detach before calling what may jump",
    .expected = "all hang",
    .run = run,
};
