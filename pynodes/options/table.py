"""The options of a render: one row each, at the field of `Options` that holds its value.

From the rows follow what a job refuses, the host's command line, the `again:` line, the options of
`render`, `replay`, `run` and `sweep`, the axes of sweeps, what a record keeps and the tables in the
docs. The host has its own row for each (host/wire/options.h); `table_differences` holds one against
the other.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, NamedTuple

from pynodes.options.engines import ENGINE_NAMES, describe_engines
from pynodes.options.kinds import (
    MAX_SIDE,
    Define,
    Flag,
    Frame,
    Kind,
    Number,
    Pixel,
    Ranges,
    Seconds,
    Size,
    Switch,
    Words,
)
from pynodes.options.places import File, Folder, Script
from pynodes.options.rules import check_job

ENGINES = ("auto", *ENGINE_NAMES)
ORDERS = ("hilbert", "scanline", "spiral")
_MAX_SEED = 2**63 - 1

PICTURE, SPREAD, COMMAND, CLUSTER = "picture", "spread", "command", "cluster"
SHOW, RUN, OUTPUT = "show", "run", "output"
# In the order of help; docs/command-line.md has those of rows.
GROUPS = {
    PICTURE: "What is rendered",
    SPREAD: "How the work is spread",
    COMMAND: "A command, in place of scenes",
    CLUSTER: "On a cluster",
    SHOW: "A look inside",
    RUN: "The run",
    OUTPUT: "What is written and printed",
}
_RENDERS = ("render", "replay")
_SCENES = (*_RENDERS, "run")
_VIEW: dict[str, Any] = {"group": PICTURE, "changes_picture": True, "on_one_thread": True}


class Row(NamedTuple):
    """One option.

    Attributes:
        kind: how its values are read, written and checked.
        help: one sentence without a full stop, for help and docs.
        group: what it is about.
        name: without its dashes; by default that of the field.
        short: the letter, empty for none.
        aliases: other spellings, for hands that are used to them; the host knows none.
        fields: those of `Options` that hold its value; several make a tuple.
        default: the value when it is not given.
        default_text: how the default is shown, when that is not how it is written.
        example: a value other than the default, as it is typed.
        more: what the docs add to the help; Markdown.
        changes_picture: the picture depends on it: what pictures are held against is made with it,
            and it is part of what a picture says of itself.
        on_one_thread: it means something to one thread: part of the `again:` line.
        recorded: records keep it.
        sweeps: its place among the axes of a sweep, None for none; the last vary fastest. Stored
            sweeps rely on the order: a new one is given a number that is not taken.
        commands: those that have the option, besides `sweep`.
        host_arg: how the host writes its value, when otherwise; None when the host has no such
            option.
    """

    kind: Kind
    help: str
    group: str = SPREAD
    name: str = ""
    short: str = ""
    aliases: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    default: Any = None
    default_text: str | None = None
    example: str = ""
    more: str = ""
    changes_picture: bool = False
    on_one_thread: bool = False
    recorded: bool = False
    sweeps: int | None = None
    commands: tuple[str, ...] = _RENDERS
    host_arg: str | None = ""

    @property
    def parameter(self) -> str:
        """The name as Python spells it."""
        return self.name.replace("-", "_")

    @property
    def spellings(self) -> list[str]:
        """All that may be typed for it, dashes included; the name is the last."""
        return [*([f"-{self.short}"] if self.short else []), *self.aliases, f"--{self.name}"]

    @property
    def default_shown(self) -> str:
        """The default as help and docs show it; empty for none."""
        return self.kind.format(self.default) if self.default_text is None else self.default_text

    def value(self, values: Mapping[str, Any]) -> Any:
        """Its value among those of all fields."""
        found = tuple(values[name] for name in self.fields)
        return found[0] if len(found) == 1 else found

    def settings(self, value: Any) -> dict[str, Any]:
        """What a value means for the fields."""
        values = (value,) if len(self.fields) == 1 else value
        return dict(zip(self.fields, values, strict=True))

    def words(self, value: Any, *, short: bool = False) -> list[str]:
        """A value as words of a command line."""
        letter = short and self.short
        return self.kind.words(f"-{self.short}" if letter else f"--{self.name}", value)


def option(default: Any, kind: Kind, text: str, *, alias: Row | None = None, **more: Any) -> Any:
    """A field of `Options` with its row.

    Args:
        text: the row's help.
        alias: another option that says the same in another way; it stands before this one.
    """
    row = Row(kind, text, **more)
    return field(default=default, metadata={"row": row, "alias": alias})


@dataclass(frozen=True, slots=True)
class Options:
    """What decides the pixels of a render, and how the work is spread; a field or two an option.

    `threads` None means one per usable core. `only_tile` counts rows of tiles from the top left,
    in the grid of `tile`. `pixel` is x and y from the top left, and the
    sample. `defines` keeps the order in which they were given. `switch_interval` is
    in seconds; None leaves Python's own. `heartbeat` is in milliseconds; None measures nothing.
    `trace` is the file that gets the timeline. `scripts` run before the first frame, in order.
    `aside` is no option: words that lines to paste need besides these.
    Raises `BadValueError` when a value is out of its range, or two do not go together.
    """

    # fmt: off
    scene: Path
    threads: int | None = option(None, Number("a number of threads", 1, 1024, word="auto"),
        "render threads (or workers), 1 to 1024; auto is one per usable core",
        short="t", aliases=("-j",), example="3", recorded=True, sweeps=100, commands=_SCENES,
        more="affinity and cgroup limits are counted")
    width: int = option(640, Size(), f"width and height in pixels, each to {MAX_SIDE}",
        name="size", fields=("width", "height"), example="40x24", recorded=True, sweeps=1,
        commands=_SCENES, **_VIEW)
    height: int = 480
    samples: int = option(4, Number("a number of samples", 1, 4096), "samples per pixel, to 4096",
        aliases=("--spp",), example="3", recorded=True, sweeps=2, commands=_SCENES, **_VIEW)
    tile: int = option(32, Number("a tile side", 1, 4096), "side of a tile in pixels, to 4096",
        example="8", on_one_thread=True, recorded=True, sweeps=8)
    order: str = option("hilbert", Words(ORDERS), "in which order tiles are taken",
        example="spiral", on_one_thread=True, recorded=True, sweeps=9)
    seed: int = option(0, Number("a seed", 0, _MAX_SEED), "where all randomness begins",
        example="7", recorded=True, sweeps=5, commands=_SCENES, **_VIEW)
    engine: str = option("auto", Words(ENGINES, named=("auto",)),
        f"where node calls run: {describe_engines()}; auto picks one and says why",
        example="shared", on_one_thread=True, recorded=True, sweeps=10,
        more="see [engines.md](engines.md)")
    attach: str = option("tile", Words(("fresh", "call", "row", "tile", "thread")),
        "how long a render thread stays attached to Python; fresh forgets its thread state after"
        " each call",
        example="row", on_one_thread=True, recorded=True, sweeps=11)
    node_sharing: str = option("own", Words(("own", "shared")),
        "a node object per render thread (own), or one for all of them (shared): the historical"
        " race, whose pixels depend on the moment; engine shared only",
        example="shared", recorded=True, sweeps=12,
        more="see [one node for all threads](engines.md#one-node-for-all-threads)")
    turnstile: bool = option(True, Switch(), "let one render thread at a time wait for the GIL",
        example="off", recorded=True, sweeps=13,
        more="see [the turnstile](engines.md#the-turnstile)")
    switch_interval: float | None = option(None, Seconds("a switch interval", 1e-6, 1e6,
            "write seconds, 1e-6 to 1e6; Python's own is 0.005"),
        "Python's switch interval during the render; restored afterwards",
        default_text="Python's own", example="0.25", recorded=True, sweeps=17)
    compile: str = option("off", Words(("off", "exact", "fast")),
        "run Python nodes as machine code: exact gives the same picture to the last bit, fast is in"
        " single precision and says how far off; nodes that cannot be compiled run as they are",
        example="exact", on_one_thread=True, recorded=True, sweeps=19,
        more="see [compiled.md](compiled.md)")
    keep_c: Path | None = option(None, Folder(),  # noqa: RUF009 (a field)
        "with --compile: keep the sources in C of compiled nodes in this folder",
        group=SHOW, commands=("render",))
    gil_returns: str = option("go", Words(("go", "stop")),
        "when an import turns the GIL on in a free-threaded Python: go on with a warning that names"
        " the module, or refuse the scene",
        example="stop", sweeps=14)
    heartbeat: int | None = option(None, Number("milliseconds", 1, 60_000, "MS"),
        "attach the main thread every so often during the render, and measure how long it waited",
        example="50", sweeps=16)
    preview: str = option("sphere", Words(("sphere", "plane", "cube")),
        "what a file with a node and no scene is shown on", example="plane", sweeps=6, **_VIEW)
    frames: tuple[int, ...] = option((1,), Ranges(),
        "several frames, rendered by one host: 1..10, 1..100:5, 3,7,9",
        group=PICTURE, default_text="", example="1..3", changes_picture=True, sweeps=4,
        host_arg="A|A..B|A..B:STEP,...",
        alias=Row(Frame(), "the frame to render",
            name="frame", example="2", sweeps=3, host_arg=None, **_VIEW))
    defines: tuple[tuple[str, str], ...] = option((), Define(),
        "a parameter of the scene, or an input of a node on the preview; repeatable",
        name="define", short="D", commands=(*_SCENES, "sweep"), **_VIEW)
    scripts: tuple[Path, ...] = option((), Script("SCRIPT.py", repeats=True),
        "run this script before the first frame; what it registers and sets is in the frames."
        " Repeatable",
        group=PICTURE, name="script", changes_picture=True, on_one_thread=True,
        commands=("render",), host_arg="FILE",
        more="links, drivers, constraints: see [entry-points.md](entry-points.md)")
    only_tile: int | None = option(None, Number("the number of a tile", 0, _MAX_SEED, "I"),
        "render this one tile; tiles are counted by rows from the top left, from 0, in the grid of"
        " --tile",
        group=PICTURE, example="1", changes_picture=True, sweeps=7)
    pixel: tuple[int, int, int] | None = option(None, Pixel(),
        "look into this pixel: print what each node got and gave for one of its samples; no picture"
        " is written",
        group=SHOW, example="3,2,1", changes_picture=True, commands=("render",),
        more="see [look into a pixel](nodes.md#look-into-a-pixel)")
    debug: bool = option(False, Flag(),
        "breakpoint() in a node opens pdb on this terminal; with --pixel pdb stops at the Python"
        " nodes of that sample. One thread, engine shared; no picture is written",
        group=SHOW, commands=("render",), more="see [debug a node](nodes.md#debug-a-node)")
    on_error: str = option("zeros", Words(("zeros", "mark")),
        "a sample where a node raised goes on with zeros from that node, colours opaque, or is"
        " marked: opaque magenta",
        group=PICTURE, example="mark", changes_picture=True, on_one_thread=True, recorded=True,
        sweeps=18, more="see [errors](nodes.md#errors)")
    stop_on_error: bool = option(False, Flag(), "stop at the next tile when a node raises",
        group=PICTURE, sweeps=15)
    trace: Path | None = option(None, File(),  # noqa: RUF009 (a field)
        "write a timeline of all threads: .json for ui.perfetto.dev or chrome://tracing, .svg as a"
        " picture",
        group=SHOW, host_arg="FILE.json", more="see [the timeline](host.md#the-timeline)")
    trace_calls: bool = option(False, Flag(), "each single node call in the timeline too",
        group=SHOW)
    profile: bool = option(False, Flag(),
        "sample which lines of Python nodes take the time, and show them; followed by a FILE.svg or"
        " FILE.json also write a flame graph, or a profile for speedscope.app",
        group=SHOW, commands=("render",), more="see [profile a node](nodes.md#profile-a-node)")
    # fmt: on
    aside: tuple[str, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        values = self.values()
        for row in rows_of(type(self)):
            row.kind.check(row.name, row.value(values))
        check_job(self)

    def values(self) -> dict[str, Any]:
        """All fields by name, as they are."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    @property
    def last_pixel(self) -> tuple[int, int, int]:
        """The highest x, y and sample."""
        return self.width - 1, self.height - 1, self.samples - 1

    @property
    def tiles_per_frame(self) -> int:
        """Tiles of the whole grid, also when only one of them is rendered."""
        return -(-self.width // self.tile) * -(-self.height // self.tile)


_found: dict[type[Options], tuple[Row, ...]] = {}


def rows_of(options: type[Options] = Options) -> tuple[Row, ...]:
    """All rows, in the order of the fields."""
    if options not in _found:
        _found[options] = tuple(_rows(options))
    return _found[options]


def _rows(options: type[Options]) -> Iterator[Row]:
    defaults = {each.name: each.default for each in fields(options)}
    for each in fields(options):
        for row in (each.metadata.get("alias"), each.metadata.get("row")):
            if row is not None:
                name = row.name or each.name.replace("_", "-")
                row = row._replace(name=name, fields=row.fields or (each.name,))
                yield row._replace(default=row.value(defaults))


def settings_of(given: Mapping[str, Any], rows: Iterable[Row]) -> dict[str, Any]:
    """Fields from values by parameter; what was not given (None, no values, no flag) is left out.

    An option of False or 0 that was given counts; a flag that is False was not.
    """
    found: dict[str, Any] = {}
    for row in rows:
        value = given.get(row.parameter)
        if value is not None and value != () and not (row.kind.is_flag and not value):
            found.update(row.settings(value))
    return found


class HostOption(NamedTuple):
    """One row of the host's option table; `arg` and `default` are None where there is none."""

    name: str
    arg: str | None
    default: str | None
    short: str | None = None
    repeat: bool = False


def host_options(rows: Iterable[Row]) -> tuple[HostOption, ...]:
    """What the host's table must hold: the rows, and what passes between the two programs."""
    return tuple(
        HostOption(
            row.name,
            row.host_arg or row.kind.metavar or None,
            row.kind.format(row.default) or None,
            row.short or None,
            row.kind.repeats,
        )
        for row in rows
        if row.host_arg is not None
    ) + (
        HostOption("replay", "FILE", None),
        HostOption("beside", None, None),
        HostOption("live", None, None),
        HostOption("overlay", "FILE.npy", None),
        HostOption("signals", "python|host", "python"),
        HostOption("out", "FILE.npy", None),
        HostOption("events-fd", "N", None),
        HostOption("status", "FILE", None),
        HostOption("evidence", "DIR", None),
        HostOption("python-exe", "PATH", None),
        HostOption("nodes", None, None),
        HostOption("describe", None, None),
        HostOption("main", "SCRIPT.py|-m NAME", None),
    )


# Options of the host that answer a person at its own command line; the package never passes them.
HOST_ONLY = frozenset({"version", "help"})


def table_differences(described: Mapping[str, Any]) -> list[str]:
    """How a host's `--describe` differs from `host_options`; an empty list is agreement.

    Both must know the same options, but for `HOST_ONLY`.
    """
    theirs = {str(row.get("name")): row for row in described.get("options", [])}
    options = host_options(rows_of())
    ours = {option.name for option in options}
    found = [f"--{name} is not known here" for name in theirs if name not in ours | HOST_ONLY]
    for option in options:
        row = theirs.get(option.name)
        if row is None:
            found.append(f"--{option.name} is missing in the host")
            continue
        for key in ("arg", "default", "short", "repeat"):
            mine, other = getattr(option, key) or None, row.get(key) or None
            if mine != other:
                found.append(f"--{option.name}: {key} is {other!r} in the host, {mine!r} here")
    return found
