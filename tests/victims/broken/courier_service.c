/* A library that sends metrics from a thread of its own, and stops it before each fork: what it has
 * left is handed to Python first. The script forks. */
#include <Python.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

static PyObject *hand_over;
static pthread_t sender;
static atomic_bool stops;

static void flush(int left)
{
    PyGILState_STATE state = PyGILState_Ensure();
    PyObject *result = PyObject_CallFunction(hand_over, "i", left);
    if (result == NULL)
        PyErr_Clear();
    Py_XDECREF(result);
    PyGILState_Release(state);
}

static void *send_all(void *unused)
{
    struct timespec pause = {0, 2 * 1000 * 1000};
    int left = 0;
    while (!atomic_load(&stops)) {
        left++;
        nanosleep(&pause, NULL);
    }
    flush(left);
    return unused;
}

static void begin_sending(void)
{
    atomic_store(&stops, false);
    pthread_create(&sender, NULL, send_all, NULL);
}

static void end_sending(void)
{
    atomic_store(&stops, true);
    pthread_join(sender, NULL); // WRONG
}

int main(void)
{
    Py_Initialize();
    PyRun_SimpleString("sent = []\n"
                       "import os, time, warnings\n"
                       "warnings.simplefilter('ignore')\n");
    PyObject *sent = PyObject_GetAttrString(PyImport_AddModule("__main__"), "sent");
    hand_over = PyObject_GetAttrString(sent, "append");
    pthread_atfork(end_sending, begin_sending, NULL);
    begin_sending();
    PyRun_SimpleString("time.sleep(0.05)\n"
                       "if os.fork() == 0:\n"
                       "    os._exit(0)\n"
                       "os.wait()\n");
    return Py_FinalizeEx();
}
