/* Properties: numbers and texts that scripts keep under names. */
#ifndef PN_DOCUMENT_PROPERTIES_H
#define PN_DOCUMENT_PROPERTIES_H

#include <stdbool.h>

/* A custom property: a number, or text. */
typedef struct {
    char *name;
    char *text; /* NULL: it is the number */
    double number;
} pn_property;

/* NULL: no such property. */
const pn_property *pn_property_find(const pn_property *list, int n, const char *name);

/* Put a number (text NULL) or a text under a name, replacing what is there. False: out of
 * memory. */
bool pn_property_put(pn_property **list, int *n, const char *name, const char *text, double number);
void pn_properties_free(pn_property *list, int n); /* accepts NULL */
bool pn_property_remove(pn_property *list, int *n, const char *name);

/* A copy, also of what came before memory ran out; false then. */
bool pn_properties_copy(pn_property **to, int *n_to, const pn_property *from, int n);

#endif
