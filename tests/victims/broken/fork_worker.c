/* A helper thread forks while another thread runs Python, and the child wants Python too. */
#include <Python.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/wait.h>
#include <unistd.h>

static sem_t forked, inside;

static PyObject *hold(PyObject *self, PyObject *unused)
{
    (void)self, (void)unused;
    sem_post(&inside);
    sem_wait(&forked); /* a short piece of C, attached */
    Py_RETURN_NONE;
}

static void run_child(void)
{
    PyGILState_STATE state = PyGILState_Ensure(); /* WRONG: its holder was not copied */
    PyRun_SimpleString("print('child')");
    PyGILState_Release(state);
}

static void *spawn(void *unused)
{
    (void)unused;
    sem_wait(&inside);
    pid_t child = fork();
    if (child == 0) {
        run_child();
        _exit(0);
    }
    sem_post(&forked);
    waitpid(child, NULL, 0);
    return NULL;
}

static PyMethodDef methods[] = {{"hold", hold, METH_NOARGS, NULL}, {NULL}};
static PyModuleDef module = {PyModuleDef_HEAD_INIT, "device", NULL, -1, methods};

static PyObject *make_module(void)
{
    return PyModule_Create(&module);
}

int main(void)
{
    pthread_t spawner;
    sem_init(&forked, 0, 0);
    sem_init(&inside, 0, 0);
    PyImport_AppendInittab("device", make_module);
    Py_Initialize();
    pthread_create(&spawner, NULL, spawn, NULL);
    PyRun_SimpleString("import device; device.hold()");
    PyThreadState *kept = PyEval_SaveThread();
    pthread_join(spawner, NULL);
    PyEval_RestoreThread(kept);
    return Py_FinalizeEx();
}
