/* A function computes for long without a word to Python; a thread that reports waits meanwhile. */
#include "../waits.h"

#include <stdatomic.h>

static atomic_int answers;

static void answer(void)
{
    answers++;
}

static double heat(long steps)
{
    double sum = 0;
    for (long i = 1; i <= steps; i++)
        sum += 1.0 / (double)i / (double)(steps - i + 1);
    return sum;
}

static PyObject *call(PyObject *self, PyObject *unused)
{
    double sum = 0;
    start_asking(answer);
    for (int i = 0; i < 100000 && sum >= 0; i++)
        sum += heat(1000000); /* WRONG: attached */
    return PyFloat_FromDouble(sum);
}

int main(void)
{
    return run_script(call, "import native\n"
                            "native.call()\n");
}
