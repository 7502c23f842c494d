#include "engine/profiler.h"

#include "base/clock.h"
#include "interp/frames.h"
#include "wire/profile.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

/* How much processor time lies between two samples: little at first, so that a short render gets
 * samples that say something, and more once there were ENOUGH, so that a long one is hardly slowed
 * down. The kernel looks at such timers at its ticks, so it may be as long as those are apart. */
enum { EVERY_NS = 1000000, ENOUGH = 1000, SELDOM_NS = 5000000 };
enum { PLACES_A_THREAD = 8192, PLACES = 65536 };

/* --- a timer of the calling thread, on its processor time --- */

#if defined(__linux__)

#if defined(sigev_notify_thread_id)
#define SIGEV_TID sigev_notify_thread_id
#else
#define SIGEV_TID _sigev_un._tid
#endif

typedef timer_t cpu_timer;

static void set_timer(cpu_timer timer, long every_ns)
{
    struct timespec span = {.tv_nsec = every_ns};
    struct itimerspec every = {.it_interval = span, .it_value = span};
    timer_settime(timer, 0, &every, NULL);
}

static bool make_timer(cpu_timer *timer)
{
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGPROF};
    event.SIGEV_TID = (pid_t)syscall(SYS_gettid);
    return timer_create(CLOCK_THREAD_CPUTIME_ID, &event, timer) == 0;
}

static void drop_timer(cpu_timer timer)
{
    timer_delete(timer);
}

#else // create fails there

typedef int cpu_timer;

static void set_timer(cpu_timer timer, long every_ns)
{
    (void)timer;
    (void)every_ns;
}

static bool make_timer(cpu_timer *timer)
{
    (void)timer;
    return false;
}

static void drop_timer(cpu_timer timer)
{
    (void)timer;
}

#endif

/* --- owned by one render thread: the handler's, and what it is handed --- */
typedef struct {
    cpu_timer timer;
    const pn_status_slot *slot;
    PyThreadState *volatile state; /* it runs Python nodes; else NULL */
    int64_t seen_ns;               /* its processor time at the last sample */
    int n_samples;                 /* in this frame */
    pn_profile *profile;
    pn_frames *frames;
} sampled;

struct pn_profiler {
    int n;
    sampled *threads;
    atomic_int n_untimed; /* threads of this frame for which there was no timer */
};

static _Thread_local sampled *volatile here;

// The place where the thread's innermost frame is; -1: no room for any.
static int place_of(sampled *s, PyThreadState *state)
{
    bool deeper;
    bool is_cut = false;
    int n = pn_frames_read(s->frames, state, &deeper);
    int place = pn_profile_step(s->profile, -1, s->slot->node, 0);
    if (deeper && place >= 0)
        place = pn_profile_step(s->profile, place, -1, 0);
    for (int i = n - 1; i >= 0 && !is_cut; i--) {
        const pn_frame_at *at = pn_frames_at(s->frames, i);
        int function = pn_profile_find(s->profile, at->mark);
        if (function < 0) {
            char file[PN_FRAMES_FILE], name[PN_FRAMES_NAME];
            pn_profile_function found = {at->mark, file, name, at->code->co_firstlineno};
            if (pn_frames_describe(at, file, name))
                function = pn_profile_add(s->profile, &found);
        }
        int next = function < 0 || place < 0 ? -1
                                             : pn_profile_step(s->profile, place, function,
                                                               pn_frames_line(s->frames, at));
        is_cut = next < 0;
        place = is_cut ? place : next;
    }
    if (is_cut)
        pn_profile_count_cut(s->profile);
    return place;
}

static void on_sample(int number)
{
    (void)number;
    sampled *s = here;
    if (s == NULL)
        return;
    int before = errno;
    int64_t now = pn_clock_thread_cpu_ns(), spent = now - s->seen_ns;
    s->seen_ns = now;
    PyThreadState *state = s->state;
    if (state == NULL || s->slot->node < 0)
        pn_profile_count_outside(s->profile, spent);
    else
        pn_profile_count(s->profile, place_of(s, state), spent);
    if (++s->n_samples == ENOUGH)
        set_timer(s->timer, SELDOM_NS);
    s->seen_ns = pn_clock_thread_cpu_ns(); // what this took is nobody's
    errno = before;
}

static void install(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    sigfillset(&action.sa_mask); // no other handler of ours while it reads
    sigdelset(&action.sa_mask, SIGSEGV);
    sigdelset(&action.sa_mask, SIGBUS);
    action.sa_handler = on_sample;
    action.sa_flags = SA_RESTART;
    sigaction(SIGPROF, &action, NULL);
}

static pn_code make_threads(pn_profiler *p, int n, pn_error *err)
{
    p->threads = calloc((size_t)n, sizeof *p->threads);
    for (int i = 0; p->threads != NULL && i < n; i++) {
        sampled *s = &p->threads[i];
        p->n = i + 1;
        s->profile = pn_profile_create(PLACES_A_THREAD);
        s->frames = pn_frames_create();
        if (s->profile == NULL || s->frames == NULL)
            return pn_no_memory(err, "the profile of %d threads", n);
    }
    return p->threads != NULL ? PN_OK : pn_no_memory(err, "the profile of %d threads", n);
}

pn_code pn_profiler_create(pn_profiler **out, int n_threads, pn_error *err)
{
    const char *why;
    *out = NULL;
    if (!pn_frames_can(&why))
        return pn_fail_with(err, PN_ERR_SYSTEM,
                            "leave --profile out, or allow process_vm_readv (a sandbox may forbid "
                            "it; Linux has it)",
                            "--profile cannot read stacks here: %s", why);
    pn_profiler *p = calloc(1, sizeof *p);
    if (p == NULL)
        return pn_no_memory(err, "the profiler");
    install();
    pn_code code = make_threads(p, n_threads, err);
    if (code != PN_OK) {
        pn_profiler_destroy(p);
        return code;
    }
    *out = p;
    return PN_OK;
}

void pn_profiler_destroy(pn_profiler *p)
{
    if (p == NULL)
        return;
    for (int i = 0; i < p->n; i++) {
        pn_profile_destroy(p->threads[i].profile);
        pn_frames_destroy(p->threads[i].frames);
    }
    free(p->threads);
    free(p);
}

static void set_blocked(int how)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPROF);
    pthread_sigmask(how, &set, NULL);
}

void pn_profiler_begin(pn_profiler *p, int i, const pn_status_slot *slot)
{
    sampled *s = &p->threads[i];
    if (!make_timer(&s->timer)) {
        atomic_fetch_add(&p->n_untimed, 1);
        return;
    }
    s->slot = slot;
    s->n_samples = 0;
    s->seen_ns = pn_clock_thread_cpu_ns();
    here = s;
    set_blocked(SIG_UNBLOCK);
    set_timer(s->timer, EVERY_NS);
}

void pn_profiler_end(pn_profiler *p, int i)
{
    if (here == NULL)
        return;
    drop_timer(p->threads[i].timer);
    set_blocked(SIG_BLOCK);
    here = NULL;
}

void pn_profiler_enter(pn_profiler *p, int i)
{
    p->threads[i].state = pn_frames_state();
}

void pn_profiler_leave(pn_profiler *p, int i)
{
    p->threads[i].state = NULL;
}

// The names of a Python node by its number, and of its tree.
static void find_node(const pn_world *world, int number, const char **node, const char **tree)
{
    for (int t = 0; t < world->n_trees; t++) {
        for (int i = 0; i < pn_tree_node_count(world->trees[t]); i++) {
            const pn_tree_node *at = pn_tree_node_at(world->trees[t], i);
            if (at->kind == NULL && at->foreign_id == number) {
                *node = at->name;
                *tree = pn_tree_name(world->trees[t]);
                return;
            }
        }
    }
}

static void send_place(const pn_events *events, const pn_profile *profile, int number, int frame,
                       const pn_world *world)
{
    const pn_profile_place *place = pn_profile_place_at(profile, number);
    bool is_root = place->parent < 0;
    pn_event_place event = {
        .frame = frame,
        .id = number,
        .parent = place->parent,
        .line = place->line,
        .samples = place->samples,
        .cpu_ns = place->cpu_ns,
    };
    if (is_root)
        find_node(world, place->function, &event.node, &event.tree);
    if (!is_root && place->function >= 0) {
        const pn_profile_function *function = pn_profile_function_at(profile, place->function);
        event.file = function->file;
        event.function = function->name;
    }
    pn_event_send_place(events, &event);
}

void pn_profiler_send(pn_profiler *p, const pn_events *events, int frame, const pn_world *world)
{
    int n_untimed = atomic_exchange(&p->n_untimed, 0);
    if (n_untimed > 0) {
        char what[96];
        snprintf(what, sizeof what, "%d of %d render threads are not in the profile", n_untimed,
                 p->n);
        pn_event_send_warning(events, what, NULL,
                              "the system had no timer left for them: raise the limit (ulimit -i)");
    }
    pn_profile *all = pn_profile_create(PLACES);
    for (int i = 0; i < p->n; i++) {
        if (all != NULL)
            pn_profile_merge(all, p->threads[i].profile);
        pn_profile_clear(p->threads[i].profile);
    }
    if (all == NULL)
        return;
    for (int i = 0; pn_profile_place_at(all, i) != NULL; i++)
        send_place(events, all, i, frame, world);
    pn_profile_sums sums = pn_profile_totals(all);
    pn_event_profile event = {
        .frame = frame,
        .samples = sums.samples,
        .cut = sums.cut,
        .outside_ns = sums.outside_ns,
    };
    pn_event_send_profile(events, &event);
    pn_profile_destroy(all);
}
