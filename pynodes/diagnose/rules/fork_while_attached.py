"""A forked child waits for a thread that is in its parent only, or CPython gives up on what a fork
without `PyOS_BeforeFork` has left.
"""

from __future__ import annotations

from pynodes.diagnose.evidence import Evidence, Thread
from pynodes.diagnose.finding import Finding, Findings, finding, where
from pynodes.diagnose.rules._stuck import AFTER_FORK, kept_states


def find(evidence: Evidence) -> Findings:
    thread = evidence.crashed
    if thread is not None and thread.calls({AFTER_FORK}) and thread.place is not None:
        yield _unprepared(thread)
    for state in kept_states(evidence):
        if state.alive or not evidence.is_forked:
            continue
        if any(gone.tid == state.tid for gone in evidence.ended):
            continue  # it lived in this process, and ended
        sure = state.tid in evidence.elsewhere
        for thread in evidence.waiting:
            if thread.place is None:
                continue
            yield finding(
                thread,
                "a forked child attaches, but the thread that was attached is in the parent only",
                f"fork copied the calling thread alone; attached was thread {state.tid} of the"
                " parent, and in the child nobody is there to detach it",
                f"no Python in the child{where(thread.place)}: exec at once; or fork attached,"
                " between PyOS_BeforeFork and PyOS_AfterFork_Child",
                ("waits, in the child:", thread.title, thread.chain()),
                ("held by:", f"thread {state.tid} of the parent", "not copied by fork"),
                sure=sure,
                unless=("a thread of the child attached and ended without a release",),
            )
            break


def _unprepared(thread: Thread) -> Finding:
    never = thread.attach in ("none", "detached")
    return finding(
        thread,
        "a forked child goes on with Python"
        + (
            " on a thread that is not attached"
            if never
            else ", for which the fork was not prepared"
        ),
        "PyOS_AfterFork_Child puts right what PyOS_BeforeFork has taken, on the thread that is"
        + (" attached; this one is not" if never else " copied; it found something else"),
        f"PyOS_BeforeFork, attached, before the fork whose child is{where(thread.place, ' here')};"
        " PyOS_AfterFork_Parent in the parent; or no Python in the child",
        ("crashed, in the child:", thread.title, thread.chain(6)),
        sure=never,
        unless=("a handler of os.register_at_fork crashed by itself",),
    )
