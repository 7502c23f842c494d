#include "witness/census.h"
#include "witness/process.h"
#include "witness/python.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BETWEEN = 0x1f }; /* words of a command */

static struct program *mine; /* NULL: there was no room */

static struct program *enter(uint32_t of)
{
    uint32_t place = atomic_fetch_add(&page->begun, 1);
    if (place >= PROGRAMS) {
        atomic_store(&page->begun, PROGRAMS);
        atomic_store(&page->uncounted, 1);
        return NULL;
    }
    struct program *program = &page->programs[place];
    program->of = of;
    atomic_store(&program->pid, (uint32_t)getpid());
    return program;
}

static void look_for_python(void)
{
    const unsigned long *version = mine->version == 0 ? python_data("Py_Version") : NULL;
    if (version != NULL)
        mine->version = (uint32_t)*version;
}

/* Python has been stopped by now, by whom it may. */
static void ended(int status, void *data)
{
    if (mine == NULL || mine != data || mine->pid != (uint32_t)getpid())
        return; /* a child of fork */
    look_for_python();
    mine->sees = process->sees;
    mine->status = status;
    mine->ended = 1;
}

void census_begin(int argc, char **argv)
{
    mine = enter(0);
    if (mine == NULL)
        return;
    size_t size = 0;
    for (int i = 0; i < argc && size + 1 < sizeof mine->command; i++) {
        size_t length = strnlen(argv[i], sizeof mine->command - 1 - size);
        if (i > 0)
            mine->command[size - 1] = BETWEEN;
        memcpy(mine->command + size, argv[i], length);
        size += length + 1;
    }
    mine->sees = process->sees;
    look_for_python();
    on_exit(ended, mine);
}

void census_forked(void)
{
    /* only of one that may run Python: a shell forks for every command */
    if (mine != NULL && mine->version != 0)
        mine = enter(1 + (uint32_t)(mine - page->programs));
}

void census_started(void)
{
    if (mine == NULL)
        return;
    look_for_python();
    mine->started++;
}

uint32_t census_thread(void)
{
    if (mine == NULL)
        return 0;
    atomic_fetch_add_explicit(&mine->threads, 1, memory_order_relaxed);
    return 1 + (uint32_t)(mine - page->programs);
}

void census_attached(uint32_t program, uint32_t times)
{
    if (program > 0 && program <= PROGRAMS)
        atomic_fetch_add_explicit(&page->programs[program - 1].attaches, times,
                                  memory_order_relaxed);
}
