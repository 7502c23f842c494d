// Joins a thread inside the scope of a guard: whose constructor has returned, and the thread is
// attached.
#include <Python.h>
#include <condition_variable>
#include <mutex>
#include <thread>

class Attached
{
  public:
    __attribute__((noinline)) Attached() : state(PyGILState_Ensure()) {}
    __attribute__((noinline)) ~Attached()
    {
        PyGILState_Release(state);
    }

  private:
    PyGILState_STATE state;
};

static std::mutex mutex;
static std::condition_variable changed;
static int answers;

static void ask()
{
    {
        Attached attached;
        PyRun_SimpleString("answer = 6 * 7");
    }
    std::lock_guard<std::mutex> lock(mutex);
    answers++;
    changed.notify_one();
}

static void collect()
{
    Attached attached;
    PyRun_SimpleString("question = 'what?'");
    std::thread worker(ask);
    worker.detach();
    std::unique_lock<std::mutex> lock(mutex);
    while (answers == 0)
        changed.wait(lock); /* WRONG: inside the guard's scope */
}

int main()
{
    Py_Initialize();
    PyEval_SaveThread();
    collect();
    PyGILState_Ensure();
    return Py_FinalizeEx();
}
