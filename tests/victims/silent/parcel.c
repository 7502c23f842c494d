/* A unit of work is handed to another thread with a reference, which it drops when it is done. */
#include <Python.h>

#include <pthread.h>

static void *deliver(void *parcel)
{
#ifdef RIGHT
    PyGILState_STATE state = PyGILState_Ensure();
    Py_DecRef(parcel);
    PyGILState_Release(state);
#else
    Py_DecRef(parcel); /* WRONG */
#endif
    return NULL;
}

int main(void)
{
    pthread_t thread;
    Py_Initialize();
    PyObject *parcel = Py_BuildValue("{s:i}", "weight", 7);
    Py_IncRef(parcel);
    Py_BEGIN_ALLOW_THREADS
    pthread_create(&thread, NULL, deliver, parcel);
    pthread_join(thread, NULL);
    Py_END_ALLOW_THREADS
    Py_DecRef(parcel);
    return Py_FinalizeEx() == 0 ? 0 : 3;
}
