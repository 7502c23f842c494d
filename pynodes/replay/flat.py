"""From a replay to the flat lines that the host reads (host/wire/replay.h)."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

from pynodes.replay.replay import Event, Replay

_WHEN = {"then": "then", "at": "ns", "frame": "frame", "tile": "tile"}


def flat(replay: Replay, rounds: int = 1, seed: int = 0) -> str:
    """The whole play: so many rounds, each with its scripts first; random ones drawn by `seed`."""
    lines = ["pynodes-replay\t1"]
    if replay.menus is not None:
        lines.append(_fields("menus", str(replay.menus)))
    start = [Event("script", (str(path),)) for path in replay.scripts]
    for number in range(rounds):
        for event in (*start, *_events_of(replay, number, seed)):
            lines.append(_line(event, random_order=replay.order == "random"))
        lines.append(_line(Event("round", (), "at", _length(replay))))
    return "".join(f"{line}\n" for line in lines)


def _events_of(replay: Replay, number: int, seed: int) -> Iterator[Event]:
    if replay.order == "given":
        yield from replay.events
        return
    draw = random.Random(f"{seed}:{number}")
    times = sorted(draw.uniform(0, replay.length) for _ in range(replay.count))
    for at in times:
        yield replace(draw.choice(replay.events), when="at", place=at)


def _length(replay: Replay) -> float:
    """At least until the last timed event."""
    return max([replay.length, *(event.place for event in replay.events if event.when == "at")])


def _line(event: Event, *, random_order: bool = False) -> str:
    place = int(event.place * 1e9) if event.when == "at" else int(event.place)
    expect = "-" if not event.expect else "maybe" if random_order else "error"
    return _fields(
        "event", str(event.line), _WHEN[event.when], str(place), expect, event.do, *event.args
    )


def _fields(*fields: str) -> str:
    return "\t".join(map(_escaped, fields))


def _escaped(field: str) -> str:
    for char, mark in (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r")):
        field = field.replace(char, mark)
    return field
