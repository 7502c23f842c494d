/* One JSON line in a fixed buffer.
 *
 * Strings are escaped; bytes that are no UTF-8 become U+FFFD. A line that grew past its room is
 * marked `full` and stays valid up to the last whole field (fields are dropped, never torn).
 * Nothing allocates. Attach: either. A line belongs to one thread.
 */
#ifndef PN_WIRE_JSON_H
#define PN_WIRE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PN_LINE_SIZE = 4096 }; /* PIPE_BUF on Linux: a write of up to this is one piece */

typedef struct {
    char text[PN_LINE_SIZE];
    size_t used;
    bool full;
    bool first; /* no comma before the next field */
} pn_line;

void pn_line_begin(pn_line *line);
void pn_line_string(pn_line *line, const char *key, const char *value); /* NULL value: null */
void pn_line_int(pn_line *line, const char *key, int64_t value);
void pn_line_bool(pn_line *line, const char *key, bool value);
void pn_line_pair(pn_line *line, const char *key, int a, int b);
/* A list of numbers, each with the fewest digits that give the same float back; what is not finite
 * is a string: "nan", "inf", "-inf". */
void pn_line_floats(pn_line *line, const char *key, const float *values, int n);
void pn_line_strings(pn_line *line, const char *key, const char *const *values, int n);

/* Like pn_line_string, but keeps `reserve` bytes free for what comes after and cuts the value to
 * fit. True when it was cut. */
bool pn_line_string_cut(pn_line *line, const char *key, const char *value, size_t reserve);

/* The fewest digits that give the same float back; "nan", "inf" or "-inf" for what is not finite.
 */
enum { PN_FLOAT_SIZE = 24 };
void pn_float_text(float value, char text[PN_FLOAT_SIZE]);

/* Close the object and add the newline; returns the bytes of the whole line. */
size_t pn_line_end(pn_line *line);

/* Escape `value` as the inside of a JSON string into out[size], cut at a whole character; returns
 * the bytes written (no NUL) and in *took how many input bytes they stand for. */
size_t pn_json_escape(const char *value, char *out, size_t size, size_t *took);

#endif
