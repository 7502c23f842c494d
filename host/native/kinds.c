#include "native/kinds.h"

#include <stddef.h>
#include <string.h>

const pn_native_kind *const pn_native_kinds[] = {
    &pn_kind_texture_coordinate,
    &pn_kind_geometry,
    &pn_kind_value,
    &pn_kind_rgb,
    &pn_kind_vector,
    &pn_kind_maths,
    &pn_kind_vector_maths,
    &pn_kind_mapping,
    &pn_kind_separate_xyz,
    &pn_kind_combine_xyz,
    &pn_kind_separate_rgb,
    &pn_kind_combine_rgb,
    &pn_kind_mix,
    &pn_kind_color_ramp,
    &pn_kind_noise,
    &pn_kind_voronoi,
    &pn_kind_checker,
    &pn_kind_lit_surface,
    &pn_kind_emission,
    NULL,
};

const pn_native_kind *pn_native_kind_find(const char *name)
{
    for (int i = 0; pn_native_kinds[i] != NULL; i++)
        if (strcmp(pn_native_kinds[i]->name, name) == 0)
            return pn_native_kinds[i];
    return NULL;
}
