// Frames are rendered by a pool of threads; the compiler has taken the guard of the scope in, and
// the waiting.
#include <Python.h>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace
{
struct Attached {
    PyGILState_STATE state = PyGILState_Ensure();
    ~Attached()
    {
        PyGILState_Release(state);
    }
};

std::mutex lock;
std::condition_variable done;
int left;

void shade()
{
    {
        Attached attached;
        PyRun_SimpleString("colour = sum(range(1000))");
    }
    std::lock_guard<std::mutex> guard(lock);
    left--;
    done.notify_all();
}

void wait_for_tiles()
{
    std::unique_lock<std::mutex> guard(lock);
    while (left > 0)
        done.wait_for(guard, std::chrono::seconds(30)); // WRONG: attached
}
} // namespace

int main(void)
{
    Py_InitializeEx(0);
    PyThreadState *kept = PyEval_SaveThread();
    std::vector<std::thread> threads;
    {
        Attached attached;
        PyRun_SimpleString("frame = 1");
        left = 3;
        for (int i = 0; i < left; i++)
            threads.emplace_back(shade);
        wait_for_tiles();
    }
    for (std::thread &thread : threads)
        thread.join();
    PyEval_RestoreThread(kept);
    return Py_FinalizeEx();
}
