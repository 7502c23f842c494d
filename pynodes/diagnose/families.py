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
    finalize_detached,
    finalize_elsewhere,
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
    """A family. `rule`: its module, with its name, and what is seen of it as docstring.

    `surest`: of its findings; `unless`: when they are less sure. `incidents`: words of
    witness/layout.h that its rule looks for, besides the family's own name.
    """

    rule: ModuleType
    surest: Confidence
    unless: str = ""
    incidents: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.rule.__name__.rpartition(".")[2].replace("_", "-")

    def find(self, evidence: Evidence, function: str = "find") -> Iterator[Finding]:
        """What its rule finds; one without that function finds nothing."""
        find = getattr(self.rule, function, lambda evidence: ())
        return (replace(found, family=self.name) for found in find(evidence))


# Of two findings that are equally sure the one of the earlier row is reported first.
FAMILIES = (
    Family(stack_overflow, _CERTAIN, "likely beyond the guard"),
    Family(python_in_handler, _CERTAIN, "likely where it crashes"),
    Family(shared_between_interpreters, _LIKELY),
    Family(finalize_elsewhere, _CERTAIN),
    Family(lost_exception, _CERTAIN),
    Family(
        during_finalization,
        _CERTAIN,
        "likely where it crashes",
        ("ended-by-python", "kept-by-python"),
    ),
    Family(unmatched_release, _CERTAIN),
    Family(finalize_detached, _CERTAIN),
    Family(
        after_finalization,
        _CERTAIN,
        "likely without the witness",
        ("ended-by-python", "kept-by-python"),
    ),
    Family(before_initialization, _CERTAIN),
    Family(call_without_attaching, _CERTAIN),
    Family(dangling_reference, _LIKELY),
    Family(fork_while_attached, _CERTAIN),
    Family(attach_twice, _CERTAIN),
    Family(thread_state_misuse, _CERTAIN, "likely for the last", ("state-of-two",)),
    Family(
        missing_release, _CERTAIN, "likely while the thread lives, and for states", ("state-left",)
    ),
    Family(lock_order, _CERTAIN),
    Family(lock_twice, _LIKELY),
    Family(lock_cycle, _LIKELY),
    Family(wait_while_attached, _CERTAIN, "likely for all but a join"),
    Family(thread_never_ends, _LIKELY),
    Family(wrong_interpreter, _LIKELY),
    Family(lost_signal, _LIKELY),
    Family(shared_object, _LIKELY),
    Family(exception_kept, _LIKELY),
)


_CAUSES = {"wrong-interpreter", "finalize-elsewhere"}  # incidents that crashes may follow from


def judge(evidence: Evidence) -> list[Finding]:
    """All findings, the surest first; those of the earlier family first among equals.

    What the witness noted of the thread that crashed, before it did, comes before the crash.
    """
    # whatever else is seen once a root has been found follows from it
    found = [found for family in FAMILIES for found in family.find(evidence, "find_root")]
    if not found:
        found = [found for family in FAMILIES for found in family.find(evidence)]
    crashed = evidence.crashed.tid if evidence.crashed is not None else None
    noted = {seen.kind for seen in evidence.incidents if seen.thread.tid == crashed} & _CAUSES
    return sorted(found, key=lambda one: (one.family not in noted, one.confidence is _LIKELY))


def table() -> str:
    """The families as docs/diagnose.md shows them."""
    rows = ["| family | what was seen | surest |", "|---|---|---|"]
    for family in FAMILIES:
        sure = "; ".join(filter(None, (str(family.surest), family.unless)))
        file = f"../pynodes/diagnose/rules/{family.name.replace('-', '_')}.py"
        seen = " ".join(str(family.rule.__doc__).split()).removesuffix(".")
        rows.append(f"| [`{family.name}`]({file}) | {seen} | {sure} |")
    return "\n".join(rows) + "\n"
