/* CPython's last words: what it writes when it gives up, wherever that goes. They are kept with the
 * process that says them, for its stderr may be a file, or shared by many. */
#include "witness/libc.h"
#include "witness/process.h"
#include "witness/stead.h"

#include <string.h>

static const char begin[] = "Fatal Python error: "; /* a write of its own, or the start of one */
enum { BEGIN = sizeof begin - 1 };

OWN int follows; /* words of this thread: one more than the descriptor that they go to */
OWN size_t kept;

/* `data` could be read, for it has been written. */
static void listen(int file, const char *data, size_t size)
{
    if (size >= BEGIN && memcmp(data, begin, BEGIN) == 0) {
        follows = file + 1;
        kept = 0;
    }
    if (follows != file + 1)
        return;
    size_t more = SAID - 1 - kept < size ? SAID - 1 - kept : size;
    memcpy(process->said + kept, data, more);
    kept += more;
    process->said[kept] = '\0';
}

PUBLIC ssize_t write(int file, const void *data, size_t size)
{
    ssize_t done = libc()->write(file, data, size);
    if (done > 0 && page != NULL)
        listen(file, data, (size_t)done);
    return done;
}
