"""What to render, as one validated value, and its spelling on the host's command line.

`HOST_OPTIONS` mirrors the table in the host; `table_differences` holds one against the other.
"""

from __future__ import annotations

import math
import os
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, NamedTuple

from pynodes.errors import BadValueError

MAX_THREADS = 1024
MAX_SIDE = 16384
MAX_SAMPLES = 4096
MAX_TILE = 4096
MAX_HEARTBEAT = 60_000  # milliseconds
MAX_SEED = 2**63 - 1
MAX_FRAME = 10**9
MAX_FRAMES = 100_000
MIN_SWITCH_INTERVAL_S = 1e-6
MAX_SWITCH_INTERVAL_S = 1e6

ENGINES = ("auto", "shared", "isolated", "process")
ATTACH_POLICIES = ("fresh", "call", "row", "tile", "thread")
ORDERS = ("hilbert", "scanline", "spiral")
NODE_SHARING = ("own", "shared")
PREVIEWS = ("sphere", "plane", "cube")


class HostOption(NamedTuple):
    """One row of the host's option table; `arg` and `default` are None where there is none."""

    name: str
    arg: str | None
    default: str | None
    short: str | None = None
    repeat: bool = False


HOST_OPTIONS = (
    HostOption("threads", "N|auto", "auto", short="t"),
    HostOption("engine", "|".join(ENGINES), "auto"),
    HostOption("attach", "|".join(ATTACH_POLICIES), "tile"),
    HostOption("node-sharing", "|".join(NODE_SHARING), "own"),
    HostOption("turnstile", "on|off", "on"),
    HostOption("gil-returns", "go|stop", "go"),
    HostOption("switch-interval", "SECONDS", None),
    HostOption("heartbeat", "MS", None),
    HostOption("size", "WxH", "640x480"),
    HostOption("samples", "N", "4"),
    HostOption("tile", "N", "32"),
    HostOption("order", "|".join(ORDERS), "hilbert"),
    HostOption("seed", "N", "0"),
    HostOption("frames", "A|A..B|A..B:STEP,...", "1"),
    HostOption("only-tile", "I", None),
    HostOption("define", "NAME=VALUE", None, short="D", repeat=True),
    HostOption("preview", "|".join(PREVIEWS), "sphere"),
    HostOption("stop-on-error", None, None),
    HostOption("script", "FILE", None, repeat=True),
    HostOption("replay", "FILE", None),
    HostOption("beside", None, None),
    HostOption("live", None, None),
    HostOption("overlay", "FILE.npy", None),
    HostOption("out", "FILE.npy", None),
    HostOption("events-fd", "N", None),
    HostOption("status", "FILE", None),
    HostOption("evidence", "DIR", None),
    HostOption("trace", "FILE.json", None),
    HostOption("trace-calls", None, None),
    HostOption("python-exe", "PATH", None),
    HostOption("nodes", None, None),
    HostOption("describe", None, None),
)

# Options of the host that answer a person at its own command line; the package never passes them.
HOST_ONLY = frozenset({"version", "help"})


@dataclass(frozen=True, slots=True)
class Job:
    """One render: everything that decides the pixels, and how to spread the work.

    `threads` None means one per usable core. `only_tile` counts rows of tiles from the top left,
    in the grid of `tile`. `defines` keeps the order in which they were given. `switch_interval` is
    in seconds; None leaves Python's own. `heartbeat` is in milliseconds; None measures nothing.
    `node_sharing` "shared" is one instance of each node for all threads, as it once was: the
    pixels then depend on who interrupts whom. `trace` is the file that gets the timeline, with
    `trace_calls` each single node call as well.
    `scripts` run before the first frame, in order.
    Raises `BadValueError` when a field is out of its range.
    """

    scene: Path
    threads: int | None = None
    engine: str = "auto"
    attach: str = "tile"
    turnstile: bool = True
    gil_returns: str = "go"
    switch_interval: float | None = None
    heartbeat: int | None = None
    width: int = 640
    height: int = 480
    samples: int = 4
    tile: int = 32
    order: str = "hilbert"
    seed: int = 0
    frames: tuple[int, ...] = (1,)
    only_tile: int | None = None
    defines: tuple[tuple[str, str], ...] = ()
    preview: str = "sphere"
    stop_on_error: bool = False
    node_sharing: str = "own"
    trace: Path | None = None
    trace_calls: bool = False
    scripts: tuple[Path, ...] = ()

    def __post_init__(self) -> None:
        if self.threads is not None:
            _check_range("threads", self.threads, 1, MAX_THREADS)
        _check_choice("engine", self.engine, ENGINES)
        _check_choice("attach", self.attach, ATTACH_POLICIES)
        if self.engine == "isolated" and self.attach == "fresh":
            raise BadValueError(
                "attach policy fresh belongs to one interpreter, engine isolated makes several",
                where="attach",
                mend="take engine shared or process with it, or call, row, tile or thread with"
                " engine isolated",
            )
        _check_choice("node-sharing", self.node_sharing, NODE_SHARING)
        if self.node_sharing == "shared" and self.engine in ("isolated", "process"):
            raise BadValueError(
                f"one node for all threads needs one interpreter; engine {self.engine} has several",
                where="node-sharing",
                mend="take engine shared with it, or node sharing own",
            )
        if self.trace_calls and self.trace is None:
            raise BadValueError(
                "single calls are part of a trace, and none is asked for",
                where="trace-calls",
                mend="name a file with --trace, or leave --trace-calls out",
            )
        if self.engine == "process" and self.scripts:
            raise BadValueError(
                "scripts run in one process, engine process makes several",
                where="script",
                mend="take engine shared or isolated with --script",
            )
        _check_choice("gil-returns", self.gil_returns, ("go", "stop"))
        if self.switch_interval is not None:
            _check_switch_interval(self.switch_interval)
        if self.heartbeat is not None:
            _check_range("heartbeat", self.heartbeat, 1, MAX_HEARTBEAT)
        _check_range("width", self.width, 1, MAX_SIDE)
        _check_range("height", self.height, 1, MAX_SIDE)
        _check_range("samples", self.samples, 1, MAX_SAMPLES)
        _check_range("tile", self.tile, 1, MAX_TILE)
        _check_choice("order", self.order, ORDERS)
        _check_range("seed", self.seed, 0, MAX_SEED)
        _check_choice("preview", self.preview, PREVIEWS)
        if not self.frames:
            raise BadValueError(
                "no frame is asked for", mend="name at least one, such as 1 or 1..10"
            )
        for frame in self.frames:
            _check_range("frame", frame, -MAX_FRAME, MAX_FRAME)
        if self.only_tile is not None:
            _check_tile(self.only_tile, self.tiles_per_frame)

    @property
    def tiles_per_frame(self) -> int:
        """Tiles of the whole grid, also when only one of them is rendered."""
        return -(-self.width // self.tile) * -(-self.height // self.tile)

    @property
    def image_bytes(self) -> int:
        """Size of one frame file without its header."""
        return self.width * self.height * 16

    def to_argv(self, out: Path | None = None) -> list[str]:
        """Arguments for the host, every option spelt out so that the line stands for itself."""
        argv = [
            "--threads", "auto" if self.threads is None else str(self.threads),
            "--engine", self.engine,
            "--attach", self.attach,
            "--turnstile", "on" if self.turnstile else "off",
            "--size", f"{self.width}x{self.height}",
            "--samples", str(self.samples),
            "--tile", str(self.tile),
            "--order", self.order,
            "--seed", str(self.seed),
            "--frames", format_ranges(self.frames),
            "--preview", self.preview,
        ]  # fmt: skip
        if self.switch_interval is not None:
            argv += ["--switch-interval", repr(self.switch_interval)]
        if self.gil_returns != "go":
            argv += ["--gil-returns", self.gil_returns]
        if self.heartbeat is not None:
            argv += ["--heartbeat", str(self.heartbeat)]
        if self.only_tile is not None:
            argv += ["--only-tile", str(self.only_tile)]
        for name, value in self.defines:
            argv += ["--define", f"{name}={value}"]
        if self.stop_on_error:
            argv += ["--stop-on-error"]
        if self.node_sharing != "own":
            argv += ["--node-sharing", self.node_sharing]
        if self.trace is not None:
            argv += ["--trace", _not_an_option(self.trace)]
        if self.trace_calls:
            argv += ["--trace-calls"]
        for script in self.scripts:
            argv += ["--script", _not_an_option(script)]
        if out is not None:
            argv += ["--out", _not_an_option(out)]
        return [*argv, _not_an_option(self.scene)]

    def again(self, tile: int, frame: int, engine: str = "") -> str:
        """The `pynodes` command that renders one tile of this job, on one thread, for pasting.

        Args:
            engine: the one that `auto` took, when it is known.

        Options at their default are left out, and those that mean nothing to one thread. What a
        worker of engine `process` does is what `shared` does on one thread, without the detour.
        The picture goes to the default place for one tile, so it never replaces a whole one.
        """
        argv = ["pynodes", "render", _not_an_option(self.scene), "--only-tile", str(tile)]
        argv += ["-t", "1"]
        if (self.width, self.height) != (640, 480):
            argv += ["--size", f"{self.width}x{self.height}"]
        for name in ("samples", "tile", "order", "seed"):
            value = getattr(self, name)
            if value != _DEFAULTS[name]:
                argv += [f"--{name}", str(value)]
        argv += _engine_again(self.engine, engine)
        for name in ("attach", "preview"):
            value = getattr(self, name)
            if value != _DEFAULTS[name]:
                argv += [f"--{name}", str(value)]
        if frame != 1:
            argv += ["--frame", str(frame)]
        for name, text in self.defines:
            argv += ["-D", f"{name}={text}"]
        for script in self.scripts:
            argv += ["--script", _not_an_option(script)]
        return shlex.join(argv)


def _engine_again(asked: str, taken: str) -> list[str]:
    """`auto` takes `shared` for one thread, so what it took for more must be said."""
    if asked == "auto":
        return ["--engine", taken] if taken == "isolated" else []
    return ["--engine", "shared" if asked == "process" else asked]


_DEFAULTS: dict[str, Any] = {field.name: field.default for field in fields(Job)}


def parse_threads(text: str) -> int | None:
    """`auto` (None) or a number of threads."""
    if text == "auto":
        return None
    return parse_number(text, "a number of threads", 1, MAX_THREADS, or_else="`auto`")


def parse_size(text: str) -> tuple[int, int]:
    """`WxH` in pixels."""
    match = re.fullmatch(r"([0-9]+)[xX]([0-9]+)", text)
    mend = f"write WxH, each from 1 to {MAX_SIDE}, such as 640x480"
    if match is None:
        raise BadValueError(f"{text!r} is not a size", mend=mend)
    sides = tuple(_to_int(side) for side in match.groups())
    if not all(1 <= side <= MAX_SIDE for side in sides):
        raise BadValueError(f"{text!r} is not a size this renderer can make", mend=mend)
    return sides[0], sides[1]


def parse_number(text: str, noun: str, low: int, high: int, or_else: str = "") -> int:
    """A whole number from `low` to `high`; `noun` with its article is for the message."""
    value = _to_int(text) if re.fullmatch(r"[+-]?[0-9]+", text) else None
    if value is None or not low <= value <= high:
        also = f", or {or_else}" if or_else else ""
        raise BadValueError(
            f"{text!r} is not {noun}", mend=f"write a whole number, {low} to {high}{also}"
        )
    return value


def parse_switch_interval(text: str) -> float:
    """Seconds in which Python's own switch interval can be set."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    _check_switch_interval(seconds, repr(text))
    return seconds


def parse_ranges(text: str) -> tuple[int, ...]:
    """Frames from `A`, `A..B`, `A..B:STEP` and lists of these with commas.

    The order given is kept; a frame named twice is rendered once.
    """
    mend = "write numbers and ranges such as 7, 1..10, 1..100:5, or several with commas"
    seen: dict[int, None] = {}
    for part in text.split(","):
        match = re.fullmatch(r"\s*(-?[0-9]+)(?:\.\.(-?[0-9]+)(?::([0-9]+))?)?\s*", part)
        if match is None:
            raise BadValueError(f"{part.strip()!r} is not a frame or a range of frames", mend=mend)
        first = _to_int(match[1])
        last = first if match[2] is None else _to_int(match[2])
        step = 1 if match[3] is None else _to_int(match[3])
        if not -MAX_FRAME <= min(first, last) <= max(first, last) <= MAX_FRAME:
            raise BadValueError(f"{part.strip()!r} goes beyond frame {MAX_FRAME}", mend=mend)
        if step == 0:
            raise BadValueError(
                f"the step of {part.strip()!r} is 0", mend="use a step of 1 or more"
            )
        if last < first:
            raise BadValueError(
                f"{part.strip()!r} counts down", mend=f"write {last}..{first}, or list the frames"
            )
        if len(seen) + (last - first) // step + 1 > MAX_FRAMES:
            raise BadValueError(
                f"{text!r} is more than {MAX_FRAMES} frames", mend="render in parts"
            )
        seen.update(dict.fromkeys(range(first, last + 1, step)))
    return tuple(seen)


def format_ranges(frames: Iterable[int]) -> str:
    """The shortest spelling that `parse_ranges` reads back to the same frames in that order."""
    return ",".join(_runs(list(frames)))


def parse_define(text: str) -> tuple[str, str]:
    """`NAME=VALUE`; the value stays text, only Python inside the host reads it."""
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise BadValueError(f"{text!r} is not NAME=VALUE", mend="write it like -D scale=4")
    return name.strip(), value


def table_differences(described: Mapping[str, Any]) -> list[str]:
    """How a host's `--describe` differs from `HOST_OPTIONS`; an empty list is agreement.

    Both must know the same options, but for `HOST_ONLY`.
    """
    theirs = {str(row.get("name")): row for row in described.get("options", [])}
    ours = {option.name for option in HOST_OPTIONS}
    found = [f"--{name} is not known here" for name in theirs if name not in ours | HOST_ONLY]
    for option in HOST_OPTIONS:
        row = theirs.get(option.name)
        if row is None:
            found.append(f"--{option.name} is missing in the host")
            continue
        for key in ("arg", "default", "short", "repeat"):
            mine, other = getattr(option, key) or None, row.get(key) or None
            if mine != other:
                found.append(f"--{option.name}: {key} is {other!r} in the host, {mine!r} here")
    return found


def _runs(frames: list[int]) -> Iterator[str]:
    at = 0
    while at < len(frames):
        end = at + 1
        step = frames[end] - frames[at] if end < len(frames) else 0
        while step > 0 and end < len(frames) and frames[end] - frames[end - 1] == step:
            end += 1
        if end - at >= 3:
            tail = "" if step == 1 else f":{step}"
            yield f"{frames[at]}..{frames[end - 1]}{tail}"
            at = end
        else:
            yield str(frames[at])
            at += 1


def _to_int(digits: str) -> int:
    """`int` that takes any number of digits: more than 20 are beyond every range here."""
    return int(digits) if len(digits.lstrip("+-0")) <= 20 else MAX_SEED + 1


def _check_range(name: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise BadValueError(f"{name} is {value}", where=name, mend=f"{low} to {high} are accepted")


def _check_tile(number: int, tiles: int) -> None:
    if not 0 <= number < tiles:
        raise BadValueError(
            f"there is no tile {number}",
            where="only-tile",
            mend=f"0 to {tiles - 1} are accepted, with the tiles of this size",
        )


def _check_switch_interval(seconds: float, shown: str = "") -> None:
    if not MIN_SWITCH_INTERVAL_S <= seconds <= MAX_SWITCH_INTERVAL_S:
        raise BadValueError(
            f"{shown or seconds} is not a switch interval",
            where="switch-interval",
            mend="write seconds, 1e-6 to 1e6; Python's own is 0.005",
        )


def _check_choice(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise BadValueError(
            f"{name} {value!r} is not known", where=name, mend=f"known are {', '.join(known)}"
        )


def _not_an_option(path: Path) -> str:
    text = os.fspath(path)
    return f"./{text}" if text.startswith("-") else text
