/* The kinds one by one, for the table in kinds.c. Everybody else asks pn_native_kind_find. */
#ifndef PN_NATIVE_KINDS_H
#define PN_NATIVE_KINDS_H

#include "native/kind.h"

extern const pn_native_kind pn_kind_texture_coordinate; /* kind_geometry.c */
extern const pn_native_kind pn_kind_geometry;
extern const pn_native_kind pn_kind_value; /* kind_constant.c */
extern const pn_native_kind pn_kind_rgb;
extern const pn_native_kind pn_kind_vector;
extern const pn_native_kind pn_kind_maths;        /* kind_maths.c */
extern const pn_native_kind pn_kind_vector_maths; /* kind_vector_maths.c */
extern const pn_native_kind pn_kind_mapping;      /* kind_mapping.c */
extern const pn_native_kind pn_kind_separate_xyz; /* kind_separate.c */
extern const pn_native_kind pn_kind_combine_xyz;
extern const pn_native_kind pn_kind_separate_rgb;
extern const pn_native_kind pn_kind_combine_rgb;
extern const pn_native_kind pn_kind_mix;         /* kind_mix.c */
extern const pn_native_kind pn_kind_color_ramp;  /* kind_color_ramp.c */
extern const pn_native_kind pn_kind_noise;       /* kind_noise.c */
extern const pn_native_kind pn_kind_voronoi;     /* kind_voronoi.c */
extern const pn_native_kind pn_kind_checker;     /* kind_checker.c */
extern const pn_native_kind pn_kind_lit_surface; /* kind_surface.c */
extern const pn_native_kind pn_kind_emission;

#endif
