"""What the host sends while it works: one JSON object a line, one class a kind.

Keys that are not known here are ignored, so that a newer host can say more. A kind or a schema
that is not known is refused: what it means cannot be guessed. A line that is no event at all (torn
by a crash, or not JSON) raises `GarbageError`; one such line never spoils the rest.
All times are nanoseconds since the host started.
"""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

from pynodes import decode
from pynodes.decode import DecodeError
from pynodes.errors import MismatchError
from pynodes.model.figures import WIRE

SCHEMA = 2
MAX_LINE_BYTES = 4096

_ONE_VERSION = "install host and package of one version: `pip install --force-reinstall pynodes`"


# Figures by their names on the wire: nanoseconds and numbers.
Totals: TypeAlias = Mapping[str, int]
_NO_TOTALS: Totals = MappingProxyType({})


class GarbageError(ValueError):
    """A line that is not an event."""


class Hello(NamedTuple):
    """First of all events, before Python starts; `word` is the version word of the host."""

    schema: int
    word: str
    host: str = ""
    pid: int = 0


class Interp(NamedTuple):
    """Python runs."""

    python: str
    gil: bool
    free_threaded: bool = False
    executable: str = ""
    compiler: str = ""
    start_ns: int = 0


class SceneBegun(NamedTuple):
    """A frame's scene is built and rendering begins; `threads` and `engine` are resolved.

    Sent again for the same frame when `auto` goes on with another engine: the last one holds.
    `gil` is None for a host that does not send it. With `--compile` `interpreted` says of each of
    the `nodes` why it is not compiled; empty for one that is. `exact` says so of single precision.
    """

    frame: int
    width: int
    height: int
    samples: int
    tile: int
    tiles: int
    threads: int
    engine: str
    attach: str
    script: str = ""
    title: str = ""
    why: str = ""
    order: str = ""
    seed: int = 0
    gil: bool | None = None
    objects: int = 0
    triangles: int = 0
    lamps: int = 0
    nodes: tuple[str, ...] = ()
    digest: str = ""
    load_ns: int = 0
    interpreted: tuple[str, ...] = ()
    exact: tuple[str, ...] = ()
    compile_ns: int = 0


class TileDone(NamedTuple):
    """A tile is finished; `i` counts in scanline order, `python` is the time attached."""

    i: int
    frame: int = 1
    thread: int = -1
    at: int = 0
    wall: int = 0
    wait: int = 0
    python: int = 0
    calls: int = 0


class Warned(NamedTuple):
    """Something worth knowing that stops nothing."""

    what: str
    where: str = ""
    help: str = ""


class Failed(NamedTuple):
    """An error; the keys from `node` on are filled for kind `node` only.

    That of a node is of the first sample, in the order of the picture, where it raised that type of
    `exception`, with the `inputs` of the call; it comes again when a thread finds an earlier one.
    With `batch` the call was for so many samples, that one the first of them.

    With `entry` (the word for an entry point) and `who` it came out of a script or a callback;
    `expected` means that the replay's event expects one. `refused` is the module that does not load
    in an interpreter of its own per thread; empty for any other error.
    """

    code: int
    kind: str
    what: str
    where: str = ""
    help: str = ""
    detail: str = ""
    detail_file: str = ""
    again: str = ""
    node: str = ""
    tree: str = ""
    exception: str = ""
    inputs: str = ""
    pixel: tuple[int, ...] = ()
    sample: int = -1
    batch: int = 0
    thread: int = -1
    tile: int = -1
    frame: int = -1
    entry: str = ""
    who: str = ""
    expected: bool = False
    refused: str = ""

    @property
    def order(self) -> tuple[int, ...]:
        """Of node errors: which comes first in the picture."""
        return (self.frame, *reversed(self.pixel), self.sample)


class NotFinite(NamedTuple):
    """A node made NaN or infinity of finite inputs, first in this sample of the picture.

    It comes again when a thread finds an earlier one.
    """

    node: str
    pixel: tuple[int, ...]
    sample: int
    frame: int
    tree: str = ""
    inputs: str = ""
    thread: int = -1
    tile: int = -1
    again: str = ""

    @property
    def exception(self) -> str:
        return ""

    @property
    def order(self) -> tuple[int, ...]:
        """Which comes first in the picture."""
        return (self.frame, *reversed(self.pixel), self.sample)


class Flawed(NamedTuple):
    """In how many samples of a frame a node has a flaw, on one thread.

    It raised that type of `exception`; empty: it made what is not finite.
    """

    frame: int
    thread: int
    node: str
    exception: str
    samples: int
    tree: str = ""


class Entered(NamedTuple):
    """Python was entered: by what (`kind`), for whom, and how it went.

    `thread` is a render thread's number, -1 for the main thread, -2 for another. `depth` counts
    the entries around it. Alike calls on one render thread are sent as one: `times` of them, `took`
    together, the longest `wait`. `result` is ok, error, exit (sys.exit) or a word of the entry
    point's own; `status` is a text script's.
    """

    n: int
    kind: str
    who: str
    at: int = 0
    thread: int = -1
    depth: int = 0
    times: int = 1
    wait: int = 0
    took: int = 0
    result: str = "ok"
    status: int = -1
    expected: bool = False
    what: str = ""
    where: str = ""


class ThreadDone(NamedTuple):
    """What one render thread did for a frame; comes before the frame's own event.

    `at` is when it took its first tile, 0 when it took none. `totals` are the figures of
    `pynodes.model.figures` that it sent, by their names on the wire.
    """

    frame: int
    thread: int
    at: int = 0
    totals: Totals = _NO_TOTALS


class CostDone(NamedTuple):
    """What a node took in a frame, or `others` cheaper ones together; of each worker its own.

    `calls` of a native node are batches; `samples` those that the node was evaluated for.
    """

    frame: int
    calls: int
    samples: int
    cpu_ns: int
    node: str = ""
    tree: str = ""
    native: bool = False
    others: int = 0


class PlaceSampled(NamedTuple):
    """Of a profile: a place in the tree of calls, by its number in one process; parents come first.

    A root (`parent` -1) is a Python node, the others are lines of functions; one without a function
    stands for calls that are left out there. `samples` and `cpu_ns` ended at the place itself.
    """

    frame: int
    pid: int
    id: int
    parent: int
    samples: int
    cpu_ns: int
    line: int = 0
    node: str = ""
    tree: str = ""
    file: str = ""
    function: str = ""


class ProfileDone(NamedTuple):
    """The whole of a frame's profile in one process, behind its places.

    `cut` of the `samples` have not their whole depth.
    """

    frame: int
    pid: int
    samples: int
    cut: int = 0
    outside_ns: int = 0


class NodeLooked(NamedTuple):
    """Of a sample that is looked into: a node of a tree; its inputs and outputs follow."""

    frame: int
    name: str
    class_name: str = ""
    native: bool = False
    tree: str = ""


class ValueLooked(NamedTuple):
    """Of a sample that is looked into: one value, numbers or a text.

    `of` is camera, hit, shi, lamp, input, output, sample or pixel. `origin` is the output that an
    input is linked to; empty for none.
    """

    frame: int
    of: str
    name: str = ""
    numbers: tuple[float, ...] = ()
    origin: str = ""
    text: str = ""


class FrameDone(NamedTuple):
    """A frame's pixels are final, or as far as they got when cancelled.

    `totals` are the figures of the frame as in `ThreadDone`, of all its threads.
    Beside a replay `pass_number` counts the frames from 1 and `differs` the pixels that are not as
    in the first (-1: not compared).
    """

    frame: int
    tiles: int
    out: str = ""
    cancelled: bool = False
    pass_number: int = 0
    differs: int = -1
    totals: Totals = _NO_TOTALS

    @property
    def tiles_done(self) -> int:
        return self.totals.get("tiles_done", 0)

    @property
    def is_whole(self) -> bool:
        """Every tile is in the picture."""
        return not self.cancelled and self.tiles_done >= self.tiles

    @property
    def node_errors(self) -> int:
        return self.totals.get("node_errors", 0)


class Crashed(NamedTuple):
    """Last words of a signal handler; thread -1 is not a render thread."""

    signal: int
    thread: int = -1
    tile: int = -1


class Bye(NamedTuple):
    """Last of all events. A host that ends without it has crashed.

    `start_ns` is from the start of the host to the first scene that was ready; 0: none was.
    """

    code: int
    wall_ns: int = 0
    start_ns: int = 0
    stop_ns: int = 0
    peak_kib: int = 0


Event: TypeAlias = (
    Hello
    | Interp
    | SceneBegun
    | TileDone
    | Warned
    | Failed
    | NotFinite
    | Flawed
    | ThreadDone
    | CostDone
    | PlaceSampled
    | ProfileDone
    | Entered
    | NodeLooked
    | ValueLooked
    | FrameDone
    | Crashed
    | Bye
)

KINDS: dict[str, type[Event]] = {
    "hello": Hello,
    "interp": Interp,
    "scene": SceneBegun,
    "tile": TileDone,
    "warning": Warned,
    "error": Failed,
    "not_finite": NotFinite,
    "flaw": Flawed,
    "thread": ThreadDone,
    "cost": CostDone,
    "place": PlaceSampled,
    "profile": ProfileDone,
    "entry": Entered,
    "node": NodeLooked,
    "value": ValueLooked,
    "frame": FrameDone,
    "crash": Crashed,
    "bye": Bye,
}


def parse(line: bytes) -> Event:
    """Read one line.

    Raises:
        GarbageError: the line is no event, or lacks what its kind cannot be without.
        MismatchError: an event of a kind, or a hello of a schema, that this package does not know.
    """
    try:
        found = decode.json_value(line.decode("utf-8", "replace"))
    except DecodeError as error:
        raise GarbageError(error.what) from None
    if not isinstance(found, dict) or not isinstance(kind := found.get("ev"), str):
        raise GarbageError("not an object with `ev`")
    cls = KINDS.get(kind)
    if cls is None:
        raise MismatchError(
            f"the host sent an event {kind!r} that this package does not know",
            help=_ONE_VERSION,
        )
    if cls is Hello and found.get("schema") != SCHEMA:
        raise MismatchError(
            f"the host writes schema {found.get('schema')!r} of events, this package {SCHEMA}",
            help=_ONE_VERSION,
        )
    return cls(**_values(kind, found))


def _values(kind: str, found: dict[str, Any]) -> dict[str, Any]:
    """The fields of an event; keys that are not known stay unread."""
    decoders, needed, has_totals = _of_kind(kind)
    values: dict[str, Any] = {}
    try:
        for name, of in decoders.items():
            if name in found:
                values[name] = of(found[name])
            elif name in needed:
                raise GarbageError(f"{kind} has no {name!r}")
        if has_totals:
            values["totals"] = totals = {}
            for name in WIRE & found.keys():
                totals[name] = _figure(found[name])
    except DecodeError as error:
        raise GarbageError(error.within(f"{kind}.{name}").what) from None
    return values


@cache
def _of_kind(kind: str) -> tuple[dict[str, decode.Decoder[Any]], set[str], bool]:
    """The decoders of its fields, the fields that it must have, and whether it has figures."""
    decoders = decode.of_fields(KINDS[kind], {float: _number})
    has_totals = decoders.pop("totals", None) is not None
    return decoders, decoders.keys() - KINDS[kind]._field_defaults, has_totals


_figure = decode.whole(0)


def _number(value: Any) -> float:
    """A number that a node gave; what is not finite is a word in JSON."""
    if value in ("nan", "inf", "-inf") or type(value) in (int, float):
        return float(value)
    raise DecodeError(value, "a number")
