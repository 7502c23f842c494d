"""Functions that do not return."""

from __future__ import annotations

ENDS = frozenset(
    (
        "exit",
        "_exit",
        "_Exit",
        "quick_exit",
        "abort",
        "longjmp",
        "siglongjmp",
        "_longjmp",
        "pthread_exit",
        "thrd_exit",
        "__assert_fail",
        "__assert_rtn",
        "Py_FatalError",
        "_Py_FatalErrorFunc",
        "Py_Exit",
        "Py_ExitStatusException",
        "PyThread_exit_thread",
        "__builtin_unreachable",
        "__builtin_abort",
        "__builtin_trap",
        "execv",
        "execve",
        "execvp",
        "execl",
        "execlp",
        "execle",
        "err",
        "errx",
        "std::terminate",
        "std::exit",
        "std::abort",
    )
)
