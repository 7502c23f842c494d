#include "native/kind.h"

#include <stddef.h>
#include <string.h>

#define PN_KIND(file, name) extern const pn_native_kind pn_kind_##name;
#include "native/kinds.def"
#undef PN_KIND

#define PN_KIND(file, name) &pn_kind_##name,
const pn_native_kind *const pn_native_kinds[] = {
#include "native/kinds.def"
    NULL,
};

const pn_native_kind *pn_native_kind_find(const char *name)
{
    for (int i = 0; pn_native_kinds[i] != NULL; i++)
        if (strcmp(pn_native_kinds[i]->name, name) == 0)
            return pn_native_kinds[i];
    return NULL;
}
