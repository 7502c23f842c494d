/* Text that others wrote, made fit to be shown.
 *
 * What a terminal obeys, what is no UTF-8 and what nobody sees becomes a visible escape: `\x1b`,
 * `\u202e`, `\x80` for a byte that is not UTF-8. Which characters these are is written down in
 * pynodes/printable.py, and a test compares the two. Nothing allocates.
 */
#ifndef PN_BASE_PRINTABLE_H
#define PN_BASE_PRINTABLE_H

#include "base/code.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Length of the well-formed UTF-8 sequence at `s`, which ends in a NUL (RFC 3629); 0 when there is
 * none. Its character goes to *code, unless that is NULL. Attach: either. */
size_t pn_utf8_length(const char *s, uint32_t *code);

/* Write a label of up to 60 bytes, the text and a newline, unless it ends in one. The text's
 * further lines are indented by the label's width. Attach: forbidden (a reader may keep it
 * waiting). */
void pn_print(FILE *out, const char *label, const char *text);

/* Write an error in the form that the package reads back (pynodes/errors.py). Attach: forbidden. */
void pn_print_error(FILE *out, const pn_error *err);

#endif
