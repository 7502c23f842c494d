/* A sandbox of its own for each script; a helper thread of a script outlives its sandbox. */
#include <Python.h>
#include <pthread.h>
#include <semaphore.h>

struct helper {
    PyInterpreterState *interpreter;
    sem_t works, may_go_on;
};

static void *help(void *data)
{
    struct helper *helper = data;
    PyThreadState *state = PyThreadState_New(helper->interpreter);
    PyEval_RestoreThread(state);
    PyRun_SimpleString("done = 0");
    state = PyEval_SaveThread();
    sem_post(&helper->works);
    sem_wait(&helper->may_go_on); /* a long download */
    PyEval_RestoreThread(state);
    PyRun_SimpleString("done = 1");
    PyThreadState_Clear(state);
    PyThreadState_DeleteCurrent();
    return NULL;
}

static void close_sandbox(PyThreadState *sandbox)
{
    Py_EndInterpreter(sandbox); /* WRONG: the helper has a thread state in it */
}

static void run_in_sandbox(struct helper *helper)
{
    pthread_t thread;
    PyThreadState *before = PyThreadState_Get();
    PyThreadState *sandbox = Py_NewInterpreter();
    helper->interpreter = PyThreadState_GetInterpreter(sandbox);
    PyRun_SimpleString("x = 1");
    PyEval_SaveThread();
    pthread_create(&thread, NULL, help, helper);
    sem_wait(&helper->works);
    PyEval_RestoreThread(sandbox);
    close_sandbox(sandbox);
    PyThreadState_Swap(before);
    PyThreadState *kept = PyEval_SaveThread();
    sem_post(&helper->may_go_on);
    pthread_join(thread, NULL);
    PyEval_RestoreThread(kept);
}

int main(void)
{
    struct helper helper;
    sem_init(&helper.works, 0, 0);
    sem_init(&helper.may_go_on, 0, 0);
    Py_Initialize();
    run_in_sandbox(&helper);
    return Py_FinalizeEx();
}
