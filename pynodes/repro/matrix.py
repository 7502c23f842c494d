"""All cases on several Pythons, as a page of the documentation."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import fill

from pynodes.errors import CannotStartError
from pynodes.model.verdict import Verdict
from pynodes.repro.catalog import Case, Program, PythonBuild
from pynodes.repro.check import Setting, Sight, Tally

HEAD = """# Faults

Known mistakes in embedding Python, each with its cure. `pynodes repro show CASE` shows the wrong
lines, `pynodes repro run CASE` runs it, `pynodes repro export CASE DIR` makes a C file of it that
depends on nothing but CPython. The cases are in [host/fault](../host/fault), one wrong order or
pairing of calls a file; `pynodes-host` contains none of them.

By itself a case runs as `pynodes-fault CASE [--fixed] [-t N] [--stress]`, also under gdb or a
sanitizer; `--core` lets a crash leave a core file, `--help` tells the rest. CASE may be the number
of a case, counted from 1 in the order of `--list`: then nothing in the command line tells which.
"""


@dataclass(slots=True)
class Row:
    """One case: what was seen on each Python, broken and fixed."""

    case: Case
    broken: dict[str, Tally] = field(default_factory=dict)
    fixed: dict[str, Tally] = field(default_factory=dict)


class Results:
    """What was measured, in a file, so that a long matrix can be broken off and gone on with.

    An entry counts for one case on one Python, broken or fixed, at the table's present expectation.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._found: dict[str, dict[str, int]] = {}
        if path is None or not path.exists():
            return
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            self._found = {
                key: {Verdict(v): int(n) for v, n in found[key].items()} for key in found
            }
        except (OSError, ValueError, LookupError, AttributeError, TypeError) as error:
            raise CannotStartError(
                f"the results in {path} are not understood: {error}",
                mend="name another file, or remove this one",
            ) from None

    def get(self, case: Case, program: Program, setting: Setting, runs: int) -> Tally | None:
        """The tally of an earlier matrix, when it has that many runs."""
        verdicts = self._found.get(self._key(case, program, setting), {})
        expectation = case.expect(program.python)
        if expectation is None or sum(verdicts.values()) < runs:
            return None
        sights = [Sight(Verdict(v), "", 0.0) for v, n in verdicts.items() for _ in range(n)]
        return Tally(case, program, setting, expectation, sights)

    def put(self, tally: Tally) -> None:
        key = self._key(tally.case, tally.program, tally.setting)
        self._found[key] = {str(verdict): n for verdict, n in tally.counts.items()}
        if self._path is not None:
            self._path.write_text(json.dumps(self._found, indent=1), encoding="utf-8")

    @staticmethod
    def _key(case: Case, program: Program, setting: Setting) -> str:
        way = "fixed" if setting.fixed else "broken"
        return f"{case.name} {program.python.version} {way}"


def page(rows: Sequence[Row], pythons: Sequence[PythonBuild], date: str, command: str) -> str:
    """The page, from head to end."""
    lines = [*_measured(rows, pythons, date, command), "", *_families(rows)]
    return "\n".join([HEAD, *map(_wrapped, lines)]).rstrip() + "\n"


def _wrapped(line: str) -> str:
    """Prose at the width of the other pages; tables as they are."""
    indent = "  " if line.startswith("- ") else ""
    if line.startswith("|") or not line:
        return line
    return fill(line, 100, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False)


def _measured(
    rows: Sequence[Row], pythons: Sequence[PythonBuild], date: str, command: str
) -> Iterator[str]:
    labels = [python.label for python in pythons]
    yield "## Seen"
    yield ""
    yield (
        f"Measured on {date} with Python {', '.join(python.version for python in pythons)},"
        " 4 threads, 48x32 pixels. A cell gives the verdicts of the broken way with their number of"
        " runs; the last column counts the runs of the right way that were `ok`, of all Pythons."
        " A hang is found by evidence: for a second every thread waits for another one."
    )
    yield ""
    yield f"This page was written by `{command}`."
    yield ""
    yield f"| case | {' | '.join(labels)} | fixed |"
    yield "|---|" + "---|" * (len(labels) + 1)
    for row in rows:
        cells = [_cell(row.broken.get(label)) for label in labels]
        good = sum(tally.hits for tally in row.fixed.values())
        runs = sum(tally.runs for tally in row.fixed.values())
        yield f"| [{row.case.name}](#{row.case.name}) | {' | '.join(cells)} | {good}/{runs} |"
    unexpected = [
        f"{row.case.name} on {label}"
        for row in rows
        for label, tally in [*row.broken.items(), *row.fixed.items()]
        if not tally.as_expected
    ]
    yield ""
    yield (
        f"Not as expected: {', '.join(dict.fromkeys(unexpected))}."
        if unexpected
        else "Everything was as expected."
    )


def _cell(tally: Tally | None) -> str:
    if tally is None:
        return "-"
    return ", ".join(f"{verdict} {n}" for verdict, n in tally.counts.most_common())


def _families(rows: Sequence[Row]) -> Iterator[str]:
    for family in dict.fromkeys(row.case.family for row in rows):
        yield f"## {family.replace('-', ' ').capitalize()}"
        yield ""
        for row in rows:
            if row.case.family == family:
                yield from _case(row)


def _case(row: Row) -> Iterator[str]:
    case = row.case
    yield f"### {case.name}"
    yield ""
    yield case.story
    yield ""
    yield f"- Met in: {case.origin}."
    yield f"- Cure: {case.cure}."
    if case.note:
        yield f"- Where Pythons differ: {case.note}"
    if case.says:
        yield f"- A right run says: `{case.says}`"
    yield f"- Source: [{case.source_name}](../host/fault/{case.source_name})"
    yield ""
