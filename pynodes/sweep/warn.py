"""What a reader must know before believing the figures of a sweep."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from pynodes.model.verdict import WRONG, Verdict
from pynodes.options.table import rows_of
from pynodes.store.model import Cell, Sweep
from pynodes.sweep.stats import MIN_FOR_INTERVAL, cores_of, spread
from pynodes.words import plural

LARGE_SPREAD = 0.10
SLOW_FIRST = 1.25
BUSY_LOAD = 0.5

_GIL_USER = re.compile(r"^(.+) turned the GIL on")
# Facts of the system that change figures when they change between sessions.
_SYSTEM_FACTS = ("usable_cores", "governor", "turbo", "kernel")
# Fields of a job that decide its picture.
_PICTURE = ("scene", *(field for row in rows_of() if row.changes_picture for field in row.fields))


@dataclass(frozen=True, slots=True)
class Caution:
    """One warning. `kind` is a stable word, `cells` the keys of the cells it is about (or none)."""

    kind: str
    what: str
    help: str = ""
    cells: tuple[str, ...] = ()


def cautions(sweep: Sweep, metric: str | None = None) -> list[Caution]:
    """All warnings about one sweep, the gravest first."""
    metric = metric or sweep.metric
    return [
        *_bad_verdicts(sweep),
        *_references(sweep),
        *_pythons(sweep),
        *_gil(sweep),
        *_no_python(sweep),
        *_over_cores(sweep),
        *_spread(sweep, metric),
        *_slow_first(sweep, metric),
        *_few_runs(sweep, metric),
        *_sessions(sweep),
    ]


def cautions_between(sweeps: Sequence[Sweep]) -> list[Caution]:
    """Warnings about looking at several sweeps together."""
    machines = machine_names(sweeps)
    if len(machines) < 2:
        return []
    what = f"the sweeps ran on different machines: {', '.join(machines.values())}"
    return [
        Caution("machines-mixed", what, "their times differ for more reasons than the settings")
    ]


def machine_names(sweeps: Sequence[Sweep]) -> dict[str, str]:
    """What to call each machine, by its key; two of one name are distinguished by what they are."""
    machines = {sweep.machine.key: sweep.machine for sweep in sweeps}
    names = [machine.name for machine in machines.values()]
    found = {}
    for key, machine in machines.items():
        facts, more = machine.facts, ""
        if names.count(machine.name) > 1:
            cores = facts.get("cores") or facts.get("usable_cores")
            size = plural(cores, "core") if cores else ""
            more = ", ".join(filter(None, (str(facts.get("processor") or ""), size, key[:6])))
        found[key] = f"{machine.name} ({more})" if more else machine.name
    return found


def gil_user(warnings: Sequence[str]) -> str | None:
    """The module that turned the GIL on, from the warnings of a record."""
    return next((found[1] for found in map(_GIL_USER.match, warnings) if found), None)


def _bad_verdicts(sweep: Sweep) -> Iterator[Caution]:
    for verdict, words in (
        (Verdict.CRASH, "crashed"),
        (Verdict.HANG, "did not end"),
        (Verdict.CANNOT_START, "could not start"),
        (Verdict.FAILED, "ended with a status that means failure"),
        (Verdict.WRONG_IMAGE, "rendered a wrong picture"),
        (Verdict.WRONG_OUTPUT, "gave another output"),
        (Verdict.NODE_ERROR, "had an error in a node"),
    ):
        cells = [cell for cell in sweep.cells if cell.verdicts[verdict]]
        if not cells:
            continue
        runs = sum(cell.verdicts[verdict] for cell in cells)
        all_runs = sum(len(cell.samples) for cell in cells)
        help = "their times are left out"
        if verdict in WRONG:
            help = f"do not trust such {'a picture' if verdict is Verdict.WRONG_IMAGE else 'runs'}"
            if verdict is Verdict.WRONG_IMAGE and any(cell.threads == 1 for cell in cells):
                help += "; one thread is wrong too, so the scene itself gives another each time"
            elif sweep.cells[0] in cells:
                help += "; the first cell is wrong too, so it gives another output each time"
        what = f"{{cells}} {words}, in {runs} of {plural(all_runs, 'run')}"
        yield _about(str(verdict), cells, what, help)


def _references(sweep: Sweep) -> Iterator[Caution]:
    lost = {key for key, found in sweep.references.items() if found.verdict is not Verdict.OK}
    if lost:
        cells = [cell for cell in sweep.cells if cell.reference in lost]
        verdicts = sorted({sweep.references[key].verdict for key in lost})
        yield _about(
            "no-reference",
            cells,
            f"the reference of {{cells}} ended with {', '.join(verdicts)}, so what came out of them"
            " is not compared",
        )


def _pythons(sweep: Sweep) -> Iterator[Caution]:
    """References of one picture that are not equal on all hosts."""
    pictures: Any = defaultdict(lambda: defaultdict(set))  # picture, checksum -> Pythons
    for cell in sweep.cells:
        reference = sweep.reference_of(cell)
        if reference is not None and reference.sha256 is not None:
            by_sum = pictures[str([cell.job.get(name) for name in _PICTURE])]
            by_sum[reference.sha256].add(str(cell.host.get("python")))
    differing = [by_sum for by_sum in pictures.values() if len(by_sum) > 1]
    if differing:
        groups = " and ".join(", ".join(sorted(names)) for names in differing[0].values())
        yield Caution(
            "pythons-differ",
            f"one thread renders another picture on {groups} ({plural(len(differing), 'picture')})",
            "each cell is held against its own Python; newer ones may compute another last bit",
        )


def _gil(sweep: Sweep) -> Iterator[Caution]:
    by_module: defaultdict[str, list[Cell]] = defaultdict(list)
    for cell in sweep.cells:
        users = (gil_user(sample.record.get("warnings") or ()) for sample in cell.samples)
        if (module := next(filter(None, users), None)) is not None:
            by_module[module].append(cell)
    for module, cells in by_module.items():
        yield _about(
            "gil-returned",
            cells,
            f"{module} turned the GIL on in {{cells}} of a free-threaded Python: threads take turns"
            " there",
            "take a version of it that supports free threading, or engine process",
        )


def _no_python(sweep: Sweep) -> Iterator[Caution]:
    """Commands whose waits for Python were asked for, and none was seen."""
    if not sweep.settings.get("python-waits"):
        return
    cells = [cell for cell in sweep.cells if cell.timed and not cell.values("wait_s")]
    if cells:
        what = "nobody was seen to attach to a Python in {cells}, so no waits are known"
        help = "a Python that is linked statically, or used by its own program alone, is not seen"
        yield _about("no-python", cells, what, help)


def _over_cores(sweep: Sweep) -> Iterator[Caution]:
    cores = cores_of(sweep)
    cells = [cell for cell in sweep.cells if cores is not None and (cell.threads or 0) > cores]
    if cells:
        yield _about(
            "over-cores",
            cells,
            f"{{cells}} had more threads than the {plural(cores or 0, 'core')} that could be used",
            "they cannot be faster than with as many threads as cores",
        )


def _spread(sweep: Sweep, metric: str) -> Iterator[Caution]:
    wide = []
    for cell in sweep.cells:
        found = spread(cell.values(metric))
        if found is not None and found.spread is not None and found.spread > LARGE_SPREAD:
            wide.append((found.spread, cell))
    if wide:
        most = max(wide, key=lambda each: each[0])
        yield _about(
            "spread",
            [cell for _, cell in wide],
            f"runs of {{cells}} differ by more than {LARGE_SPREAD:.0%} (most: {most[0]:.0%} at"
            f" {most[1].label})",
            "give --repeat more, --pin, and leave the machine alone meanwhile",
        )


def _slow_first(sweep: Sweep, metric: str) -> Iterator[Caution]:
    slow = []
    for cell in sweep.cells:
        rounds = cell.by_round(metric)
        later = [value for number, value in rounds.items() if number > 1]
        if len(later) >= 2 and rounds.get(1, 0.0) > SLOW_FIRST * median(later):
            slow.append(cell)
    if slow:
        what = "the first run of {cells} was slower than the others by more than"
        yield _about("first-slow", slow, f"{what} {SLOW_FIRST - 1:.0%}", "give --warmup more")


def _few_runs(sweep: Sweep, metric: str) -> Iterator[Caution]:
    few = [cell for cell in sweep.cells if 0 < len(cell.values(metric)) < MIN_FOR_INTERVAL]
    if few:
        what = f"fewer than {MIN_FOR_INTERVAL} runs of {{cells}}: no interval"
        yield _about("few-runs", few, what, "give --repeat more; what is stored is kept")


def _sessions(sweep: Sweep) -> Iterator[Caution]:
    facts = [session.facts for session in sweep.sessions]
    changed = [name for name in _SYSTEM_FACTS if len({str(each.get(name)) for each in facts}) > 1]
    if changed:
        yield Caution(
            "system-changed",
            f"the machine changed between the starts of this sweep: {', '.join(changed)}",
            "measure anew with --fresh",
        )
    busy = [each for each in facts if _load(each) > BUSY_LOAD]
    if busy:
        most = max(_load(each) for each in busy)
        yield Caution(
            "busy",
            f"others used the machine when the sweep began: load {most:.1f} per core",
            "measure when it is quiet",
        )
    elif any(each.get("others") for each in facts):
        yield Caution(
            "busy", "another sweep was at work at the same time", "run one after the other"
        )


def _load(facts: Mapping[str, Any]) -> float:
    load, cores = facts.get("load"), facts.get("usable_cores")
    return load / cores if load and cores else 0.0


def _about(kind: str, cells: Sequence[Cell], what: str, help: str = "") -> Caution:
    """A caution about some cells, whose number stands in the place of `{cells}`."""
    said = what.replace("{cells}", plural(len(cells), "cell"))
    return Caution(kind, said, help, tuple(cell.key for cell in cells))
