// Guards of C++: their scope is the attachment.
#include <Python.h>
#include <thread>

namespace
{
class attached
{
  public:
    attached() : state(PyGILState_Ensure()) {}
    ~attached()
    {
        PyGILState_Release(state);
    }

  private:
    PyGILState_STATE state;
};

class detached
{
  public:
    detached() : state(PyEval_SaveThread()) {}
    ~detached()
    {
        PyEval_RestoreThread(state);
    }

  private:
    PyThreadState *state;
};

void calls_outside()
{
    {
        attached at;
        PyRun_SimpleString("pass");
    }
    PyErr_Clear(); // wrong: call-without-attaching
}

void calls_while_detached()
{
    attached at;
    detached wait;
    PyErr_Clear(); // wrong: call-without-attaching
}

void throws_without_release(bool is_wrong)
{
    PyGILState_STATE state = PyGILState_Ensure();
    if (is_wrong)
        PyErr_Print();
    PyGILState_Release(state);
}

bool returns_inside(int n)
{
    attached at;
    for (int i = 0; i < n; i++) {
        if (PyRun_SimpleString("pass") < 0)
            return false;
        detached wait;
        if (i == 7)
            break;
    }
    PyErr_Clear();
    return true;
}
} // namespace

void start_all()
{
    std::thread(calls_outside).detach();
    std::thread(calls_while_detached).detach();
    std::thread([] { throws_without_release(false); }).detach();
    std::thread([] { returns_inside(9); }).detach();
    std::thread([] {
        PyErr_Clear(); // wrong: call-without-attaching
    }).detach();
}
