"""`pynodes compare`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from pynodes.cli import complete
from pynodes.cli.command import cli_command, option
from pynodes.cli.console import Console
from pynodes.cli.options import output_options, value_option
from pynodes.cli.stored import db_option, metric_option
from pynodes.cli.tables import caution_lines, columns, interval_text, left_out, side_name
from pynodes.export import comparison
from pynodes.export.comparison import ratio_name, time_text, verdicts_text
from pynodes.options.kinds import Kind, Words
from pynodes.options.table import OUTPUT
from pynodes.store.model import value_text
from pynodes.sweep.compare import (
    QUANTITIES,
    Comparison,
    Threshold,
    compare,
    parse_side,
    parse_threshold,
)
from pynodes.sweep.warn import cautions_between
from pynodes.words import plural

FORMATS = ("text", "markdown", "json")


class _Threshold(Kind):
    metavar = "NAME<NUMBER"
    parse = staticmethod(parse_threshold)


@cli_command(
    "compare",
    ("pynodes compare 1 latest", "two sweeps"),
    ("pynodes compare 3@threads=1 3@threads=4", "two parts of one"),
    ("pynodes compare main.db:latest latest --fail-if 'speedup<0.95' --sure", "a gate for CI"),
    ("pynodes compare 1 latest --format markdown", "for a comment on a change"),
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
@value_option(
    Words(FORMATS),
    "--format",
    "form",
    default="text",
    help="markdown is for a comment on a change, json for programs.",
    group=OUTPUT,
)
@db_option
@output_options
def command(
    a: str,
    b: str,
    thresholds: tuple[Threshold, ...],
    sure: bool,
    metric: str | None,
    form: str,
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
    if as_json or form == "json":
        console.json(comparison.as_json(found, failures))
    elif form == "markdown":
        console.lines(comparison.as_markdown(found, failures))
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
    rows = [[*axes, "A", "B", ratio_name(found), ""]]
    for pair in found.pairs:
        rows.append(
            [
                *(value_text(pair.settings.get(axis)) for axis in axes),
                time_text(pair.a, found.metric),
                time_text(pair.b, found.metric),
                interval_text(pair.speedup) if pair.speedup else "-",
                verdicts_text(pair.a, pair.b),
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
