/* An event loop waits for its workers, ten seconds at a time; they ask Python first. */
#include "../waits.h"

#include <poll.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

static int bell;
static atomic_int left;

static void ring(void)
{
    uint64_t one = 1;
    left--;
    if (write(bell, &one, sizeof one) != sizeof one)
        abort();
}

static PyObject *call(PyObject *self, PyObject *unused)
{
    struct pollfd event = {.fd = bell, .events = POLLIN};
    left = 1;
    start_asking(ring);
    while (left > 0)
        poll(&event, 1, 10000); /* WRONG: attached */
    Py_RETURN_NONE;
}

int main(void)
{
    bell = eventfd(0, 0);
    return run_script(call, "import native\n"
                            "for batch in range(3):\n"
                            "    native.call()\n");
}
