"""An object that is set up for each call is called by several threads at once."""

from __future__ import annotations

from pathlib import PurePosixPath

from pynodes.diagnose.evidence import Evidence, Frame, Incident, Thread
from pynodes.diagnose.finding import Finding, Findings, finding, where


def find(evidence: Evidence) -> Findings:
    """One finding for each place that calls, or sets up, such objects."""
    found = set()
    for seen in evidence.noted("shared-object"):
        place = _place(seen.thread)
        if place not in found:
            found.add(place)
            yield _finding(seen, place)


def _finding(seen: Incident, place: Frame) -> Finding:
    thread, other = seen.thread, seen.other
    facts = [("calls it:" if seen.value >= 0 else "sets it:", thread.title, thread.chain())]
    if other is not None:
        facts.append(("is in a call:", other.title, other.chain()))
    if seen.value >= 0:
        why = (
            f"what the C struct of an object of type {seen.text!r} holds is one thing whenever this"
            " thread calls it, and another whenever the other thread does: it was changed while a"
            " call by the other thread was under way"
        )
    else:
        why = (
            f"its attribute {seen.text!r} is set before each call, and was set to something else"
            " while a call by another thread was under way"
        )
    return finding(
        thread,
        "threads share one object that is set up anew for each call",
        f"{why}, which goes on with what is not its own",
        f"an object for each thread or for each call{where(place)}, or hand over as arguments what"
        " belongs to the call; a switch interval is no lock",
        *facts,
        unless=("nobody reads what was changed before the call is over",),
        stops=False,
        at=place,
    )


_HEADERS = frozenset({".h", ".hh", ".hpp", ".hxx", ".inl"})


def _place(thread: Thread) -> Frame:
    """The innermost function of the program; what stands in a header is a helper of many."""
    own = [frame for frame in thread.frames if frame.origin == "program"]
    of_sources = (f for f in own if PurePosixPath(f.file).suffix not in _HEADERS)
    return next(of_sources, own[0])
