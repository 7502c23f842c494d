"""Reads sources, all cores at work, and gives a report as the diagnosis does."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from multiprocessing import get_context

from pynodes.diagnose.finding import Finding
from pynodes.diagnose.report import Known, Loss, Report, Subject
from pynodes.errors import PynodesError
from pynodes.lint.cache import Cache
from pynodes.lint.clang import cindex
from pynodes.lint.graph import Unit
from pynodes.lint.inferred import header
from pynodes.lint.judge import Judge, Reading
from pynodes.lint.lower import lowered
from pynodes.lint.sources import Source
from pynodes.lint.words import finding_of
from pynodes.model.verdict import Verdict
from pynodes.words import plural

SUBJECT = Subject(
    "pynodes lint",
    "the sources were read",
    "name sources that include Python.h, with their flags: pynodes lint FILE -- -Iinclude",
)
_DEEP = 20_000  # expressions in each other, of sources that a program wrote
_MOST_LOSSES = 5


def read(sources: Sequence[Source], command: list[str], *, why_not: bool = False) -> Report:
    """What is wrong in these sources, taken as one program.

    Args:
        why_not: say what could not be followed.

    Raises:
        NoClangError: libclang is missing.
        PynodesError: a file cannot be parsed.
    """
    cindex()
    begin = time.monotonic()
    units = list(_units(sources))
    reading = Judge([unit for unit in units if unit.python]).reading()
    python = next((unit.python for unit in units if unit.python), "")
    seen = f"{plural(len(sources), 'file')} and {plural(reading.functions, 'function')} were read"
    report = Report(Verdict.OK, seen, command, python=python, subject=SUBJECT)
    report.collected = bool(units)
    report.losses = list(_losses(units))
    if why_not:
        report.observations = list(_not_followed(reading))
    _take(report, [finding_of(each) for each in reading.mistakes], units)
    report.wall_s = time.monotonic() - begin
    return report


def annotated_header(sources: Sequence[Source]) -> Iterator[str]:
    """A header with what was found of the functions in these sources.

    Raises:
        NoClangError: libclang is missing.
    """
    cindex()
    return header(list(_units(sources)))


def _units(sources: Sequence[Source]) -> Iterator[Unit]:
    """Each, in order: what is known of it, or what is read now, all cores at work."""
    cache = Cache()
    found = {source: cache.get(source) for source in sources}
    left = [source for source, unit in found.items() if unit is None]
    workers = min(len(left), os.cpu_count() or 1)
    pool = (
        ProcessPoolExecutor(workers, get_context("spawn"), _leave_interrupts)
        if workers > 1
        else None
    )
    with pool or nullcontext():
        for source, unit in zip(left, (pool.map if pool else map)(_unit, left), strict=True):
            found[source] = unit
            cache.put(source, unit)
    if left:
        cache.prune()
    yield from (unit for unit in found.values() if unit is not None)


def _leave_interrupts() -> None:
    """Ctrl-C is for the process that waits for the workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _unit(source: Source) -> Unit:
    sys.setrecursionlimit(_DEEP)
    try:
        return lowered(*source)
    except PynodesError as error:
        return Unit(str(source.path), errors=[f"{source.path}: {error.what}"])


def _losses(units: Sequence[Unit]) -> Iterator[Loss]:
    bad = [unit for unit in units if unit.errors]
    for unit in bad[:_MOST_LOSSES]:
        yield Loss(unit.path, unit.errors[0], "see that its flags are those it is compiled with")
    if bad[_MOST_LOSSES:]:
        yield Loss(f"{plural(len(bad) - _MOST_LOSSES, 'more file')}", "errors while parsing")


def _not_followed(reading: Reading) -> Iterator[str]:
    if not reading.not_followed:
        yield "every call was followed"
    for what, times in sorted(reading.not_followed.items()):
        yield f"not followed: {what}, {plural(times, 'time')}"


def _take(report: Report, found: Sequence[Finding], units: Sequence[Unit]) -> None:
    """The findings, those that a comment passes over apart, and comments that pass nothing over."""
    comments = {
        (file, line): said
        for unit in units
        for file, lines in unit.silenced.items()
        for line, said in lines.items()
    }
    used = set()
    for each in found:
        file, at = (each.place.file, each.place.line) if each.place is not None else ("", 0)
        reason = ""
        for line in (at, at - 1):
            family, _, why = comments.get((file, line), "").partition("\t")
            if family == each.family and why:
                reason = why
                used.add((file, line))
        if reason:
            report.known.append(Known(each, reason))
        else:
            report.findings.append(each)
    for (file, line), said in comments.items():
        if (file, line) not in used:
            family, _, why = said.partition("\t")
            lack = "" if why else ", which gives no reason"
            report.unused.append(f"comment: {family} at {file}:{line}{lack}")
