/* Small stacks, and deep calls on large ones. */
#include "habits.h"

static void run(void *(*body)(void *), size_t size)
{
    pthread_t thread;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    if (size > 0)
        pthread_attr_setstacksize(&attributes, size);
    pthread_create(&thread, &attributes, body, NULL);
    join_detached(thread);
    pthread_attr_destroy(&attributes);
}

static void *sort(void *unused)
{
    run_python("print(sorted([3, 1, 2], key=lambda n: -n))");
    return unused;
}

static void small_stack_is_enough(void)
{
    run(sort, 256 * 1024);
}

static void *recur(void *unused)
{
    run_python("def f(n): return sorted([n], key=f)\n"
               "try:\n"
               "    f(1)\n"
               "except RecursionError:\n"
               "    print('too deep')\n");
    return unused;
}

static void recursion_on_usual_stack(void)
{
    run(recur, 0);
}

/* Not far from where its stack ends, and not in what lies below it. */
static void *write_to_null(void *unused)
{
    volatile char used[40 * 1024];
    used[0] = 1;
    *(volatile int *)unused = used[0];
    return unused;
}

static void crash_on_small_stack(void)
{
    run(write_to_null, 64 * 1024);
}

const struct habit stacks[] = {
    HABIT(small_stack_is_enough),
    HABIT(recursion_on_usual_stack),
    HABIT(crash_on_small_stack),
    {NULL},
};
