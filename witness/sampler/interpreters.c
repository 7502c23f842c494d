#include "witness/sampler/interpreters.h"
#include "witness/sampler/memory.h"
#include "witness/sampler/records.h"

#include <errno.h>
#include <string.h>

static struct interpreter table[INTERPRETERS];
static int used;
static struct gil locks[INTERPRETERS];
static uint32_t n_locks;

/* Its place; that of the last one when there are too many. */
static uint32_t place_of_gil(uint64_t address, int32_t interpreter)
{
    uint32_t i = 0;
    while (i < n_locks && locks[i].address != address)
        i++;
    if (i == INTERPRETERS)
        return i - 1;
    if (i == n_locks)
        locks[n_locks++] = (struct gil){.address = address, .interpreter = interpreter};
    return i;
}

static void read_gil(struct gil *gil)
{
    int32_t locked = 0, enabled = 1;
    const struct part parts[] = {
        {at.gil_locked, &locked, 4},          {at.gil_enabled, &enabled, 4},
        {at.gil_holder, &gil->holder, 8},     {at.gil_switches, &gil->switches, 8},
        {at.gil_interval, &gil->interval, 8},
    };
    gil->is_locked = peek_parts(gil->address, parts, 5) && locked == 1;
    gil->is_in_use = enabled != 0;
}

static struct interpreter *entry_of(uint64_t address, int32_t number)
{
    for (int i = 0; i < used; i++)
        if (table[i].address == address && table[i].number == number)
            return &table[i];
    struct interpreter *free = used < INTERPRETERS ? &table[used++] : NULL;
    for (int i = 0; i < used && free == NULL; i++)
        free = table[i].threads == 0 ? &table[i] : NULL;
    if (free != NULL)
        *free = (struct interpreter){.address = address, .number = number};
    return free;
}

/* Reads one; the next of it goes to `next`. */
static bool read_interpreter(uint64_t runtime, uint64_t address, uint64_t *next)
{
    int64_t number = -1;
    int32_t collecting = 0;
    uint64_t threads = 0, gil = 0, requester = 0;
    uint8_t requested = 0;
    const struct part parts[] = {
        {at.interp_id, &number, 8},
        {at.interp_next, next, 8},
        {at.interp_threads_head, &threads, 8},
        {at.interp_gil, &gil, 8},
        {at.gc_collecting, &collecting, 4},
        {at.interp_stop_requested, &requested, 1},
        {at.interp_stop_requester, &requester, 8},
    };
    if (!peek_parts(address, parts, 7))
        return false;
    if (at.runtime_gil >= 0)
        gil = runtime + (uint64_t)at.runtime_gil;
    if (number < 0 || gil == 0)
        return true; /* in the making */
    struct interpreter *interpreter = entry_of(address, (int32_t)number);
    if (interpreter == NULL)
        return true;
    interpreter->threads = threads;
    interpreter->gil = place_of_gil(gil, (int32_t)number);
    interpreter->is_collecting = collecting == 1;
    interpreter->is_stopping = requested == 1;
    interpreter->requester = requester;
    return true;
}

int interpreters_read(uint64_t runtime, struct interpreter **found)
{
    uint64_t address = 0;
    errno = 0;
    for (int i = 0; i < used; i++)
        table[i].threads = 0;
    if (!peek_u64(runtime + (uint64_t)at.runtime_interpreters_head, &address))
        return -1;
    for (int i = 0; i < INTERPRETERS && address != 0; i++) {
        uint64_t next = 0;
        if (!read_interpreter(runtime, address, &next))
            break; /* it has ended meanwhile */
        address = next;
    }
    for (uint32_t i = 0; i < n_locks; i++)
        read_gil(&locks[i]);
    *found = table;
    return used;
}

struct gil *gils(uint32_t *count)
{
    *count = n_locks;
    return locks;
}

int gil_at(uint64_t address)
{
    for (uint32_t i = 0; i < n_locks; i++)
        if (address - locks[i].address < (uint64_t)at.gil_size)
            return (int)i;
    return -1;
}

static bool read_generation(uint64_t stats, int64_t offset, int64_t index, uint64_t *times,
                            uint64_t *freed)
{
    uint8_t place = 0;
    if (index >= 0 && !peek_u8(stats + (uint64_t)index, &place))
        return false;
    uint64_t item = stats + (uint64_t)offset + place * (uint64_t)at.gc_size;
    const struct part parts[] = {{at.gc_collections, times, 8}, {at.gc_collected, freed, 8}};
    return peek_parts(item, parts, 2);
}

static bool read_collections(uint64_t address, struct collections *now)
{
    uint64_t stats = address + (uint64_t)at.gc_stats;
    int64_t offsets[GENERATIONS] = {0, at.gc_size, 2 * at.gc_size}, indices[] = {-1, -1, -1};
    if (at.gc_stats < 0) {
        if (at.gc_stats_at < 0 || !peek_u64(address + (uint64_t)at.gc_stats_at, &stats) ||
            stats == 0)
            return false;
        const int64_t places[] = {at.gc_young, at.gc_middle, at.gc_old};
        const int64_t numbers[] = {at.gc_young_index, at.gc_middle_index, at.gc_old_index};
        memcpy(offsets, places, sizeof offsets);
        memcpy(indices, numbers, sizeof indices);
    }
    for (int i = 0; i < GENERATIONS; i++)
        if (!read_generation(stats, offsets[i], indices[i], &now->times[i], &now->freed[i]))
            return false;
    return true;
}

void interpreter_write_collected(struct interpreter *interpreter, uint64_t time)
{
    struct collections now, before = interpreter->known;
    if (!read_collections(interpreter->address, &now))
        return;
    for (uint32_t i = 0; i < GENERATIONS && interpreter->is_counted; i++) {
        struct {
            int32_t interpreter, tid;
            uint32_t generation, times;
            uint64_t freed;
        } said = {interpreter->number, interpreter->collector, i,
                  (uint32_t)(now.times[i] - before.times[i]), now.freed[i] - before.freed[i]};
        if (now.times[i] > before.times[i] && now.freed[i] >= before.freed[i])
            record(RECORD_COLLECTED, time, &said, sizeof said);
    }
    interpreter->known = now;
    if (!interpreter->is_collecting)
        interpreter->has_collector = false;
    interpreter->is_counted = true;
}

void gils_write(uint64_t time)
{
    for (uint32_t i = 0; i < n_locks; i++) {
        struct {
            uint32_t number;
            int32_t interpreter;
            uint64_t switches, interval;
            uint32_t is_in_use, zero;
        } said = {i, locks[i].interpreter, locks[i].switches, locks[i].interval, locks[i].is_in_use,
                  0};
        record(RECORD_GIL, time, &said, sizeof said);
    }
}
