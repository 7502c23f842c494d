/* A lock of the program's own making: it spins with the instruction for that. */
#include "../waits.h"

#include <stdatomic.h>

static atomic_flag locked = ATOMIC_FLAG_INIT;

static void lock(void)
{
    while (atomic_flag_test_and_set_explicit(&locked, memory_order_acquire)) {
#if defined(__x86_64__)
        __builtin_ia32_pause();
#elif defined(__aarch64__)
        __asm__ volatile("isb");
#endif
    }
}

static void unlock(void)
{
    atomic_flag_clear(&locked);
}

static PyObject *call(PyObject *self, PyObject *unused)
{
    lock();
    start_asking(unlock);
    lock(); /* WRONG: attached */
    unlock();
    Py_RETURN_NONE;
}

int main(void)
{
    return run_script(call, "import native\n"
                            "for batch in range(3):\n"
                            "    native.call()\n");
}
