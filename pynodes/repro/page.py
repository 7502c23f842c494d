"""All cases on several Pythons, as a page of the documentation."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from pynodes.repro.catalog import Case, PythonBuild
from pynodes.repro.check import Tally
from pynodes.words import plural, wrapped

HEAD = """# Faults

Known mistakes in embedding Python, each with its cure. `pynodes repro show CASE` shows the wrong
lines, `pynodes repro run CASE` runs it, `pynodes repro export CASE DIR` makes a C file of it that
depends on nothing but CPython. The cases are in [host/fault](../host/fault), one wrong order or
pairing of calls a file; `pynodes-host` contains none of them.

By itself a case runs as `pynodes-fault CASE [--fixed] [-t N] [--stress]`, also under gdb or a
sanitizer; `--core` lets a crash leave a core file, `--help` prints the rest. CASE may be the number
of a case, counted from 1 in the order of `--list`: then nothing in the command line names it.
"""


@dataclass(slots=True)
class Row:
    """One case: what was seen on each Python, broken and fixed."""

    case: Case
    broken: dict[str, Tally] = field(default_factory=dict)
    fixed: dict[str, Tally] = field(default_factory=dict)

    @property
    def differs(self) -> bool:
        """Whether Pythons showed different verdicts."""
        return len({frozenset(tally.counts) for tally in self.broken.values()}) > 1


def unexplained(rows: Sequence[Row]) -> list[str]:
    """Cases that differ between Pythons and do not say why."""
    return [row.case.name for row in rows if row.differs and not row.case.note]


def page(rows: Sequence[Row], pythons: Sequence[PythonBuild], date: str, command: str) -> str:
    """The page, from head to end."""
    blocks = [*_measured(rows, pythons, date, command), *_groups(rows)]
    return "\n\n".join([HEAD.rstrip(), *map(_wrapped, blocks)]) + "\n"


def _wrapped(block: str) -> str:
    """Prose and lists at the width of the other pages; tables as they are."""
    found: list[str] = []
    for line in block.splitlines():
        indent = "  " if line.startswith("- ") else ""
        is_row = line.startswith("|")
        found += [line] if is_row else wrapped(line, 100, subsequent_indent=indent)
    return "\n".join(found)


def _measured(
    rows: Sequence[Row], pythons: Sequence[PythonBuild], date: str, command: str
) -> Iterator[str]:
    labels = [python.label for python in pythons]
    yield "## Seen"
    yield (
        f"Measured on {date}, on {plural(len(os.sched_getaffinity(0)), 'core')}"
        f" ({platform.machine()}), with Python {', '.join(python.version for python in pythons)},"
        " 4 threads, 48x32 pixels. A cell gives the verdicts of the broken way with their number of"
        " runs; `fixed` counts the runs of the right way that were `ok`, of all Pythons. A hang is"
        " found by evidence: for a second every thread waits for another one. A `leak` too: before"
        " Python ends the program counts thread states, nodes and exceptions, and more of them are"
        " left than by the right way."
    )
    yield f"Runs of each case: {_runs(rows, labels)}."
    yield f"This page was written by `{command}`."
    yield "\n".join(_table(rows, labels))
    unexpected = [
        f"{row.case.name} on {label}"
        for row in rows
        for label, tally in [*row.broken.items(), *row.fixed.items()]
        if not tally.as_expected
    ]
    yield (
        f"Not as expected: {', '.join(dict.fromkeys(unexpected))}."
        if unexpected
        else "Everything was as expected."
    )
    if unexplained(rows):
        yield f"Not yet explained where they differ: {', '.join(unexplained(rows))}."


def _table(rows: Sequence[Row], labels: Sequence[str]) -> Iterator[str]:
    yield f"| case | {' | '.join(labels)} | fixed | where Pythons differ |"
    yield "|---|" + "---|" * (len(labels) + 2)
    for row in rows:
        tallies = [row.broken.get(label) for label in labels]
        cells = [tally.seen if tally is not None else "-" for tally in tallies]
        good = sum(tally.hits for tally in row.fixed.values())
        runs = sum(tally.runs for tally in row.fixed.values())
        line = f"| [{row.case.name}](#{row.case.name}) | {' | '.join(cells)} | {good}/{runs}"
        yield f"{line} | {row.case.note if row.differs else ''} |"


def _runs(rows: Sequence[Row], labels: Sequence[str]) -> str:
    """How often the broken way was run on each Python, and the right one."""
    return ", ".join(
        f"{label}: {_span(row.broken.get(label) for row in rows)} broken"
        f" and {_span(row.fixed.get(label) for row in rows)} right"
        for label in labels
    )


def _span(tallies: Iterable[Tally | None]) -> str:
    runs = [tally.runs for tally in tallies if tally is not None]
    low, high = min(runs, default=0), max(runs, default=0)
    return str(low) if low == high else f"{low} to {high}"


def _groups(rows: Sequence[Row]) -> Iterator[str]:
    for group in dict.fromkeys(row.case.group for row in rows):
        yield f"## {group.replace('-', ' ').capitalize()}"
        for row in rows:
            if row.case.group == group:
                yield f"### {row.case.name}"
                yield row.case.story
                yield "\n".join(_facts(row))


def _facts(row: Row) -> Iterator[str]:
    case = row.case
    yield f"- Met in: {case.origin}."
    yield f"- Cure: {case.cure}."
    if case.note and not row.differs:
        yield f"- Where Pythons differ, or may: {case.note}"
    if case.says:
        yield f"- A right run says: `{case.says}`"
    yield f"- Source: [{case.source_name}](../host/fault/{case.source_name})"
