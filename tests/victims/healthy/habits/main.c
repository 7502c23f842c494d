/* Programs that look like trouble and are none: one a function, chosen by the first argument.
 * Most take about two seconds, long enough for a watcher to grow suspicious. */
#include "habits.h"

#include <string.h>
#include <time.h>

sem_t ready, go;

void nap(int ms)
{
    struct timespec left = {ms / 1000, ms % 1000 * 1000000L};
    while (nanosleep(&left, &left) != 0)
        ;
}

void run_python(const char *text)
{
    PyGILState_STATE state = PyGILState_Ensure();
    PyRun_SimpleString(text);
    PyGILState_Release(state);
}

pthread_t start(void *(*body)(void *))
{
    pthread_t thread;
    pthread_create(&thread, NULL, body, NULL);
    return thread;
}

void join_detached(pthread_t thread)
{
    Py_BEGIN_ALLOW_THREADS
    pthread_join(thread, NULL);
    Py_END_ALLOW_THREADS
}

void *sleep_in_python(void *unused)
{
    run_python("import time; time.sleep(2.2)");
    return unused;
}

void *work_in_c(void *unused)
{
    nap(LONG_MS);
    return unused;
}

void *want_python(void *unused)
{
    sem_post(&ready);
    run_python("x = 1");
    return unused;
}

void raise_it(void)
{
    PyErr_SetString(PyExc_ValueError, "no such colour");
}

static const struct habit *const all[] = {waits,   pairs, crashes, exceptions, signals,
                                          objects, ends,  forks,   leftovers,  stacks};

int main(int argc, char **argv)
{
    sem_init(&ready, 0, 0);
    sem_init(&go, 0, 0);
    for (size_t i = 0; argc == 2 && i < sizeof all / sizeof all[0]; i++) {
        for (const struct habit *habit = all[i]; habit->name != NULL; habit++) {
            if (strcmp(argv[1], habit->name) == 0) {
                PyImport_AppendInittab("habits", make_module);
                Py_Initialize();
                habit->function();
                return Py_FinalizeEx();
            }
        }
    }
    fprintf(stderr, "which habit?\n");
    return 2;
}
