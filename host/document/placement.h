/* Where a thing stands, in double precision: 4x4 matrices by rows, column vectors (translation in
 * the last column).
 *
 * The sums are those of pynodes/scene/transform.py, in the same order, so that what scripts and the
 * host compute agrees to the last bit. Attach: either.
 */
#ifndef PN_DOCUMENT_PLACEMENT_H
#define PN_DOCUMENT_PLACEMENT_H

#include <stdbool.h>

typedef struct {
    double m[16];
} pn_matrix;

/* Scale, then rotate about x, y and z in this order (degrees), then move. */
pn_matrix pn_placement_compose(const double location[3], const double rotation[3],
                               const double scale[3]);

/* The other way round; shear is lost. Axes of no length get rotation 0. */
void pn_placement_decompose(const pn_matrix *matrix, double location[3], double rotation[3],
                            double scale[3]);

/* Camera to world: the camera looks along -z, y is up. */
pn_matrix pn_placement_look(const double location[3], const double look_at[3], const double up[3]);

/* Finite, last row 0 0 0 1, and not flat. */
bool pn_placement_is_usable(const pn_matrix *matrix);

#endif
