"""Numbers for people: durations, counts, shares; results for programs."""

from __future__ import annotations

import json
from typing import Any


def duration(seconds: float) -> str:
    """`0.8 ms`, `42 ms`, `3.21 s`, `45 s`, `2 min 05 s`, `1 h 03 min`."""
    if seconds < 0.001:
        return f"{seconds * 1e3:.2g} ms"
    if seconds < 0.9995:
        return f"{seconds * 1e3:.3g} ms"
    if seconds < 9.995:
        return f"{seconds:.2f} s"
    if seconds < 59.5:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min"


def time_left(seconds: float) -> str:
    """`3 s left`, `2 min 05 s left`: whole seconds, for it is a guess."""
    if seconds < 59.5:
        return f"{max(1.0, seconds):.0f} s left"
    return f"{duration(seconds)} left"


def nanoseconds(ns: float) -> str:
    """`57 ns`, `1.24 us`, `3.1 ms`: three digits that matter."""
    for unit, size in (("ns", 1.0), ("us", 1e3), ("ms", 1e6)):
        if ns < 999.5 * size:
            return f"{ns / size:.3g} {unit}"
    return duration(ns / 1e9)


def percent(share: float, digits: int = 0) -> str:
    """`47 %`, with `digits` behind the point."""
    return f"{share * 100:.{digits}f} %"


def count(number: int) -> str:
    """`1,228,800`."""
    return f"{number:,}"


def figure(value: float, unit: str) -> str:
    """A figure of any unit: times as `duration`, others with their unit."""
    if unit == "s":
        return duration(value)
    return f"{value:,.0f}" if not unit else f"{value:,.1f} {unit}"


def plural(number: int, noun: str) -> str:
    """`1 tile`, `2 tiles`."""
    return f"{count(number)} {noun}" if number == 1 else f"{count(number)} {noun}s"


def json_text(value: object) -> str:
    """A result as JSON."""
    return json.dumps(with_old_names(value), indent=2)


def with_old_names(value: object) -> Any:
    """The same for JSON: what `help` says stands under its old name `mend` too, for one release."""
    if isinstance(value, dict):
        named = {key: with_old_names(part) for key, part in value.items()}
        return {**named, "mend": named["help"]} if "help" in named else named
    if isinstance(value, list | tuple):
        return [with_old_names(part) for part in value]
    return value
