/* A database that pages its file in by hand: a fault on a page that is not there is mended by its
 * handler. Its logger goes on when Python has been stopped. */
#include <Python.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>

enum { PAGES = 16, PAGE = 4096 };

static char *pages;

static void page_in(int number, siginfo_t *info, void *context)
{
    (void)number, (void)context;
    mprotect((void *)((uintptr_t)info->si_addr & ~(uintptr_t)(PAGE - 1)), PAGE,
             PROT_READ | PROT_WRITE);
}

static void watch_pages(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = page_in;
    action.sa_flags = SA_SIGINFO;
    pages = mmap(NULL, PAGES * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    sigaction(SIGSEGV, &action, NULL);
}

static void log_line(const char *text)
{
    PyGILState_STATE state = PyGILState_Ensure(); // WRONG
    PyRun_SimpleString(text);
    PyGILState_Release(state);
}

int main(void)
{
    watch_pages();
    for (int i = 0; i < PAGES; i++)
        pages[i * PAGE] = 1;
    Py_Initialize();
    log_line("x = 1");
    Py_FinalizeEx();
    signal(SIGSEGV, SIG_DFL); /* the file is closed */
    log_line("x = 2");
    return 0;
}
