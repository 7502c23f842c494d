#include "witness/libc.h"
#include "witness/symbols.h"

#include <dlfcn.h>
#include <stdatomic.h>

const struct libc *libc(void)
{
    static struct libc found;
    static atomic_bool is_known;
    if (!atomic_load_explicit(&is_known, memory_order_acquire)) {
#define LOOK_UP(name) *(void **)&found.name = dlsym(RTLD_NEXT, #name);
        LIBC_FUNCTIONS(LOOK_UP)
        atomic_store_explicit(&is_known, 1, memory_order_release);
    }
    return &found;
}

bool libc_has(const void *address)
{
    struct code code = code_at((const void *)(uintptr_t)libc()->exit);
    return (uintptr_t)address >= code.begin && (uintptr_t)address < code.end;
}
