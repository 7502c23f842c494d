/* Arguments that come when the program runs already: over a descriptor, each with a NUL behind it.
 *
 * Who starts a host may know the job later than that there will be one. Attach: forbidden (it
 * waits). Main thread.
 */
#ifndef PN_WIRE_LATE_ARGUMENTS_H
#define PN_WIRE_LATE_ARGUMENTS_H

#include "base/code.h"

typedef struct {
    int argc;
    char **argv; /* owned, with a NULL behind the last */
    char *text;  /* owned: what argv points into */
} pn_late_arguments;

/* Read all that comes until the other side closes, and close this one; argv[0] is `program`.
 * Nothing at all is a command line without arguments. Fails: PN_ERR_SYSTEM, PN_ERR_MEMORY; then
 * there is nothing to finish. */
pn_code pn_late_arguments_read(pn_late_arguments *late, int fd, char *program, pn_error *err);

void pn_late_arguments_finish(pn_late_arguments *late); /* accepts a zeroed one */

#endif
