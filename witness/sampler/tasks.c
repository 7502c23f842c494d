#include "witness/sampler/tasks.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST = 4096, PATH = 96 };

static pid_t of;
static bool is_nested; /* in a pid namespace below ours: Python knows threads by other numbers */
static struct task table[MOST];
static int used;

static int open_of(int32_t outer, const char *name)
{
    char path[PATH];
    snprintf(path, sizeof path, "/proc/%d/task/%d/%s", (int)of, (int)outer, name);
    return open(path, O_RDONLY | O_CLOEXEC);
}

static ssize_t read_at(int file, char *to, size_t room)
{
    ssize_t size = file >= 0 ? pread(file, to, room - 1, 0) : -1;
    to[size > 0 ? size : 0] = '\0';
    return size;
}

/* The last number of the line NSpid is that of the innermost namespace. */
static int32_t innermost_of(int32_t outer, int *depth)
{
    char text[4096];
    int file = open_of(outer, "status");
    ssize_t size = read_at(file, text, sizeof text);
    if (file >= 0)
        close(file);
    char *line = size > 0 ? strstr(text, "\nNSpid:") : NULL;
    int32_t last = outer;
    *depth = 0;
    for (char *rest = line != NULL ? line + 7 : NULL; rest != NULL && *rest == '\t';) {
        last = (int32_t)strtol(rest, &rest, 10);
        ++*depth;
    }
    return last;
}

void tasks_begin(pid_t pid)
{
    int depth;
    of = pid;
    innermost_of(pid, &depth);
    is_nested = depth > 1;
}

static int32_t outer_of(int32_t tid)
{
    char path[PATH];
    if (!is_nested)
        return tid;
    snprintf(path, sizeof path, "/proc/%d/task", (int)of);
    DIR *folder = opendir(path);
    int32_t found = 0;
    struct dirent *entry;
    while (folder != NULL && found == 0 && (entry = readdir(folder)) != NULL) {
        int32_t outer = (int32_t)strtol(entry->d_name, NULL, 10);
        int depth;
        if (outer > 0 && innermost_of(outer, &depth) == tid)
            found = outer;
    }
    if (folder != NULL)
        closedir(folder);
    return found;
}

static void begin_task(struct task *task, int32_t tid)
{
    memset(task, 0, sizeof *task);
    task->outer = outer_of(tid);
    task->call_file = open_of(task->outer, "syscall");
    task->times_file = open_of(task->outer, "schedstat");
    task->is_gone = task->times_file < 0;
    task->tid = tid;
    task->said = STATE_GONE;
}

struct task *task_of(int32_t tid)
{
    struct task *ended = NULL;
    if (tid <= 0)
        return NULL;
    for (int i = 0; i < used; i++) {
        if (table[i].tid == tid)
            return &table[i];
        if (table[i].tid == 0)
            ended = &table[i];
    }
    if (ended == NULL && used == MOST)
        return NULL;
    struct task *task = ended != NULL ? ended : &table[used++];
    begin_task(task, tid);
    if (!task->is_gone)
        return task;
    if (task->call_file >= 0)
        close(task->call_file);
    task->tid = 0; /* a thread state whose thread has ended */
    return NULL;
}

struct task *tasks(int *count)
{
    *count = used;
    return table;
}

bool task_look(struct task *task)
{
    char text[256];
    task->call = UNKNOWN;
    task->argument = 0;
    if (read_at(task->call_file, text, sizeof text) > 0) {
        if (strncmp(text, "running", 7) == 0) {
            task->call = RUNNING;
        } else {
            char *rest = text;
            task->call = (int32_t)strtol(rest, &rest, 10);
            task->argument = task->call >= 0 ? strtoull(rest, NULL, 16) : 0;
            if (task->call < 0)
                task->call = RUNNING; /* blocked outside of a call: a page fault, a stop */
        }
        return true;
    }
    bool is_there = task->call_file >= 0 ? errno != ESRCH : read_at(task->times_file, text, 2) > 0;
    if (!is_there) {
        if (task->call_file >= 0)
            close(task->call_file);
        close(task->times_file);
        task->is_gone = true;
    }
    return is_there;
}

void task_write_name(struct task *task, uint64_t time)
{
    struct {
        int32_t tid, interpreter;
        char name[TASK_NAME];
    } said = {task->tid, task->interpreter, ""};
    int file = open_of(task->outer, "comm");
    ssize_t size = read_at(file, said.name, sizeof said.name);
    if (file >= 0)
        close(file);
    if (size > 0 && said.name[size - 1] == '\n')
        said.name[size - 1] = '\0';
    if (task->is_written && memcmp(task->name, said.name, sizeof said.name) == 0)
        return;
    memcpy(task->name, said.name, sizeof said.name);
    record(RECORD_THREAD, time, &said, sizeof said);
    task->is_written = true;
}

void task_write_times(const struct task *task, uint64_t time)
{
    struct {
        int32_t tid;
        uint32_t zero;
        uint64_t ran_ns, waited_ns;
    } said = {task->tid, 0, 0, 0};
    char text[128];
    if (task->is_gone || read_at(task->times_file, text, sizeof text) <= 0)
        return;
    char *rest = text;
    said.ran_ns = strtoull(rest, &rest, 10);
    said.waited_ns = strtoull(rest, NULL, 10);
    record(RECORD_TIMES, time, &said, sizeof said);
}
