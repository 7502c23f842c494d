"""A thread waits for a mutex, its owner for a lock of Python's, and nobody is left who could let go
of that: two locks in two orders; Python is in order.
"""

from __future__ import annotations

from pynodes.diagnose.evidence import Evidence, Thread
from pynodes.diagnose.finding import Finding, Findings, finding, where
from pynodes.diagnose.rules._stuck import IDLE_MS, is_stuck

_LOCKS = frozenset({"semaphore", "condition", "mutex", "futex"})


def find(evidence: Evidence) -> Findings:
    if evidence.crashed is not None:
        return
    for thread in evidence.threads:
        wait = thread.wait
        if wait is None or wait.kind != "mutex" or wait.timed or thread.place is None:
            continue
        owner = evidence.thread(wait.on)
        if owner is None or owner is thread or not _wants_lock_of_python(owner):
            continue
        if thread.attach in ("attached", "detached") and _is_its(evidence, thread, owner):
            yield _finding(thread, owner)


def _wants_lock_of_python(thread: Thread) -> bool:
    """Called by the program, Python waits for a lock that has no limit."""
    wait = thread.wait
    return (
        wait is not None
        and not wait.timed
        and wait.kind in _LOCKS
        and thread.attach == "detached"
        and thread.is_in_python
        and thread.place is not None
        and bool(thread.python)
    )


def _is_its(evidence: Evidence, thread: Thread, owner: Thread) -> bool:
    """Nobody but the thread itself can let go of that lock: nothing else moves."""
    return all(
        is_stuck(evidence, other) or (other.wait is not None and other.same_ms >= IDLE_MS)
        for other in evidence.others(thread)
    )


def _finding(thread: Thread, owner: Thread) -> Finding:
    script = owner.python[0].where
    return finding(
        thread,
        "a lock of the program's and a lock of Python's are taken in two orders",
        f"{owner.title} has the mutex and wants a lock of Python's, in {script}; {thread.title}"
        " wants the mutex, and nobody else is left who could let go of that lock; the GIL is not"
        " what they wait for: Python is in order",
        f"let go of the mutex before Python is called{where(owner.place)}, or take it"
        f"{where(thread.place)} with no lock of Python's held; logging, queues and imports have"
        " locks of their own",
        ("wants the mutex:", thread.title, thread.chain()),
        ("has the mutex:", owner.title, owner.chain()),
        *((("in Python:", thread.title, thread.python[0].where),) if thread.python else ()),
        ("in Python:", owner.title, script),
        unless=("what that lock waits for comes from another process, or by a signal",),
        settled=False,
    )
