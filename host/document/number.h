/* Numbers in text, read the same in every locale. */
#ifndef PN_DOCUMENT_NUMBER_H
#define PN_DOCUMENT_NUMBER_H

#include <stddef.h>
#include <stdint.h>

typedef enum {
    PN_NUMBER_OK,
    PN_NUMBER_WRONG,     /* not a number, or more than one */
    PN_NUMBER_NOT_FINITE /* nan, inf, or a number too large for a double */
} pn_number_result;

/* Read all `size` bytes as one decimal number: sign, digits with an optional point, optional
 * exponent. The result is within two units in the last place. Attach: either. */
pn_number_result pn_number_real(const char *text, size_t size, double *value);

/* Read all `size` bytes as one whole number; values beyond +-2^40 give +-2^40. Never NOT_FINITE.
 * Attach: either. */
pn_number_result pn_number_whole(const char *text, size_t size, int64_t *value);

#endif
