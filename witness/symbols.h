/* Names in what is loaded, found without the loader's lock: dlsym takes it, and a thread in dlopen
 * holds it while a constructor waits to attach.
 *
 * Attach: either. Locks: that of the list of what is loaded, which nobody waits under.
 */
#ifndef PN_WITNESS_SYMBOLS_H
#define PN_WITNESS_SYMBOLS_H

#include <stdbool.h>
#include <stdint.h>

/* The first definition of a name in the order in which objects were loaded, but for the witness's
 * own; also in one that only a plug-in knows. NULL: there is no such. */
void *symbol_of(const char *name, bool in_program);

/* The witness's own definition of a name that it exports; NULL: it has none. */
void *symbol_of_witness(const char *name);

/* The code that an address lies in. */
struct code {
    uintptr_t begin, end; /* 0: it lies in none */
    bool is_module;       /* an extension module that comes with Python */
    bool is_program;
    bool is_library; /* libpython */
};
struct code code_at(const void *address);

#endif
