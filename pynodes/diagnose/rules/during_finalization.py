"""A thread uses Python while another is in `Py_FinalizeEx`: it crashes, or CPython ends it (up to
3.13) or keeps it for ever.
"""

from __future__ import annotations

from pynodes.diagnose.evidence import Evidence, Thread
from pynodes.diagnose.finding import Findings, finding, where
from pynodes.diagnose.rules import _cut_off
from pynodes.diagnose.rules._stuck import ENDING, STOPPING, kept_for_ever


def find(evidence: Evidence) -> Findings:
    yield from _cut_off.find(evidence, after=False)
    thread = evidence.crashed
    if thread is not None:
        yield from _crashed_meanwhile(evidence, thread)
        return
    if evidence.initialized is False or (evidence.initialized and evidence.finalizing is False):
        return
    for other in kept_for_ever(evidence):
        yield from _is_needed(evidence, other)


def _stopper(evidence: Evidence, thread: Thread) -> Thread | None:
    """Who ends an interpreter takes nothing from those of others."""
    stopping = STOPPING - {ENDING}
    return next((other for other in evidence.others(thread) if other.calls(stopping)), None)


def _crashed_meanwhile(evidence: Evidence, thread: Thread) -> Findings:
    stopper = _stopper(evidence, thread)
    if thread.place is None or thread.asked_python is None or thread.calls(STOPPING):
        return
    if stopper is None:
        return
    yield finding(
        thread,
        "a thread uses Python while another stops it",
        f"{stopper.title} is in Py_FinalizeEx, which frees what {thread.title} works with",
        f"join the thread that calls Python{where(thread.place)} before"
        f"{where(stopper.place, ' that')}",
        ("crashed:", thread.title, thread.chain(6)),
        ("stops Python:", stopper.title, stopper.chain()),
        unless=("the crash has another cause and only happened now",),
    )


def _is_needed(evidence: Evidence, thread: Thread) -> Findings:
    """3.14 and later keep a thread for ever that attaches while, or after, Python stops."""
    for other in evidence.threads:
        wait = other.wait
        if wait is None or wait.on != thread.tid or wait.timed or wait.kind not in _NEEDS:
            continue
        needs, end = _NEEDS[wait.kind]
        sure = bool(evidence.finalizing)
        yield finding(
            thread,
            f"a thread attached while Python was being stopped, and {needs}",
            f"a thread that attaches from then on is kept for ever, so {end}",
            f"end and join the thread that attaches{where(thread.place)} before Py_FinalizeEx",
            ("is kept:", thread.title, thread.chain()),
            ("waits for it:", other.title, other.chain()),
            sure=sure,
            unless=("what was stopped is an interpreter of its own",),
        )
        return


_NEEDS = {
    "join": ("is joined", "the join never ends"),
    "mutex": ("holds a lock that another thread waits for", "the lock is never given back"),
}
