"""What one render of one frame gave: the object that `--json` prints and that later is stored."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Annotated, Any, NamedTuple, Self

from pynodes import decode
from pynodes.errors import PynodesError
from pynodes.model.event import Failed
from pynodes.model.figures import Shown, shown, unknown
from pynodes.model.job import Job
from pynodes.model.verdict import Verdict
from pynodes.options.table import rows_of


class ErrorNote(NamedTuple):
    """One error; `kind` is the host's word for it, a verdict, or host for our own side.

    That of a node is one a node and type of `exception`: in how many `samples` it was raised, and
    the first of them with the `inputs` of its call. With `batch` the call was for so many samples.
    """

    kind: str
    what: str
    where: str = ""
    help: str = ""
    detail: str = ""
    node: str | None = None
    exception: str | None = None
    inputs: str | None = None
    samples: int | None = None
    pixel: tuple[int, ...] | None = None
    sample: int | None = None
    batch: int | None = None
    thread: int | None = None
    tile: int | None = None
    frame: int | None = None
    again: str | None = None

    @classmethod
    def from_event(
        cls, event: Failed, job: Job, engine: str = "", samples: int | None = None
    ) -> Self:
        """The event's error, with the command that looks into its pixel, or renders its tile.

        Args:
            engine: the one that rendered it, when it is known.
            samples: in how many the node raised, when that is known.
        """
        in_node = event.kind == "node"
        known = in_node and event.tile >= 0
        is_one = bool(event.pixel) and event.sample >= 0 and not event.batch
        pixel = (*event.pixel, event.sample) if is_one else None
        frame = event.frame if event.frame >= 0 else job.frames[0]
        return cls(
            kind=event.kind,
            what=event.what,
            where=event.where,
            help=event.help,
            detail=event.detail,
            node=event.node or None,
            exception=event.exception or None,
            inputs=event.inputs or None,
            samples=samples,
            pixel=event.pixel or None,
            sample=event.sample if in_node and event.sample >= 0 else None,
            batch=event.batch or None,
            thread=event.thread if in_node and event.thread >= 0 else None,
            tile=event.tile if known else None,
            frame=frame if in_node else None,
            again=job.again(event.tile, frame, engine, pixel) if known else None,
        )

    @classmethod
    def from_exception(cls, error: PynodesError) -> Self:
        """An error of our own side of the wire."""
        return cls("host", error.what, error.where, error.help, error.detail)


class FlawNote(NamedTuple):
    """A node that made NaN or infinity of finite inputs: in how many samples, and the first."""

    node: str
    tree: str
    samples: int | None
    pixel: tuple[int, ...]
    sample: int
    inputs: str
    again: str


class NodeCost(NamedTuple):
    """What a node took in a frame, over all threads and workers; or `others` cheaper ones together.

    `calls` of a native node are batches, as those of one with `call = "batch"`. `share` is of
    `cpu_s` of the record, where that is known.
    """

    node: str
    tree: str
    native: bool
    calls: int
    samples: int
    cpu_s: float
    share: float | None
    others: int = 0


class LineCost(NamedTuple):
    """A line of Python code on the stacks of a node: in how many samples, and processor time.

    `total_s` is the time of the line with all that it calls, `self_s` that of the line itself.
    """

    file: str
    line: int
    function: str
    samples: int
    total_s: float
    self_s: float


class NodeProfile(NamedTuple):
    """What was sampled of a Python node: its processor time, by line, the costliest first."""

    node: str
    tree: str
    samples: int
    cpu_s: float
    lines: tuple[LineCost, ...]


class InHand(NamedTuple):
    """What one render thread held when the host ended; of engine `process`, one worker."""

    thread: int
    tile: int
    frame: int
    node: str | None
    pixel: tuple[int, int] | None
    again: str


class Compiled(NamedTuple):
    """A node of a render with `--compile`; `why` it was not compiled is empty when it was, and so
    is, of `fast`, why it was computed exactly."""

    node: str
    why: str
    exact: str = ""


class Record(NamedTuple):
    """What one render of one frame gave.

    None stands for "not known", which is usual when the host ended early. `why` says why that
    engine. `options` are those of the job that have no field here, by name; in JSON they stand
    among the fields, `switch_interval` None when Python's own was left. `figures` are those of
    `pynodes.model.figures` that a record shows, by key; `wall_s` of them is the whole command from
    start to picture (of a run of several frames: of all of them). `ns_per_node_call` is the
    processor time of the Python nodes divided by their calls. `per_thread` has an entry
    a render thread: its number as `thread`, and its figures. A worker that was lent a frame twice
    has two entries. `sha256` is over the pixel bytes (linear float32 RGBA, top row first), not
    over the file.
    """

    verdict: Verdict
    verdict_text: str
    image: str | None = None
    sha256: str | None = None
    frame: int | None = None
    width: int | None = None
    height: int | None = None
    samples: int | None = None
    seed: int | None = None
    tile: int | None = None
    order: str | None = None
    tiles: int | None = None
    tiles_done: int = 0
    threads: int | None = None
    engine: str | None = None
    attach: str | None = None
    why: str | None = None
    options: Mapping[str, Any] = MappingProxyType({})
    python: str | None = None
    gil: bool | None = None
    compiler: str | None = None
    host: str | None = None
    figures: Mapping[str, float | None] = MappingProxyType(unknown())
    ns_per_node_call: float | None = None
    per_thread: Annotated[tuple[Mapping[str, float | None], ...], decode.figures] = ()
    node_costs: tuple[NodeCost, ...] = ()
    compiled: tuple[Compiled, ...] = ()
    profile: tuple[NodeProfile, ...] = ()
    signal: str | None = None
    in_hand: tuple[InHand, ...] = ()
    again: str | None = None
    node_errors: int = 0
    errors: tuple[ErrorNote, ...] = ()
    warnings: tuple[str, ...] = ()
    not_finite: tuple[FlawNote, ...] = ()
    evidence: str | None = None
    trace: str | None = None
    command: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain values for `json.dumps`; options and figures stand among the fields."""
        found: dict[str, Any] = {}
        for name, value in self._asdict().items():
            if name in ("options", "figures"):
                found |= value
            elif name in ("compiled", "errors", "in_hand", "node_costs", "not_finite"):
                found[name] = tuple(each._asdict() for each in value)
            elif name == "profile":
                found[name] = tuple(
                    node._asdict() | {"lines": tuple(line._asdict() for line in node.lines)}
                    for node in value
                )
            else:
                found[name] = value
        return found

    @classmethod
    def of_job(cls, verdict: Verdict, text: str, job: Job, **known: Any) -> Self:
        """A record with what it keeps of its job; `known` are further fields."""
        values = job.values()
        kept: dict[str, Any] = {}
        for row in rows_of(type(job)):
            if row.recorded:
                kept |= row.settings(row.value(values))
        own = {name: kept.pop(name) for name in cls._fields if name in kept}
        return cls(verdict, text, **{"frame": job.frames[0], **own, "options": kept, **known})

    @classmethod
    def refused(cls, error: PynodesError, job: Job | None = None) -> Self:
        """The record of a render that never began."""
        errors = (ErrorNote.from_exception(error),)
        if job is None:
            return cls(Verdict.CANNOT_START, error.what, errors=errors)
        return cls.of_job(Verdict.CANNOT_START, error.what, job, errors=errors)


@cache
def stored_record() -> decode.Decoder[dict[str, Any]]:
    """Decodes what `Record.to_json` gave, also of an older or a newer version: no key is needed."""
    own = decode.of_fields(Record)
    del own["options"], own["figures"]
    return decode.shape(own | {row.key: row.decoder for row in shown(Shown.RECORD)})
