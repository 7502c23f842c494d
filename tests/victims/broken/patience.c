/* A function waits for the answer of a worker, for an hour at most. */
#include "../waits.h"

#include <time.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int left;

static void answer(void)
{
    pthread_mutex_lock(&lock);
    left--;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
}

static PyObject *call(PyObject *self, PyObject *unused)
{
    struct timespec end;
    int late = 0;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += 3600;
    left = 1;
    start_asking(answer);
    pthread_mutex_lock(&lock);
    while (left > 0 && late == 0)
        late = pthread_cond_timedwait(&changed, &lock, &end); /* WRONG: attached */
    pthread_mutex_unlock(&lock);
    Py_RETURN_NONE;
}

int main(void)
{
    return run_script(call, "import native\n"
                            "for batch in range(3):\n"
                            "    native.call()\n");
}
