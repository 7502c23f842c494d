#include "wire/json.h"

#include "base/printable.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TAIL = 2 }; // the closing brace and the newline always fit

size_t pn_json_escape(const char *value, char *out, size_t size, size_t *took)
{
    const unsigned char *s = (const unsigned char *)value;
    size_t used = 0;
    size_t at = 0;
    while (s[at] != '\0') {
        char piece[8];
        size_t piece_size;
        size_t step = 1;
        unsigned char c = s[at];
        if (c == '"' || c == '\\') {
            piece[0] = '\\';
            piece[1] = (char)c;
            piece_size = 2;
        } else if (c == '\n' || c == '\t' || c == '\r') {
            piece[0] = '\\';
            piece[1] = c == '\n' ? 'n' : c == '\t' ? 't' : 'r';
            piece_size = 2;
        } else if (c < 0x20 || c == 0x7F) {
            piece_size = (size_t)snprintf(piece, sizeof piece, "\\u%04x", c);
        } else {
            step = pn_utf8_length(value + at, NULL);
            if (step == 0) {
                memcpy(piece, "\\ufffd", 6);
                piece_size = 6;
                step = 1;
            } else {
                memcpy(piece, s + at, step);
                piece_size = step;
            }
        }
        if (used + piece_size > size)
            break;
        memcpy(out + used, piece, piece_size);
        used += piece_size;
        at += step;
    }
    if (took != NULL)
        *took = at;
    return used;
}

static size_t room(const pn_line *line)
{
    return sizeof line->text - TAIL - line->used;
}

static bool add(pn_line *line, const char *text, size_t size)
{
    if (size > room(line)) {
        line->full = true;
        return false;
    }
    memcpy(line->text + line->used, text, size);
    line->used += size;
    return true;
}

static bool add_key(pn_line *line, const char *key)
{
    char head[80];
    int n = snprintf(head, sizeof head, "%s\"%s\":", line->first ? "" : ",", key);
    if (!add(line, head, (size_t)n))
        return false;
    line->first = false;
    return true;
}

// A field is whole or absent: forget what was added since `mark`.
static void take_back(pn_line *line, size_t mark, bool first)
{
    line->used = mark;
    line->first = first;
    line->full = true;
}

static bool add_string(pn_line *line, const char *value)
{
    size_t took;
    if (!add(line, "\"", 1) || room(line) < 1)
        return false;
    size_t n = pn_json_escape(value, line->text + line->used, room(line) - 1, &took);
    line->used += n;
    return value[took] == '\0' && add(line, "\"", 1);
}

void pn_float_text(float value, char text[PN_FLOAT_SIZE])
{
    if (!isfinite(value)) {
        snprintf(text, PN_FLOAT_SIZE, "%s", isnan(value) ? "nan" : value > 0 ? "inf" : "-inf");
        return;
    }
    for (int digits = 1; digits <= 9; digits++) {
        snprintf(text, PN_FLOAT_SIZE, "%.*g", digits, (double)value);
        if (strtof(text, NULL) == value)
            break;
    }
    char *comma = strchr(text, ','); // a node may have set a locale
    if (comma != NULL)
        *comma = '.';
}

void pn_line_begin(pn_line *line)
{
    line->text[0] = '{';
    line->used = 1;
    line->full = false;
    line->first = true;
}

static void put(pn_line *line, const char *key, const char *json, size_t size)
{
    size_t mark = line->used;
    bool first = line->first;
    if (!add_key(line, key) || !add(line, json, size))
        take_back(line, mark, first);
}

void pn_line_string(pn_line *line, const char *key, const char *value)
{
    size_t mark = line->used;
    bool first = line->first;
    if (value == NULL)
        put(line, key, "null", 4);
    else if (!add_key(line, key) || !add_string(line, value))
        take_back(line, mark, first);
}

void pn_line_int(pn_line *line, const char *key, int64_t value)
{
    char number[24];
    put(line, key, number, (size_t)snprintf(number, sizeof number, "%" PRId64, value));
}

void pn_line_bool(pn_line *line, const char *key, bool value)
{
    put(line, key, value ? "true" : "false", value ? 4 : 5);
}

void pn_line_pair(pn_line *line, const char *key, int a, int b)
{
    char pair[32];
    put(line, key, pair, (size_t)snprintf(pair, sizeof pair, "[%d,%d]", a, b));
}

void pn_line_floats(pn_line *line, const char *key, const float *values, int n)
{
    size_t mark = line->used;
    bool first = line->first;
    bool fits = add_key(line, key) && add(line, "[", 1);
    for (int i = 0; fits && i < n; i++) {
        char number[PN_FLOAT_SIZE], text[PN_FLOAT_SIZE + 3];
        pn_float_text(values[i], number);
        const char *quote = isfinite(values[i]) ? "" : "\"";
        int size = snprintf(text, sizeof text, "%s%s%s%s", i > 0 ? "," : "", quote, number, quote);
        fits = add(line, text, (size_t)size);
    }
    if (!fits || !add(line, "]", 1))
        take_back(line, mark, first);
}

void pn_line_strings(pn_line *line, const char *key, const char *const *values, int n)
{
    size_t mark = line->used;
    bool first = line->first;
    bool fits = add_key(line, key) && add(line, "[", 1);
    for (int i = 0; fits && i < n; i++)
        fits = (i == 0 || add(line, ",", 1)) && add_string(line, values[i]);
    if (!fits || !add(line, "]", 1))
        take_back(line, mark, first);
}

bool pn_line_string_cut(pn_line *line, const char *key, const char *value, size_t reserve)
{
    size_t mark = line->used;
    bool first = line->first;
    if (!add_key(line, key) || !add(line, "\"", 1) || room(line) < reserve + 1) {
        take_back(line, mark, first);
        return true;
    }
    size_t took;
    line->used += pn_json_escape(value, line->text + line->used, room(line) - reserve - 1, &took);
    add(line, "\"", 1);
    return value[took] != '\0';
}

size_t pn_line_end(pn_line *line)
{
    line->text[line->used++] = '}';
    line->text[line->used++] = '\n';
    return line->used;
}
