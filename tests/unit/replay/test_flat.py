"""The flat lines that the host gets."""

from __future__ import annotations

from pathlib import Path

from pynodes.replay.flat import flat
from pynodes.replay.replay import Event, Replay


def lines(text: str) -> list[list[str]]:
    return [line.split("\t") for line in text.splitlines()]


def test_each_round_begins_with_the_scripts_and_ends_after_its_length() -> None:
    replay = Replay(
        Path("r"), (Event("undo", (), "at", 0.5, line=4),), scripts=(Path("/a.py"),), length=2
    )

    found = lines(flat(replay, rounds=2))

    one = [
        ["event", "0", "then", "0", "-", "script", "/a.py"],
        ["event", "4", "ns", "500000000", "-", "undo"],
        ["event", "0", "ns", "2000000000", "-", "round"],
    ]
    assert found == [["pynodes-replay", "1"], *one, *one]


def test_round_lasts_until_its_last_event() -> None:
    replay = Replay(Path("r"), (Event("undo", (), "at", 3),), length=1)

    assert lines(flat(replay))[-1][3] == "3000000000"


def test_random_rounds_are_drawn_by_the_seed() -> None:
    events = tuple(Event("update", (name,)) for name in "abcdef")
    replay = Replay(Path("r"), events, length=1, order="random", count=20)

    text = flat(replay, rounds=2, seed=7)

    assert text == flat(replay, rounds=2, seed=7)
    assert text != flat(replay, rounds=2, seed=8)
    drawn = [line for line in lines(text) if line[-2] == "update"]
    assert len(drawn) == 40
    assert drawn[:20] != drawn[20:]
    times = [int(line[3]) for line in drawn[:20]]
    assert times == sorted(times) and all(0 <= at <= 1_000_000_000 for at in times)


def test_error_that_an_event_expects_may_be_missing_in_random_order() -> None:
    event = Event("undo", (), expect=True)
    given = Replay(Path("r"), (event,), length=1)
    drawn = Replay(Path("r"), (event,), length=1, order="random", count=1)

    assert lines(flat(given))[1][4] == "error"
    assert lines(flat(drawn))[1][4] == "maybe"


def test_tabs_and_line_ends_in_arguments_are_escaped() -> None:
    event = Event("script", ("/a.py", "a\tb", "c\nd\\e\r", ""))

    assert lines(flat(Replay(Path("r"), (event,))))[1][6:] == [
        "/a.py",
        "a\\tb",
        "c\\nd\\\\e\\r",
        "",
    ]
