/* A function looks for the answer of a worker every now and then, and sleeps in between. */
#include "../waits.h"

#include <stdatomic.h>
#include <unistd.h>

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
        usleep(700 * 1000); /* WRONG: attached */
    Py_RETURN_NONE;
}

int main(void)
{
    return run_script(call, "import native\n"
                            "for batch in range(3):\n"
                            "    native.call()\n");
}
