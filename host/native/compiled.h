/* A Python node that was compiled: what its machine code is called with.
 *
 * The text of PN_COMPILED_ARGS is the head of every source that the package makes; so both sides
 * have the same struct. Columns, shading and `bailed` count from sample 0; pointers to scene and
 * shading are for the two callbacks alone. Pure C.
 */
#ifndef PN_NATIVE_COMPILED_H
#define PN_NATIVE_COMPILED_H

#include <stdint.h>

/*   first, end  which samples to compute: [first, end)
 *   in, stride  a column per input, and the floats from one of its samples to the next
 *   out         a column per output, zeroed
 *   salt        of the node, for random()
 *   looked_up   the numbers that the node asks of the scene
 *   bailed      is set for each sample: 1 where the interpreter has to compute it */
#define PN_COMPILED_ARGS                                                                           \
    typedef struct {                                                                               \
        int64_t first, end;                                                                        \
        const float *const *in;                                                                    \
        const int *stride;                                                                         \
        float *const *out;                                                                         \
        const unsigned char *shading;                                                              \
        const void *scene;                                                                         \
        int64_t frame;                                                                             \
        uint64_t salt;                                                                             \
        double (*random)(uint64_t salt, const void *scene, const void *shading, uint32_t draw);    \
        void (*derived)(const void *scene, const void *shading, int which, float *out);            \
        const double *looked_up;                                                                   \
        unsigned char *bailed;                                                                     \
    } pn_compiled_args;

PN_COMPILED_ARGS

#define PN_COMPILED_SYMBOL "pn_compiled"

/* Computes the samples; what it wrote for those that it leaves is no result. Returns how many the
 * interpreter has to. Attach: forbidden. */
typedef int64_t pn_compiled_eval(const pn_compiled_args *args);

#endif
