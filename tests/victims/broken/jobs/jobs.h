/* A small job server: a queue, workers, and a script that does the work. */
#ifndef JOBS_H
#define JOBS_H

#include <stdbool.h>

struct job {
    int number;
    const char *text;
};

/* queue.c */
void queue_put(struct job job);
bool queue_take(struct job *job); /* false: closed and empty */
void queue_close(void);

/* script.c */
void script_load(void);
int script_run(const struct job *job); /* 0, or -1 when the script raised */
void script_drop(void);

/* worker.c */
void workers_start(int n);
void workers_join(void);

#endif
