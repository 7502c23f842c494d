// A stock list, bound by Boost.Python: two mistakes with what binds it, and the same without.
#include <boost/python.hpp>
#include <string>
#include <thread>

namespace bp = boost::python;

namespace
{

struct Detached {
    PyThreadState *kept = PyEval_SaveThread();
    ~Detached()
    {
        PyEval_RestoreThread(kept);
    }
};

long label(int count)
{
    Detached detached;
    long length = 0;
    for (int i = 0; i < count; i++)
        length += bp::len(bp::str("item " + std::to_string(i))); // WRONG
    return length;
}

long label_right(int count)
{
    long length = 0;
    for (int i = 0; i < count; i++)
        length += bp::len(bp::str("item " + std::to_string(i)));
    return length;
}

std::thread adder(const bp::object &price, int count, double &sum)
{
    return std::thread([&sum, count, &price] {
        PyGILState_STATE state = PyGILState_Ensure();
        for (int i = 0; i < count; i++)
            sum += bp::extract<double>(price(i));
        PyGILState_Release(state);
    });
}

double total(bp::object price, int count)
{
    double sum = 0;
    std::thread worker = adder(price, count, sum);
    worker.join(); // WRONG
    return sum;
}

double total_right(bp::object price, int count)
{
    double sum = 0;
    std::thread worker = adder(price, count, sum);
    Detached detached;
    worker.join();
    return sum;
}

} // namespace

BOOST_PYTHON_MODULE(boost_stock)
{
    bp::def("label", &label);
    bp::def("label_right", &label_right);
    bp::def("total", &total);
    bp::def("total_right", &total_right);
}
