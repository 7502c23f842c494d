"""The card that answers which way to take: a row a way, a column for each thing one chooses by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median

from pynodes.report import definitions
from pynodes.report.blocks import card, data_table, definition
from pynodes.report.decision import Decision, Way
from pynodes.report.markup import Markup, join, tag
from pynodes.words import duration, figure

_BEST = "best"


def decision_card(decision: Decision) -> Markup:
    """The table of one kind of work."""
    has_engines = any(way.survives is not None for way in decision.ways)
    heads = ["", "time", "against the fastest", "peak memory"]
    if has_engines:
        heads += ["loads the imports", "survives a crash"]
    texts = 2 if has_engines else 0
    rows = [_row(way, has_engines) for way in decision.ways]
    title = f"Which to take: {decision.work}" if decision.work else "Which to take"
    return card(
        title,
        data_table("Each way at its best number of threads", heads, rows, texts_last=texts),
        definition(definitions.DECISION),
    )


def _row(way: Way, has_engines: bool) -> Markup:
    name = tag("th", way.name, _below(way.bad), scope="row", class_="way")
    cells = [
        _best_cell(_range(way.times, duration), way.is_fastest),
        tag("td", *_against(way), class_="number"),
        _best_cell(_range(way.memory, lambda mib: figure(mib, "MiB")), way.is_least),
    ]
    if has_engines:
        cells.append(tag("td", f"no: {way.refusal}" if way.refusal else "yes"))
        cells.append(tag("td", "yes" if way.survives else "no"))
    return tag("tr", join([name, *cells]))


def _best_cell(found: tuple[str, str], is_best: bool) -> Markup:
    value, aside = found
    mark = tag("strong", f"{_BEST} ", class_="best") if is_best else None
    return tag("td", mark, value, _below(aside), class_="number")


def _below(text: str) -> Markup | None:
    return tag("span", text, class_="runs") if text else None


def _range(values: Sequence[float], shown: Callable[[float], str]) -> tuple[str, str]:
    """The median, and from what to what when runs differ."""
    if not values:
        return "not measured", ""
    low, high = shown(min(values)), shown(max(values))
    return shown(median(values)), f"{low} to {high}" if low != high else ""


def _against(way: Way) -> tuple[str, Markup | None]:
    found = way.against
    if found is None:
        return "", None
    has_interval = found.low is not None and found.high is not None
    return f"{found.value:.2f}", (
        _below(f"{found.low:.2f} to {found.high:.2f}") if has_interval else None
    )
