"""`pynodes sweep`."""

from __future__ import annotations

import re
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pynodes import printable
from pynodes.cli.command import cli_command, option
from pynodes.cli.console import Console
from pynodes.cli.on import OnCluster, cluster_options, on_cluster
from pynodes.cli.options import (
    Value,
    axis_of,
    chatter_options,
    check_options,
    color_option,
    job_options,
    progress_option,
    value_option,
)
from pynodes.cli.progress import Progress
from pynodes.cli.settings import again_words, given_words, lines_of
from pynodes.cli.stored import db_option
from pynodes.cli.swept import Swept, command_options, swept
from pynodes.errors import EXIT_INTERRUPTED, BadValueError
from pynodes.model.verdict import Verdict
from pynodes.options.kinds import LIMIT, Kind, Number, Words
from pynodes.options.places import Script
from pynodes.options.table import CLUSTER, RUN
from pynodes.sweep.axes import AXES
from pynodes.sweep.listener import SweepListener
from pynodes.words import count, duration, plural, time_left

if TYPE_CHECKING:
    from pynodes.cli.on import Entered
    from pynodes.cluster.address import Address, Tls
    from pynodes.store.model import RunDraft
    from pynodes.sweep.handed_out import Limits

_SHOWN_CELLS = 60


class _Name(Kind):
    """A name by which a sweep can be asked for: nothing that means something else there."""

    metavar = "NAME"

    def parse(self, text: str) -> Any:
        if not re.fullmatch(r"[^\s@:/,]{1,100}", text) or not text.isprintable():
            what = f"{text[:40]!r} is no name for a sweep" if text else "the name is empty"
            raise BadValueError(what, help="write letters, digits and signs but @ : / and commas")
        if text.isdecimal() or text == "latest":
            raise BadValueError(
                f"{text} means another sweep already", help="numbers and `latest` are taken"
            )
        return text


def _axis_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """An option for each axis; the last ones, which vary fastest, come first."""
    for axis in AXES:
        function = axis_of(axis)(function)
    return function


@cli_command(
    "sweep",
    ("pynodes sweep scene.py -t 1,2,4,8 --engine all", "every combination"),
    ("pynodes sweep scene.py -t 1..8 --dry-run", "what that would take"),
    ("pynodes sweep scene.py -D scale=1 -D scale=2", "a parameter of the scene"),
    ("pynodes sweep --command './svc -j {threads}' -t 1..8", "a program of yours"),
)
@click.argument("scenes", type=Value(Script()), nargs=-1, metavar="[SCENE.py]...")
@_axis_options
@command_options
@job_options("sweep")
@value_option(
    Number("a number of runs", 1, 10_000),
    "--repeat",
    default="5",
    help="Measured runs of each cell.",
    group=RUN,
)
@value_option(
    Number("a number of runs", 0, 100),
    "--warmup",
    default="1",
    help="Runs of each cell before those, which do not count.",
    group=RUN,
)
@value_option(
    LIMIT,
    "--limit",
    "limit_s",
    default="600",
    help="A run that takes longer is ended, with verdict hang.",
    group=RUN,
)
@option(
    "--pin",
    type=Value(Number("the number of a core", 0, 4095), several=True),
    metavar="CORES",
    help="Keep hosts and commands to these cores: 0..3, or 0,2.",
    group=RUN,
)
@cluster_options
@value_option(
    Words(("repeats", "cells")),
    "--spread",
    default="repeats",
    help="What stays on one machine of several: whole rounds, or all repeats of a cell.",
    group=CLUSTER,
)
@value_option(_Name(), "--name", help="A name for the sweep.  [default: SCENE-NUMBER]", group=RUN)
@option(
    "--trace-cells",
    is_flag=True,
    help="One more run of each cell keeps its timeline; it does not count.",
    group=RUN,
)
@option("--dry-run", is_flag=True, help="Show the plan and how long it will take.", group=RUN)
@option("--fresh", is_flag=True, help="Measure all anew, beside what is stored.", group=RUN)
@db_option
@color_option
@chatter_options("Only the results, warnings and errors.", "Also what hosts and nodes print.")
@progress_option
def command(
    scenes: tuple[Path, ...],
    repeat: int,
    warmup: int,
    limit_s: float,
    pin: tuple[int, ...] | None,
    on: Address | None,
    tls: Tls | None,
    spread: str,
    name: str | None,
    trace_cells: bool,
    dry_run: bool,
    fresh: bool,
    db: Path,
    color: str,
    quiet: bool,
    verbose: bool,
    progress: str,
    **given: Any,
) -> int:
    """Measure scenes, or any command, for every combination of options.

    Options of `pynodes render` take several values here: lists (1,2,4), ranges (1..8, 1..64:4) and,
    where they take words, `all`. Each combination is a cell. Cells are run in turns, round by
    round, and every picture is held against that of one thread. With --command a program is run in
    place of scenes, with the values where {NAME} stands. Results go to pynodes.db after each run;
    the same command goes on where it was stopped. Exit status 1 when a run went wrong.
    """
    check_options(*["quiet"] * quiet, *["verbose"] * verbose)
    cluster = OnCluster(on, tls)
    cluster.check()
    console = Console(color, quiet=quiet, verbose=verbose)
    given["trace_cells"] = trace_cells
    asked = swept(scenes, given, limit_s=limit_s, pin=pin or (), name=name)
    for words, times in Counter(each.why for each in asked.plan.left_out).items():
        console.warning(f"{plural(times, 'combination')} left out: {words}")
    from pynodes.sweep.handed_out import Limits, Spread

    limits = Limits(repeat, warmup, trace_cells, Spread(spread))
    for setting in lines_of(click.get_current_context()) if not verbose else ():
        console.note(f"configured: {setting}")
    if dry_run:
        return _show_plan(console, asked, limits, db, anywhere=on is not None)
    shown = _SweepShown(console, progress, has_machines=on is not None)
    abroad = asked.abroad._asdict()
    place = on_cluster(console, cluster, timed=True, tick=shown.tick, **abroad)
    return _measure(console, asked, limits, db, shown, place, fresh)


def _measure(
    console: Console,
    asked: Swept,
    limits: Limits,
    db: Path,
    shown: _SweepShown,
    place: Entered | None,
    fresh: bool,
) -> int:
    from pynodes.sweep.measure import run_sweep
    from pynodes.sweep.subject import InterruptedSweep

    typed = _words()
    line = printable.command(typed)
    try:
        done = run_sweep(
            asked.plan,
            asked.maker,
            db,
            limits,
            shown,
            command=line,
            fresh=fresh,
            place=place,
        )
    except InterruptedSweep:
        shown.end()
        console.note(shown.stopped_words())
        again = printable.command(word for word in typed if word != "--fresh")
        console.note(f"to go on: {again}")
        return EXIT_INTERRUPTED
    finally:
        shown.end()
    return max(_show(console, db, number, done.made) for number in done.sweeps)


def _words() -> list[str]:
    """The command line, with what was configured: what it stores does not depend on that."""
    ctx = click.get_current_context()
    words = ["pynodes", *sys.argv[1:]]
    behind = words.index("sweep") + 1 if "sweep" in words else 1
    words[behind:behind] = [*given_words(ctx), *again_words(ctx)]
    return words


def _show_plan(console: Console, asked: Swept, limits: Limits, db: Path, *, anywhere: bool) -> int:
    """What would be run, and how long it would take."""
    from pynodes.sweep.seats import stored_runs
    from pynodes.sweep.subject import InterruptedSweep

    plan = asked.plan
    stored = stored_runs(plan, db, anywhere=anywhere)
    left = {cell.key: max(0, limits.repeat - len(stored.get(cell.key, ()))) for cell in plan.cells}
    runs = sum(left.values())
    warm = limits.warmup * sum(1 for each in left.values() if each)
    try:
        estimate = asked.estimate()
    except InterruptedSweep:
        return EXIT_INTERRUPTED
    for key, walls in stored.items():
        for wall_s in walls:
            estimate.learn(key, wall_s)
    for cell in plan.cells[:_SHOWN_CELLS]:
        each = estimate.of_run(cell.key)
        shown = f"about {duration(each)} each" if each is not None else "time not known"
        console.out(f"{cell.label}  ({plural(left[cell.key], 'run')}, {shown})")
    if len(plan.cells) > _SHOWN_CELLS:
        console.out(f"and {count(len(plan.cells) - _SHOWN_CELLS)} more")
    total = estimate.of_runs(
        {key: each + (limits.warmup if each else 0) for key, each in left.items()}
    )
    references = {cell.draft.reference for cell in plan.cells if left[cell.key]} - {""}
    console.out()
    console.out(
        f"{plural(len(plan.cells), 'cell')}, {plural(runs, 'run')} to make"
        f" ({count(sum(map(len, stored.values())))} stored), {plural(warm, 'warm-up')},"
        f" {plural(len(references), 'reference')}{', timelines' if limits.traces else ''}"
    )
    is_command = "command" in plan.draft.settings
    by = "what is stored" if is_command else "small renders of each kind"
    why = "no run of it is stored" if is_command else "the small renders failed"
    console.out(
        f"about {duration(total)}, by {by}"
        if total is not None
        else f"how long it takes is not known: {why}"
    )
    return 0


def _show(console: Console, db: Path, number: int, made: int) -> int:
    from pynodes.cli.tables import sweep_lines
    from pynodes.store.store import Store

    with Store.open(db) as store:
        sweep = store.sweep(number)
    if not made:
        console.note("all of it is stored already; --repeat more adds runs, --fresh begins anew")
    console.lines(sweep_lines(console, sweep, None))
    console.note(f"stored in {db}; `pynodes results show {number}` shows it again")
    bad = any(cell.verdict not in (Verdict.OK, None) for cell in sweep.cells)
    return 1 if bad else 0


class _SweepShown(SweepListener):
    """The live line: which run of how many, what is left, the last verdict."""

    def __init__(self, console: Console, when: str, *, has_machines: bool) -> None:
        self._console = console
        self._progress = Progress(console, when, "runs")
        self._has_machines = has_machines
        self._total = 0
        self._number = 0
        self._stored = 0
        self._label = ""
        self._left_s: float | None = None
        self._last = ""
        self._shown: set[tuple[str, Verdict]] = set()
        self._run_s = time.monotonic()

    def begins(self, runs: int, stored: int) -> None:
        self._total = runs
        if stored:
            self._console.note(f"{plural(stored, 'run')} stored already, {count(runs)} to make")
        self._progress.start(runs, "")

    def run_begins(self, number: int, what: str, left_s: float | None, machine: str) -> None:
        on = f", on {machine}" if self._has_machines else ""
        self._number, self._label, self._left_s = number, what + on, left_s
        self._run_s = time.monotonic()
        self.tick()

    def run_ended(self, what: str, sample: RunDraft, machine: str) -> None:
        self._stored += 1
        self._last = str(sample.verdict)
        if sample.verdict is not Verdict.OK and (what, sample.verdict) not in self._shown:
            self._shown.add((what, sample.verdict))
            verdict = self._console.style(str(sample.verdict), "bad", sys.stderr)
            on = f" (on {machine})" if self._has_machines else ""
            self._console.note(f"{verdict}: {what}{on}: {sample.verdict_text}")

    def text(self, data: bytes) -> None:
        if self._console.verbose:
            self._console.forward(data)

    def interrupted(self, times: int) -> None:
        self._console.note("ending the run in hand; Ctrl-C again stops at once")

    def paused(self, now: bool) -> None:
        self._progress.pause(now)

    def tick(self) -> None:
        left = ""
        if self._left_s is not None:
            left = time_left(self._left_s - (time.monotonic() - self._run_s))
        last = f"last: {self._last}" if self._last else ""
        number = f"run {count(self._number)} of {count(self._total)}"
        line = (number, self._label, left, last)
        self._progress.show(self._number - 1, self._label, left, last, *line)

    def stopped_words(self) -> str:
        return f"stopped; {plural(self._stored, 'run')} of this start are stored"

    def end(self) -> None:
        self._progress.end()
