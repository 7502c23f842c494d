"""A signal handler of the program's calls Python, and waits or crashes there: the thread that it
interrupted holds what that needs. Or it went well, in the midst of Python or of the heap.
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import takewhile

from pynodes.diagnose.evidence import Evidence, Frame, Thread
from pynodes.diagnose.finding import Confidence, Finding, Findings, finding, where
from pynodes.diagnose.rules._stuck import is_frozen, is_stuck


def find_root(evidence: Evidence) -> Findings:
    """What such a thread waits for, or falls over, follows from it."""
    for thread in evidence.threads:
        if thread.in_handler is None or not (thread.crashed or is_stuck(evidence, thread)):
            continue
        handler, interrupted = thread.in_handler
        own = [frame for frame in handler if frame.origin != "system"]
        if not own or own[-1].origin != "program":
            continue  # of Python's own: it only takes note of the signal
        if any(frame.origin == "python" for frame in own):
            yield _finding(thread, own[-1], interrupted)


_MEMORY = re.compile(r"malloc|calloc|realloc|memalign|free|chunk|arena|systrim")


def find(evidence: Evidence) -> Findings:
    """It was seen to attach there: the harm may come later, for a heap breaks elsewhere."""
    for seen in evidence.noted("python-in-handler"):
        handler, interrupted = seen.thread.in_handler or ((), ())
        own = [frame for frame in handler if frame.origin == "program"]
        system = takewhile(lambda frame: frame.origin == "system", interrupted)
        is_memory = any(_MEMORY.search(frame.function) for frame in system)
        if own and interrupted and (interrupted[0].origin == "python" or is_memory):
            found = _finding(seen.thread, own[-1], interrupted)
            _, who, stack = found.facts[0]
            facts = (("attached by:", who, stack),)
            sure, stops = Confidence.CERTAIN, is_frozen(evidence)
            yield replace(found, confidence=sure, stops=stops, facts=facts, alternatives=())
            return


def _finding(thread: Thread, place: Frame, interrupted: tuple[Frame, ...]) -> Finding:
    """`place`: the handler itself."""
    within = next((frame.where for frame in interrupted if frame.function), "other code")
    return finding(
        thread,
        "a signal handler calls Python",
        f"the signal came in the midst of {within}, on the same thread: what that has locked, or"
        " half changed, stays so until the handler returns",
        f"nothing of Python in the handler{where(place)}: set a flag or write to a pipe, and let a"
        " thread or the loop do the rest",
        ("crashed:" if thread.crashed else "waits:", thread.title, thread.chain(6, to=place)),
        sure=not thread.crashed and thread.attach == "attached",
        unless=("the crash has another cause",) if thread.crashed else (),
        at=place,
    )
