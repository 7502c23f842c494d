/* The host's options, one row each. The fields of `pn_job`, their defaults, how a value is read,
 * --help and --describe follow from the rows; pynodes/options/table.py has the package's side and a
 * test holds both together.
 *
 * A row is X(KIND, type, field, "name", letter, takes, default, doc).
 *
 * - KIND: how a value is read (option_kinds.c): FLAG, NUMBER, WIDE, SECONDS, WORD, TEXT, TEXTS,
 * SIZE, FRAMES, PIXEL, ACTION, REST (all arguments from there on; the last option).
 * - type, field: the member of pn_job. TEXTS, FRAMES and REST also have `n_field`; SIZE is width_px
 *   and height_px.
 * - letter: the short form, 0 for none.
 * - takes: PN_ARG(how the value is written), PN_RANGE(the same, lowest, highest), PN_WORDS(list),
 *   PN_ACTION(word), PN_NOTHING.
 * - default: as a user would write it, or NULL; then a number is one below its lowest, a
 *   pixel is at -1, a text NULL.
 */
#ifndef PN_WIRE_OPTIONS_H
#define PN_WIRE_OPTIONS_H

/* A sample of a pixel, x from the left, y from the top, all from 0. */
typedef struct {
    int x, y, sample;
} pn_pixel;

enum { PN_THREADS_MAX = 1024, PN_SIZE_MAX = 16384, PN_SAMPLES_MAX = 4096 };

typedef enum {
    PN_DO_RENDER,
    PN_DO_REPLAY,
    PN_DO_MAIN,
    PN_DO_NODES,
    PN_DO_DESCRIBE,
    PN_DO_VERSION,
    PN_DO_HELP
} pn_job_action;

/* Words of an option, with what they are in C. */
#define PN_ENGINES(W)                                                                              \
    W(PN_ENGINE_AUTO, "auto")                                                                      \
    W(PN_ENGINE_SHARED, "shared")                                                                  \
    W(PN_ENGINE_ISOLATED, "isolated")                                                              \
    W(PN_ENGINE_PROCESS, "process")
#define PN_ATTACH_POLICIES(W)                                                                      \
    W(PN_ATTACH_FRESH, "fresh")                                                                    \
    W(PN_ATTACH_CALL, "call")                                                                      \
    W(PN_ATTACH_ROW, "row")                                                                        \
    W(PN_ATTACH_TILE, "tile")                                                                      \
    W(PN_ATTACH_THREAD, "thread")
#define PN_ORDERS(W)                                                                               \
    W(PN_ORDER_HILBERT, "hilbert")                                                                 \
    W(PN_ORDER_SCANLINE, "scanline")                                                               \
    W(PN_ORDER_SPIRAL, "spiral")
#define PN_PREVIEWS(W)                                                                             \
    W(PN_PREVIEW_SPHERE, "sphere")                                                                 \
    W(PN_PREVIEW_PLANE, "plane")                                                                   \
    W(PN_PREVIEW_CUBE, "cube")
#define PN_NODE_SHARING(W) W(false, "own") W(true, "shared")
#define PN_ON_OFF(W) W(true, "on") W(false, "off")
#define PN_HANDLERS(W) W(false, "python") W(true, "host")
#define PN_ON_ERROR(W) W(false, "zeros") W(true, "mark")
#define PN_COMPILE(W)                                                                              \
    W(PN_COMPILE_OFF, "off")                                                                       \
    W(PN_COMPILE_EXACT, "exact")                                                                   \
    W(PN_COMPILE_FAST, "fast")
#define PN_GO_STOP(W) W(false, "go") W(true, "stop")

#define PN_WORD_NAME(name, text) name,
#define PN_WORD_TEXT(name, text) text,

typedef enum { PN_ENGINES(PN_WORD_NAME) } pn_engine_choice;
typedef enum { PN_ATTACH_POLICIES(PN_WORD_NAME) } pn_attach_choice;
typedef enum { PN_ORDERS(PN_WORD_NAME) } pn_order;
typedef enum { PN_PREVIEWS(PN_WORD_NAME) } pn_preview;
typedef enum { PN_COMPILE(PN_WORD_NAME) } pn_compile_choice;

/* clang-format off */
#define PN_OPTIONS(X) \
    X(NUMBER, int, threads, "threads", 't', PN_RANGE("N|auto", 1, PN_THREADS_MAX), "auto", \
      "render threads, 1 to 1024; auto = usable cores") \
    X(WORD, pn_engine_choice, engine, "engine", 0, PN_WORDS(PN_ENGINES), "auto", \
      "how node calls are spread over threads") \
    X(WORD, pn_attach_choice, attach, "attach", 0, PN_WORDS(PN_ATTACH_POLICIES), "tile", \
      "how long a render thread stays attached; fresh keeps no thread state between calls") \
    X(WORD, bool, shared_nodes, "node-sharing", 0, PN_WORDS(PN_NODE_SHARING), "own", \
      "a node object per render thread, or one for all: the historical race, engine shared only") \
    X(WORD, bool, turnstile, "turnstile", 0, PN_WORDS(PN_ON_OFF), "on", \
      "let one render thread at a time want the GIL; off with --node-sharing shared") \
    X(WORD, pn_compile_choice, compile, "compile", 0, PN_WORDS(PN_COMPILE), "off", \
      "run Python nodes as machine code: exact gives the same to the last bit, fast is in single " \
      "precision") \
    X(TEXT, const char *, keep_c, "keep-c", 0, PN_ARG("DIR"), NULL, \
      "with --compile: keep the sources in C of compiled nodes in this folder") \
    X(WORD, bool, stop_with_gil, "gil-returns", 0, PN_WORDS(PN_GO_STOP), "go", \
      "when an import turns the GIL on in a free-threaded Python: go on, or refuse the scene") \
    X(SECONDS, double, switch_interval_s, "switch-interval", 0, PN_ARG("SECONDS"), NULL, \
      "Python's switch interval during the render; restored afterwards") \
    X(NUMBER, int, heartbeat_ms, "heartbeat", 0, PN_RANGE("MS", 1, 60000), NULL, \
      "let the main thread attach every so often during the render; the frame event has its waits") \
    X(SIZE, int, width_px, "size", 0, PN_ARG("WxH"), "640x480", "picture size in pixels") \
    X(NUMBER, int, samples, "samples", 0, PN_RANGE("N", 1, PN_SAMPLES_MAX), "4", \
      "samples per pixel") \
    X(NUMBER, int, tile_px, "tile", 0, PN_RANGE("N", 1, 4096), "32", "edge of a tile in pixels") \
    X(WORD, pn_order, order, "order", 0, PN_WORDS(PN_ORDERS), "hilbert", "order of the tiles") \
    X(WIDE, uint64_t, seed, "seed", 0, PN_RANGE("N", 0, INT64_MAX), "0", \
      "seed of everything random") \
    X(FRAMES, int *, frames, "frames", 0, PN_ARG("A|A..B|A..B:STEP,..."), "1", \
      "frames to render, one after the other") \
    X(NUMBER, int, only_tile, "only-tile", 0, PN_RANGE("I", 0, INT_MAX), NULL, \
      "render this tile alone, counted in the scanline grid") \
    X(PIXEL, pn_pixel, pixel, "pixel", 0, PN_ARG("X,Y[,SAMPLE]"), NULL, \
      "evaluate this pixel alone, and send what each node got and gave for that sample; without " \
      "--events-fd it is printed as JSON lines") \
    X(FLAG, bool, debug, "debug", 0, PN_NOTHING, NULL, \
      "one thread, engine shared: breakpoint() in a node opens pdb on this terminal; with --pixel " \
      "pdb stops at the Python nodes of that sample, in place of sending values") \
    X(TEXTS, const char **, defines, "define", 'D', PN_ARG("NAME=VALUE"), NULL, \
      "parameter of the scene: a Python literal, else text") \
    X(WORD, pn_preview, preview, "preview", 0, PN_WORDS(PN_PREVIEWS), "sphere", \
      "what shows a node file that has no scene") \
    X(WORD, bool, mark_errors, "on-error", 0, PN_WORDS(PN_ON_ERROR), "zeros", \
      "a sample where a node raised goes on with zeros from that node, or is marked: opaque magenta") \
    X(FLAG, bool, stop_on_error, "stop-on-error", 0, PN_NOTHING, NULL, \
      "stop at the next tile after a node error") \
    X(TEXTS, const char **, scripts, "script", 0, PN_ARG("FILE"), NULL, \
      "text script to run before the first frame; the frames are of the live scene") \
    X(TEXT, const char *, replay, "replay", 0, PN_ARG("FILE"), NULL, \
      "play the events of this flat replay instead of rendering; SCENE.py may be left out") \
    X(FLAG, bool, beside, "beside", 0, PN_NOTHING, NULL, \
      "with --replay: render the scene over and over beside it") \
    X(FLAG, bool, live, "live", 0, PN_NOTHING, NULL, \
      "with --beside: each frame shows the scene as it is then, not as it was at the start") \
    X(TEXT, const char *, overlay, "overlay", 0, PN_ARG("FILE.npy"), NULL, \
      "with --replay: keep what scripts drew over the view, in values of the screen; windows of " \
      "scripts go to FILE.SCRIPT.npy") \
    X(WORD, bool, host_signals, "signals", 0, PN_WORDS(PN_HANDLERS), "python", \
      "with --main: signals as in `python`, or as in a render: a Ctrl-C ends it in order, a crash " \
      "leaves stacks and an event") \
    X(TEXT, const char *, out, "out", 0, PN_ARG("FILE.npy"), NULL, \
      "frame file; a run of # in its name becomes the frame number. Without it the picture is " \
      "kept in memory and dropped") \
    X(NUMBER, int, events_fd, "events-fd", 0, PN_RANGE("N", 0, INT_MAX), NULL, \
      "file descriptor that gets JSON lines") \
    X(TEXT, const char *, status, "status", 0, PN_ARG("FILE"), NULL, \
      "mapped page with what each thread has in hand") \
    X(TEXT, const char *, evidence, "evidence", 0, PN_ARG("DIR"), NULL, \
      "folder for texts too long for an event; made on first use") \
    X(TEXT, const char *, trace, "trace", 0, PN_ARG("FILE.json"), NULL, \
      "timeline of all threads in the Chrome trace format") \
    X(FLAG, bool, trace_calls, "trace-calls", 0, PN_NOTHING, NULL, \
      "each single node call in the timeline too") \
    X(FLAG, bool, profile, "profile", 0, PN_NOTHING, NULL, \
      "sample which lines of Python nodes take the time, and send that as events") \
    X(TEXT, const char *, python_exe, "python-exe", 0, PN_ARG("PATH"), NULL, \
      "python whose packages the nodes see; else the one beside the host, else the one it was " \
      "built with") \
    X(ACTION, pn_job_action, action, "nodes", 0, PN_ACTION(PN_DO_NODES), NULL, \
      "print all nodes as JSON, those of SCENE.py included, instead of rendering") \
    X(ACTION, pn_job_action, action, "describe", 0, PN_ACTION(PN_DO_DESCRIBE), NULL, \
      "print this table as JSON") \
    X(ACTION, pn_job_action, action, "version", 0, PN_ACTION(PN_DO_VERSION), NULL, \
      "print host, Python, GIL and compiler") \
    X(ACTION, pn_job_action, action, "help", 'h', PN_ACTION(PN_DO_HELP), NULL, "print this text") \
    X(REST, char **, main, "main", 0, PN_ARG("SCRIPT.py|-m NAME"), NULL, \
      "run this as `python` would, after the scripts; what follows are its arguments. SCENE.py, " \
      "before it, may be left out")

/* For tests, and between a host and the workers of engine process: in no table for people. */
#define PN_INTERNAL_OPTIONS(X) \
    X(NUMBER, int, stop_limit_s, "stop-limit", 0, PN_RANGE("SECONDS", 1, 86400), "10", \
      "how long Python may take to end, counted anew for each interpreter") \
    X(NUMBER, int, worker, "worker", 0, PN_RANGE("K", 0, PN_THREADS_MAX - 1), NULL, \
      "be worker K of engine process") \
    X(NUMBER, int, stacks_signal, "stacks-signal", 0, PN_RANGE("N", 1, 64), NULL, \
      "with --main: print the stacks of all Python threads on this signal") \
    X(TEXT, const char *, board, "board", 0, PN_ARG("FILE"), NULL, "take tiles from this board") \
    X(NUMBER, int, job_fd, "job-fd", 0, PN_RANGE("N", 0, INT_MAX), NULL, \
      "start Python at once, then read the command line from this descriptor, up to its end")
/* clang-format on */

#endif
