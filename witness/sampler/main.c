/* pynodes-sampler PID RATE RUNTIME CODE_TYPE NAME=OFFSET...: say, RATE times a second, which thread
 * of a process has Python, which waits for it and where; to stdout, as records.h has it.
 *
 * It reads the words of the process's memory that Python keeps this in, and /proc, while all goes
 * on: nothing is attached, stopped or put into it. A program of its own, so that a process has no
 * thread that it did not start; and in C, for a sample of a few threads takes some 20 us that way.
 * It ends with the process, with its own parent, or when nobody reads what it says.
 */
#include "witness/sampler/interpreters.h"
#include "witness/sampler/memory.h"
#include "witness/sampler/records.h"
#include "witness/sampler/stacks.h"
#include "witness/sampler/tasks.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
    USAGE = 2,
    WORDS = 5,
    MOST_STATES = 4096,
    STACK_EVERY = 8,         /* samples, of a thread that stays what it is */
    FLUSH_NS = 50 * 1000000, /* and what is asked at that rate */
    ATTACHED = 1,            /* tstate.state */
    SUSPENDED = 2,
    MOST_SHARE = 4, /* per cent of a core, for the sampler itself; then it samples less often */
    SECTION_TAGS = 3,
    NICE = -15,
};

static uint64_t samples, failed, runtime;
static uint64_t first_id, last_id; /* of thread states: they are numbered as they are made */
static double rate, rate_asked;
static volatile sig_atomic_t is_asked_to_end;

static void on_signal(int number)
{
    (void)number;
    is_asked_to_end = 1;
}

/* What a thread state says of its thread, for this sample. */
static void note_state(struct interpreter *interpreter, const struct gil *gil, uint64_t state,
                       int32_t tid, int32_t status)
{
    struct task *task = task_of(tid);
    if (task == NULL || task->is_gone)
        return;
    bool has_gil = gil->is_locked && gil->holder == state;
    bool is_attached = gil->is_in_use ? has_gil : status == ATTACHED;
    if (task->sample == samples && task->is_attached)
        return; /* of several states the attached one counts */
    if (task->is_written && task->interpreter != interpreter->number && is_attached)
        task->is_written = false;
    if (task->sample != samples || is_attached)
        task->interpreter = interpreter->number;
    task->sample = samples;
    task->state = state;
    task->gil = interpreter->gil;
    task->is_attached = is_attached;
    task->is_suspended = !gil->is_in_use && status == SUSPENDED;
    bool collects =
        interpreter->is_collecting && (gil->is_in_use || interpreter->requester == state);
    if (is_attached && (collects || !interpreter->has_collector))
        interpreter->collector = tid;
    interpreter->has_collector |= is_attached && collects;
}

static void read_states(struct interpreter *interpreter)
{
    uint32_t count;
    const struct gil *gil = &gils(&count)[interpreter->gil];
    uint64_t state = interpreter->threads;
    for (int i = 0; i < MOST_STATES && state != 0; i++) {
        uint64_t next = 0, of = 0, native = 0, id = 0;
        int32_t status = 0;
        const struct part parts[] = {
            {at.tstate_next, &next, 8},
            {at.tstate_interp, &of, 8},
            {at.tstate_native_thread_id, &native, 8},
            {at.tstate_state, &status, 4},
            {at.tstate_id, &id, 8},
        };
        if (!peek_parts(state, parts, 5) || of != interpreter->address) {
            failed++; /* it was deleted while it was read */
            return;
        }
        if (interpreter->number == 0 && id > last_id) {
            first_id = first_id != 0 ? first_id : id;
            last_id = id;
        }
        if (native <= INT32_MAX)
            note_state(interpreter, gil, state, (int32_t)native, status);
        state = next;
    }
}

static bool waits_for_object(uint64_t state)
{
    uint64_t section = 0, mutex = 1;
    if (at.tstate_section < 0 || !peek_u64(state + (uint64_t)at.tstate_section, &section))
        return false;
    section &= ~(uint64_t)SECTION_TAGS;
    return section != 0 && peek_u64(section + (uint64_t)at.section_mutex, &mutex) && mutex == 0;
}

static enum thread_state attached_state(const struct task *task, const struct interpreter *own)
{
    bool collects = own->is_collecting && own->collector == task->tid;
    bool is_asleep = task->call >= 0;
    uint32_t count;
    if (collects)
        return STATE_COLLECTS;
    if (!is_asleep || (task->call == SYS_futex && gil_at(task->argument) >= 0))
        return STATE_RUNS;
    if (!gils(&count)[own->gil].is_in_use && own->is_stopping && own->requester == task->state)
        return STATE_STOPPED; /* it waits until the others stand */
    return STATE_HOLDS;
}

/* The state, and the GIL that it is about. */
static enum thread_state state_now(struct task *task, const struct interpreter *own, uint32_t *gil)
{
    uint32_t count;
    const struct gil *all = gils(&count);
    bool is_known = task->sample == samples;
    *gil = is_known ? (uint32_t)task->gil : task->said_gil;
    if (is_known && task->is_attached)
        return attached_state(task, own);
    if (is_known && task->is_suspended)
        return STATE_STOPPED;
    int waited = task->call == SYS_futex ? gil_at(task->argument) : -1;
    if (waited >= 0) {
        *gil = (uint32_t)waited;
        task->waits_since_switches = all[waited].switches;
        return STATE_WAITS;
    }
    if (task->call == RUNNING) {
        /* woken, and not given it: it looks again, or waits for a core */
        bool still = task->said == STATE_WAITS && task->said_gil < count &&
                     all[task->said_gil].switches == task->waits_since_switches;
        if (still)
            *gil = task->said_gil;
        return still ? STATE_WAITS : STATE_NATIVE;
    }
    if (is_known && task->call == SYS_futex && !all[task->gil].is_in_use &&
        waits_for_object(task->state))
        return STATE_WAITS_FOR_OBJECT;
    return STATE_BLOCKED;
}

static void write_state(struct task *task, enum thread_state state, uint32_t gil, uint32_t stack,
                        uint64_t time)
{
    bool has_call = state == STATE_HOLDS || state == STATE_BLOCKED;
    int32_t call = has_call ? task->call : RUNNING;
    if (state == task->said && call == task->said_call && stack == task->said_stack &&
        gil == task->said_gil)
        return;
    struct {
        int32_t tid;
        uint16_t state;
        int16_t call;
        uint32_t stack, gil;
    } said = {task->tid, (uint16_t)state, (int16_t)call, stack, gil};
    if (!task->is_written && state != STATE_GONE)
        task_write_name(task, time);
    record(RECORD_STATE, time, &said, sizeof said);
    task->said = state;
    task->said_call = call;
    task->said_stack = stack;
    task->said_gil = gil;
}

static void look_at(struct task *task, const struct interpreter *interpreters, int count,
                    uint64_t time)
{
    static const struct interpreter none;
    const struct interpreter *own = &none;
    uint32_t gil;
    if (!task_look(task)) {
        write_state(task, STATE_GONE, task->said_gil, 0, time);
        task->tid = 0;
        return;
    }
    for (int i = 0; i < count; i++)
        if (interpreters[i].number == task->interpreter && interpreters[i].threads != 0)
            own = &interpreters[i];
    enum thread_state state = state_now(task, own, &gil);
    uint32_t stack = task->said_stack;
    if (task->sample != samples)
        stack = 0;
    else if (task->is_attached || state != task->said || samples % STACK_EVERY == 0)
        stack = stack_of(task->state, time);
    write_state(task, state, gil, stack, time);
}

/* Fails: the process is gone, or runs another program. */
static bool sample(uint64_t time, bool is_thorough)
{
    struct interpreter *interpreters = NULL;
    int count = interpreters_read(runtime, &interpreters), n_tasks;
    if (count < 0)
        return false;
    samples++;
    for (int i = 0; i < count; i++)
        if (interpreters[i].threads != 0)
            read_states(&interpreters[i]);
    struct task *all = tasks(&n_tasks);
    for (int i = 0; i < n_tasks; i++)
        if (all[i].tid != 0)
            look_at(&all[i], interpreters, count, time);
    for (int i = 0; i < count; i++)
        if (interpreters[i].threads != 0 && (is_thorough || interpreters[i].is_collecting))
            interpreter_write_collected(&interpreters[i], time);
    return true;
}

static uint64_t own_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void write_tick(uint64_t time)
{
    int n_tasks;
    struct task *all = tasks(&n_tasks);
    struct {
        uint64_t samples, failed, own_ns;
        uint32_t rate, made;
    } said = {samples, failed, own_ns(), (uint32_t)rate, (uint32_t)(last_id - first_id)};
    gils_write(time);
    for (int i = 0; i < n_tasks; i++)
        if (all[i].tid != 0 && all[i].is_written) {
            task_write_name(&all[i], time);
            task_write_times(&all[i], time);
        }
    record(RECORD_TICK, time, &said, sizeof said);
    records_flush();
}

/* Times between samples differ at random, so that nothing in the program keeps step with them. */
static void wait_for_next(uint64_t *next)
{
    static uint64_t seed = 88172645463325252U;
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    double share = 0.5 + (double)(seed >> 11) / (double)(1ULL << 53);
    uint64_t now = now_ns();
    *next += (uint64_t)(share * 1e9 / rate);
    if (*next < now)
        *next = now;
    struct timespec until = {(time_t)(*next / 1000000000), (long)(*next % 1000000000)};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

/* Where a sample takes long, for there are many threads, it is done less often: so often that the
 * next ones would take their share, were they as long as those before. */
static void keep_share(uint64_t spent_ns, uint64_t passed_ns)
{
    static double cost_ns, done;
    cost_ns = 0.8 * cost_ns + (double)spent_ns;
    done = 0.8 * done + rate * (double)passed_ns / 1e9;
    double most = done / cost_ns * 1e9 * MOST_SHARE / 100;
    rate = most < rate_asked ? most : rate_asked;
}

static int follow(void)
{
    uint64_t next = now_ns(), flushed = next, spent = own_ns();
    for (;;) {
        uint64_t time = now_ns();
        bool is_due = time - flushed >= FLUSH_NS;
        if (!sample(time, is_due || is_asked_to_end))
            return errno == ESRCH ? 0 : errno;
        if (is_due || is_asked_to_end) {
            write_tick(time);
            keep_share(own_ns() - spent, time - flushed);
            spent = own_ns();
            flushed = time;
        }
        if (is_asked_to_end)
            return 0;
        wait_for_next(&next);
    }
}

/* Where it may, it looks when it is time: else where a core happens to be free, and what is seen
 * then is not what is so on the average. */
static void be_punctual(void)
{
    const struct sched_param least = {.sched_priority = sched_get_priority_min(SCHED_RR)};
    if (sched_setscheduler(0, SCHED_RR, &least) != 0)
        (void)setpriority(PRIO_PROCESS, 0, NICE);
}

int main(int argc, char **argv)
{
    if (argc < WORDS) {
        fputs("usage: pynodes-sampler PID RATE RUNTIME CODE_TYPE NAME=OFFSET...\n", stderr);
        return USAGE;
    }
    pid_t pid = (pid_t)atoi(argv[1]);
    rate = rate_asked = atof(argv[2]);
    runtime = strtoull(argv[3], NULL, 0);
    offsets_take(argv + WORDS, argc - WORDS);
    stacks_begin(strtoull(argv[4], NULL, 0));
    prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
    prctl(PR_SET_TIMERSLACK, 1000, 0, 0, 0);
    be_punctual();
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGTERM, &action, NULL);
    signal(SIGINT, SIG_IGN); /* of a terminal it is for the program */
    signal(SIGPIPE, SIG_IGN);
    struct {
        int32_t pid;
        uint32_t rate, is_free, zero;
    } begin = {pid, (uint32_t)rate, at.gil_enabled >= 0, 0};
    record(RECORD_BEGIN, now_ns(), &begin, sizeof begin);
    int32_t why = EINVAL;
    if (rate > 0 && at.runtime_interpreters_head >= 0 && at.gil_locked >= 0) {
        tasks_begin(pid);
        why = memory_open(pid, runtime) ? follow() : errno;
    }
    record(RECORD_END, now_ns(), &why, sizeof why);
    records_flush();
    return why == 0 ? 0 : 1;
}
