"""`pynodes compare`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import click

from pynodes.cli import complete
from pynodes.cli.command import cli_command, option
from pynodes.cli.console import Console
from pynodes.cli.options import output_options, value_option
from pynodes.cli.stored import db_option, metric_option
from pynodes.cli.tables import caution_lines, columns, interval_text, left_out, side_name
from pynodes.model.figures import METRICS
from pynodes.model.verdict import Verdict
from pynodes.options.kinds import Kind
from pynodes.store.model import Cell, value_text
from pynodes.sweep.compare import (
    QUANTITIES,
    Comparison,
    Threshold,
    compare,
    parse_side,
    parse_threshold,
)
from pynodes.sweep.stats import SPEEDS, Interval
from pynodes.sweep.warn import cautions_between
from pynodes.words import figure, plural


class _Threshold(Kind):
    metavar = "NAME<NUMBER"
    parse = staticmethod(parse_threshold)


@cli_command(
    "compare",
    ("pynodes compare 1 latest", "two sweeps"),
    ("pynodes compare 3@threads=1 3@threads=4", "two parts of one"),
    ("pynodes compare main.db:latest latest --fail-if 'speedup<0.95' --sure", "a gate for CI"),
)
@click.argument("a", metavar="A", shell_complete=complete.sides)
@click.argument("b", metavar="B", shell_complete=complete.sides)
@value_option(
    _Threshold(),
    "--fail-if",
    "thresholds",
    multiple=True,
    shell_complete=complete.thresholds,
    help="Exit status 1 when it holds for a pair; names are " + ", ".join(QUANTITIES) + ".",
)
@option("--sure", is_flag=True, help="Only when the whole interval is past the threshold.")
@metric_option
@db_option
@output_options
def command(
    a: str,
    b: str,
    thresholds: tuple[Threshold, ...],
    sure: bool,
    metric: str | None,
    db: Path,
    as_json: bool,
    color: str,
) -> int:
    """Compare two sweeps, or two parts of one, cell by cell.

    A and B are [FILE.db:]SWEEP[@axis=value,...]: a number, a name, `latest`, a revision or a
    machine, and of it those cells. `pynodes compare 3@threads=1 3@threads=4` compares within one
    sweep. A speed-up above 1 means that B is faster. Exit status 1 past a threshold.
    """
    console = Console(color)
    found = compare(parse_side(a, db), parse_side(b, db), metric)
    failures = {each.text: each.failures(found, sure=sure) for each in thresholds}
    failed = any(failures.values())
    if as_json:
        console.json(_json(found, failures))
    else:
        console.lines(_lines(console, found))
    for caution in cautions_between([found.a.sweep, found.b.sweep]):
        for line in caution_lines(console, caution):
            console.note(line)
    for text, labels in failures.items():
        if labels:
            shown = "; ".join(labels[:6]) + (f" and {len(labels) - 6} more" if labels[6:] else "")
            console.failed(f"{text} holds", shown)
    lost = left_out(console, (*found.a.left_out, *found.b.left_out))
    return 1 if failed else lost


def _lines(console: Console, found: Comparison) -> Iterator[str]:
    for letter, side in (("A", found.a), ("B", found.b)):
        only = "".join(f", {axis} {value}" for axis, value in side.only.items())
        yield f"{console.style(letter, 'bold')}  {side_name(side.sweep)}{only}"
    yield ""
    axes = list(found.pairs[0].settings)
    ratio = "speed-up of B" if found.metric in SPEEDS else "A / B"
    rows = [[*axes, "A", "B", ratio, ""]]
    for pair in found.pairs:
        rows.append(
            [
                *(value_text(pair.settings.get(axis)) for axis in axes),
                _time(pair.a, found.metric),
                _time(pair.b, found.metric),
                interval_text(pair.speedup) if pair.speedup else "-",
                _verdicts(pair.a, pair.b),
            ]
        )
    yield from columns(console, rows, texts=[*range(len(axes)), len(axes) + 3])
    overall = found.overall
    if overall is not None and len(found.pairs) > 1:
        yield ""
        yield f"overall {interval_text(overall)}, the geometric mean"
    for letter, count in (("A", found.only_a), ("B", found.only_b)):
        if count:
            yield f"{plural(count, 'cell')} of {letter} without a partner"


def _time(cell: Cell, metric: str) -> str:
    values = cell.values(metric)
    return figure(median(values), METRICS[metric].unit) if values else "-"


def _verdicts(a: Cell, b: Cell) -> str:
    """What is not ok."""
    sides = (("A", a.verdict), ("B", b.verdict))
    return ", ".join(f"{side}: {v or 'not run'}" for side, v in sides if v is not Verdict.OK)


def _json(found: Comparison, failures: dict[str, list[str]]) -> dict[str, Any]:
    sides = {"a": found.a, "b": found.b}
    return {
        "metric": found.metric,
        **{
            letter: {"sweep": side.sweep.id, "name": side.sweep.name, "only": dict(side.only)}
            for letter, side in sides.items()
        },
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
        "failed": failures,
    }


def _interval_json(found: Interval | None) -> dict[str, Any]:
    names = {"speedup": "value", "low": "low", "high": "high"}
    return {name: getattr(found, field, None) for name, field in names.items()}
