"""A hang that somebody has saved, or asks about: how long anything took is not known of it."""

from __future__ import annotations

from typing import Any

import pytest
from judging import findings
from recordings import recorded


def asked(name: str, trigger: str = "asked") -> dict[str, Any]:
    """A recording as a look would have it that nothing went before."""
    raw = recorded(name)
    for thread in raw["threads"]:
        thread["naps"] = thread["same_ms"] = 0
    return {**raw, "trigger": trigger, "kept": []}


def test_wait_with_a_limit_is_likely_and_may_be_over_soon() -> None:
    (found,) = findings(asked("patience-3.11"))

    assert (found.family, str(found.confidence)) == ("wait-while-attached", "likely")
    assert found.place is not None
    assert found.place.function == "call"
    assert any("its limit is near" in words for words in found.alternatives)


def test_wait_with_a_limit_is_not_judged_at_the_first_look_at_a_program_that_runs() -> None:
    assert findings(asked("patience-3.11", "freeze")) == []


@pytest.mark.parametrize("name", ["snooze-3.13", "stare-3.13"])
def test_loop_is_not_known_from_one_look(name: str) -> None:
    assert findings(asked(name)) == []
