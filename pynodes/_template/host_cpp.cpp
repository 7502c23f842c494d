/* The same in C++17, and shorter: threads that call a plug-in, a callback on a thread of a
 * library's own.
 *
 *   myhost-cpp [THREADS]
 *
 * This file may be copied, changed and used without any condition and without naming its origin
 * (MIT-0). It comes without warranty.
 */
#include "attach.h"

#include <atomic>
#include <cstdlib>
#include <exception>
#include <thread>
#include <vector>

#ifndef PYTHON_EXECUTABLE
#define PYTHON_EXECUTABLE "python3"
#endif
#ifndef PLUGIN_FOLDER
#define PLUGIN_FOLDER "."
#endif

namespace
{

constexpr int items = 2000;
std::atomic<int> next_item{0}, items_done{0};
std::atomic<bool> failed{false};
pyhost_gate ticks = PYHOST_GATE_CLOSED;

/* What the plug-in asks for: `import host`; host.log(text). */
PyObject *host_log(PyObject *, PyObject *text)
{
    const char *bytes = PyUnicode_AsUTF8(text);
    if (bytes == nullptr)
        return nullptr;
    {
        pyhost::without_python wait; /* whoever reads stderr may be slow */
        std::fprintf(stderr, "%s\n", bytes);
    }
    Py_RETURN_NONE;
}

PyMethodDef host_methods[] = {{"log", host_log, METH_O, "log(text): write a line."},
                              {nullptr, nullptr, 0, nullptr}};

PyModuleDef_Slot host_slots[] = {
#ifdef Py_GIL_DISABLED
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, nullptr},
};

PyModuleDef host_module = {
    PyModuleDef_HEAD_INIT,
    "host",
    nullptr,
    0,
    host_methods,
    host_slots,
    nullptr,
    nullptr,
    nullptr,
};

PyObject *init_host_module()
{
    return PyModuleDef_Init(&host_module);
}

/* Attached: the exception lives in the thread state. */
void report_exception()
{
    PYHOST_MUST_BE_ATTACHED();
    if (PyErr_ExceptionMatches(PyExc_SystemExit)) /* PyErr_Print would end the process for it */
        PyErr_Clear();
    else
        PyErr_Print();
    failed = true;
}

PyThreadState *main_state; /* of the thread that starts and stops Python */

bool start_python()
{
    PyImport_AppendInittab("host", init_host_module);
    PyConfig config;
    PyConfig_InitPythonConfig(&config);
    config.parse_argv = 0;
    config.install_signal_handlers = 0; /* Ctrl-C ends the process; host.c does it better */
    PyStatus status = PyConfig_SetBytesString(&config, &config.program_name, PYTHON_EXECUTABLE);
    if (!PyStatus_Exception(status))
        status = Py_InitializeFromConfig(&config);
    PyConfig_Clear(&config);
    if (PyStatus_Exception(status))
        return false;
    main_state = PyEval_SaveThread(); /* the last act of start-up */
    return true;
}

pyhost::ref find_function(const char *name)
{
    pyhost::ref module(PyImport_ImportModule("plugin"));
    pyhost::ref function(module ? PyObject_GetAttrString(module.get(), name) : nullptr);
    if (!function)
        report_exception();
    return function;
}

void call_work(PyObject *work, int item, double *results)
{
    pyhost::ref value(PyObject_CallFunction(work, "i", item));
    results[item] = value ? PyFloat_AsDouble(value.get()) : 0.0;
    if (PyErr_Occurred() != nullptr)
        report_exception();
    else
        items_done++;
}

void work_on_items(double *results)
try {
    pyhost::thread_state state; /* one for the thread's life */
    PyObject *work = nullptr;
    {
        pyhost::attached_as at(state);
        work = find_function("work").release();
    }
    for (int item; work != nullptr && !failed && (item = next_item++) < items;) {
        /* work that needs no Python goes here, detached */
        pyhost::attached_as at(state);
        call_work(work, item, results);
    }
    pyhost::attached_as at(state); /* for the drop */
    Py_XDECREF(work);
} catch (const std::exception &error) {
    std::fprintf(stderr, "a thread gave up: %s\n", error.what());
    failed = true;
}

/* A library calls this on a thread of its own. */
void on_tick()
{
    pyhost::visit visit(ticks);
    if (!visit)
        return; /* the gate is closed */
    pyhost::ref tick = find_function("tick");
    pyhost::ref none(tick ? PyObject_CallFunction(tick.get(), "i", items_done.load()) : nullptr);
    if (tick && !none)
        report_exception();
}

bool prepare()
{
    pyhost::attached at;
    PyObject *path = PySys_GetObject("path"); /* borrowed */
    pyhost::ref folder(PyUnicode_DecodeFSDefault(PLUGIN_FOLDER));
    bool ok = path != nullptr && folder && PyList_Insert(path, 0, folder.get()) == 0 &&
              pyhost_gate_open(&ticks);
    if (!ok)
        report_exception();
    return ok;
}

void run(int n)
{
    std::vector<double> results(items);
    std::vector<std::thread> threads;
    try {
        for (int i = 0; i < n; i++)
            threads.emplace_back(work_on_items, results.data());
        threads.emplace_back([] { /* the library's */
                                  for (int i = 0; i < 5; i++)
                                      on_tick();
        });
    } catch (const std::exception &error) {
        std::fprintf(stderr, "the system gives %zu threads only: %s\n", threads.size(),
                     error.what());
        failed = true;
    }
    for (std::thread &thread : threads)
        thread.join(); /* detached */
    double sum = 0.0;
    for (double value : results)
        sum += value;
    std::printf("%d of %d items, sum %.6f\n", items_done.load(), items, sum);
}

} // namespace

int main(int argc, char **argv)
{
    int n = argc > 1 ? std::atoi(argv[1]) : 4;
    if (argc > 2 || n < 1 || n > 256) {
        std::fprintf(stderr, "usage: %s [THREADS]   1 to 256\n", argv[0]);
        return 2;
    }
    if (!start_python()) {
        std::fprintf(stderr, "Python did not start\n");
        return 3;
    }
    if (prepare())
        run(n);
    pyhost_gate_close(&ticks);
    PYHOST_MUST_BE_ALONE();
    PyEval_RestoreThread(main_state); /* as it was at the start; never detached from again */
    bool ok = Py_FinalizeEx() == 0;
    return ok && !failed ? 0 : 1;
}
