/* interp/attach: what a thread keeps, and what it is told before, during and after Python. */
#include "check.h"

#include "interp/attach.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <time.h>

static uint64_t current_id(void)
{
    return PyThreadState_GetID(PyThreadState_Get());
}

static void on_a_thread(void *(*run)(void *))
{
    pthread_t thread;
    CHECK_STOP(pthread_create(&thread, NULL, run, NULL) == 0);
    pthread_join(thread, NULL);
}

static void check_refused(pn_attach_why why, const char *part)
{
    pn_attachment at;
    pn_error err = {0};
    CHECK_INT(pn_attach(&at, &err), PN_ERR_INTERP);
    CHECK_INT(at.why, why);
    CHECK_CONTAINS(err.what, part);
    pn_detach(&at); // of no effect
    CHECK(!pn_is_attached());
    pn_error_finish(&err);
}

static void test_before_python_there_is_nothing_to_attach_to(void)
{
    check_refused(PN_WHY_NOT_RUNNING, "not initialised");
    pn_thread_hold hold;
    CHECK_INT(pn_thread_hold_begin(&hold, NULL), PN_ERR_INTERP);
    CHECK_INT(hold.outer.why, PN_WHY_NOT_RUNNING);
    pn_thread_hold_end(&hold);
}

static void start_python(void)
{
    Py_InitializeEx(0);
    CHECK_STOP(pn_attach_allow());
    PyEval_SaveThread();
}

static void stop_python(void)
{
    PyEval_RestoreThread(PyGILState_GetThisThreadState());
    CHECK_INT(Py_FinalizeEx(), 0);
}

static void test_main_thread_has_the_state_of_the_start(void)
{
    start_python();
    uint64_t id = PyThreadState_GetID(PyGILState_GetThisThreadState());
    for (int i = 0; i < 2; i++) {
        PN_ATTACHED at = {0};
        CHECK_INT(pn_attach(&at, NULL), PN_OK);
        CHECK_INT(current_id(), id);
        PN_ATTACHED inner = {0};
        CHECK_INT(pn_attach(&inner, NULL), PN_OK);
        CHECK_INT(current_id(), id);
        pn_detach(&inner);
        CHECK(pn_is_attached());
    }
    CHECK(!pn_is_attached());
    stop_python();
}

static void *without_a_hold(void *arg)
{
    uint64_t ids[2];
    for (int i = 0; i < 2; i++) {
        PN_ATTACHED at = {0};
        CHECK_INT(pn_attach(&at, NULL), PN_OK);
        ids[i] = current_id();
    }
    CHECK(ids[0] != ids[1]);
    return arg;
}

static void *with_a_hold(void *arg)
{
    pn_thread_hold hold;
    CHECK_INT(pn_thread_hold_begin(&hold, NULL), PN_OK);
    CHECK(!pn_is_attached());
    uint64_t id = PyThreadState_GetID(hold.state);
    for (int i = 0; i < 2; i++) {
        pn_thread_hold_attach(&hold);
        CHECK_INT(current_id(), id);
        PN_ATTACHED inner = {0};
        CHECK_INT(pn_attach(&inner, NULL), PN_OK);
        CHECK_INT(current_id(), id);
        pn_detach(&inner);
        pn_thread_hold_detach(&hold);
        PN_ATTACHED beside = {0}; // detached, but the state is there to be taken up
        CHECK_INT(pn_attach(&beside, NULL), PN_OK);
        CHECK_INT(current_id(), id);
    }
    pn_thread_hold_end(&hold);
    CHECK(!pn_is_attached() && hold.state == NULL);
    return arg;
}

static void test_a_thread_without_a_hold_gets_a_state_each_time(void)
{
    start_python();
    on_a_thread(without_a_hold);
    stop_python();
}

static void test_a_thread_with_a_hold_keeps_one_state(void)
{
    start_python();
    on_a_thread(with_a_hold);
    stop_python();
}

static void *with_an_interpreter(void *arg)
{
    pn_thread_hold hold;
    if (!pn_thread_hold_has_own_gil()) {
        CHECK_INT(pn_thread_hold_begin_own_gil(&hold, NULL), PN_ERR_INTERP);
        CHECK_INT(hold.outer.why, PN_WHY_NO_OWN_GIL);
        return arg;
    }
    CHECK_INT(pn_thread_hold_begin_own_gil(&hold, NULL), PN_OK);
    pn_thread_hold_attach(&hold);
    CHECK(PyInterpreterState_Get() != PyInterpreterState_Main());
    pn_thread_hold_detach(&hold);
#if PN_HAS_VIEWS
    PN_ATTACHED at = {0};
    CHECK_INT(pn_attach(&at, NULL), PN_OK);
    CHECK(PyInterpreterState_Get() == PyInterpreterState_Main());
    pn_detach(&at);
#else
    check_refused(PN_WHY_OTHER_INTERPRETER, "another interpreter");
#endif
    pn_thread_hold_end(&hold);
    CHECK(!pn_is_attached());
    PN_ATTACHED again = {0};
    CHECK_INT(pn_attach(&again, NULL), PN_OK);
    CHECK(PyInterpreterState_Get() == PyInterpreterState_Main());
    return arg;
}

static void test_an_attachment_never_lands_in_a_threads_own_interpreter(void)
{
    start_python();
    on_a_thread(with_an_interpreter);
    stop_python();
}

// A thread that tries while Python is coming to its end; called by the main thread, attached.
static void *too_late(void *arg)
{
    check_refused(PN_WHY_FINALIZING, "finalising");
    return arg;
}

static atomic_bool asked;

static void ask_at_the_end(PyObject *capsule)
{
    (void)capsule;
    atomic_store(&asked, true);
    on_a_thread(too_late);
}

#if PN_HAS_VIEWS
static atomic_bool holds, ended;

static void *slow_to_end(void *arg)
{
    pn_thread_hold hold;
    CHECK_INT(pn_thread_hold_begin(&hold, NULL), PN_OK);
    atomic_store(&holds, true);
    struct timespec a_while = {.tv_nsec = 200000000};
    nanosleep(&a_while, NULL);
    pn_thread_hold_attach(&hold); // Py_FinalizeEx is being called
    pn_thread_hold_detach(&hold);
    atomic_store(&ended, true);
    pn_thread_hold_end(&hold);
    return arg;
}
#endif

static void test_the_end_says_so_and_waits_for_holds(void)
{
    start_python();
    PN_ATTACHED at = {0};
    CHECK_STOP(pn_attach(&at, NULL) == PN_OK);
    PyObject *capsule = PyCapsule_New(&asked, NULL, ask_at_the_end);
    CHECK_STOP(capsule != NULL && PySys_SetObject("asks_at_the_end", capsule) == 0);
    Py_DECREF(capsule);
    pn_detach(&at);
#if PN_HAS_VIEWS
    pthread_t thread;
    CHECK_STOP(pthread_create(&thread, NULL, slow_to_end, NULL) == 0);
    while (!atomic_load(&holds))
        sched_yield();
#endif
    stop_python();
    CHECK(atomic_load(&asked));
#if PN_HAS_VIEWS
    CHECK(atomic_load(&ended));
    pthread_join(thread, NULL);
#endif
    check_refused(PN_WHY_FINALIZING, "has ended");
}

static const check_test tests[] = {
    CHECK_TEST(test_before_python_there_is_nothing_to_attach_to),
    CHECK_TEST(test_main_thread_has_the_state_of_the_start),
    CHECK_TEST(test_a_thread_without_a_hold_gets_a_state_each_time),
    CHECK_TEST(test_a_thread_with_a_hold_keeps_one_state),
    CHECK_TEST(test_an_attachment_never_lands_in_a_threads_own_interpreter),
    CHECK_TEST(test_the_end_says_so_and_waits_for_holds),
};

int main(int argc, char **argv)
{
    return CHECK_MAIN(argc, argv, tests);
}
