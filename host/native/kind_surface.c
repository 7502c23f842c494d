/* How a surface looks: lit by the scene's lamps, or shining by itself. */
#include "native/column.h"
#include "native/kind.h"

/* --- LitSurface ---
 *
 * For every lamp whose light arrives with irradiance E (shadows included) from the unit direction
 * l: Lambert:     Color * Diffuse * E * max(0, n.l) Blinn-Phong: Specular * E * max(0,
 * n.h)^Hardness, h = unit(l + towards the viewer), where n.l > 0 (J. F. Blinn, "Models of light
 * reflection for computer synthesized pictures", 1977) plus Ambient * Color * the sky's colour in
 * direction n. No 1/pi anywhere: a white surface that faces a lamp of irradiance 1 is white.
 */

enum { IN_COLOR, IN_SPECULAR, IN_HARDNESS, IN_DIFFUSE, IN_AMBIENT, IN_NORMAL };

static pn_vec3 multiply(pn_vec3 a, pn_vec3 b)
{
    return (pn_vec3){a.x * b.x, a.y * b.y, a.z * b.z};
}

static bool is_black(pn_vec3 v)
{
    return v.x == 0.0f && v.y == 0.0f && v.z == 0.0f;
}

static void eval_lit_surface(const pn_native_args *args)
{
    float *restrict out = args->out[0];
    if (out == NULL)
        return;
    const pn_scene *scene = args->scene;
    int n_lamps = pn_scene_lamp_count(scene);
    for (int i = 0; i < args->n; i++) {
        const pn_shading *s = &args->shading[i];
        const float *color = pn_column_rgba(args->in[IN_COLOR], i);
        pn_vec3 base = {color[0], color[1], color[2]};
        pn_vec3 specular = pn_column_vector(args->in[IN_SPECULAR], i);
        float hardness = pn_column_clamp(pn_column_value(args->in[IN_HARDNESS], i), 0.0f, 1e6f);
        float ambient = pn_column_value(args->in[IN_AMBIENT], i);
        pn_vec3 body = pn_vec3_scale(base, pn_column_value(args->in[IN_DIFFUSE], i));
        bool has_highlight = !is_black(specular);
        pn_vec3 normal = s->normal;
        if (args->linked[IN_NORMAL]) {
            pn_vec3 given = pn_column_unit(pn_column_vector(args->in[IN_NORMAL], i));
            normal = is_black(given) ? normal : given;
        }

        pn_vec3 sum = {0.0f, 0.0f, 0.0f};
        if (ambient != 0.0f)
            sum = pn_vec3_scale(multiply(base, pn_scene_sky(scene, normal)), ambient);
        for (int k = 0; k < n_lamps; k++) {
            pn_vec3 to_lamp;
            pn_vec3 light = pn_scene_lamp_light(scene, k, s->point, s->face_normal, &to_lamp);
            float cosine = pn_vec3_dot(normal, to_lamp);
            if (!(cosine > 0.0f) || is_black(light))
                continue;
            sum = pn_vec3_add(sum, pn_vec3_scale(multiply(body, light), cosine));
            if (has_highlight) {
                pn_vec3 half = pn_vec3_normalize(pn_vec3_sub(to_lamp, s->view));
                float shine = pn_vec3_dot(normal, half);
                if (shine > 0.0f)
                    sum = pn_vec3_add(
                        sum, pn_vec3_scale(multiply(specular, light), powf(shine, hardness)));
            }
        }
        float *to = out + 4 * (size_t)i;
        to[0] = pn_column_number(sum.x);
        to[1] = pn_column_number(sum.y);
        to[2] = pn_column_number(sum.z);
        to[3] = color[3];
    }
}

const pn_native_kind pn_kind_lit_surface = {
    .name = "LitSurface",
    .doc = "A surface under the scene's lamps and sky: Lambert and Blinn-Phong; Normal unlinked: "
           "the surface's own",
    PN_INPUTS(PN_RGBA("Color", 0.8f, 1, 0, 1), PN_RGBA("Specular", 0.25f, 1, 0, 1),
              PN_VALUE("Hardness", 50, 1, 500), PN_VALUE("Diffuse", 1, 0, 1),
              PN_VALUE("Ambient", 0.25f, 0, 1),
              PN_VECTOR("Normal", 0, -1, 1)), // world; need not be unit
    PN_OUTPUTS(PN_RGBA("Color", 0, 0, 0, 1)), // alpha of the input Color
    .eval = eval_lit_surface,
};

/* --- Emission --- */

enum { EM_COLOR, EM_STRENGTH };

static void eval_emission(const pn_native_args *args)
{
    float *restrict out = args->out[0];
    if (out == NULL)
        return;
    for (int i = 0; i < args->n; i++) {
        const float *color = pn_column_rgba(args->in[EM_COLOR], i);
        float strength = pn_column_value(args->in[EM_STRENGTH], i);
        float *to = out + 4 * (size_t)i;
        for (int k = 0; k < 3; k++)
            to[k] = pn_column_number(color[k] * strength);
        to[3] = color[3];
    }
}

const pn_native_kind pn_kind_emission = {
    .name = "Emission",
    .doc = "A surface that shines by itself: Color times Strength, no lamps",
    PN_INPUTS(PN_RGBA("Color", 1, 1, 0, 1), PN_VALUE("Strength", 1, 0, 100)),
    PN_OUTPUTS(PN_RGBA("Color", 0, 0, 0, 100)), // alpha of the input Color
    .is_pure = true,
    .eval = eval_emission,
};
