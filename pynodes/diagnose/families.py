"""The families of mistakes that the diagnosis knows, one row each, and the judgement by all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
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
    finalize_detached,
    finalize_elsewhere,
    fork_while_attached,
    lock_order,
    lock_twice,
    lost_exception,
    lost_signal,
    missing_release,
    shared_between_interpreters,
    shared_object,
    thread_never_ends,
    thread_state_misuse,
    unmatched_release,
    wait_while_attached,
    wrong_interpreter,
)

Find = Callable[[Evidence], Iterator[Finding]]
_CERTAIN, _LIKELY = Confidence.CERTAIN, Confidence.LIKELY


@dataclass(frozen=True)
class Family:
    """A family. `surest`: of its findings; `unless`: when they are less sure.

    `seen`: what is seen of it, for docs/diagnose.md. `incidents`: words of witness/layout.h that
    its rule looks for, besides the family's own name.
    """

    rule: ModuleType
    surest: Confidence
    seen: str
    unless: str = ""
    incidents: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return str(self.rule.FAMILY)

    @property
    def find(self) -> Find:
        find: Find = self.rule.find
        return find


# Of two findings that are equally sure the one of the earlier row is reported first.
FAMILIES = (
    Family(
        shared_between_interpreters,
        _LIKELY,
        "an interpreter with memory of its own frees what is not in it",
    ),
    Family(
        finalize_elsewhere,
        _CERTAIN,
        "`Py_FinalizeEx` on another thread than the one that started Python",
    ),
    Family(
        lost_exception,
        _CERTAIN,
        "the outermost `PyGILState_Release` deletes a thread state that has an exception",
    ),
    Family(
        during_finalization,
        _CERTAIN,
        "a thread uses Python while another is in `Py_FinalizeEx`: it crashes, or CPython ends it"
        " (up to 3.13) or keeps it for ever",
        "likely where it crashes",
        ("ended-by-python", "kept-by-python"),
    ),
    Family(unmatched_release, _CERTAIN, "a release on a thread that is not attached (any more)"),
    Family(finalize_detached, _CERTAIN, "`Py_FinalizeEx` on a thread that is not attached"),
    Family(
        after_finalization,
        _CERTAIN,
        "Python is called and was stopped",
        "likely without the witness",
        ("ended-by-python", "kept-by-python"),
    ),
    Family(before_initialization, _CERTAIN, "Python is called and was never started"),
    Family(
        call_without_attaching,
        _CERTAIN,
        "a crash inside Python, called by a thread that is not attached",
    ),
    Family(
        dangling_reference,
        _LIKELY,
        "an attached thread gives Python an object that has been freed",
    ),
    Family(
        fork_while_attached,
        _CERTAIN,
        "a forked child waits for a thread that is in its parent only",
    ),
    Family(
        attach_twice,
        _CERTAIN,
        "a thread waits for the GIL that it holds, or CPython refuses a second attach",
    ),
    Family(
        thread_state_misuse,
        _CERTAIN,
        "one thread state is in use on two threads, or was, since one took it before the other had"
        " given it back; `PyEval_ReleaseLock` left a thread attached without the GIL; or CPython"
        " gives up on what is done to a thread state",
        "likely for the last",
        ("state-of-two",),
    ),
    Family(
        missing_release,
        _CERTAIN,
        "the GIL belongs to a thread that has ended; or a thread waits elsewhere, attached by a"
        " function that has returned; or threads end detached, one after the other, and leave their"
        " thread states",
        "likely while the thread lives, and for states",
        ("state-left",),
    ),
    Family(
        lock_order, _CERTAIN, "an attached thread waits for a mutex whose owner waits to attach"
    ),
    Family(
        lock_twice,
        _LIKELY,
        "an attached thread waits for a mutex that it holds itself, in a function that Python"
        " called: the end of an object, for one",
    ),
    Family(
        wait_while_attached,
        _CERTAIN,
        "an attached thread joins, waits for a condition, a semaphore, a barrier, spins on naps, or"
        " reads or writes a pipe of its own process, and the threads it needs wait to attach",
        "likely for all but a join",
    ),
    Family(
        thread_never_ends,
        _LIKELY,
        "`Py_FinalizeEx` waits for a thread of `threading`, and nobody is left to wake that",
    ),
    Family(
        wrong_interpreter,
        _LIKELY,
        "a thread that another interpreter started attaches to the main one",
    ),
    Family(lost_signal, _LIKELY, "Python's handler took a signal, and the main thread stays in C"),
    Family(
        shared_object,
        _LIKELY,
        "an object that is set up for each call is called by several threads at once",
    ),
    Family(
        exception_kept,
        _LIKELY,
        "exceptions that one line took from Python are all still there when Python is stopped",
    ),
)
# Whatever else is seen once this has been done follows from it.
ROOT: Find = thread_state_misuse.find_root
_ORDER = (_CERTAIN, _LIKELY)


def judge(evidence: Evidence) -> list[Finding]:
    """All findings, the surest first; those of the earlier family first among equals."""
    found = list(ROOT(evidence))
    if not found:
        found = [finding for family in FAMILIES for finding in family.find(evidence)]
    return sorted(found, key=lambda finding: _ORDER.index(finding.confidence))


def table() -> str:
    """The families as docs/diagnose.md shows them."""
    rows = ["| family | what was seen | surest |", "|---|---|---|"]
    for family in FAMILIES:
        sure = "; ".join(filter(None, (str(family.surest), family.unless)))
        file = f"../pynodes/diagnose/rules/{family.name.replace('-', '_')}.py"
        rows.append(f"| [`{family.name}`]({file}) | {family.seen} | {sure} |")
    return "\n".join(rows) + "\n"
