/* A logger in Python that an exit handler of C wants once more. */
#include <Python.h>
#include <stdlib.h>

static PyObject *log_line;

static void say(const char *line)
{
    PyGILState_STATE state = PyGILState_Ensure(); /* WRONG when at_exit calls it */
    PyObject *done = PyObject_CallFunction(log_line, "s", line);
    Py_XDECREF(done);
    PyGILState_Release(state);
}

static void at_exit(void)
{
    say("good bye");
}

int main(void)
{
    atexit(at_exit);
    Py_Initialize();
    log_line = PyRun_String("lambda line: len(line)", Py_eval_input, PyEval_GetBuiltins(),
                            PyEval_GetBuiltins());
    say("hello");
    Py_FinalizeEx();
    return 0;
}
