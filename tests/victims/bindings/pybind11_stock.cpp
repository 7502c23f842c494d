// A stock list, bound by pybind11: two mistakes with what binds it, and the same without.
#include <pybind11/functional.h>
#include <pybind11/pybind11.h>
#include <string>
#include <thread>

namespace py = pybind11;

namespace
{

py::str label(int number)
{
    return py::str("item " + std::to_string(number)); // WRONG
}

template <typename Number> std::thread adder(const py::function &price, int count, Number &sum)
{
    return std::thread([&sum, count, &price] {
        py::gil_scoped_acquire attached;
        for (int i = 0; i < count; i++)
            sum += price(i).cast<Number>();
    });
}

template <typename Number> Number total(const py::function &price, int count)
{
    Number sum = 0;
    std::thread worker = adder(price, count, sum);
    worker.join(); // WRONG
    return sum;
}

double total_right(const py::function &price, int count)
{
    double sum = 0;
    std::thread worker = adder(price, count, sum);
    py::gil_scoped_release detached;
    worker.join();
    return sum;
}

} // namespace

PYBIND11_MODULE(pybind11_stock, m)
{
    m.def("label", &label, py::call_guard<py::gil_scoped_release>());
    m.def("label_right", &label);
    m.def("total", &total<double>);
    m.def("total_right", &total_right);
}
