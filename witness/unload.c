/* Libraries that are unloaded: what is known of their code holds no longer. */
#include "witness/libc.h"
#include "witness/stead.h"

PUBLIC int dlclose(void *library)
{
    int status = libc()->dlclose(library);
    if (page != NULL)
        sites_forget();
    return status;
}
