#include "base/code.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void format_into(char *buf, size_t size, const char *fmt, va_list args)
{
    int n = vsnprintf(buf, size, fmt, args);
    if (n < 0) {
        buf[0] = '\0';
        return;
    }
    if ((size_t)n < size)
        return;
    // Cut at a character boundary: drop the continuation bytes and the lead byte of a torn one.
    size_t end = size - 1;
    size_t lead = end;
    while (lead > 0 && ((unsigned char)buf[lead - 1] & 0xC0) == 0x80)
        lead--;
    if (lead > 0 && ((unsigned char)buf[lead - 1] & 0xC0) == 0xC0) {
        unsigned char first = (unsigned char)buf[lead - 1];
        size_t need = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
        if (end - (lead - 1) < need)
            buf[lead - 1] = '\0';
    }
}

static void record(pn_error *err, pn_code code, const char *before, const char *fmt, va_list args)
{
    if (err == NULL)
        return;
    pn_error_finish(err);
    err->code = code;
    size_t used = strlen(before);
    memcpy(err->what, before, used);
    format_into(err->what + used, sizeof err->what - used, fmt, args);
}

pn_code pn_fail(pn_error *err, pn_code code, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    record(err, code, "", fmt, args);
    va_end(args);
    return code;
}

pn_code pn_fail_with(pn_error *err, pn_code code, const char *help, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    record(err, code, "", fmt, args);
    va_end(args);
    pn_error_help(err, "%s", help);
    return code;
}

pn_code pn_no_memory(pn_error *err, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    record(err, PN_ERR_MEMORY, "out of memory for ", fmt, args);
    va_end(args);
    return PN_ERR_MEMORY;
}

void pn_error_where(pn_error *err, const char *fmt, ...)
{
    if (err == NULL)
        return;
    va_list args;
    va_start(args, fmt);
    format_into(err->where, sizeof err->where, fmt, args);
    va_end(args);
}

void pn_error_help(pn_error *err, const char *fmt, ...)
{
    if (err == NULL)
        return;
    va_list args;
    va_start(args, fmt);
    format_into(err->help, sizeof err->help, fmt, args);
    va_end(args);
}

void pn_error_detail(pn_error *err, const char *text, size_t size)
{
    if (err == NULL)
        return;
    free(err->detail);
    err->detail = malloc(size + 1);
    if (err->detail == NULL)
        return;
    memcpy(err->detail, text, size);
    err->detail[size] = '\0';
}

void pn_error_finish(pn_error *err)
{
    if (err == NULL)
        return;
    free(err->detail);
    memset(err, 0, sizeof *err);
}

int pn_code_status(pn_code code)
{
    return code == PN_ERR_MEMORY ? PN_ERR_SYSTEM : (int)code;
}

const char *pn_code_name(pn_code code)
{
    switch (code) {
    case PN_OK: return "ok";
    case PN_ERR_USAGE: return "usage";
    case PN_ERR_SCENE: return "scene";
    case PN_ERR_NODE: return "node";
    case PN_ERR_INTERP: return "interpreter";
    case PN_ERR_MEMORY:
    case PN_ERR_SYSTEM: return "output";
    case PN_ERR_CANCELLED: return "cancelled";
    case PN_ERR_LOST: return "lost";
    case PN_ERR_ENTRY: return "entry";
    }
    return "unknown";
}
