"""The card that answers which way to take: a row a way, a column for each thing one chooses by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median
from typing import NamedTuple

from pynodes.report import definitions
from pynodes.report.blocks import card, data_table, definition
from pynodes.report.decision import Decision, Way
from pynodes.report.markup import Markup, join, tag
from pynodes.words import duration, figure

_BEST = "best"


class Entry(NamedTuple):
    """What stands in one place of the table: a value, and what is said of it below."""

    value: str
    aside: str = ""
    is_best: bool = False
    is_number: bool = True

    def __str__(self) -> str:
        return " ".join(
            filter(
                None, [_BEST if self.is_best else "", self.value, self.aside and f"({self.aside})"]
            )
        )


def decision_card(decision: Decision) -> Markup:
    """The table of one kind of work."""
    heads, rows = decision_table(decision)
    title = f"Which to take: {decision.work}" if decision.work else "Which to take"
    return card(
        title,
        data_table(
            "Each way at its best number of threads",
            heads,
            map(_row, rows),
            texts_last=sum(not entry.is_number for entry in rows[0][1:]) if rows else 0,
        ),
        definition(definitions.DECISION),
    )


def decision_table(decision: Decision) -> tuple[list[str], list[list[Entry]]]:
    """Heads and rows; the first column has none."""
    has_engines = any(way.survives is not None for way in decision.ways)
    heads = ["", "time", "against the fastest", "peak memory"]
    if has_engines:
        heads += ["loads the imports", "survives a crash"]
    return heads, [_entries(way, has_engines) for way in decision.ways]


def _entries(way: Way, has_engines: bool) -> list[Entry]:
    found = [
        Entry(way.name, way.bad, is_number=False),
        Entry(*_range(way.times, duration), way.is_fastest),
        _against(way),
        _memory(way),
    ]
    if has_engines:
        loads = f"no: {way.refusal}" if way.refusal else "yes"
        survives = "yes" if way.survives else "no"
        found += [Entry(loads, is_number=False), Entry(survives, is_number=False)]
    return found


def _row(entries: Sequence[Entry]) -> Markup:
    name, *rest = entries
    head = tag("th", name.value, _below(name.aside), scope="row", class_="way")
    return tag("tr", join([head, *map(_cell, rest)]))


def _cell(entry: Entry) -> Markup:
    mark = tag("strong", f"{_BEST} ", class_="best") if entry.is_best else None
    kind = "number" if entry.is_number else None
    return tag("td", mark, entry.value, _below(entry.aside), class_=kind)


def _below(text: str) -> Markup | None:
    return tag("span", text, class_="runs") if text else None


def _range(values: Sequence[float], shown: Callable[[float], str]) -> tuple[str, str]:
    """The median, and from what to what when runs differ."""
    if not values:
        return "not measured", ""
    low, high = shown(min(values)), shown(max(values))
    return shown(median(values)), f"{low} to {high}" if low != high else ""


def _memory(way: Way) -> Entry:
    value, aside = _range(way.memory, lambda mib: figure(mib, "MiB"))
    if way.workers > 1 and way.memory:
        each = figure(median(way.memory) / way.workers, "MiB")
        aside = f"at most: {way.workers} workers of {each}"
    return Entry(value, aside, way.is_least)


def _against(way: Way) -> Entry:
    found = way.against
    if found is None:
        return Entry("")
    has_interval = found.low is not None and found.high is not None
    return Entry(
        f"{found.value:.2f}", f"{found.low:.2f} to {found.high:.2f}" if has_interval else ""
    )
