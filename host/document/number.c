#include "document/number.h"

#include <math.h>
#include <stdbool.h>

/* Powers of ten that a double holds exactly. */
static const double TENS[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                              1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                              1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
enum { LAST_TEN = 22, MAX_EXPONENT = 100000 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static double scale_by_ten(double value, int exponent)
{
    while (exponent > LAST_TEN && isfinite(value) && value != 0.0) {
        value *= TENS[LAST_TEN];
        exponent -= LAST_TEN;
    }
    while (exponent < -LAST_TEN && value != 0.0) {
        value /= TENS[LAST_TEN];
        exponent += LAST_TEN;
    }
    if (value == 0.0 || !isfinite(value))
        return value;
    return exponent < 0 ? value / TENS[-exponent] : value * TENS[exponent];
}

/* What C libraries write for values that are no numbers: nan, inf, infinity, 1.#IND, nan(...). */
static bool is_not_finite_word(const char *text, size_t size)
{
    static const char *const words[] = {"nan", "inf", "1.#"};
    if (size > 0 && (text[0] == '-' || text[0] == '+')) {
        text++;
        size--;
    }
    for (size_t w = 0; w < sizeof words / sizeof words[0]; w++) {
        if (size < 3)
            return false;
        size_t i = 0;
        while (i < 3 && (text[i] == words[w][i] ||
                         (words[w][i] >= 'a' && text[i] == words[w][i] - 'a' + 'A')))
            i++;
        if (i == 3)
            return true;
    }
    return false;
}

pn_number_result pn_number_real(const char *text, size_t size, double *value)
{
    size_t i = 0;
    bool negative = false;
    if (i < size && (text[i] == '-' || text[i] == '+'))
        negative = text[i++] == '-';

    uint64_t digits = 0;
    int exponent = 0, kept = 0;
    bool any = false, point = false;
    for (; i < size; i++) {
        if (text[i] == '.' && !point) {
            point = true;
            continue;
        }
        if (!is_digit(text[i]))
            break;
        any = true;
        if (kept < 19) {
            digits = digits * 10 + (uint64_t)(text[i] - '0');
            kept += digits > 0 ? 1 : 0;
            exponent -= point ? 1 : 0;
        } else if (!point && exponent < MAX_EXPONENT) {
            exponent++;
        }
    }
    if (any && i < size && (text[i] == 'e' || text[i] == 'E')) {
        size_t k = i + 1;
        bool down = false;
        if (k < size && (text[k] == '-' || text[k] == '+'))
            down = text[k++] == '-';
        int given = 0;
        bool any_given = false;
        for (; k < size && is_digit(text[k]); k++) {
            any_given = true;
            if (given < MAX_EXPONENT)
                given = given * 10 + (text[k] - '0');
        }
        if (any_given) {
            exponent += down ? -given : given;
            i = k;
        }
    }
    if (!any || i < size)
        return is_not_finite_word(text, size) ? PN_NUMBER_NOT_FINITE : PN_NUMBER_WRONG;

    double magnitude = scale_by_ten((double)digits, exponent);
    if (!isfinite(magnitude))
        return PN_NUMBER_NOT_FINITE;
    *value = negative ? -magnitude : magnitude;
    return PN_NUMBER_OK;
}

pn_number_result pn_number_whole(const char *text, size_t size, int64_t *value)
{
    static const int64_t LARGEST = INT64_C(1) << 40;
    size_t i = 0;
    bool negative = false;
    if (i < size && (text[i] == '-' || text[i] == '+'))
        negative = text[i++] == '-';
    if (i == size)
        return PN_NUMBER_WRONG;
    int64_t magnitude = 0;
    for (; i < size; i++) {
        if (!is_digit(text[i]))
            return PN_NUMBER_WRONG;
        if (magnitude < LARGEST)
            magnitude = magnitude * 10 + (text[i] - '0');
        if (magnitude > LARGEST)
            magnitude = LARGEST;
    }
    *value = negative ? -magnitude : magnitude;
    return PN_NUMBER_OK;
}
