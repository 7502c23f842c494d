#include "wire/event.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/printable.h"
#include "wire/json.h"
#include "wire/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static bool write_all(int fd, const char *text, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, text, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN) { // whoever started the host made the pipe non-blocking
            poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, -1);
            continue;
        }
        if (n < 0)
            return false; // the reader is gone: the run goes on without it
        text += n;
        size -= (size_t)n;
    }
    return true;
}

static void begin(pn_line *line, const char *kind)
{
    pn_line_begin(line);
    pn_line_string(line, "ev", kind);
}

static bool identify(int fd, uint64_t file[2])
{
    struct stat found;
    if (fd < 0 || fstat(fd, &found) != 0)
        return false;
    file[0] = (uint64_t)found.st_dev;
    file[1] = (uint64_t)found.st_ino;
    return true;
}

static pn_events *taken;

static void drop_in_child(void)
{
    uint64_t file[2];
    if (identify(taken->fd, file) && memcmp(file, taken->file, sizeof file) == 0)
        close(taken->fd);
    taken->fd = -1;
}

void pn_events_take(pn_events *events, bool out_of_the_way)
{
    enum { HIGH = 1024 };
    struct rlimit most;
    if (events->fd < 0)
        return;
    if (out_of_the_way && getrlimit(RLIMIT_NOFILE, &most) == 0) {
        int from = (int)(most.rlim_cur < HIGH ? most.rlim_cur : HIGH) - 1;
        int moved = fcntl(events->fd, F_DUPFD_CLOEXEC, from);
        if (moved >= 0) {
            close(events->fd);
            events->fd = moved;
        }
    }
    // Programs that a node starts must not hold the events open after we are gone.
    if (events->fd > STDERR_FILENO)
        fcntl(events->fd, F_SETFD, FD_CLOEXEC);
    taken = events;
    identify(events->fd, events->file);
    pthread_atfork(NULL, NULL, drop_in_child);
}

// A script may have closed all descriptors, as daemons do, and opened files of its own.
static bool is_ours(const pn_events *events)
{
    uint64_t file[2];
    return taken != events ||
           (identify(events->fd, file) && memcmp(file, events->file, sizeof file) == 0);
}

static void send(const pn_events *events, pn_line *line)
{
    if (events->fd < 0 || !is_ours(events))
        return;
    size_t size = pn_line_end(line);
    if (!write_all(events->fd, line->text, size) && errno == EPIPE)
        pn_signals_reader_gone();
}

// Keep a text whole in the evidence folder; false when there is none or it cannot be written.
static bool keep(const pn_events *events, const char *text, char *path, size_t size)
{
    static atomic_int count;
    if (events->evidence == NULL)
        return false;
    int n = snprintf(path, size, "%s/detail-%ld-%d.txt", events->evidence, (long)getpid(),
                     atomic_fetch_add(&count, 1) + 1);
    if (n < 0 || (size_t)n >= size)
        return false;
    int fd = pn_file_create_private(path);
    if (fd < 0)
        return false;
    bool ok = write_all(fd, text, strlen(text));
    return close(fd) == 0 && ok;
}

bool pn_event_may_say(const pn_events *events, pn_saying what)
{
    return events->speaker == NULL || events->speaker->may(events->speaker, what);
}

void pn_event_said(const pn_events *events, pn_saying what)
{
    if (events->speaker != NULL)
        events->speaker->said(events->speaker, what);
}

void pn_event_send_hello(const pn_events *events)
{
    pn_line line;
    begin(&line, "hello");
    pn_line_int(&line, "schema", 2);
    pn_line_string(&line, "word", events->word);
    pn_line_string(&line, "host", events->word);
    pn_line_int(&line, "pid", (int64_t)getpid());
    send(events, &line);
}

void pn_event_send_interp(const pn_events *events, const pn_event_interp *interp)
{
    if (!pn_event_may_say(events, PN_SAY_INTERP))
        return;
    pn_line line;
    begin(&line, "interp");
    pn_line_string(&line, "python", interp->python);
    pn_line_bool(&line, "gil", interp->gil);
    pn_line_bool(&line, "free_threaded", interp->free_threaded);
    pn_line_string(&line, "executable", interp->executable);
    pn_line_string(&line, "compiler", interp->compiler);
    pn_line_int(&line, "start_ns", interp->start_ns);
    send(events, &line);
    pn_event_said(events, PN_SAY_INTERP);
}

void pn_event_send_scene(const pn_events *events, const pn_event_scene *s)
{
    if (!pn_event_may_say(events, PN_SAY_SCENE))
        return;
    pn_line line;
    begin(&line, "scene");
    pn_line_int(&line, "frame", s->frame);
    pn_line_int(&line, "width", s->width);
    pn_line_int(&line, "height", s->height);
    pn_line_int(&line, "samples", s->samples);
    pn_line_int(&line, "tile", s->tile);
    pn_line_int(&line, "tiles", s->tiles);
    pn_line_int(&line, "threads", s->threads);
    pn_line_string(&line, "engine", s->engine);
    pn_line_string(&line, "attach", s->attach);
    pn_line_string(&line, "order", s->order);
    pn_line_int(&line, "seed", (int64_t)s->seed);
    pn_line_bool(&line, "gil", s->gil);
    pn_line_int(&line, "objects", s->objects);
    pn_line_int(&line, "triangles", s->triangles);
    pn_line_int(&line, "lamps", s->lamps);
    pn_line_string(&line, "digest", s->digest);
    pn_line_int(&line, "load_ns", s->load_ns);
    pn_line_string(&line, "why", s->why);
    pn_line_string_cut(&line, "title", s->title, 512);
    pn_line_string_cut(&line, "script", s->script, 512);
    pn_line_strings(&line, "nodes", s->nodes, s->n_nodes); // dropped whole when there are too many
    pn_line_int(&line, "compile_ns", s->compile_ns);
    pn_line_strings(&line, "interpreted", s->interpreted, s->interpreted != NULL ? s->n_nodes : 0);
    pn_line_strings(&line, "exact", s->exact, s->exact != NULL ? s->n_nodes : 0);
    send(events, &line);
    pn_event_said(events, PN_SAY_SCENE);
}

void pn_event_send_tile(const pn_events *events, const pn_event_tile *t)
{
    if (events->fd < 0)
        return;
    pn_line line;
    begin(&line, "tile");
    pn_line_int(&line, "i", t->i);
    pn_line_int(&line, "frame", t->frame);
    pn_line_int(&line, "thread", t->thread);
    pn_line_int(&line, "at", t->at_ns - events->begin_ns);
    pn_line_int(&line, "wall", t->wall_ns);
    pn_line_int(&line, "wait", t->wait_ns);
    pn_line_int(&line, "python", t->python_ns);
    pn_line_int(&line, "calls", t->calls);
    send(events, &line);
}

void pn_event_send_warning(const pn_events *events, const char *what, const char *where,
                           const char *help)
{
    if (events->fd < 0) {
        flockfile(stderr);
        pn_print(stderr, "warning: ", what);
        if (where != NULL && where[0] != '\0')
            pn_print(stderr, "  where: ", where);
        pn_print(stderr, "  help:  ", help);
        funlockfile(stderr);
        return;
    }
    pn_line line;
    begin(&line, "warning");
    pn_line_string_cut(&line, "what", what, 1200);
    pn_line_string_cut(&line, "where", where != NULL ? where : "", 600);
    pn_line_string_cut(&line, "help", help, 0);
    send(events, &line);
}

// Without a reader: on stderr, in the form in which the command line shows it.
static void print_error(const pn_error *err, const pn_event_flaw *flaw, const pn_event_entry *entry)
{
    pn_error shown = *err; // the detail stays the other's
    char at[400] = "";
    bool has_inputs = flaw != NULL && flaw->inputs[0] != '\0';
    if (flaw != NULL)
        pn_place_describe(&flaw->place, at, sizeof at);
    else if (entry != NULL)
        snprintf(at, sizeof at, "%s %s", entry->kind, entry->who);
    if (at[0] != '\0')
        pn_error_where(&shown, "%s%s%s%s%s", at, err->where[0] != '\0' ? "\n" : "", err->where,
                       has_inputs ? "\nwith " : "", has_inputs ? flaw->inputs : "");
    pn_print_error(stderr, &shown);
}

// Which sample, and the option that looks into it, or renders the tile of a call for many.
static void add_place(pn_line *line, const pn_place *place)
{
    char again[48];
    snprintf(again, sizeof again, "--pixel %d,%d,%d", place->x, place->y, place->sample);
    if (place->batch > 0)
        snprintf(again, sizeof again, "--only-tile %d", place->tile);
    pn_line_pair(line, "pixel", place->x, place->y);
    pn_line_int(line, "sample", place->sample);
    pn_line_int(line, "thread", place->thread);
    pn_line_int(line, "tile", place->tile);
    pn_line_int(line, "frame", place->frame);
    pn_line_string(line, "again", again);
}

static void send_error(const pn_events *events, const pn_error *err, const pn_event_flaw *flaw,
                       const pn_event_entry *entry)
{
    if (events->fd < 0) {
        if (entry == NULL || !entry->expected)
            print_error(err, flaw, entry);
        return;
    }
    pn_line line;
    begin(&line, "error");
    pn_line_int(&line, "code", pn_code_status(err->code));
    pn_line_string(&line, "kind", pn_code_name(err->code));
    if (entry != NULL) {
        pn_line_string(&line, "entry", entry->kind);
        pn_line_string(&line, "who", entry->who);
        pn_line_int(&line, "thread", entry->thread);
        pn_line_bool(&line, "expected", entry->expected);
    }
    if (flaw != NULL) {
        add_place(&line, &flaw->place);
        pn_line_int(&line, "batch", flaw->place.batch);
        pn_line_string_cut(&line, "node", flaw->place.node, 3400);
        pn_line_string_cut(&line, "tree", flaw->tree, 3300);
        pn_line_string_cut(&line, "exception", flaw->exception, 3200);
    }
    if (err->refused[0] != '\0')
        pn_line_string(&line, "refused", err->refused);
    // What is worth most comes first; each field leaves room for those after it.
    bool cut = pn_line_string_cut(&line, "what", err->what, 2400);
    cut |= pn_line_string_cut(&line, "where", err->where, 1800);
    if (flaw != NULL)
        pn_line_string_cut(&line, "inputs", flaw->inputs, 1400);
    cut |= pn_line_string_cut(&line, "help", err->help, 1200);
    if (err->detail != NULL) {
        pn_line copy = line;
        cut |= pn_line_string_cut(&line, "detail", err->detail, 0);
        char path[600];
        if (cut && keep(events, err->detail, path, sizeof path)) {
            line = copy;
            pn_line_string(&line, "detail_file", path);
            pn_line_string_cut(&line, "detail", err->detail, 0);
        }
    }
    send(events, &line);
}

void pn_event_send_thread(const pn_events *events, const pn_event_thread *t)
{
    pn_line line;
    begin(&line, "thread");
    pn_line_int(&line, "frame", t->frame);
    pn_line_int(&line, "thread", t->thread);
    pn_line_int(&line, "at", t->begin_ns > 0 ? t->begin_ns - events->begin_ns : 0);
    pn_totals_write(&line, t->totals, PN_FIGURE_OF_THREAD);
    send(events, &line);
}

void pn_event_send_cost(const pn_events *events, const pn_event_cost *cost)
{
    pn_line line;
    begin(&line, "cost");
    pn_line_int(&line, "frame", cost->frame);
    pn_line_int(&line, "calls", cost->calls);
    pn_line_int(&line, "samples", cost->samples);
    pn_line_int(&line, "cpu_ns", cost->cpu_ns);
    if (cost->others > 0) {
        pn_line_int(&line, "others", cost->others);
    } else {
        pn_line_bool(&line, "native", cost->native);
        pn_line_string_cut(&line, "node", cost->node, 1800);
        pn_line_string_cut(&line, "tree", cost->tree, 0);
    }
    send(events, &line);
}

void pn_event_send_place(const pn_events *events, const pn_event_place *place)
{
    pn_line line;
    begin(&line, "place");
    pn_line_int(&line, "frame", place->frame);
    pn_line_int(&line, "pid", (int64_t)getpid());
    pn_line_int(&line, "id", place->id);
    pn_line_int(&line, "parent", place->parent);
    pn_line_int(&line, "line", place->line);
    pn_line_int(&line, "samples", place->samples);
    pn_line_int(&line, "cpu_ns", place->cpu_ns);
    if (place->node != NULL) {
        pn_line_string_cut(&line, "node", place->node, 1800);
        pn_line_string_cut(&line, "tree", place->tree, 0);
    }
    if (place->function != NULL) {
        pn_line_string_cut(&line, "function", place->function, 2400);
        pn_line_string_cut(&line, "file", place->file, 0);
    }
    send(events, &line);
}

void pn_event_send_profile(const pn_events *events, const pn_event_profile *profile)
{
    pn_line line;
    begin(&line, "profile");
    pn_line_int(&line, "frame", profile->frame);
    pn_line_int(&line, "pid", (int64_t)getpid());
    pn_line_int(&line, "samples", profile->samples);
    pn_line_int(&line, "cut", profile->cut);
    pn_line_int(&line, "outside_ns", profile->outside_ns);
    send(events, &line);
}

void pn_event_send_error(const pn_events *events, const pn_error *err, const pn_event_flaw *flaw)
{
    send_error(events, err, flaw, NULL);
}

void pn_event_send_not_finite(const pn_events *events, const pn_event_flaw *flaw)
{
    if (events->fd < 0) {
        char place[400], where[1100];
        pn_place_describe(&flaw->place, place, sizeof place);
        snprintf(where, sizeof where, "%s\nwith %s", place, flaw->inputs);
        pn_event_send_warning(events, "a node makes NaN or infinity of finite inputs", where,
                              "--pixel X,Y,SAMPLE shows all values of that sample");
        return;
    }
    pn_line line;
    begin(&line, "not_finite");
    add_place(&line, &flaw->place);
    pn_line_string_cut(&line, "node", flaw->place.node, 2400);
    pn_line_string_cut(&line, "tree", flaw->tree, 1600);
    pn_line_string_cut(&line, "inputs", flaw->inputs, 0);
    send(events, &line);
}

void pn_event_send_flaw(const pn_events *events, const pn_event_flaw *flaw)
{
    pn_line line;
    begin(&line, "flaw");
    pn_line_int(&line, "frame", flaw->place.frame);
    pn_line_int(&line, "thread", flaw->place.thread);
    pn_line_int(&line, "samples", flaw->samples);
    pn_line_string_cut(&line, "exception", flaw->exception, 2400);
    pn_line_string_cut(&line, "node", flaw->place.node, 1200);
    pn_line_string_cut(&line, "tree", flaw->tree, 0);
    send(events, &line);
}

void pn_event_send_entry(const pn_events *events, const pn_event_entry *e, const pn_error *err)
{
    pn_line line;
    if (err != NULL)
        send_error(events, err, NULL, e);
    begin(&line, "entry");
    pn_line_int(&line, "n", e->n);
    pn_line_int(&line, "at", e->at_ns > 0 ? e->at_ns - events->begin_ns : 0);
    pn_line_string(&line, "kind", e->kind);
    pn_line_string(&line, "who", e->who);
    pn_line_int(&line, "thread", e->thread);
    pn_line_int(&line, "depth", e->depth);
    pn_line_int(&line, "times", e->times);
    pn_line_int(&line, "wait", e->wait_ns);
    pn_line_int(&line, "took", e->took_ns);
    pn_line_string(&line, "result", e->result);
    if (e->status >= 0)
        pn_line_int(&line, "status", e->status);
    if (err != NULL) {
        pn_line_bool(&line, "expected", e->expected);
        pn_line_string_cut(&line, "what", err->what, 1200);
        pn_line_string_cut(&line, "where", err->where, 0);
    }
    send(events, &line);
}

// Who asked to look into a sample reads it in any case.
static void show(const pn_events *events, pn_line *line)
{
    pn_events shown = *events;
    if (shown.fd < 0)
        shown.fd = STDOUT_FILENO;
    send(&shown, line);
}

void pn_event_send_node(const pn_events *events, const pn_event_node *node)
{
    pn_line line;
    begin(&line, "node");
    pn_line_int(&line, "frame", node->frame);
    pn_line_bool(&line, "native", node->native);
    pn_line_string_cut(&line, "name", node->name, 2400);
    pn_line_string_cut(&line, "class_name", node->class_name, 1200);
    pn_line_string_cut(&line, "tree", node->tree, 0);
    show(events, &line);
}

void pn_event_send_value(const pn_events *events, const pn_event_value *value)
{
    pn_line line;
    begin(&line, "value");
    pn_line_int(&line, "frame", value->frame);
    pn_line_string(&line, "of", value->of);
    if (value->values != NULL)
        pn_line_floats(&line, "numbers", value->values, value->n);
    pn_line_string_cut(&line, "name", value->name, 2400);
    if (value->from != NULL)
        pn_line_string_cut(&line, "origin", value->from, 1200);
    if (value->text != NULL)
        pn_line_string_cut(&line, "text", value->text, 0);
    show(events, &line);
}

void pn_event_send_frame(const pn_events *events, const pn_event_frame *f)
{
    if (!pn_event_may_say(events, PN_SAY_RUN))
        return;
    pn_line line;
    begin(&line, "frame");
    pn_line_int(&line, "frame", f->frame);
    pn_line_int(&line, "tiles", f->tiles);
    pn_line_bool(&line, "cancelled", f->cancelled);
    pn_totals_write(&line, &f->totals, PN_FIGURE_OF_FRAME);
    if (f->pass > 0) {
        pn_line_int(&line, "pass_number", f->pass);
        pn_line_int(&line, "differs", f->differs);
    }
    if (f->out != NULL)
        pn_line_string(&line, "out", f->out);
    send(events, &line);
}

void pn_event_send_bye(const pn_events *events, const pn_event_bye *bye)
{
    if (!pn_event_may_say(events, PN_SAY_RUN))
        return;
    pn_line line;
    begin(&line, "bye");
    pn_line_int(&line, "code", pn_code_status(bye->code));
    pn_line_int(&line, "wall_ns", pn_clock_ns() - events->begin_ns);
    pn_line_int(&line, "start_ns", bye->start_ns);
    pn_line_int(&line, "stop_ns", bye->stop_ns);
    pn_line_int(&line, "peak_kib", bye->peak_kib);
    send(events, &line);
}
