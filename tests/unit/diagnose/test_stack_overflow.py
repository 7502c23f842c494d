"""A stack that is used up, and crashes near a stack that are none."""

from __future__ import annotations

from typing import Any

import pytest
from judging import findings
from recordings import recorded

from pynodes.diagnose.finding import Finding

KIB = 1024


def crash(**bounds: int) -> dict[str, Any]:
    """The recorded overflow, of another stack: 256 KiB that end at 1 GiB, whose guard has 4 KiB."""
    raw = recorded("warren-3.13")
    low = 1 << 30
    own = {"pointer": low, "low": low, "high": low + 256 * KIB, "guard": 4 * KIB} | bounds
    raw["crash"] |= {"address": low - 8, "bounds": own}
    return raw


def overflows(raw: dict[str, Any]) -> list[Finding]:
    return [found for found in findings(raw) if found.family == "stack-overflow"]


@pytest.mark.parametrize(
    ("size", "words"),
    [(64 * KIB, "64 KiB"), (4 * KIB * KIB, "4 MiB"), (8 * KIB * KIB - 4 * KIB, "7.996 MiB")],
)
def test_stack_is_named_with_its_size(size: int, words: str) -> None:
    raw = crash(high=(1 << 30) + size)

    (found,) = overflows(raw)

    assert found.text == (
        f'the stack of thread 2 "warren" ({words}) is used up, in count_below (warren.c:11)'
    )


@pytest.mark.parametrize(("size", "larger"), [(256 * KIB, True), (8 * KIB * KIB, False)])
def test_larger_stack_is_proposed_where_it_is_a_small_one(size: int, larger: bool) -> None:
    (found,) = overflows(crash(high=(1 << 30) + size))

    assert ("pthread_attr_setstacksize" in found.help) == larger


@pytest.mark.parametrize(("below", "sure"), [(8, "certain"), (4096, "certain"), (4104, "likely")])
def test_fault_beyond_the_guard_is_likely(below: int, sure: str) -> None:
    low = 1 << 30
    raw = crash(pointer=low - below)
    raw["crash"]["address"] = low - below

    (found,) = overflows(raw)

    assert str(found.confidence) == sure
    assert bool(found.alternatives) == (sure == "likely")


@pytest.mark.parametrize(
    ("pointer", "fault"),
    [
        (1 << 30, 8),  # a NULL at the end of the stack
        (1 << 30, 1 << 30),  # the last byte that may be used
        ((1 << 30) + 64 * KIB, (1 << 30) - 8),  # a stray pointer, much of the stack left
        (1 << 29, (1 << 29) - 8),  # on another stack
    ],
)
def test_other_crashes_do_not_use_up_a_stack(pointer: int, fault: int) -> None:
    raw = crash(pointer=pointer)
    raw["crash"]["address"] = fault

    assert overflows(raw) == []


def test_stack_that_is_not_known_is_not_judged() -> None:
    raw = crash()
    raw["crash"]["bounds"] = None

    assert overflows(raw) == []
