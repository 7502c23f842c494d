#include "witness/sampler/records.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct head {
    uint32_t kind, size;
    uint64_t time;
};

enum { ROOM = 1 << 18 };

static char buffer[ROOM];
static size_t filled, begun;

uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

void records_flush(void)
{
    size_t done = 0;
    while (done < filled) {
        ssize_t written = write(STDOUT_FILENO, buffer + done, filled - done);
        if (written < 0 && errno != EINTR)
            _exit(0); /* nobody listens */
        done += written > 0 ? (size_t)written : 0;
    }
    filled = 0;
}

void record_begin(enum record_kind kind, uint64_t time)
{
    struct head head = {(uint32_t)kind, 0, time};
    if (filled > ROOM / 2)
        records_flush();
    begun = filled;
    memcpy(buffer + filled, &head, sizeof head);
    filled += sizeof head;
}

/* One record never has more than half of the room. */
void record_add(const void *data, size_t size)
{
    if (size > ROOM - filled)
        abort();
    memcpy(buffer + filled, data, size);
    filled += size;
}

void record_end(void)
{
    uint32_t size = (uint32_t)(filled - begun - sizeof(struct head));
    memcpy(buffer + begun + offsetof(struct head, size), &size, sizeof size);
}

void record(enum record_kind kind, uint64_t time, const void *data, size_t size)
{
    record_begin(kind, time);
    record_add(data, size);
    record_end();
}
