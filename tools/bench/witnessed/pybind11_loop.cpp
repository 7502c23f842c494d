/* A module for scripts.py: calls that are short, so that what comes on top of them is seen. */
#include <pybind11/pybind11.h>

namespace py = pybind11;

static long add(long a, long b)
{
    return a + b;
}

static void each(long times, const py::function &function)
{
    for (long i = 0; i < times; i++)
        function(i);
}

PYBIND11_MODULE(pybind11_loop, m)
{
    m.def("add", &add);
    m.def("detached", [](long a) { return a + 1; }, py::call_guard<py::gil_scoped_release>());
    m.def("each", &each);
}
