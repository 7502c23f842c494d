/* Native node kinds: what a node written in C declares, and the table of all of them.
 *
 * A kind is evaluated for a whole batch of samples at once, on a render thread that is DETACHED
 * from Python. Kinds are constant data; one file per family defines them, kinds.c lists them.
 */
#ifndef PN_NATIVE_KIND_H
#define PN_NATIVE_KIND_H

#include "base/code.h"
#include "native/socket.h"
#include "scene/scene.h"
#include "scene/shading.h"

#include <stdbool.h>

typedef enum {
    PN_PARAM_NUMBER, /* one double */
    PN_PARAM_CHOICE, /* one of `choices`; `number` is its index */
    PN_PARAM_LIST    /* any number of doubles */
} pn_param_type;

typedef struct {
    const char *name;
    pn_param_type type;
    double number;              /* default of a NUMBER, index of the default CHOICE */
    const char *const *choices; /* CHOICE: NULL-terminated */
    const double *list;         /* LIST: default */
    int n_list;
    const char *doc;
} pn_param_spec;

/* Rows of a kind: sockets with the value of all components (of a colour's three, its alpha after
 * it) and the range, parameters with their default. Words end with NULL; the first is the default.
 */
#define PN_VALUE(name_, v, low, high)                                                              \
    {.name = name_, .type = PN_SOCKET_VALUE, .value = {v}, .min = low, .max = high}
#define PN_VECTOR(name_, v, low, high)                                                             \
    {.name = name_, .type = PN_SOCKET_VECTOR, .value = {v, v, v}, .min = low, .max = high}
#define PN_RGBA(name_, v, alpha, low, high)                                                        \
    {.name = name_, .type = PN_SOCKET_RGBA, .value = {v, v, v, alpha}, .min = low, .max = high}
#define PN_NUMBER(name_, default_, doc_)                                                           \
    {.name = name_, .type = PN_PARAM_NUMBER, .number = default_, .doc = doc_}
#define PN_CHOICE(name_, doc_, ...)                                                                \
    {.name = name_,                                                                                \
     .type = PN_PARAM_CHOICE,                                                                      \
     .choices = (const char *const[]){__VA_ARGS__},                                                \
     .doc = doc_}
#define PN_NUMBERS(name_, doc_, ...)                                                               \
    {.name = name_,                                                                                \
     .type = PN_PARAM_LIST,                                                                        \
     .list = (const double[]){__VA_ARGS__},                                                        \
     .n_list = PN_COUNT(double, __VA_ARGS__),                                                      \
     .doc = doc_}

/* What a table X(word, body) of operations becomes: numbers, words of a choice, cases. */
#define PN_OP_NUMBER(word, body) OP_##word,
#define PN_OP_WORD(word, body) #word,
#define PN_OP_CASE(word, body)                                                                     \
    case OP_##word: body; break;

/* The lists of rows. */
#define PN_COUNT(type, ...) ((int)(sizeof((const type[]){__VA_ARGS__}) / sizeof(type)))
#define PN_INPUTS(...)                                                                             \
    .inputs = (const pn_socket_spec[]){__VA_ARGS__},                                               \
    .n_inputs = PN_COUNT(pn_socket_spec, __VA_ARGS__)
#define PN_OUTPUTS(...)                                                                            \
    .outputs = (const pn_socket_spec[]){__VA_ARGS__},                                              \
    .n_outputs = PN_COUNT(pn_socket_spec, __VA_ARGS__)
#define PN_PARAMS(...)                                                                             \
    .params = (const pn_param_spec[]){__VA_ARGS__}, .n_params = PN_COUNT(pn_param_spec, __VA_ARGS__)

typedef struct {
    double number;
    const double *list; /* LIST: owned by the tree node */
    int n_list;
} pn_param;

typedef struct {
    const pn_scene *scene;     /* frozen; NULL for a pure kind whose inputs are constant */
    const pn_shading *shading; /* n records; NULL likewise */
    int n;
    const pn_column *in; /* one per declared input, of its declared type */
    const bool *linked;  /* one per declared input */
    float *const *out;   /* one per declared output, n * width floats; NULL when nobody reads it */
    const pn_param *params; /* one per declared parameter */
} pn_native_args;

typedef struct {
    const char *name; /* as in pynodes.nodes.native, CamelCase */
    const char *doc;  /* one line for `pynodes nodes` */
    const pn_socket_spec *inputs;
    int n_inputs;
    const pn_socket_spec *outputs;
    int n_outputs;
    const pn_param_spec *params;
    int n_params;
    /* Each sample's outputs follow from that sample's inputs and the parameters alone. Such a node
     * is evaluated once, with n = 1 and scene and shading NULL, when all inputs are constant. */
    bool is_pure;
    /* Check parameters beyond their type; NULL when there is nothing to check. */
    pn_code (*check)(const pn_param *params, pn_error *err);
    /* Writes every element of every non-NULL output column. Outputs overlap neither each other nor
     * an input. The result for a sample may not depend on n or on the sample's place in the batch.
     * Does not allocate, block or fail. Attach: forbidden, but for a tree's constants (plan.h). */
    void (*eval)(const pn_native_args *args);
} pn_native_kind;

/* All kinds, NULL-terminated, in the order `pynodes nodes` lists them. */
extern const pn_native_kind *const pn_native_kinds[];

/* The kind of that name (case-sensitive), or NULL. */
const pn_native_kind *pn_native_kind_find(const char *name);

#endif
