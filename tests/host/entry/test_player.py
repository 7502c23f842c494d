"""The order in which the events of a round are played."""

from __future__ import annotations

from entry_play import Play, ev, only_alone

# a redraw of an area that nobody opened leaves its name in the log, and does nothing else


def test_what_follows_an_event_is_played_right_after_it(play: Play) -> None:
    log = play(
        ev("redraw", "late", at=0.2),
        ev("redraw", "after late"),
        ev("redraw", "early", at=0.05),
        ev("redraw", "after early"),
    )

    played = [entry["who"] for entry in log.entries("draw")]
    assert played == ["early", "after early", "late", "after late"]


def test_of_what_is_due_the_first_in_the_file_is_played(play: Play) -> None:
    log = play(
        ev("redraw", "a", at=0.0),
        ev("redraw", "b"),
        ev("redraw", "c", at=0.0),
        ev("redraw", "d"),
        ev("redraw", "e", at=0.0),
    )

    assert [entry["who"] for entry in log.entries("draw")] == ["a", "b", "c", "d", "e"]


@only_alone
def test_a_long_round_is_played_in_order(play: Play) -> None:
    names = [f"area {i}" for i in range(20_000)]

    log = play(*(ev("redraw", name) for name in names))

    assert [entry["who"] for entry in log.entries("draw")] == names
