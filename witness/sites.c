#include "witness/sites.h"
#include "witness/python.h"
#include "witness/symbols.h"

#include <errno.h>

_Atomic uintptr_t sites[SITES];

struct range {
    uintptr_t begin;
    _Atomic uintptr_t end; /* set last */
    bool is_pythons;
};

/* Python's own, and the witness's, which stands between: a function of Python's that ends with a
 * call of another one returns here. */
static struct range own[2];

/* Extension modules that come with Python: what is called there concerns Python alone, too. They
 * and the program are looked up once, for they stay where they are. */
enum { MODULES = 96 };
static struct range modules[MODULES];
static _Atomic int module_count;

static void set_range(struct range *range, struct code code, bool is_pythons)
{
    range->begin = code.begin;
    range->is_pythons = is_pythons;
    range->end = code.end;
}

static bool is_in(const struct range *range, uintptr_t address)
{
    return address < range->end && address >= range->begin;
}

static bool is_own_module(uintptr_t address)
{
    int count = atomic_load(&module_count);
    for (int i = 0; i < count && i < MODULES; i++)
        if (is_in(&modules[i], address))
            return modules[i].is_pythons;
    struct code code = code_at((const void *)address);
    if (!code.is_module && !code.is_program)
        return false;
    int free = atomic_fetch_add(&module_count, 1);
    if (free < MODULES)
        set_range(&modules[free], code, code.is_module);
    else
        atomic_store(&module_count, MODULES);
    return code.is_module;
}

bool python_is_witness(const void *address)
{
    if (own[1].end == 0)
        set_range(&own[1], code_at((const void *)(uintptr_t)python_is_witness), true);
    return is_in(&own[1], (uintptr_t)address);
}

/* Whether it is known where Python's own code is. */
static bool knows_python(void)
{
    if (own[0].end == 0) {
        void *function = python_function("Py_IsInitialized");
        if (function != NULL)
            set_range(&own[0], code_at(function), true);
    }
    return own[0].end != 0;
}

bool site_is_new(uintptr_t address)
{
    int saved = errno;
    bool is_known = knows_python();
    bool is_pythons = is_in(&own[0], address) || python_is_witness((const void *)address) ||
                      is_own_module(address);
    size_t place = address * 0x9E3779B97F4A7C15u >> 40;
    for (size_t i = 0; is_known && i < SITES_TRIED; i++) {
        uintptr_t none = 0, site = address | (is_pythons ? SITE_OF_PYTHON : 0);
        if (atomic_compare_exchange_strong(&sites[(place + i) % SITES], &none, site))
            break;
    }
    errno = saved;
    return is_pythons;
}

void sites_forget(void)
{
    for (size_t i = 0; i < SITES; i++)
        if (atomic_load_explicit(&sites[i], memory_order_relaxed) != 0)
            atomic_store_explicit(&sites[i], 0, memory_order_relaxed);
}
