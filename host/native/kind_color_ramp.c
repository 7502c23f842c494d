/* ColorRamp: a value looked up in a row of coloured stops.
 *
 * Before the first stop and after the last their colours hold. Between two stops at p <= q and with
 * t = (factor - p) / (q - p): linear blends by t, smooth by 3t^2 - 2t^3, constant keeps the colour
 * of p. Two stops at one position make a jump; the later one holds at the position itself.
 */
#include "native/column.h"
#include "native/kind.h"

enum { OUT_COLOR, OUT_ALPHA };
enum { PARAM_STOPS, PARAM_INTERPOLATION };
enum { LINEAR, CONSTANT, SMOOTH };
enum { STOP_SIZE = 5, STOPS_MAX = 256 };

static pn_code check_color_ramp(const pn_param *params, pn_error *err)
{
    const pn_param *stops = &params[PARAM_STOPS];
    int n_stops = stops->n_list / STOP_SIZE;
    if (stops->n_list % STOP_SIZE != 0 || n_stops < 1 || n_stops > STOPS_MAX) {
        pn_code code = pn_fail(err, PN_ERR_SCENE, "parameter stops has %d numbers", stops->n_list);
        pn_error_help(err, "give five per stop: position, red, green, blue, alpha; 1 to %d stops",
                      (int)STOPS_MAX);
        return code;
    }
    for (int k = 1; k < n_stops; k++) {
        double before = stops->list[(k - 1) * STOP_SIZE];
        double at = stops->list[k * STOP_SIZE];
        if ((float)at >= (float)before)
            continue;
        return pn_fail_with(err, PN_ERR_SCENE, "give the stops in the order of their positions",
                            "parameter stops: stop %d at %g comes after one at %g", k, at, before);
    }
    return PN_OK;
}

// The last stop whose position is <= x; -1 when x is before all (and for what is not a number).
static int find_stop(const float *stops, int n_stops, float x)
{
    int low = -1, high = n_stops; // the answer is in low..high-1
    while (high - low > 1) {
        int middle = low + (high - low) / 2;
        if (stops[middle * STOP_SIZE] <= x)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static void look_up(const float *stops, int n_stops, int interpolation, float x, float rgba[4])
{
    int k = find_stop(stops, n_stops, x);
    const float *a = stops + (k < 0 ? 0 : k) * STOP_SIZE;
    if (k < 0 || k == n_stops - 1 || interpolation == CONSTANT) {
        for (int c = 0; c < 4; c++)
            rgba[c] = a[1 + c];
        return;
    }
    const float *b = a + STOP_SIZE; // a[0] <= x < b[0]
    float t = (x - a[0]) / (b[0] - a[0]);
    if (interpolation == SMOOTH)
        t = t * t * (3.0f - 2.0f * t);
    for (int c = 0; c < 4; c++)
        rgba[c] = (1.0f - t) * a[1 + c] + t * b[1 + c];
}

static void eval_color_ramp(const pn_native_args *args)
{
    const pn_param *param = &args->params[PARAM_STOPS];
    int n_stops = param->n_list / STOP_SIZE;
    int interpolation = (int)args->params[PARAM_INTERPOLATION].number;
    float *restrict color = args->out[OUT_COLOR];
    float *restrict alpha = args->out[OUT_ALPHA];
    float stops[STOPS_MAX * STOP_SIZE];
    for (int k = 0; k < param->n_list; k++)
        stops[k] = (float)param->list[k];
    for (int i = 0; i < args->n; i++) {
        float rgba[4];
        look_up(stops, n_stops, interpolation, pn_column_value(args->in[0], i), rgba);
        if (color != NULL)
            for (int c = 0; c < 4; c++)
                color[4 * (size_t)i + (size_t)c] = rgba[c];
        if (alpha != NULL)
            alpha[i] = rgba[3];
    }
}

const pn_native_kind pn_kind_color_ramp = {
    .name = "ColorRamp",
    .doc = "A value turned into a colour by a row of stops",
    PN_INPUTS(PN_VALUE("Factor", 0.5f, 0, 1)),
    PN_OUTPUTS(PN_RGBA("Color", 0, 0, 0, 1), PN_VALUE("Alpha", 0, 0, 1)),
    PN_PARAMS(PN_NUMBERS("stops",
                         "five numbers per stop, by position: position, red, green, blue, alpha", 0,
                         0, 0, 0, 1, 1, 1, 1, 1, 1),
              PN_CHOICE("interpolation",
                        "between two stops: straight, none (a step), or eased at both ends",
                        "linear", "constant", "smooth", NULL)),
    .is_pure = true,
    .check = check_color_ramp,
    .eval = eval_color_ramp,
};
