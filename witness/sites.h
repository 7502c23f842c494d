/* Who calls: Python itself or the program, by the return address of a call.
 *
 * Each address is looked up once, in the list of what is loaded; after that it is a word in a
 * table. Attach: either. Locks: none but those of symbols.h, and these for an address that is new.
 */
#ifndef PN_WITNESS_SITES_H
#define PN_WITNESS_SITES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SITES = 8192, SITES_TRIED = 4 }; /* a power of two; places that an address may have */

#define SITE_OF_PYTHON ((uintptr_t)1 << (8 * sizeof(uintptr_t) - 1)) /* no address has this bit */

/* The address of a call, with that bit; 0: free. */
extern _Atomic uintptr_t sites[SITES];

/* The same of an address that is not in the table: it is there now, if there was room. */
bool site_is_new(uintptr_t address);

/* A library was unloaded: another may be loaded where it was. */
void sites_forget(void);

/* Whether an address lies in the witness's own code. */
bool python_is_witness(const void *address);

/* Whether an address lies in Python's own code, in that of a module that comes with Python, or in
 * the witness's. */
static inline bool python_has(const void *pointer)
{
    uintptr_t address = (uintptr_t)pointer;
    size_t place = address * 0x9E3779B97F4A7C15u >> 40;
    for (size_t i = 0; i < SITES_TRIED; i++) {
        uintptr_t site = atomic_load_explicit(&sites[(place + i) % SITES], memory_order_relaxed);
        if ((site & ~SITE_OF_PYTHON) == address)
            return (site & SITE_OF_PYTHON) != 0;
    }
    return site_is_new(address);
}

#endif
