/* attach.h from all sides: who is attached to what, inside and after each guard. Exits with 0, or
 * says what is not so. */
#include "attach.h"

#include <stdatomic.h>
#include <unistd.h>

#define EXPECT(ok)                                                                                 \
    ((ok) ? (void)0 : pyhost_broken("not so: " #ok, "fix attach.h", __FILE__, __LINE__))

static pyhost_gate main_gate = PYHOST_GATE_CLOSED, other_gate = PYHOST_GATE_CLOSED;
static atomic_long visits;

static int64_t here(void)
{
    return PyInterpreterState_GetID(PyInterpreterState_Get());
}

static void *in_thread(void *(*body)(void *), void *argument)
{
    pthread_t thread;
    void *result = NULL;
    EXPECT(pthread_create(&thread, NULL, body, argument) == 0);
    pthread_join(thread, &result);
    return result;
}

static void *attach_for_a_moment(void *unused)
{
    EXPECT(!pyhost_is_attached());
    {
        PYHOST_ATTACHED(at);
        EXPECT(pyhost_is_attached());
        EXPECT(here() == 0);
    }
    EXPECT(!pyhost_is_attached());
    return unused;
}

static void nest(void)
{
    PYHOST_ATTACHED(outer);
    PyThreadState *state = PyThreadState_Get();
    {
        PYHOST_ATTACHED(inner);
        EXPECT(PyThreadState_Get() == state);
        PYHOST_WITHOUT_PYTHON(wait);
        EXPECT(!pyhost_is_attached());
        in_thread(attach_for_a_moment, NULL); /* hangs when this thread is attached still */
        PYHOST_ATTACHED(within_wait);
        EXPECT(PyThreadState_Get() == state);
    }
    EXPECT(PyThreadState_Get() == state);
    PYHOST_REF text = PyUnicode_FromString("dropped while attached");
    EXPECT(text != NULL);
}

static void *keep_a_state(void *unused)
{
    pyhost_thread thread;
    EXPECT(pyhost_thread_begin(&thread));
    PyThreadState *state = thread.state;
    for (int i = 0; i < 3; i++) {
        PYHOST_ATTACHED_AS(&thread, at);
        EXPECT(PyThreadState_Get() == state);
        PYHOST_ATTACHED(inner); /* counts only */
        EXPECT(PyThreadState_Get() == state);
    }
    {
        /* detached, but the state is kept: it is this one that attaches */
        PYHOST_ATTACHED(short_work);
        EXPECT(PyThreadState_Get() == state);
    }
    EXPECT(!pyhost_is_attached());
    pyhost_thread_end(&thread);
    EXPECT(!pyhost_is_attached());
    return unused;
}

static void visit(pyhost_gate *gate, int64_t expected)
{
    PYHOST_VISIT(gate, visit);
    EXPECT(visit.gate != NULL);
    EXPECT(here() == expected);
    PYHOST_VISIT(gate, again);
    EXPECT(again.gate != NULL);
    EXPECT(here() == expected);
    PYHOST_REF list = PyList_New(3);
    EXPECT(list != NULL);
    atomic_fetch_add(&visits, 1);
}

static void *visit_on_thread(void *expected)
{
    visit(*(int64_t *)expected == 0 ? &main_gate : &other_gate, *(int64_t *)expected);
    EXPECT(!pyhost_is_attached());
    return NULL;
}

#if PYHOST_HAS_OWN_GIL
/* A thread with an interpreter of its own, and visits in both directions. */
static void *own_interpreter(void *unused)
{
    pyhost_thread thread;
    const char *why = "";
    EXPECT(pyhost_thread_begin_own_gil(&thread, &why));
    int64_t own, main_id = 0;
    {
        PYHOST_ATTACHED_AS(&thread, at);
        own = here();
        EXPECT(own != 0);
        EXPECT(pyhost_gate_open(&other_gate));
        visit(&main_gate, 0); /* attached here, called back there */
        EXPECT(here() == own);
        visit(&other_gate, own);
        EXPECT(here() == own);
    }
    visit(&other_gate, own);
    visit(&main_gate, 0);
    EXPECT(!pyhost_is_attached());
    in_thread(visit_on_thread, &own); /* PyGILState_Ensure would land in the main interpreter */
    in_thread(visit_on_thread, &main_id);
    {
        PYHOST_ATTACHED_AS(&thread, at);
        EXPECT(here() == own);
    }
    pyhost_gate_close(&other_gate);
    pyhost_thread_end(&thread);
    return unused;
}
#endif

/* --- closing while somebody is inside --- */

static int inside[2], go_on[2];
static atomic_bool left;

static void *stay_inside(void *unused)
{
    PYHOST_VISIT(&main_gate, visit);
    EXPECT(visit.gate != NULL);
    char byte = 0;
    {
        PYHOST_WITHOUT_PYTHON(wait);
        EXPECT(write(inside[1], &byte, 1) == 1);
        EXPECT(read(go_on[0], &byte, 1) == 1);
    }
    EXPECT(here() == 0);
    atomic_store(&left, true);
    return unused;
}

static void *close_gate(void *unused)
{
    pyhost_gate_close(&main_gate);
    EXPECT(atomic_load(&left)); /* not before the one inside was done */
    return unused;
}

static bool is_open(void)
{
    pthread_mutex_lock(&main_gate.lock);
    bool open = main_gate.open;
    pthread_mutex_unlock(&main_gate.lock);
    return open;
}

static void close_while_inside(void)
{
    pthread_t visitor, closer;
    char byte = 0;
    EXPECT(pipe(inside) == 0 && pipe(go_on) == 0);
    EXPECT(pthread_create(&visitor, NULL, stay_inside, NULL) == 0);
    EXPECT(read(inside[0], &byte, 1) == 1);
    EXPECT(pthread_create(&closer, NULL, close_gate, NULL) == 0);
    while (is_open())
        usleep(100);
    PYHOST_VISIT(&main_gate, late);
    EXPECT(late.gate == NULL);
    EXPECT(!pyhost_is_attached());
    EXPECT(write(go_on[1], &byte, 1) == 1);
    pthread_join(visitor, NULL);
    pthread_join(closer, NULL);
}

static void *visit_too_late(void *unused)
{
    PYHOST_VISIT(&main_gate, visit);
    EXPECT(visit.gate == NULL);
    return unused;
}

int main(void)
{
    alarm(60);
    Py_InitializeEx(0);
    EXPECT(pyhost_is_attached());
    EXPECT(pyhost_gate_open(&main_gate));
    PyEval_ReleaseThread(PyGILState_GetThisThreadState());
    EXPECT(!pyhost_is_attached());
    in_thread(attach_for_a_moment, NULL);
    nest();
    in_thread(keep_a_state, NULL);
    int64_t main_id = 0;
    in_thread(visit_on_thread, &main_id);
    visit(&main_gate, 0);
    EXPECT(!pyhost_is_attached());
#if PYHOST_HAS_OWN_GIL
    in_thread(own_interpreter, NULL);
#endif
    close_while_inside();
    PYHOST_MUST_BE_DETACHED();
    PYHOST_MUST_BE_ALONE();
    PyGILState_Ensure();
    EXPECT(Py_FinalizeEx() == 0);
    in_thread(visit_too_late, NULL);
    printf("%ld visits\n", atomic_load(&visits));
    return 0;
}
