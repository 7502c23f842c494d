// A stock list, bound by nanobind: two mistakes with what binds it, and the same without.
#include <nanobind/nanobind.h>
#include <string>
#include <thread>

namespace nb = nanobind;

namespace
{

nb::object label(int number)
{
    nb::object text = nb::str(("item " + std::to_string(number)).c_str()); // WRONG
    return text;
}

template <typename Number> std::thread adder(const nb::callable &price, int count, Number &sum)
{
    return std::thread([&sum, count, &price] {
        nb::gil_scoped_acquire attached;
        for (int i = 0; i < count; i++)
            sum += nb::cast<Number>(price(i));
    });
}

template <typename Number> Number total(nb::callable price, int count)
{
    Number sum = 0;
    std::thread worker = adder(price, count, sum);
    worker.join(); // WRONG
    return sum;
}

double total_right(nb::callable price, int count)
{
    double sum = 0;
    std::thread worker = adder(price, count, sum);
    nb::gil_scoped_release detached;
    worker.join();
    return sum;
}

} // namespace

NB_MODULE(nanobind_stock, m)
{
    m.def("label", &label, nb::call_guard<nb::gil_scoped_release>());
    m.def("label_right", &label);
    m.def("total", &total<double>);
    m.def("total_right", &total_right);
}
