#include "entry/gate.h"

#include "base/clock.h"
#include "base/thread.h"
#include "interp/exception.h"
#include "interp/interrupt.h"
#include "interp/ref.h"
#include "wire/signals.h"
#include "wire/trace.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const pn_trace_kind wait_span = {"wait to attach", "wait", {NULL}};

static _Thread_local pn_visit *innermost;
static _Thread_local int render_thread = -1;

void pn_gate_set_thread(int thread)
{
    render_thread = thread;
}

void pn_gate_init(pn_gate *gate, const pn_events *events)
{
    memset(gate, 0, sizeof *gate);
    gate->main_thread = pn_thread_self();
    pn_entry_log_init(&gate->log, events);
}

void pn_gate_finish(pn_gate *gate)
{
    pn_entry_log_finish(&gate->log);
}

bool pn_gate_is_main_thread(const pn_gate *gate)
{
    return gate->main_thread == pn_thread_self();
}

// A render thread's number, PN_THREAD_MAIN or PN_THREAD_OTHER.
static int thread_number(const pn_gate *gate)
{
    if (render_thread >= 0)
        return render_thread;
    return pn_gate_is_main_thread(gate) ? PN_THREAD_MAIN : PN_THREAD_OTHER;
}

// The main thread wants to attach, or has: a render thread that comes now lets it go first.
static void announce(pn_gate *gate, bool waits)
{
    if (gate->main_waits != NULL && pn_gate_is_main_thread(gate))
        gate->main_waits(gate->arg, waits);
}

static pn_code attach(pn_visit *visit, pn_error *err)
{
    announce(visit->gate, true);
    pn_code code = pn_attach(&visit->at, err);
    announce(visit->gate, false);
    visit->wait_ns = pn_clock_ns() - visit->begin_ns;
    pn_trace_span(pn_trace_here(), &wait_span, visit->begin_ns, visit->begin_ns + visit->wait_ns, 0,
                  0, 0);
    return code;
}

pn_code pn_visit_begin(pn_visit *visit, pn_gate *gate, const pn_entry_kind *kind, const char *who,
                       pn_error *err)
{
    memset(visit, 0, sizeof *visit);
    visit->kind = kind;
    snprintf(visit->who, sizeof visit->who, "%s", who);
    snprintf(visit->result, sizeof visit->result, "ok");
    visit->begin_ns = pn_clock_ns();
    visit->gate = gate;
    // An own-GIL interpreter's thread is attached to that one; an Ensure would be for the main one.
    pn_code code = pn_is_attached() ? PN_OK : attach(visit, err);
    if (code != PN_OK) {
        visit->gate = NULL;
        return code;
    }
    visit->outer = innermost;
    visit->depth = innermost != NULL ? innermost->depth + 1 : 0;
    visit->cleans = kind->cleans || (innermost != NULL && innermost->cleans);
    visit->only_reads = kind->only_reads || (innermost != NULL && innermost->only_reads);
    visit->allowed_before = visit->cleans ? pn_interrupt_allow(false) : pn_interrupt_begin();
    innermost = visit;
    return PN_OK;
}

bool pn_gate_only_reads(void)
{
    return innermost != NULL && innermost->only_reads;
}

// sys.exit(): None is 0, a number itself, anything else is printed and 1, as Python does.
static int exit_status(PyObject *exception)
{
    PN_REF code = PyObject_GetAttrString(exception, "code");
    if (code == NULL) {
        PyErr_Clear();
        return 1;
    }
    if (code == Py_None)
        return 0;
    if (PyLong_Check(code)) {
        int overflow;
        long value = PyLong_AsLongAndOverflow(code, &overflow);
        return overflow == 0 ? (int)(value & 0xFF) : 1;
    }
    PyObject *to = PySys_GetObject("stderr"); // borrowed
    if (to != NULL && to != Py_None &&
        (PyFile_WriteObject(code, to, Py_PRINT_RAW) != 0 || PyFile_WriteString("\n", to) != 0))
        PyErr_Clear();
    return 1;
}

static void take_exit(pn_visit *visit)
{
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    visit->exited = true;
    visit->status = value != NULL ? exit_status(value) : 1;
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(traceback);
}

static void take_exception(pn_visit *visit)
{
    if (PyErr_ExceptionMatches(PyExc_SystemExit)) {
        take_exit(visit);
        return;
    }
    if (visit->failed) { // the first one counts
        PyErr_Clear();
        return;
    }
    visit->interrupted = PyErr_ExceptionMatches(PyExc_KeyboardInterrupt);
    if (visit->interrupted)
        pn_interrupt_taken();
    pn_error_from_exception(&visit->error, PN_ERR_ENTRY);
    visit->failed = true;
}

PyObject *pn_visit_take(pn_visit *visit, PyObject *result)
{
    PN_ASSERT_ATTACHED();
    if (result == NULL && PyErr_Occurred())
        take_exception(visit);
    return result;
}

void pn_visit_fail(pn_visit *visit, const char *fmt, ...)
{
    if (visit->failed)
        return;
    char what[PN_WHAT_SIZE];
    va_list args;
    va_start(args, fmt);
    vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    pn_fail(&visit->error, PN_ERR_ENTRY, "%s", what);
    visit->failed = true;
}

void pn_visit_result(pn_visit *visit, const char *word)
{
    snprintf(visit->result, sizeof visit->result, "%s", word);
}

// An error happened on the main thread: does what is being played expect one?
static bool is_expected(pn_gate *gate)
{
    gate->met_error = true;
    return gate->expects_error;
}

static void add_to_log(pn_visit *visit, int64_t took_ns)
{
    if (visit->failed)
        pn_visit_result(visit, "error");
    else if (visit->exited)
        pn_visit_result(visit, "exit");
    pn_entry_item item = {
        .kind = visit->kind,
        .sent.thread = thread_number(visit->gate),
        .sent.depth = visit->depth,
        .sent.times = 1,
        .sent.at_ns = visit->begin_ns,
        .sent.took_ns = took_ns,
        .sent.wait_ns = visit->wait_ns,
        .sent.status = visit->kind->gives_status ? (visit->failed ? 1 : visit->status) : -1,
        .failed = visit->failed,
        .error = visit->error, // the detail moves along
    };
    memset(&visit->error, 0, sizeof visit->error);
    memcpy(item.who, visit->who, sizeof item.who);
    memcpy(item.result, visit->result, sizeof item.result);
    if (item.failed && item.error.where[0] == '\0')
        pn_error_where(&item.error, "%s", visit->who);
    if (item.failed && pn_gate_is_main_thread(visit->gate))
        item.sent.expected = is_expected(visit->gate);
    pn_entry_log_add(&visit->gate->log, &item);
}

void pn_visit_end(pn_visit *visit)
{
    pn_gate *gate = visit->gate;
    if (gate == NULL)
        return;
    pn_interrupt_allow(visit->allowed_before);
    if (PyErr_Occurred())
        take_exception(visit);
    innermost = visit->outer;
    bool is_main = pn_gate_is_main_thread(gate);
    if (visit->outer == NULL && is_main) {
        pn_interrupt_settle();
        pn_signals_keep();
    }
    bool detaches = visit->at.on;
    pn_detach(&visit->at);
    pn_trace_end(pn_trace_here(), &visit->kind->span, visit->begin_ns, visit->depth, 0, 0);
    add_to_log(visit, pn_clock_ns() - visit->begin_ns);
    visit->gate = NULL;
    if (detaches && is_main)
        pn_entry_log_send(&gate->log);
}

void pn_detached_begin(pn_detached *detached, pn_gate *gate)
{
    PN_ASSERT_ATTACHED();
    detached->gate = gate;
    detached->allowed_before = pn_interrupt_allow(false);
    detached->state = PyEval_SaveThread();
    if (pn_gate_is_main_thread(gate))
        pn_entry_log_send(&gate->log);
}

void pn_detached_end(pn_detached *detached)
{
    if (detached->state == NULL)
        return;
    int64_t begin = pn_clock_ns();
    announce(detached->gate, true);
    PyEval_RestoreThread(detached->state);
    announce(detached->gate, false);
    pn_interrupt_allow(detached->allowed_before);
    int64_t wait = pn_clock_ns() - begin;
    if (innermost != NULL && wait > innermost->wait_ns)
        innermost->wait_ns = wait;
    detached->state = NULL;
}

void pn_entry_note(pn_gate *gate, const pn_entry_kind *kind, const char *who, const char *result)
{
    pn_entry_item item = {
        .kind = kind,
        .sent.thread = thread_number(gate),
        .sent.depth = innermost != NULL ? innermost->depth + 1 : 0,
        .sent.times = 1,
        .sent.at_ns = pn_clock_ns(),
        .sent.status = -1,
    };
    snprintf(item.who, sizeof item.who, "%s", who);
    snprintf(item.result, sizeof item.result, "%s", result);
    pn_entry_log_add(&gate->log, &item);
}

void pn_entry_fail(pn_gate *gate, const pn_entry_kind *kind, const char *who, pn_error *err)
{
    pn_entry_item item = {
        .kind = kind,
        .result = "error",
        .sent.thread = thread_number(gate),
        .sent.times = 1,
        .sent.status = -1,
        .failed = true,
        .sent.expected = is_expected(gate),
        .error = *err, // the detail moves along
    };
    snprintf(item.who, sizeof item.who, "%s", who);
    memset(err, 0, sizeof *err);
    pn_entry_log_add(&gate->log, &item);
}
