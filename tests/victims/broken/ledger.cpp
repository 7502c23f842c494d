// A ledger guarded by a std::mutex. One thread logs through Python under the lock, the other takes
// the lock from a function that Python called.
#include <Python.h>
#include <condition_variable>
#include <mutex>
#include <thread>

static std::mutex handshake;
static std::condition_variable changed;
static bool asked = false, booked = false;

class Ledger
{
  public:
    void book(int amount)
    {
        std::lock_guard<std::mutex> guard(lock_);
        {
            std::lock_guard<std::mutex> told(handshake);
            booked = true;
            changed.notify_all();
        }
        total_ += amount;
        PyGILState_STATE state = PyGILState_Ensure();
        PyRun_SimpleString("entries = globals().get('entries', 0) + 1");
        PyGILState_Release(state);
    }
    int total()
    {
        std::lock_guard<std::mutex> guard(lock_); // WRONG: attached, and book() attaches under it
        return total_;
    }

  private:
    std::mutex lock_;
    int total_ = 0;
};

static Ledger ledger;

static PyObject *py_total(PyObject *, PyObject *)
{
    {
        std::unique_lock<std::mutex> told(handshake);
        asked = true;
        changed.notify_all();
        changed.wait(told, [] { return booked; });
    }
    return PyLong_FromLong(ledger.total());
}

static PyMethodDef methods[] = {{"total", py_total, METH_NOARGS, nullptr}, {}};
static PyModuleDef module = {PyModuleDef_HEAD_INIT, "ledger", nullptr, -1, methods};

static PyObject *make_module()
{
    return PyModule_Create(&module);
}

int main()
{
    PyImport_AppendInittab("ledger", make_module);
    Py_Initialize();
    std::thread clerk([] {
        {
            std::unique_lock<std::mutex> told(handshake);
            changed.wait(told, [] { return asked; });
        }
        ledger.book(5);
    });
    PyRun_SimpleString("import ledger\n"
                       "def report():\n"
                       "    return ledger.total()\n"
                       "report()\n");
    PyThreadState *kept = PyEval_SaveThread();
    clerk.join();
    PyEval_RestoreThread(kept);
    return Py_FinalizeEx();
}
