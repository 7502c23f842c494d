"""The families of mistakes that the diagnosis knows, one row each, and the judgement by all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import ModuleType

from pynodes.diagnose.evidence import Evidence
from pynodes.diagnose.finding import Confidence, Finding
from pynodes.diagnose.rules import (
    after_finalization,
    attach_twice,
    before_initialization,
    call_without_attaching,
    dangling_reference,
    during_finalization,
    exception_kept,
    exception_pending,
    finalize_detached,
    finalize_elsewhere,
    finalize_within,
    fork_while_attached,
    lock_cycle,
    lock_order,
    lock_twice,
    lost_exception,
    lost_signal,
    missing_release,
    python_in_handler,
    shared_between_interpreters,
    shared_object,
    stack_overflow,
    thread_never_ends,
    thread_state_misuse,
    unmatched_release,
    wait_while_attached,
    wrong_interpreter,
)

_CERTAIN, _LIKELY = Confidence.CERTAIN, Confidence.LIKELY


@dataclass(frozen=True)
class Family:
    """A family of mistakes.

    Attributes:
        rule: its module, with its name, and what is seen of it as docstring.
        title: what is wrong, in a few words.
        surest: of its findings; `unless`: when they are less sure.
        incidents: words of witness/layout.h that its rule looks for, besides the family's name.
        is_cause: of a crash, where the witness noted it of the thread that crashed.
    """

    rule: ModuleType
    title: str
    surest: Confidence
    unless: str = ""
    incidents: tuple[str, ...] = ()
    is_cause: bool = False

    @property
    def name(self) -> str:
        return self.rule.__name__.rpartition(".")[2].replace("_", "-")

    @property
    def sentence(self) -> str:
        """What is seen of it, for the docs."""
        return " ".join(str(self.rule.__doc__).split())

    def find(self, evidence: Evidence, function: str = "find") -> Iterator[Finding]:
        """What its rule finds; one without that function finds nothing."""
        find = getattr(self.rule, function, lambda evidence: ())
        return (replace(found, family=self.name) for found in find(evidence))


_ENDED = ("ended-by-python", "kept-by-python")

# Of two findings that are equally sure the one of the earlier row is reported first.
FAMILIES = (
    Family(stack_overflow, "a stack is used up", _CERTAIN, "likely beyond the guard"),
    Family(python_in_handler, "a signal handler calls Python", _CERTAIN, "likely where it crashes"),
    Family(shared_between_interpreters, "interpreters share an object", _LIKELY),
    Family(
        finalize_elsewhere,
        "Python is stopped on another thread than the one that started it",
        _CERTAIN,
        is_cause=True,
    ),
    Family(exception_pending, "Python is called with an exception pending", _CERTAIN),
    Family(lost_exception, "an exception is lost with its thread state", _CERTAIN),
    Family(
        during_finalization,
        "a thread uses Python while another stops it",
        _CERTAIN,
        "likely where it crashes",
        _ENDED,
    ),
    Family(unmatched_release, "a release without an attach", _CERTAIN),
    Family(finalize_within, "a function that Python has called stops Python", _CERTAIN),
    Family(finalize_detached, "Python is stopped by a thread that is not attached", _CERTAIN),
    Family(
        after_finalization,
        "Python is called after it was stopped",
        _CERTAIN,
        "likely without the witness",
        _ENDED,
    ),
    Family(before_initialization, "Python is called before it was started", _CERTAIN),
    Family(call_without_attaching, "Python is called by a thread that is not attached", _CERTAIN),
    Family(dangling_reference, "Python is given an object that has been freed", _LIKELY),
    Family(fork_while_attached, "a fork left Python attached, or unprepared", _CERTAIN),
    Family(attach_twice, "a thread attaches that is attached already", _CERTAIN),
    Family(
        thread_state_misuse,
        "a thread state is used as it may not be",
        _CERTAIN,
        "likely for the last",
        ("state-of-two",),
    ),
    Family(
        missing_release,
        "an attach without a release",
        _CERTAIN,
        "likely while the thread lives, and for states",
        ("state-left",),
    ),
    Family(lock_order, "a lock and the GIL are taken in two orders", _CERTAIN),
    Family(lock_twice, "a thread takes a lock twice, with Python in between", _LIKELY),
    Family(lock_cycle, "a lock and one of Python's are taken in two orders", _LIKELY),
    Family(
        wait_while_attached,
        "a thread waits while it is attached",
        _CERTAIN,
        "likely for all but a join",
    ),
    Family(thread_never_ends, "the stop of Python waits for a thread that never ends", _LIKELY),
    Family(wrong_interpreter, "a thread attaches to the wrong interpreter", _LIKELY, is_cause=True),
    Family(lost_signal, "a signal is not looked at", _LIKELY),
    Family(shared_object, "threads share an object that is set up for each call", _LIKELY),
    Family(exception_kept, "exceptions are taken from Python and never given back", _LIKELY),
)


def judge(evidence: Evidence) -> list[Finding]:
    """All findings, the surest first; those of the earlier family first among equals.

    What the witness noted of the thread that crashed, before it did, comes before the crash.
    """
    # whatever else is seen once a root has been found follows from it
    found = [found for family in FAMILIES for found in family.find(evidence, "find_root")]
    if not found:
        found = [found for family in FAMILIES for found in family.find(evidence)]
    crashed = evidence.crashed.tid if evidence.crashed is not None else None
    causes = {family.name for family in FAMILIES if family.is_cause}
    noted = {seen.kind for seen in evidence.incidents if seen.thread.tid == crashed} & causes
    return sorted(found, key=lambda one: (one.family not in noted, one.confidence is _LIKELY))


def table() -> str:
    """The families as docs/diagnose.md shows them."""
    rows = ["| family | what was seen | surest |", "|---|---|---|"]
    for family in FAMILIES:
        sure = "; ".join(filter(None, (str(family.surest), family.unless)))
        file = f"../pynodes/diagnose/rules/{family.name.replace('-', '_')}.py"
        seen = family.sentence.removesuffix(".")
        rows.append(f"| [`{family.name}`]({file}) | {seen} | {sure} |")
    return "\n".join(rows) + "\n"
