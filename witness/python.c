#include "witness/python.h"

#include <dlfcn.h>
#include <link.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A libpython that only a plug-in of the program knows is in no scope that we can name: look among
 * all that is loaded. Its name alone is taken here, for nothing may be opened meanwhile. */
static int note_library(struct dl_phdr_info *info, size_t size, void *name)
{
    const char *file = strrchr(info->dlpi_name, '/');
    (void)size;
    if (strncmp(file != NULL ? file + 1 : info->dlpi_name, "libpython3.", 11) != 0)
        return 0;
    *(const char **)name = info->dlpi_name;
    return 1;
}

void *python_function(const char *name)
{
    const char *file = NULL;
    void *found = dlsym(RTLD_NEXT, name);
    if (found == NULL && dl_iterate_phdr(note_library, &file) != 0) {
        void *library = dlopen(file, RTLD_LAZY | RTLD_NOLOAD);
        found = library != NULL ? dlsym(library, name) : NULL;
        if (library != NULL)
            dlclose(library); /* stays: whoever loaded it has it */
    }
    return found;
}

const void *python_data(const char *name)
{
    void *found = dlsym(RTLD_DEFAULT, name);
    return found != NULL ? found : python_function(name);
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

void *python_current(void)
{
    static void *(*unchecked)(void);
    FIND(unchecked, "PyThreadState_GetUnchecked");
    FIND(unchecked, "_PyThreadState_UncheckedGet");
    return unchecked != NULL ? unchecked() : NULL;
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

static struct {
    _Atomic uintptr_t begin, end;
} code;

/* Extension modules that come with Python: what is called there concerns Python alone, too. They
 * and the program are looked up once, for they stay where they are. */
enum { MODULES = 96 };
static struct {
    uintptr_t begin;
    _Atomic uintptr_t end; /* set last */
    bool own;
} modules[MODULES];
static _Atomic int module_count;

struct place {
    uintptr_t address, begin, end;
    bool own, stays;
};

static int find_module(struct dl_phdr_info *info, size_t size, void *data)
{
    struct place *place = data;
    (void)size;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        uintptr_t begin = info->dlpi_addr + part->p_vaddr;
        if (part->p_type == PT_LOAD && (part->p_flags & PF_X) &&
            place->address - begin < part->p_memsz) {
            place->begin = begin;
            place->end = begin + part->p_memsz;
            place->own = strstr(info->dlpi_name, "/lib-dynload/") != NULL;
            /* the program itself has no name */
            place->stays = place->own || info->dlpi_name[0] == 0;
            return 1;
        }
    }
    return 0;
}

static bool is_own_module(uintptr_t address)
{
    int count = atomic_load(&module_count);
    for (int i = 0; i < count && i < MODULES; i++)
        if (address < modules[i].end && address >= modules[i].begin)
            return modules[i].own;
    struct place place = {.address = address};
    if (dl_iterate_phdr(find_module, &place) == 0 || !place.stays)
        return false;
    int free = atomic_fetch_add(&module_count, 1);
    if (free < MODULES) {
        modules[free].begin = place.begin;
        modules[free].own = place.own;
        modules[free].end = place.end;
    } else {
        atomic_store(&module_count, MODULES);
    }
    return place.own;
}

bool python_has(const void *address)
{
    if (code.begin == 0) {
        struct place place = {.address = (uintptr_t)python_function("Py_IsInitialized")};
        if (place.address != 0 && dl_iterate_phdr(find_module, &place) != 0) {
            code.end = place.end;
            code.begin = place.begin;
        }
    }
    if ((uintptr_t)address >= code.begin && (uintptr_t)address < code.end)
        return true;
    return is_own_module((uintptr_t)address);
}
