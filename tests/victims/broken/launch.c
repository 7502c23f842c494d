/* A function hands work to a device, and yields its processor until the device has taken it. */
#include "../waits.h"

#include <sched.h>
#include <stdatomic.h>

static atomic_int left;

static void answer(void)
{
    left--;
}

static PyObject *call(PyObject *self, PyObject *unused)
{
    left = 1;
    start_asking(answer);
    while (left > 0)
        sched_yield(); /* WRONG: attached */
    Py_RETURN_NONE;
}

int main(void)
{
    return run_script(call, "import native\n"
                            "for batch in range(3):\n"
                            "    native.call()\n");
}
