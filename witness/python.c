#include "witness/python.h"
#include "witness/symbols.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

void *python_function(const char *name)
{
    void *found = symbol_of(name, false); /* a program may define a part of it, of its own */
    return found != NULL ? found : symbol_of(name, true);
}

const void *python_data(const char *name)
{
    return symbol_of(name, true);
}

/* A type object starts as any object with a size does; then come its name and the size of its
 * objects. */
static intptr_t size_of_objects(const void *type, size_t head)
{
    return *(const intptr_t *)((const char *)type + head + 2 * sizeof(void *));
}

static void *type_of(const void *object, size_t head)
{
    return *(void *const *)((const char *)object + head - sizeof(void *));
}

size_t python_head(void)
{
    static size_t found;
    static bool is_known;
    const void *base = is_known ? NULL : python_data("PyBaseObject_Type");
    if (base == NULL)
        return found;
    const void *type = python_data("PyType_Type");
    for (size_t head = 2 * sizeof(void *); head <= 4 * sizeof(void *); head += 2 * sizeof(void *))
        if (size_of_objects(base, head) == (intptr_t)head && type_of(base, head) == type)
            found = head;
    is_known = true;
    return found;
}

void *python_type_of(const void *object)
{
    return type_of(object, python_head());
}

intptr_t python_size_of_objects(const void *type)
{
    return size_of_objects(type, python_head());
}

#define FIND(pointer, name)                                                                        \
    if (pointer == NULL)                                                                           \
    *(void **)&pointer = python_function(name)

static void *(*unchecked)(void);

void *python_current(void)
{
    FIND(unchecked, "PyThreadState_GetUnchecked");
    FIND(unchecked, "_PyThreadState_UncheckedGet");
    return unchecked != NULL ? unchecked() : NULL;
}

bool python_shows_current(void)
{
    return unchecked != NULL;
}

bool python_tells_current(void)
{
    static const unsigned long *version;
    if (version == NULL)
        version = python_data("Py_Version");
    return version != NULL && *version >= 0x030C0000;
}

void *python_own(void)
{
    static void *(*own)(void);
    FIND(own, "PyGILState_GetThisThreadState");
    return own != NULL ? own() : NULL;
}

void *python_error(void)
{
    static void *(*occurred)(void);
    FIND(occurred, "PyErr_Occurred");
    return occurred != NULL ? occurred() : NULL;
}

const char *python_error_name(void *type)
{
    static const char *(*name)(void *);
    FIND(name, "PyExceptionClass_Name");
    return name != NULL ? name(type) : "";
}

int64_t python_interpreter(void *state)
{
    static void *(*of)(void *);
    static int64_t (*number)(void *);
    FIND(of, "PyThreadState_GetInterpreter");
    FIND(number, "PyInterpreterState_GetID");
    return of != NULL && number != NULL && state != NULL ? number(of(state)) : -1;
}

bool python_is_within(void)
{
    void *function = python_function("Py_IsInitialized");
    return function != NULL && !code_at(function).is_library;
}

bool python_is_running(void)
{
    static int (*initialized)(void);
    FIND(initialized, "Py_IsInitialized");
    return initialized != NULL && initialized() != 0;
}

bool python_is_stopping(void)
{
    static int (*stopping)(void);
    FIND(stopping, "Py_IsFinalizing");
    FIND(stopping, "_Py_IsFinalizing");
    return stopping != NULL && stopping() != 0;
}
