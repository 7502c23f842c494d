/* A function looks at a flag that a worker sets, again and again. */
#include "../waits.h"

#include <stdatomic.h>

static atomic_int left;

static void answer(void)
{
    left = 0;
}

static PyObject *call(PyObject *self, PyObject *unused)
{
    left = 1;
    start_asking(answer);
    while (left > 0) /* WRONG: attached */
        ;
    Py_RETURN_NONE;
}

int main(void)
{
    return run_script(call, "import native\n"
                            "for batch in range(3):\n"
                            "    native.call()\n");
}
