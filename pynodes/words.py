"""Numbers and lines for people: durations, counts, shares; results for programs."""

from __future__ import annotations

import math
from typing import Any

from pynodes import printable


def wrapped(text: str, width: int, **more: Any) -> list[str]:
    """Lines of so many columns; no word is broken, nor an option at its hyphen.

    Args:
        more: indents, as of `textwrap.wrap`.
    """
    from textwrap import wrap

    return wrap(text, width, break_on_hyphens=False, break_long_words=False, **more)


def duration(seconds: float) -> str:
    """`390 ns`, `42 ms`, `3.21 s`, `45 s`, `2 min 05 s`, `1 h 03 min`."""
    if abs(seconds) < 0.9995:
        return nanoseconds(seconds * 1e9) if seconds else "0 s"
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
        if abs(ns) < 999.5 * size:
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


def json_text(value: object, indent: int = 2) -> str:
    """A result as JSON, in ASCII."""
    import json

    return json.dumps(as_json(value), indent=indent, allow_nan=False)


def as_json(value: object) -> Any:
    """The same as JSON can have it.

    Bytes of names that are not UTF-8 become escapes, what is not a finite number a word. What
    `help` says stands under its old name `mend` too, for one release.
    """
    match value:
        case str():
            return printable.encodable(value)
        case float() if not math.isfinite(value):
            return str(value)
        case dict():
            named = {as_json(key): as_json(part) for key, part in value.items()}
            return {**named, "mend": named["help"]} if "help" in named else named
        case list() | tuple():
            return [as_json(part) for part in value]
    return value
