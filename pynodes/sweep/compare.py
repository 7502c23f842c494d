"""Two sides held against each other, cell by cell: two sweeps, or two parts of one."""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pynodes.errors import BadValueError, PynodesError, did_you_mean, quoted_list
from pynodes.model.job import Job
from pynodes.model.verdict import Verdict
from pynodes.store.model import Cell, Sweep, value_text
from pynodes.store.store import Store
from pynodes.sweep.axes import AXES
from pynodes.sweep.scene_plan import job_json
from pynodes.sweep.stats import Interval, geometric_mean, has_ratios, paired_ratio, ratio

_SIDE = re.compile(r"(?:(?P<file>.*?\.db)(?::|$))?(?P<run>[^@]*)(?:@(?P<only>.*))?", re.DOTALL)
_EXPRESSION = re.compile(r"\s*([a-z-]+)\s*(<=|>=|<|>|==|!=)\s*([-+0-9.eE]+)\s*")
_USUAL = job_json(Job(Path()))
_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}

# What an expression can speak of.
QUANTITIES = {
    "speedup": "time of A divided by time of B, for each pair of cells",
    "slowdown": "time of B divided by time of A, for each pair of cells",
    "overall": "the geometric mean of all speedups",
    "wrong": "pixels of B that differ from their reference, the most in one run",
    "bad": "runs of B with another verdict than ok",
}


@dataclass(frozen=True, slots=True)
class Side:
    """A sweep, or those cells of it whose axes have the values in `only` (as they are typed).

    `left_out` is what could not be read of its file.
    """

    text: str
    sweep: Sweep
    only: Mapping[str, str]
    left_out: tuple[PynodesError, ...] = ()

    @property
    def cells(self) -> list[Cell]:
        return [
            cell
            for cell in self.sweep.cells
            if all(value_text(cell.settings[axis]) == want for axis, want in self.only.items())
        ]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two cells that differ in nothing but what is compared. `speedup` is None without times."""

    settings: Mapping[str, Any]
    a: Cell
    b: Cell
    speedup: Interval | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """All pairs; `only_a` and `only_b` are cells without a partner."""

    a: Side
    b: Side
    metric: str
    pairs: tuple[Pair, ...]
    only_a: int
    only_b: int

    @property
    def overall(self) -> Interval | None:
        """The geometric mean of the speed-ups; None when there are none."""
        found = [
            (pair.a.values(self.metric), pair.b.values(self.metric))
            for pair in self.pairs
            if pair.speedup is not None
        ]
        return geometric_mean(found) if found else None


@dataclass(frozen=True, slots=True)
class Threshold:
    """`speedup<1.8`, read."""

    text: str
    quantity: str
    sign: str
    limit: float

    def failures(self, found: Comparison, *, sure: bool) -> list[str]:
        """What is past it, in words; with `sure` an interval has to be past it as a whole.

        A pair that cannot be timed is past every threshold for times: a crash is not a pass.
        """
        if self.quantity == "overall":
            values = [("all of it", found.overall)]
        else:
            values = [(_label(pair.settings), self._value(pair)) for pair in found.pairs]
        return [name for name, value in values if value is None or self._past(value, sure)]

    def _value(self, pair: Pair) -> Interval | None:
        if self.quantity == "wrong":
            return Interval(float(pair.b.wrong_pixels or 0))
        if self.quantity == "bad":
            bad = sum(pair.b.verdicts.values()) - pair.b.verdicts[Verdict.OK]
            return Interval(float(bad))
        found = pair.speedup
        if found is None or self.quantity == "speedup":
            return found
        if found.low is None or found.high is None:
            return Interval(1 / found.value)
        return Interval(1 / found.value, 1 / found.high, 1 / found.low)

    def _past(self, value: Interval, sure: bool) -> bool:
        ends = [value.value]
        if sure and value.low is not None and value.high is not None:
            ends += [value.low, value.high]
        return all(_OPERATORS[self.sign](end, self.limit) for end in ends)


def parse_threshold(text: str) -> Threshold:
    """`NAME<NUMBER`, with any comparison."""
    match = _EXPRESSION.fullmatch(text)
    help = f"write NAME<NUMBER or NAME>NUMBER; names are {quoted_list(QUANTITIES)}"
    if match is None:
        raise BadValueError(f"{text!r} is not a threshold", help=help)
    name, sign, number = match.groups()
    if name not in QUANTITIES:
        near = did_you_mean(name, QUANTITIES)
        raise BadValueError(f"there is no {name!r} to compare", help=near or help)
    try:
        limit = float(number)
    except ValueError:
        raise BadValueError(f"{number!r} is not a number", help=help) from None
    return Threshold(text, name, sign, limit)


def split_side(text: str, database: Path) -> tuple[Path, str, str]:
    """`[FILE.db:]RUN[@axis=value,...]` in its parts; RUN left out is `latest`."""
    match = _SIDE.fullmatch(text)
    assert match is not None
    path = Path(match["file"]) if match["file"] else database
    return path, match["run"] or "latest", match["only"] or ""


def parse_side(text: str, database: Path) -> Side:
    """`[FILE.db:]RUN[@axis=value,...]`; RUN left out is the newest.

    Raises:
        PynodesError: there is no such file, sweep, axis or value.
    """
    path, run, chosen = split_side(text, database)
    with Store.open(path) as store:
        sweep = store.sweep(store.find(run))
        left_out = store.left_out
    only: dict[str, str] = {}
    for part in chosen.split(",") if chosen else ():
        axis, equals, value = (each.strip() for each in part.partition("="))
        if not equals:
            raise BadValueError(f"{part!r} is not AXIS=VALUE", text, "write it like threads=4")
        if axis not in sweep.axes:
            help = did_you_mean(axis, sweep.axes) or f"its axes are {quoted_list(sweep.axes)}"
            raise BadValueError(f"sweep {sweep.name} has no axis {axis!r}", text, help)
        values = [value_text(each) for each in sweep.values_of(axis)]
        if value not in values:
            raise BadValueError(
                f"{axis} was never {value!r} in sweep {sweep.name}",
                text,
                f"it was {quoted_list(values)}",
            )
        only[axis] = value
    return Side(text, sweep, only, left_out)


def compare(a: Side, b: Side, metric: str | None = None) -> Comparison:
    """Pair the cells of both sides that mean the same job, but for what was chosen with `@`.

    Raises:
        BadValueError: they have no cell in common.
    """
    metric = metric or a.sweep.metric
    chosen = {*a.only, *b.only}
    both = set(a.sweep.axes) & set(b.sweep.axes)
    by_key = {_key(cell, chosen, both): cell for cell in b.cells}
    pairs = []
    for cell in a.cells:
        other = by_key.pop(_key(cell, chosen, both), None)
        if other is not None:
            shared = {k: v for k, v in cell.settings.items() if k not in chosen}
            pairs.append(Pair(shared, cell, other, _speedup(cell, other, a, b, metric)))
    if not pairs:
        raise BadValueError(
            "the two have no cell in common",
            f"{a.text} and {b.text}",
            _difference(a.cells, b.cells, chosen),
        )
    return Comparison(a, b, metric, tuple(pairs), len(a.cells) - len(pairs), len(by_key))


def _speedup(a: Cell, b: Cell, side_a: Side, side_b: Side, metric: str) -> Interval | None:
    above, below = a.by_round(metric), b.by_round(metric)
    if not has_ratios(above.values()) or not has_ratios(below.values()):
        return None
    same = side_a.sweep.id == side_b.sweep.id and side_a.sweep.database == side_b.sweep.database
    if same:
        return paired_ratio(above, below)
    return ratio(list(above.values()), list(below.values()))


def _key(cell: Cell, chosen: set[str], both: set[str]) -> str:
    """The job without what is compared; the scene by its name, for it may lie elsewhere."""
    left_out = {field for axis in AXES if axis.name in chosen for field in axis.fields}
    # A field that came after a sweep was stored was at its default then.
    known = cell.job if "command" in cell.job else {**_USUAL, **cell.job}
    job = {name: value for name, value in known.items() if name not in left_out}
    job["scene"] = None if "scene" in chosen else Path(str(cell.job.get("scene"))).name
    if "command" in job:
        job["values"] = [pair for pair in cell.job.get("values") or [] if pair[0] not in chosen]
    named = {axis.removeprefix("D ") for axis in chosen if axis.startswith("D ")}
    job["defines"] = [pair for pair in cell.job.get("defines") or [] if pair[0] not in named]
    if "python" in both - chosen:
        job["python"] = cell.settings.get("python")
    return json.dumps(job, sort_keys=True)


def _difference(a: Sequence[Cell], b: Sequence[Cell], chosen: set[str]) -> str:
    """In what the first cells differ, for the message."""
    if not a or not b:
        return "one side has no cell"
    one, other = (json.loads(_key(cell, chosen, set())) for cell in (a[0], b[0]))
    names = [name for name in one if one[name] != other.get(name)]
    return f"they differ in {quoted_list(names)}; choose with @axis=value what is compared"


def _label(settings: Mapping[str, Any]) -> str:
    said = ", ".join(f"{name} {value_text(value)}" for name, value in settings.items())
    return said or "the only pair"
