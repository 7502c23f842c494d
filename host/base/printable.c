#include "base/printable.h"

#include <stdbool.h>
#include <string.h>

// What is escaped beside the C0 controls: pynodes/printable.py says why. In order.
static const struct {
    uint32_t first, last;
} hidden[] = {
    {0x7F, 0x9F},     {0xAD, 0xAD},     {0x61C, 0x61C},     {0x180E, 0x180E}, {0x200B, 0x200B},
    {0x200E, 0x200F}, {0x2028, 0x202E}, {0x2060, 0x206F},   {0xFDD0, 0xFDEF}, {0xFEFF, 0xFEFF},
    {0xFFF9, 0xFFFB}, {0xFFFE, 0xFFFF}, {0xE0000, 0xE007F},
};

size_t pn_utf8_length(const char *s, uint32_t *code)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char lead = (unsigned char)s[0];
    size_t size = lead < 0x80 ? 1 : lead < 0xC0 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    uint32_t found = size < 2 ? lead : lead & (0x7Fu >> size);
    if (size == 0 || lead > 0xF4)
        return 0;
    for (size_t i = 1; i < size; i++) {
        if (((unsigned char)s[i] & 0xC0) != 0x80)
            return 0;
        found = found << 6 | ((unsigned char)s[i] & 0x3F);
    }
    if (found < least[size] || found > 0x10FFFF || (found >= 0xD800 && found <= 0xDFFF))
        return 0;
    if (code != NULL)
        *code = found;
    return size;
}

static bool is_hidden(uint32_t code)
{
    if (code < 0x20 || (code & 0xFFFE) == 0xFFFE)
        return true;
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
        if (code >= hidden[i].first && code <= hidden[i].last)
            return true;
    return false;
}

// The character at *s as it is shown, in `out`, which has room for it; *s goes on to the next.
static size_t show(const char **s, char *out, size_t size)
{
    uint32_t code = 0;
    size_t length = pn_utf8_length(*s, &code);
    const char *at = *s;
    *s += length == 0 ? 1 : length;
    if (length == 0)
        return (size_t)snprintf(out, size, "\\x%02x", (unsigned)(unsigned char)*at);
    if (code == '\r')
        return (size_t)snprintf(out, size, "\\r");
    if (code == '\t' || !is_hidden(code)) {
        memcpy(out, at, length);
        return length;
    }
    const char *form = code < 0x100 ? "\\x%02x" : code < 0x10000 ? "\\u%04x" : "\\U%08x";
    return (size_t)snprintf(out, size, form, (unsigned)code);
}

void pn_print(FILE *out, const char *label, const char *text)
{
    enum { PIECE = 64 }; // more than a character or an indent takes
    char buffer[512];    // stderr has none of its own
    int used = snprintf(buffer, sizeof buffer, "%s", label);
    int indent = used;
    flockfile(out);
    while (*text != '\0' && strcmp(text, "\n") != 0) {
        if (*text == '\n') {
            text++;
            used += snprintf(buffer + used, PIECE, "\n%*s", indent, "");
        } else {
            used += (int)show(&text, buffer + used, PIECE);
        }
        if (used > (int)sizeof buffer - PIECE) {
            fwrite(buffer, 1, (size_t)used, out);
            used = 0;
        }
    }
    buffer[used++] = '\n';
    fwrite(buffer, 1, (size_t)used, out);
    funlockfile(out);
}

void pn_print_error(FILE *out, const pn_error *err)
{
    flockfile(out);
    pn_print(out, "error: ", err->what);
    if (err->where[0] != '\0')
        pn_print(out, "  where: ", err->where);
    if (err->help[0] != '\0')
        pn_print(out, "  help:  ", err->help);
    if (err->detail != NULL && err->detail[0] != '\0')
        pn_print(out, "  ", err->detail);
    funlockfile(out);
}
