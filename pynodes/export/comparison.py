"""Two sides of a comparison as Markdown or JSON: for a comment on a change, or for a program."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import Any

from pynodes.export.markdown import row, rule, text
from pynodes.model.figures import METRICS
from pynodes.model.verdict import Verdict
from pynodes.store.model import Cell, Sweep, value_text
from pynodes.sweep.compare import Comparison, Side
from pynodes.sweep.stats import SPEEDS, Interval
from pynodes.sweep.warn import Caution, cautions_between, machine_names
from pynodes.words import figure, plural

_MAX_NAMED = 6


def as_json(found: Comparison, failures: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """All of it; `failures` are cells by the threshold that they are past."""
    sides = {"a": found.a, "b": found.b}
    machines = _machines(found)
    return {
        "metric": found.metric,
        **{letter: _side_json(side, machines) for letter, side in sides.items()},
        "pairs": [
            {
                "settings": dict(pair.settings),
                "a": pair.a.values(found.metric),
                "b": pair.b.values(found.metric),
                **_interval_json(pair.speedup),
                "verdict_a": pair.a.verdict,
                "verdict_b": pair.b.verdict,
            }
            for pair in found.pairs
        ],
        "overall": _interval_json(found.overall) if found.overall else None,
        "only_a": found.only_a,
        "only_b": found.only_b,
        "failed": dict(failures),
    }


def as_markdown(found: Comparison, failures: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Lines: the answer, what was compared, a row a pair, what to be careful about."""
    ratio = ratio_name(found)
    yield f"**{text(_answer(found, failures))}**"
    yield ""
    machines = _machines(found)
    for letter, side in (("A", found.a), ("B", found.b)):
        yield f"- {letter}: {text(_side_name(side, machines))}"
    yield ""
    axes = list(found.pairs[0].settings)
    yield row([*axes, "A", "B", ratio, "95 % interval", "verdicts"])
    yield rule([*["---"] * len(axes), "---:", "---:", "---:", "---:", "---"])
    for pair in found.pairs:
        gained = pair.speedup
        yield row(
            [
                *(value_text(pair.settings.get(axis)) for axis in axes),
                time_text(pair.a, found.metric),
                time_text(pair.b, found.metric),
                f"{gained.value:.2f}" if gained else "",
                _range(gained),
                verdicts_text(pair.a, pair.b) or "ok",
            ]
        )
    yield ""
    for letter, lonely in (("A", found.only_a), ("B", found.only_b)):
        if lonely:
            yield f"- {plural(lonely, 'cell')} of {letter} without a partner"
    for limit, labels in failures.items():
        said = "; ".join(labels[:_MAX_NAMED]) or "no cell"
        more = len(labels) - _MAX_NAMED
        yield f"- {text(limit)}: {text(said)}{f' and {more} more' if more > 0 else ''}"
    yield from (f"> {text(_words(caution))}" for caution in _cautions(found))


def ratio_name(found: Comparison) -> str:
    return "speed-up of B" if found.metric in SPEEDS else "A / B"


def time_text(cell: Cell, metric: str) -> str:
    """The median of a cell."""
    values = cell.values(metric)
    return figure(median(values), METRICS[metric].unit) if values else "-"


def verdicts_text(a: Cell, b: Cell) -> str:
    """What is not ok."""
    sides = (("A", a.verdict), ("B", b.verdict))
    return ", ".join(f"{side}: {v or 'not run'}" for side, v in sides if v is not Verdict.OK)


def _answer(found: Comparison, failures: Mapping[str, Sequence[str]]) -> str:
    """The sentence for whoever reads no more. Doubt leads."""
    past = sum(map(bool, failures.values()))
    said = f"{plural(past, 'threshold')} crossed. " if past else ""
    overall = found.overall
    if overall is None:
        return f"{said}No pair of cells could be timed on both sides."
    what = f"{ratio_name(found)}: {overall.value:.2f}"
    if len(found.pairs) > 1:
        what += f" over {plural(len(found.pairs), 'pair')}"
    if overall.low is None or overall.high is None:
        return f"{said}Too few runs to be sure. {what[:1].upper()}{what[1:]}"
    if overall.low <= 1 <= overall.high:
        return f"{said}No difference is shown. {what[:1].upper()}{what[1:]}{_of(overall)}"
    return f"{said}{what[:1].upper()}{what[1:]}{_of(overall)}"


def _of(found: Interval) -> str:
    return f" (95 % interval {_range(found)})"


def _range(found: Interval | None) -> str:
    if found is None or found.low is None or found.high is None:
        return ""
    return f"{found.low:.2f} to {found.high:.2f}"


def _sweeps(found: Comparison) -> tuple[Sweep, Sweep]:
    return found.a.sweep, found.b.sweep


def _machines(found: Comparison) -> Mapping[str, str]:
    return machine_names(_sweeps(found))


def _cautions(found: Comparison) -> list[Caution]:
    return cautions_between(_sweeps(found))


def _words(caution: Caution) -> str:
    return f"{caution.what}: {caution.help}" if caution.help else caution.what


def _side_name(side: Side, machines: Mapping[str, str]) -> str:
    sweep = side.sweep
    only = "".join(f", {axis} {value}" for axis, value in side.only.items())
    revision = f", revision {sweep.revision}" if sweep.revision else ""
    return f"{sweep.name}{only} on {machines[sweep.machine.key]}, {sweep.created[:10]}{revision}"


def _side_json(side: Side, machines: Mapping[str, str]) -> dict[str, Any]:
    sweep = side.sweep
    return {
        "sweep": sweep.id,
        "name": sweep.name,
        "only": dict(side.only),
        "machine": machines[sweep.machine.key],
        "revision": sweep.revision,
    }


def _interval_json(found: Interval | None) -> dict[str, Any]:
    names = {"speedup": "value", "low": "low", "high": "high"}
    return {name: getattr(found, field, None) for name, field in names.items()}
