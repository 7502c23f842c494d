"""An attached thread waits for a mutex whose owner waits to attach."""

from __future__ import annotations

from pynodes.diagnose.evidence import Evidence, Thread
from pynodes.diagnose.finding import Finding, Findings, finding, where
from pynodes.diagnose.rules._stuck import rivals, row_of


def find(evidence: Evidence) -> Findings:
    for thread in evidence.holders:
        wait = thread.wait
        if wait is None or wait.kind != "mutex" or thread.place is None:
            continue
        owner = evidence.thread(wait.on)
        if owner is None or evidence.needs(owner) not in rivals(evidence, thread):
            continue
        yield _finding(evidence, thread, owner, timed=wait.timed)


def _finding(evidence: Evidence, thread: Thread, owner: Thread, *, timed: bool) -> Finding:
    what = "holds the GIL:" if not evidence.free_threaded else "is attached:"
    there = where(owner.place)
    behind = "" if owner.attach == "waits" else " for a thread that waits"
    wants = "wants Python" if owner.attach == "waits" else "waits for one that wants Python"
    return finding(
        thread,
        f"a thread waits for a lock while it is attached, and the lock's owner waits{behind} to"
        " attach",
        f"{thread.title} has Python and wants the lock; {owner.title} has the lock and {wants}:"
        " neither gives up what it has",
        f"detach before the lock is taken{where(thread.place)}, or attach{there} before the lock"
        " is taken there; one order for the whole program",
        (what, thread.title, thread.chain()),
        *row_of((owner,), "holds the lock:"),
        *row_of(tuple(t for t in evidence.waiting if t is not owner), "waits as well:"),
        sure=not timed,
    )
