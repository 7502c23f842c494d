/* All cases, by name. */
#ifndef PN_FAULT_TABLE_H
#define PN_FAULT_TABLE_H

#include "fault/rig.h"

#include <stdio.h>

extern const pn_fault *const pn_fault_table[]; /* ended by NULL */

/* By name, or by its number in the table, counted from one; NULL when there is no such case. */
const pn_fault *pn_fault_find(const char *name);

/* The table as JSON: a list of objects. */
void pn_fault_print(FILE *to);

#endif
