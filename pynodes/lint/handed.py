"""Functions that are handed on: to whom, and who calls them then."""

from __future__ import annotations

# Functions that take another one and start it, or have it called: parameter, and what for.
HANDED = {
    "pthread_create": (2, "thread"),
    "thrd_create": (1, "thread"),
    "g_thread_new": (1, "thread"),
    "g_thread_try_new": (1, "thread"),
    "uv_thread_create": (1, "thread"),
    "SDL_CreateThread": (0, "thread"),
    "PyThread_start_new_thread": (0, "thread"),
    "PyThread_start_joinable_thread": (0, "thread"),
    "std::thread::thread": (0, "thread"),
    "std::jthread::jthread": (0, "thread"),
    "signal": (1, "handler"),
    "bsd_signal": (1, "handler"),
    "Py_AtExit": (0, "unknown"),
    "atexit": (0, "exit"),
    "at_quick_exit": (0, "exit"),
    "on_exit": (0, "exit"),
}
# Of what starts threads: which argument is the handle, which the function.
STARTS = {
    "pthread_create": (0, 2),
    "thrd_create": (0, 1),
    "g_thread_new": (-1, 1),
    "std::thread::thread": (0, 1),
}
# pthread_atfork: prepare and parent run in the thread that forks, by os.fork() as well.
FORKING = {0: "fork", 1: "fork", 2: "unknown"}
# Fields of the system's structures.
FIELDS = {
    "sa_handler": "handler",
    "sa_sigaction": "handler",
    "__sa_handler": "handler",
    "sigev_notify_function": "thread",
    "_function": "thread",  # what glibc calls it
}
# Containers of threads, whose elements begin where they are put in.
_PUT = ("emplace_back", "emplace")


# Calls that stand for a function that is put into a table, of which only a caller knows which.
STORED = {f"handed to {slot}": slot for slot in ("python", "thread", "handler")}


def slot_of(name: str, at: int, owner: str = "") -> str:
    """Who calls the function that is given as an argument.

    Args:
        name: of the function that gets it.
        at: which argument, without `this`.
        owner: the class of that function, with what it is a container of.
    """
    if name == "pthread_atfork":
        return FORKING.get(at, "argument")
    if name == "PyCapsule_New" and at == 2:
        return "end"
    if name.rpartition("::")[2] in _PUT and "thread" in owner.partition("<")[2]:
        return "thread" if at == 0 else "argument"
    index, slot = HANDED.get(name, (-1, ""))
    if index == at:
        return slot
    return "python" if name.startswith("Py") and not slot else "argument"
