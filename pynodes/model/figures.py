"""The table of figures: all that is measured of a render, each once.

What the host measures has a row in its own table too (host/wire/figures.h); `table_differences`
holds the two together. From the rows follow the totals of events, the fields of records, the
columns of stored samples, the metrics of statistics, reports and exports, and the tables in docs/.
"""

from collections.abc import Iterator, Mapping, Sequence
from enum import Enum, Flag, auto
from typing import Any, NamedTuple

from pynodes import decode


class Fold(Enum):
    """How the figures of several frames become that of a run."""

    SUM = auto()
    MAX = auto()
    NONE = auto()  # it is measured of the run


class Shown(Flag):
    """Where a figure is found; all that the host measures is in its event `frame`."""

    NOWHERE = 0
    RECORD = auto()  # the record of a frame
    THREAD = auto()  # what each render thread did: the event `thread`, `per_thread` of a record
    COLUMN = auto()  # a column of stored samples
    METRIC = auto()  # one that statistics are made of; it is a column too


class Figure(NamedTuple):
    """One row.

    `wire` is the host's name for it in the events `thread` and `frame`, where times are
    nanoseconds. It is empty for what is measured of the run as a whole. `more` is what the
    definition leaves out. Where the figure `needs` is 0 this one is not known. A `required` one is
    0 when it is not known.
    """

    key: str
    unit: str
    definition: str
    wire: str = ""
    fold: Fold = Fold.SUM
    shown: Shown = Shown.RECORD | Shown.METRIC
    more: str = ""
    needs: str = ""
    required: bool = False

    @property
    def decoder(self) -> decode.Decoder[float | None]:
        """What a stored figure is; None where it is not known."""
        return decode.optional(decode.number(0) if self.unit else decode.whole(0))

    def value(self, totals: Mapping[str, int]) -> float | None:
        """The figure from an event's totals; None when it is not known."""
        raw = totals.get(self.wire)
        if raw is None or (self.needs and not totals.get(self.needs)):
            return 0 if self.required else None
        return raw / 1e9 if self.unit == "s" else raw

    def of_run(self, records: Sequence[Mapping[str, Any]]) -> float | None:
        """The figure of a run from the records of its frames; None when it is not known."""
        found = (each.get(self.key) for each in records)
        known: list[float] = [value for value in found if value is not None]
        if self.fold is Fold.MAX:
            return max(known, default=None)
        if self.required or (known and len(known) == len(records)):
            return sum(known)
        return None


_EVERYWHERE = Shown.RECORD | Shown.THREAD | Shown.METRIC
_QUANTILE = (
    "Of the waits that were timed, from a histogram of fixed size: within 3.2 %. Not known of"
    " engine `process`, whose waits stay in the workers."
)

# fmt: off
FIGURES = (
    Figure("render_s", "s",
        "a frame, from the render threads' getting it to the end of the last one's tiles",
        "render_ns",
        more="What a thread needs first (nodes; an interpreter, or a run of the script, with the"
        " first frame) is in it, not in the `wall_ns` of a thread. Of engine `process` it counts"
        " from the start of the workers."),
    Figure("wall_s", "s", "the host or the command, from its start to its end", fold=Fold.NONE,
        more="In a record of a render all of it, until the last picture is written."),
    Figure("start_s", "s", "the start of Python", fold=Fold.MAX),
    Figure("ready_s", "s", "from the start of the host to the first scene that was ready",
        fold=Fold.MAX,
        more="From the first line of `main`; of engine `process`, in the first worker. It is"
        " `start_ns` of the event `bye`."),
    Figure("load_s", "s", "the scene script, in all interpreters"),
    Figure("native_s", "s", "rays and native nodes; summed over the render threads",
        "native_ns", shown=_EVERYWHERE,
        more="All of the time in tiles that is not in `python_ns` and `wait_ns`: averaging"
        " and detaching too. `wall_ns` has the events and the queue of tiles as well."),
    Figure("python_s", "s", "attached to Python; summed over the render threads", "python_ns",
        shown=_EVERYWHERE,
        more="In the Python nodes of tiles, from being attached to beginning to detach:"
        " node calls and what is around them. Under the policies `call` and `fresh`,"
        " which attach too often to look at the clock each time, the whole phase less"
        " its waits. Python may hand its GIL on inside a call (`--turnstile off`, a node"
        " that sleeps): that time stays in here."),
    Figure("python_cpu_s", "s", "processor time of Python nodes, summed over the render threads",
        "python_cpu_ns", shown=_EVERYWHERE,
        more="Their calls and what is around them, under `row`, `call` and `fresh` attaching too."
        " `python_s` has besides it what a thread that is attached waits for a core, for a lock,"
        " or for a GIL that Python handed on."),
    Figure("wait_s", "s", "waiting to be attached; summed over the render threads", "wait_ns",
        shown=_EVERYWHERE,
        more="From wanting to attach to being attached: in the"
        " [turnstile](engines.md#the-turnstile) and in Python together."),
    Figure("waits", "", "attachments whose wait was timed", "waits",
        shown=Shown.RECORD | Shown.THREAD,
        more="All of them, but for the policies `call` and `fresh`, where one in 17 is, and"
        " counts 17 times in `wait_ns`. With `--trace` those are all timed too."),
    Figure("wait_p50_s", "s", "the median of single waits to be attached, of all threads",
        "wait_p50_ns", fold=Fold.MAX, shown=Shown.RECORD | Shown.THREAD, more=_QUANTILE),
    Figure("wait_p99_s", "s", "the 99th percentile of single waits to be attached, of all threads",
        "wait_p99_ns", fold=Fold.MAX, shown=_EVERYWHERE, more=_QUANTILE),
    Figure("wait_max_s", "s", "the longest single wait to be attached", "wait_max_ns",
        fold=Fold.MAX, shown=_EVERYWHERE,
        more="Exactly; of the untimed ones what they spent in the turnstile."),
    Figure("cpu_s", "s", "processor time of the render threads, or of a command, summed", "cpu_ns",
        shown=_EVERYWHERE,
        more="Over the time of `wall_ns`. What that has more is waiting, or a core that"
        " others had. Of a command all its processes count."),
    Figure("handovers", "", "attachments before which another render thread had the same GIL",
        "handovers", shown=_EVERYWHERE,
        more="Since this thread's last one: how often a GIL was handed over. 0 where none is"
        " shared. What Python hands over inside an attachment is not seen."),
    Figure("vcsw", "", "context switches of threads that waited", "vcsw", shown=_EVERYWHERE,
        more="Over the time of `wall_ns`. Linux; 0 elsewhere."),
    Figure("ivcsw", "", "context switches of threads that were forced off their core",
        "ivcsw", shown=_EVERYWHERE,
        more="Over the time of `wall_ns`. Linux; 0 elsewhere."),
    Figure("main_waits", "", "times the main thread attached because of `--heartbeat`", "beats",
        shown=Shown.NOWHERE),
    Figure("main_wait_p50_s", "s", "the median of what a heartbeat of the main thread waited",
        "beat_p50_ns", fold=Fold.MAX, shown=Shown.NOWHERE, needs="beats"),
    Figure("main_wait_p99_s", "s",
        "the 99th percentile of what a heartbeat of the main thread waited for the interpreter",
        "beat_p99_ns", fold=Fold.MAX, shown=Shown.RECORD, needs="beats",
        more="From a histogram: within 3.2 %."),
    Figure("main_wait_max_s", "s",
        "the longest that a heartbeat of the main thread waited for the interpreter", "beat_max_ns",
        fold=Fold.MAX, shown=Shown.RECORD, needs="beats"),
    Figure("stop_s", "s", "the stop of Python", fold=Fold.MAX,
        more="From the end of the last frame until Python has ended; of engine `process`,"
        " from the last tile until the last worker has. It is `stop_ns` of the event"
        " `bye`."),
    Figure("peak_mib", "MiB", "peak resident memory of the largest process",
        fold=Fold.MAX,
        more="Memory per thread is the slope over runs with more threads. It is `peak_kib`"
        " of the event `bye`."),
    Figure("node_calls", "", "calls of Python nodes", "node_calls",
        shown=Shown.RECORD | Shown.THREAD | Shown.COLUMN, required=True),
    Figure("compiled_calls", "", "calls of Python nodes that compiled code computed",
        "compiled_calls", shown=Shown.RECORD | Shown.THREAD | Shown.COLUMN, required=True,
        more="In the place of calls of Python: `node_calls` has the others."),
    Figure("compared_calls", "",
        "of `--compile fast`: calls that were computed exactly too, to see how far off they are",
        "compared_calls", shown=Shown.RECORD | Shown.THREAD | Shown.COLUMN,
        more="At most 64 of 1024 samples of a batch, at another place in each tile."),
    Figure("difference_e9", "",
        "of `--compile fast`: the largest difference of those calls to the exact ones, in 1e-9",
        "difference_e9", fold=Fold.MAX, shown=Shown.RECORD | Shown.THREAD | Shown.COLUMN,
        more="Of any number of any output; 2147483647 stands for that or more.",
        needs="compared_calls"),
    Figure("compile_s", "s", "compiling nodes, or finding them compiled",
        shown=Shown.RECORD | Shown.COLUMN),
    Figure("wall_s", "s",
        "from the first tile that the thread took to the end of the last one it did", "wall_ns",
        shown=Shown.THREAD,
        more="`at` of the event is when that began. Making interpreters and nodes is not in"
        " it."),
    Figure("tiles", "", "tiles that were finished", "tiles_done", shown=Shown.THREAD,
        more="One that was cut into strips counts for the thread of its last strip."),
    Figure("node_errors", "", "calls of Python nodes that raised", "node_errors",
        shown=Shown.THREAD),
)
# fmt: on


def shown(where: Shown, rows: Sequence[Figure] = FIGURES) -> Iterator[Figure]:
    """The rows that are found there."""
    return (row for row in rows if row.shown & where)


METRICS: dict[str, Figure] = {row.key: row for row in shown(Shown.METRIC)}
COLUMNS: tuple[Figure, ...] = tuple(shown(Shown.METRIC | Shown.COLUMN))
WIRE: frozenset[str] = frozenset(row.wire for row in FIGURES if row.wire)


def unknown() -> dict[str, float | None]:
    """The figures of a record of which nothing is known."""
    return {row.key: 0 if row.required else None for row in shown(Shown.RECORD)}


def of_totals(totals: Mapping[str, int], where: Shown) -> dict[str, float | None]:
    """What an event's totals give there, in seconds and numbers, by key."""
    return {row.key: row.value(totals) for row in shown(where) if row.wire}


def of_run(records: Sequence[Mapping[str, Any]]) -> dict[str, float | None]:
    """The columns of a sample that the records of its frames hold."""
    return {row.key: row.of_run(records) for row in COLUMNS if row.fold is not Fold.NONE}


def table_differences(described: Mapping[str, Any]) -> list[str]:
    """How the figures of a host's `--describe` differ from ours; an empty list is agreement."""
    theirs: dict[str, tuple[str, bool]] = {}
    for each in described.get("figures", []):
        name, of_thread = str(each["name"]), each["of"] == "thread"
        keys = {name: each["unit"]}
        if each["adds"] == "times":
            keys = {f"{name}s": "", f"{name}_p50_ns": "ns", f"{name}_p99_ns": "ns"}
        theirs |= {key: (unit, of_thread) for key, unit in keys.items()}
    ours = {
        row.wire: ("ns" if row.unit == "s" else row.unit, bool(row.shown & Shown.THREAD))
        for row in FIGURES
        if row.wire
    }
    found = [f"the host has no {name!r}" for name in ours.keys() - theirs.keys()]
    found += [f"the package has no {name!r}" for name in theirs.keys() - ours.keys()]
    for name in ours.keys() & theirs.keys():
        if ours[name] != theirs[name]:
            found.append(f"{name!r} is {theirs[name]} in the host, {ours[name]} in the package")
    return sorted(found)
