/* A lock of the program's own on a word that it asks the system about every five seconds. */
#define _GNU_SOURCE
#include "../waits.h"

#include <linux/futex.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static atomic_int word; /* 1: taken */

static void leave(void)
{
    word = 0;
    syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static PyObject *call(PyObject *self, PyObject *unused)
{
    struct timespec limit = {5, 0};
    word = 1;
    start_asking(leave);
    while (word != 0)
        syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 1, &limit, NULL, 0); /* WRONG: attached */
    Py_RETURN_NONE;
}

int main(void)
{
    return run_script(call, "import native\n"
                            "for batch in range(3):\n"
                            "    native.call()\n");
}
