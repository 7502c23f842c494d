"""The rules: from evidence to findings, one family of mistakes a file.

A rule sees an `Evidence` and nothing else. It yields a finding only when nothing healthy looks the
same; it says `certain` only when the evidence admits no other cause. To add one: a module here with
`find(evidence)`, its line in RULES, recorded evidence in tests/unit/diagnose.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pynodes.diagnose.evidence import Evidence
from pynodes.diagnose.finding import Confidence, Finding
from pynodes.diagnose.rules import (
    call_without_attaching,
    cut_off,
    dangling_reference,
    finalization,
    finalize_elsewhere,
    fork,
    left_behind,
    lock_order,
    lock_twice,
    lost_exception,
    lost_signal,
    missing_release,
    not_running,
    other_interpreter,
    released_lock,
    shared_object,
    shared_state,
    thread_state,
    unended_thread,
    unmatched_release,
    wait_while_attached,
    wrong_interpreter,
)

Rule = Callable[[Evidence], Iterator[Finding]]
# Whatever else is seen once one of these has been done follows from it.
ROOTS: tuple[Rule, ...] = (released_lock.find, shared_state.find)
RULES: tuple[Rule, ...] = (
    other_interpreter.find,
    finalize_elsewhere.find,
    lost_exception.find,
    cut_off.find,
    unmatched_release.find,
    finalization.find,
    not_running.find,
    call_without_attaching.find,
    dangling_reference.find,
    fork.find,
    thread_state.find,
    missing_release.find,
    lock_order.find,
    lock_twice.find,
    wait_while_attached.find,
    unended_thread.find,
    wrong_interpreter.find,
    lost_signal.find,
    shared_object.find,
    left_behind.find,
)
_ORDER = {Confidence.CERTAIN: 0, Confidence.LIKELY: 1, Confidence.UNKNOWN: 2}


def judge(evidence: Evidence) -> list[Finding]:
    """All findings, the surest first; the earlier rule first among equals."""
    found = [finding for rule in ROOTS for finding in rule(evidence)]
    if not found:
        found = [finding for rule in RULES for finding in rule(evidence)]
    return sorted(found, key=lambda finding: _ORDER[finding.confidence])
