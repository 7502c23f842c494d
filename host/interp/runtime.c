#include "interp/runtime.h"

#include "build_info.h"
#include "interp/attach.h"
#include "interp/exception.h"
#include "interp/import.h"
#include "interp/ref.h"
#include "wire/signals.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// The executable's own path, without the name, into out[size]; empty when unknown.
static void find_own_folder(char *out, size_t size, char *own, size_t own_size)
{
    ssize_t n = readlink("/proc/self/exe", own, own_size - 1);
    own[n > 0 ? n : 0] = '\0';
    snprintf(out, size, "%s", own);
    char *slash = strrchr(out, '/');
    if (slash != NULL)
        *slash = '\0';
    else
        out[0] = '\0';
}

// The python whose packages the nodes shall see: named, else next to the host (a virtual
// environment puts both in one folder), else the one the host was built with.
static const char *find_python(const char *named, const char *folder, char *out, size_t size)
{
    if (named != NULL)
        return named;
    static const char *const names[] = {"python", "python3"};
    for (int i = 0; i < 2; i++) {
        int n = snprintf(out, size, "%s/%s", folder, names[i]);
        if (n > 0 && (size_t)n < size && access(out, X_OK) == 0)
            return out;
    }
    return PN_BUILD_PYTHON_EXE;
}

static pn_code from_status(PyStatus status, pn_error *err)
{
    return pn_fail_with(
        err, PN_ERR_INTERP, "check PYTHONHOME and --python-exe; `pynodes doctor` says more",
        "Python did not start: %s", status.err_msg != NULL ? status.err_msg : "it asked to exit");
}

// Print the Python stacks of all threads on a signal (wire/signals.h says which and why), then go
// on to our handler.
static pn_code register_stack_dump(int signal, bool chain, pn_error *err)
{
    PN_REF none =
        pn_import_call("faulthandler", "register", "(iiii)", signal, STDERR_FILENO, 1, (int)chain);
    return none != NULL ? PN_OK : pn_error_from_exception(err, PN_ERR_INTERP);
}

pn_code pn_runtime_print_stacks_on(int signal, pn_error *err)
{
    PN_ATTACHED at = {0};
    pn_code code = pn_attach(&at, err);
    return code == PN_OK ? register_stack_dump(signal, false, err) : code;
}

bool pn_runtime_gil_enabled(void)
{
#ifdef Py_GIL_DISABLED
    PN_ASSERT_ATTACHED();
    PyObject *probe = PySys_GetObject("_is_gil_enabled"); // borrowed
    if (probe == NULL)
        return true;
    PN_REF answer = PyObject_CallNoArgs(probe);
    if (answer == NULL) {
        PyErr_Clear();
        return true;
    }
    return answer == Py_True;
#else
    return true;
#endif
}

bool pn_runtime_is_free_threaded(void)
{
#ifdef Py_GIL_DISABLED
    return true;
#else
    return false;
#endif
}

pn_code pn_runtime_set_switch_interval(double seconds, double *before, pn_error *err)
{
    PN_ASSERT_ATTACHED();
    PyObject *get = PySys_GetObject("getswitchinterval"); // borrowed
    PyObject *set = PySys_GetObject("setswitchinterval"); // borrowed
    PN_REF old = get != NULL ? PyObject_CallNoArgs(get) : NULL;
    PN_REF none = old != NULL && set != NULL ? PyObject_CallFunction(set, "d", seconds) : NULL;
    if (none == NULL)
        return pn_error_from_exception(err, PN_ERR_INTERP);
    if (before != NULL)
        *before = PyFloat_AsDouble(old);
    return PN_OK;
}

const char *pn_runtime_version(void)
{
    static char version[64];
    if (version[0] == '\0') {
        const char *full = Py_GetVersion(); // "3.13.5 (main, ...)"
        size_t n = strcspn(full, " ");
        if (n >= sizeof version)
            n = sizeof version - 1;
        memcpy(version, full, n);
    }
    return version;
}

// What a node prints must be seen when the process dies right after: a line at a time, also into a
// pipe.
static pn_code buffer_by_line(pn_error *err)
{
    static const char *const names[] = {"stdout", "stderr"};
    for (int i = 0; i < 2; i++) {
        PyObject *stream = PySys_GetObject(names[i]); // borrowed
        if (stream == NULL || stream == Py_None)
            continue;
        PN_REF method = PyObject_GetAttrString(stream, "reconfigure");
        PN_REF empty = method != NULL ? PyTuple_New(0) : NULL;
        PN_REF options = empty != NULL ? Py_BuildValue("{sO}", "line_buffering", Py_True) : NULL;
        PN_REF none = options != NULL ? PyObject_Call(method, empty, options) : NULL;
        if (none == NULL)
            return pn_error_from_exception(err, PN_ERR_INTERP);
    }
    return PN_OK;
}

static pn_code add_source_folder(pn_error *err)
{
    char own[PATH_MAX];
    char folder[PATH_MAX];
    char name[PATH_MAX + 8];
    find_own_folder(folder, sizeof folder, own, sizeof own);
    snprintf(name, sizeof name, "%s.path", own);
    FILE *f = fopen(name, "r");
    if (f == NULL)
        return PN_OK;
    char line[PATH_MAX];
    pn_code code = PN_OK;
    PyObject *path = PySys_GetObject("path"); // borrowed
    while (code == PN_OK && path != NULL && fgets(line, sizeof line, f) != NULL) {
        line[strcspn(line, "\r\n")] = '\0';
        if (line[0] == '\0')
            continue;
        PN_REF entry = PyUnicode_DecodeFSDefault(line);
        if (entry == NULL || PyList_Insert(path, 0, entry) != 0)
            code = pn_error_from_exception(err, PN_ERR_INTERP);
    }
    fclose(f);
    return code;
}

pn_code pn_runtime_prepare(pn_error *err)
{
    PN_ASSERT_ATTACHED();
    pn_code code = add_source_folder(err);
    return code == PN_OK ? buffer_by_line(err) : code;
}

// _datetime (which email, zipfile, csv readers and importlib.metadata bring along) keeps static
// types that all interpreters share. Those belong to the interpreter that loads it first, and two
// own-GIL ones that do so at once, or that end while others use them, free each other's memory:
// half of such runs crashed on 3.13.0 (python/cpython#136421, python/cpython#136423). The main
// interpreter outlives all.
void pn_runtime_prepare_for_own_gil(void)
{
    PN_ASSERT_ATTACHED();
    PN_REF module = PyImport_ImportModule("_datetime");
    if (module == NULL)
        PyErr_Clear();
}

static pn_code read_facts(pn_runtime_facts *facts, pn_error *err)
{
    memset(facts, 0, sizeof *facts);
    snprintf(facts->version, sizeof facts->version, "%s", pn_runtime_version());
    PyObject *executable = PySys_GetObject("executable"); // borrowed
    if (executable != NULL && PyUnicode_Check(executable)) {
        PN_REF bytes = PyUnicode_EncodeFSDefault(executable);
        if (bytes == NULL)
            return pn_error_from_exception(err, PN_ERR_INTERP);
        snprintf(facts->executable, sizeof facts->executable, "%s", PyBytes_AsString(bytes));
    }
    facts->free_threaded = pn_runtime_is_free_threaded();
    facts->gil = pn_runtime_gil_enabled();
    return PN_OK;
}

// What is left of start-up once the interpreter runs; the main thread is attached throughout.
static pn_code after_start(const pn_runtime_config *config, pn_runtime_facts *facts, pn_error *err)
{
    bool is_python = config->main != NULL;
    pn_code code = is_python ? add_source_folder(err) : pn_runtime_prepare(err);
    if (code == PN_OK && (!is_python || config->host_signals))
        code = register_stack_dump(PN_SIGNAL_STACKS, true, err);
    if (code == PN_OK)
        code = read_facts(facts, err);
    if (code != PN_OK || is_python) // a script sees what it imports itself
        return code;
    PN_REF host_module = PyImport_ImportModule(PN_HOST_MODULE);
    if (host_module == NULL) {
        pn_error_from_exception(err, PN_ERR_INTERP);
        pn_error_help(
            err,
            "install the package for %s (pip install pynodes), or name the python that has it "
            "with --python-exe",
            facts->executable);
        return PN_ERR_INTERP;
    }
    return PN_OK;
}

/* On 3.12 an interpreter with a GIL of its own has an allocator of its own too, but objects still
 * cross: `import ssl` in one puts a tuple of its allocator into the free list of the main
 * interpreter, which aborts in Py_FinalizeEx (seen in every run on 3.12.1; not on 3.13). The C
 * library's allocator is one for all and takes a lock, so it does not mind. PYTHONMALLOC still
 * decides. */
static PyStatus pre_initialize(bool own_gil, Py_ssize_t argc, char **argv)
{
    PyPreConfig pre;
    PyPreConfig_InitPythonConfig(&pre);
    pre.parse_argv = argc > 0;
    if (own_gil && PY_VERSION_HEX >= 0x030C0000 && PY_VERSION_HEX < 0x030D0000 &&
        getenv("PYTHONMALLOC") == NULL)
        pre.allocator = PYMEM_ALLOCATOR_MALLOC;
    return Py_PreInitializeFromBytesArgs(&pre, argc, argv);
}

// The command line `python MAIN...`, or no arguments when Python is embedded.
static PyStatus initialize(const pn_runtime_config *config, const char *python, char **argv)
{
    Py_ssize_t argc = 0;
    if (config->main != NULL)
        argv[argc++] = (char *)(intptr_t)python;
    for (int i = 0; config->main != NULL && i < config->n_main; i++)
        argv[argc++] = config->main[i];
    PyStatus status = pre_initialize(config->own_gil, argc, argv);
    if (PyStatus_Exception(status))
        return status;
    PyConfig py;
    PyConfig_InitPythonConfig(&py);
    py.parse_argv = argc > 0;
    if (argc == 0 || config->host_signals) {
        py.install_signal_handlers = 0;
        py.faulthandler = 1;
    }
    if (argc == 0)
        py.write_bytecode = 1;
    status = PyConfig_SetBytesString(&py, &py.program_name, python);
    if (!PyStatus_Exception(status) && argc > 0)
        status = PyConfig_SetBytesArgv(&py, argc, argv);
    if (!PyStatus_Exception(status))
        status = Py_InitializeFromConfig(&py);
    PyConfig_Clear(&py);
    return status;
}

pn_code pn_runtime_initialize(const pn_runtime_config *config, pn_runtime_facts *facts,
                              pn_error *err)
{
    char own[PATH_MAX];
    char folder[PATH_MAX];
    char python[PATH_MAX + 16];
    find_own_folder(folder, sizeof folder, own, sizeof own);

    pn_fork_watch();
    // Rule 1, start. Nothing of Python may be touched before this: the table of built-in modules
    // first.
    for (const pn_builtin *b = config->builtins; b->name != NULL; b++) {
        if (PyImport_AppendInittab(b->name, b->init) != 0)
            return pn_no_memory(err, "the built-in modules");
    }
    char **argv = calloc((size_t)config->n_main + 2, sizeof *argv);
    if (argv == NULL)
        return pn_no_memory(err, "Python's command line");
    PyStatus status =
        initialize(config, find_python(config->python_exe, folder, python, sizeof python), argv);
    free(argv);
    if (PyStatus_Exception(status))
        return from_status(status, err);

    pn_code code = pn_attach_allow() ? after_start(config, facts, err)
                                     : pn_no_memory(err, "the view of Python");
    if (code != PN_OK)
        Py_FinalizeEx();
    return code;
}

static PyThreadState *main_state; // of the main thread, from start to stop

pn_code pn_runtime_start(const pn_runtime_config *config, pn_runtime_facts *facts, pn_error *err)
{
    pn_code code = pn_runtime_initialize(config, facts, err);
    if (code != PN_OK)
        return code;
    // The main thread came out of initialisation attached; render threads could never attach.
    main_state = PyGILState_GetThisThreadState();
    PyEval_ReleaseThread(main_state);
    return PN_OK;
}

pn_code pn_runtime_stop(pn_error *err)
{
    PN_ASSERT_DETACHED();
    // Rule 3, stop: attach with the state that start-up made. There will be nothing to detach from.
    PyEval_RestoreThread(main_state);
    if (Py_FinalizeEx() != 0)
        return pn_fail(err, PN_ERR_INTERP,
                       "Python reported an error while it finalised (stdout or stderr "
                       "could not be flushed)");
    return PN_OK;
}

// --- the main program ---

static struct {
    void (*end)(void *arg);
    void *arg;
} at_exit; // main thread

static PyObject *call_end(PyObject *module, PyObject *args)
{
    (void)module;
    (void)args;
    if (!pn_fork_is_child())
        at_exit.end(at_exit.arg);
    Py_RETURN_NONE;
}

static PyMethodDef end_def = {"end_of_main", call_end, METH_NOARGS, NULL};

int pn_runtime_run_main(void (*begin)(void *arg), void (*end)(void *arg), void *arg)
{
    PN_ASSERT_DETACHED();
    PyEval_RestoreThread(main_state);
    at_exit.end = end;
    at_exit.arg = arg;
    {
        PN_REF function = PyCFunction_New(&end_def, NULL);
        PN_REF none =
            function != NULL ? pn_import_call("atexit", "register", "(O)", function) : NULL;
        PyErr_Clear(); // without it the end is the system's
    }
    begin(arg);
    return Py_RunMain();
}
