/* A function drains a queue: it waits for two seconds at a time until a worker has answered. */
#include "../waits.h"

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace
{
std::mutex lock;
std::condition_variable answered;
int left;

void answer()
{
    std::lock_guard<std::mutex> guard(lock);
    --left;
    answered.notify_one();
}

PyObject *call(PyObject *, PyObject *)
{
    left = 1;
    start_asking(answer);
    std::unique_lock<std::mutex> guard(lock);
    while (left > 0)
        answered.wait_for(guard, std::chrono::seconds(2)); // WRONG: attached
    Py_RETURN_NONE;
}
} // namespace

int main(void)
{
    return run_script(call, "import native\n"
                            "for batch in range(3):\n"
                            "    native.call()\n");
}
