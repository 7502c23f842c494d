/* One function attaches, and is called on two paths with the stack equally high. At its end it says
 * where each of them returns to. */
#include <Python.h>

#include <stdio.h>

#define OWN_FRAME __attribute__((noinline))
#define STAYS __asm__ volatile("") /* no call ends a function: each has a frame */

static void *returns_to;

OWN_FRAME static void attach(void)
{
    PyGILState_STATE state = PyGILState_Ensure();
    PyGILState_Release(state);
    STAYS;
}

OWN_FRAME static void middle(void)
{
    attach();
    returns_to = __builtin_return_address(0);
    STAYS;
}

OWN_FRAME static void *left(void)
{
    middle();
    STAYS;
    return returns_to;
}

OWN_FRAME static void *right(void)
{
    middle();
    STAYS;
    return returns_to;
}

int main(void)
{
    void *is_left = NULL, *is_right = NULL;
    Py_Initialize();
    PyThreadState *state = PyEval_SaveThread();
    for (int i = 0; i < 1000; i++) {
        is_left = left();
        is_right = right();
        is_right = right();
    }
    printf("%lu %lu\n", (unsigned long)is_left, (unsigned long)is_right);
    (void)state;
    fflush(stdout);
    _exit(0); /* the notes stay as they are */
}
