/* CPython's last words: what it writes when it gives up, wherever that goes. They are kept with the
 * process that says them, for its stderr may be a file, or shared by many. */
#include "witness/libc.h"
#include "witness/process.h"
#include "witness/stead.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char begin[] = "Fatal Python error: "; /* a write of its own, or the start of one */
enum { BEGIN = sizeof begin - 1 };

OWN int follows; /* words of this thread: one more than the descriptor that they go to */
OWN size_t kept;

static void keep(const char *data, size_t size)
{
    size_t more = SAID - 1 - kept < size ? SAID - 1 - kept : size;
    memcpy(process->said + kept, data, more);
    kept += more;
    process->said[kept] = '\0';
}

/* `data` could be read, for it has been written. */
static void listen(int file, const char *data, size_t size)
{
    if (size >= BEGIN && memcmp(data, begin, BEGIN) == 0) {
        follows = file + 1;
        kept = 0;
    }
    if (follows == file + 1)
        keep(data, size);
}

PUBLIC ssize_t write(int file, const void *data, size_t size)
{
    ssize_t done = libc()->write(file, data, size);
    if (done > 0 && page != NULL)
        listen(file, data, (size_t)done);
    return done;
}

/* Some are formatted, in the midst of what is written. */
static void listen_to(FILE *stream, const char *format, va_list values)
{
    char line[SAID];
    if (page == NULL || follows == 0 || follows != fileno(stream) + 1)
        return;
    int size = vsnprintf(line, sizeof line - 1, format, values);
    if (size > 0) {
        keep(line, strlen(line));
        keep("\n", 1);
    }
}

PUBLIC int vfprintf(FILE *stream, const char *format, va_list values)
{
    va_list again;
    va_copy(again, values);
    listen_to(stream, format, again);
    va_end(again);
    return libc()->vfprintf(stream, format, values);
}

/* What a compiler makes of it that is asked for checks. */
PUBLIC int __vfprintf_chk(FILE *stream, int flag, const char *format, va_list values);
PUBLIC int __vfprintf_chk(FILE *stream, int flag, const char *format, va_list values)
{
    va_list again;
    va_copy(again, values);
    listen_to(stream, format, again);
    va_end(again);
    return libc()->__vfprintf_chk(stream, flag, format, values);
}
