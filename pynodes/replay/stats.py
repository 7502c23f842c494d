"""Figures of a log of entries: who was called, how often, how long it took and waited."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pynodes.model.event import Entered


@dataclass(frozen=True, slots=True)
class EntryStats:
    """All entries of one kind for one script, object or channel; times in seconds.

    `main` of the `times` were on the main thread. Alike calls on a render thread are reported as
    their sum, so percentiles of `took` count each as their mean. `results` counts those not `ok`.
    """

    kind: str
    who: str
    times: int
    main: int
    took_p50_s: float
    took_p99_s: float
    wait_p99_s: float
    wait_max_s: float
    errors: int
    expected: int
    results: dict[str, int]


@dataclass(frozen=True, slots=True)
class MainWait:
    """How long outermost entries of the main thread waited for the interpreter, in seconds."""

    times: int
    p50_s: float
    p99_s: float
    max_s: float
    longest: str


def summarise(entries: Iterable[Entered]) -> Iterator[EntryStats]:
    """One row for each kind and name, by kind in the order of their first calls."""
    groups: dict[tuple[str, str], list[Entered]] = defaultdict(list)
    order: dict[str, int] = {}
    for entry in entries:
        groups[entry.kind, entry.who].append(entry)
        order.setdefault(entry.kind, len(order))
    for (kind, who), group in sorted(groups.items(), key=lambda each: order[each[0][0]]):
        took = [(entry.took / max(1, entry.times), entry.times) for entry in group]
        waits = [(float(entry.wait), 1) for entry in group]
        results: Counter[str] = Counter()
        for entry in group:
            if entry.result != "ok":
                results[entry.result] += entry.times
        failed = [entry for entry in group if entry.result == "error"]
        yield EntryStats(
            kind=kind,
            who=who,
            times=sum(entry.times for entry in group),
            main=sum(entry.times for entry in group if entry.thread == -1),
            took_p50_s=_quantile(took, 0.50) / 1e9,
            took_p99_s=_quantile(took, 0.99) / 1e9,
            wait_p99_s=_quantile(waits, 0.99) / 1e9,
            wait_max_s=_quantile(waits, 1.0) / 1e9,
            errors=len(failed),
            expected=sum(entry.expected for entry in failed),
            results=dict(results),
        )


def main_wait(entries: Iterable[Entered]) -> MainWait:
    """Over entries of the main thread that had to attach: those around no other one."""
    found = [entry for entry in entries if entry.thread == -1 and entry.depth == 0 and entry.took]
    waits = [(float(entry.wait), 1) for entry in found]
    longest = max(found, key=lambda entry: entry.wait, default=None)
    return MainWait(
        times=len(found),
        p50_s=_quantile(waits, 0.50) / 1e9,
        p99_s=_quantile(waits, 0.99) / 1e9,
        max_s=_quantile(waits, 1.0) / 1e9,
        longest=f"{longest.kind} {longest.who}" if longest is not None else "",
    )


def _quantile(weighted: list[tuple[float, int]], share: float) -> float:
    """The value that this share of all does not exceed; 0 for nothing."""
    if not weighted:
        return 0.0
    total = sum(weight for _, weight in weighted)
    want = share * total
    reached = 0
    for value, weight in sorted(weighted):
        reached += weight
        if reached >= want:
            return value
    return max(weighted)[0]
