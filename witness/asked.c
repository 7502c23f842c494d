/* Programs that ask where they count references: pynodes_check.h. */
#include "witness/incidents.h"
#include "witness/stead.h"

#include <stddef.h>

PUBLIC void pynodes_ask(const char *function);

/* Up to 3.11 Python names the thread state that is attached, to whichever thread: then it is known
 * that nobody is, and no more. */
PUBLIC void pynodes_ask(const char *function)
{
    if (page == NULL || python_current() != NULL || !python_is_running() || python_is_stopping())
        return;
    note_incident(&(struct seen){
        .kind = CALLED_DETACHED, .text = function, .attached = python_own() != NULL});
}
