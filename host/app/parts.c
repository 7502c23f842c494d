#include "app/parts.h"

#define PN_PART(folder, name) extern const pn_app_part pn_##name##_part;
#include "app/parts.def"
#undef PN_PART

#define PN_PART(folder, name) &pn_##name##_part,
const pn_app_part *const pn_app_parts[] = {
#include "app/parts.def"
    NULL,
};
