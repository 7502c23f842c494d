"""Options with several values: lists and ranges, read as they are typed, for every option of a job.

A reader turns one text into values. `A..B` and `A..B:STEP` are ranges, commas make lists, `all` is
every word of an option that takes words. A value that comes twice counts once.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pynodes.errors import BadValueError, did_you_mean, quoted_list
from pynodes.model.job import (
    ATTACH_POLICIES,
    MAX_FRAME,
    MAX_HEARTBEAT,
    MAX_SAMPLES,
    MAX_SEED,
    MAX_THREADS,
    MAX_TILE,
    NODE_SHARING,
    ORDERS,
    PREVIEWS,
    parse_number,
    parse_ranges,
    parse_size,
    parse_switch_interval,
)

MAX_VALUES = 10_000

Reader = Callable[[str], tuple[Any, ...]]

# `all` names the engines themselves; `auto` is one of them, so it only comes when it is asked for.
_ENGINES = ("shared", "isolated", "process")
_ON_OFF = {"on": True, "off": False}


@dataclass(frozen=True, slots=True)
class Axis:
    """An option of `pynodes sweep` that takes several values.

    `name` is the option without its dashes, `fields` the fields of `Job` that a value goes to.
    """

    name: str
    fields: tuple[str, ...]
    read: Reader
    metavar: str
    help: str
    short: str = ""

    def settings(self, value: Any) -> dict[str, Any]:
        """What a value means for a `Job`."""
        if len(self.fields) == 1:
            return {self.fields[0]: value}
        return dict(zip(self.fields, value, strict=True))


def words(known: Sequence[str], more: Sequence[str] = ()) -> Reader:
    """Words with commas; `all` is the known ones, `more` are only taken when they are named."""

    def read(text: str) -> tuple[Any, ...]:
        found: dict[str, None] = {}
        for word in _parts(text):
            if word == "all":
                found.update(dict.fromkeys(known))
            elif word in known or word in more:
                found[word] = None
            else:
                every = [*known, *more, "all"]
                mend = did_you_mean(word, every) or f"there are {quoted_list(every)}"
                raise BadValueError(f"{word!r} is not one of the words for it", mend=mend)
        return tuple(found)

    return read


def switches(text: str) -> tuple[Any, ...]:
    """`on`, `off`, both with a comma, or `all`."""
    return tuple(_ON_OFF[word] for word in words(("on", "off"))(text))


def numbers(noun: str, low: int, high: int, also: Mapping[str, Any] | None = None) -> Reader:
    """Whole numbers and ranges of them; `also` are words that stand for a value."""
    words_too = dict(also or {})
    or_else = " or ".join(f"`{word}`" for word in words_too)

    def read(text: str) -> tuple[Any, ...]:
        found: dict[Any, None] = {}
        for part in _parts(text):
            if part in words_too:
                found[words_too[part]] = None
                continue
            if ".." not in part:
                found[parse_number(part, noun, low, high, or_else)] = None
                continue
            first_text, last_text, step_text = _range_parts(part)
            first = parse_number(first_text, noun, low, high)
            last = parse_number(last_text, noun, low, high)
            step = parse_number(step_text or "1", "a step", 1, 2**62)
            _check_range(part, first, last, (last - first) // step + 1 + len(found))
            found.update(dict.fromkeys(range(first, last + 1, step)))
        return tuple(found)

    return read


def sizes(text: str) -> tuple[Any, ...]:
    """`WxH` and more of them with commas."""
    return tuple(dict.fromkeys(parse_size(part) for part in _parts(text)))


def intervals(text: str) -> tuple[Any, ...]:
    """Switch intervals. A range goes in factors: of ten, or of STEP."""
    found: dict[Any, None] = {}
    for part in _parts(text):
        if part == "default":
            found[None] = None
            continue
        if ".." not in part:
            found[parse_switch_interval(part)] = None
            continue
        first_text, last_text, step_text = _range_parts(part)
        first, last = parse_switch_interval(first_text), parse_switch_interval(last_text)
        try:
            factor = float(step_text or "10")
        except ValueError:
            factor = math.nan
        if not 1.0 < factor < 1e12:
            raise BadValueError(
                f"the step of {part!r} is no factor above 1",
                mend="switch intervals grow by a factor: 1e-6..1 by ten, 1e-6..1:100 by a hundred",
            )
        count = int(math.log(last / first) / math.log(factor) + 1e-9) + 1 if last >= first else 0
        _check_range(part, first, last, count + len(found))
        # Rounded, so that 1e-06 * 10 * 10 * 10 is 0.001 and is stored as that.
        found.update((float(f"{first * factor**i:.12g}"), None) for i in range(count))
    return tuple(found)


def frames(text: str) -> tuple[Any, ...]:
    """One list of frames for one host: a single value."""
    return (parse_ranges(text),)


def pythons(text: str) -> tuple[Any, ...]:
    """Names of Pythons, as `pynodes hosts` knows them."""
    return tuple(dict.fromkeys(_parts(text)))


AXES = (
    Axis("python", ("python",), pythons, "P,...", "Pythons, of those that `pynodes hosts` lists."),
    Axis("size", ("width", "height"), sizes, "WxH,...", "Width and height in pixels."),
    Axis(
        "samples",
        ("samples",),
        numbers("a number of samples", 1, MAX_SAMPLES),
        "N,...",
        "Samples per pixel.",
    ),
    Axis(
        "frame",
        ("frames",),
        lambda text: tuple((n,) for n in numbers("a frame number", -MAX_FRAME, MAX_FRAME)(text)),
        "N,...",
        "The frame to render.",
    ),
    Axis("frames", ("frames",), frames, "LIST", "Several frames in one host; repeat for an axis."),
    Axis("seed", ("seed",), numbers("a seed", 0, MAX_SEED), "N,...", "Where randomness begins."),
    Axis(
        "preview",
        ("preview",),
        words(PREVIEWS),
        "WORD,...|all",
        f"What a lone node is shown on: {quoted_list(PREVIEWS)}.",
    ),
    Axis(
        "only-tile",
        ("only_tile",),
        numbers("the number of a tile", 0, MAX_SEED),
        "I,...",
        "Render one tile.",
    ),
    Axis("tile", ("tile",), numbers("a tile side", 1, MAX_TILE), "N,...", "Side of a tile."),
    Axis(
        "order",
        ("order",),
        words(ORDERS),
        "WORD,...|all",
        f"In which order tiles are taken: {quoted_list(ORDERS)}.",
    ),
    Axis(
        "engine",
        ("engine",),
        words(_ENGINES, ("auto",)),
        "WORD,...|all",
        "Where node calls run: auto, or all, which is shared, isolated, process.",
    ),
    Axis(
        "attach",
        ("attach",),
        words(ATTACH_POLICIES),
        "WORD,...|all",
        f"How long a render thread stays attached: {quoted_list(ATTACH_POLICIES)}.",
    ),
    Axis(
        "node-sharing",
        ("node_sharing",),
        words(NODE_SHARING),
        "WORD,...|all",
        "A node object per render thread (own), or one for all (shared).",
    ),
    Axis(
        "turnstile",
        ("turnstile",),
        switches,
        "on|off|all",
        "Let one render thread at a time wait for the GIL.",
    ),
    Axis(
        "gil-returns",
        ("gil_returns",),
        words(("go", "stop")),
        "WORD,...|all",
        "When an import turns the GIL on in a free-threaded Python: go, stop.",
    ),
    Axis(
        "stop-on-error",
        ("stop_on_error",),
        switches,
        "on|off|all",
        "Stop at the next tile when a node raises.",
    ),
    Axis(
        "heartbeat",
        ("heartbeat",),
        numbers("milliseconds", 1, MAX_HEARTBEAT),
        "MS,...",
        "Attach the main thread every so often during the render.",
    ),
    Axis(
        "switch-interval",
        ("switch_interval",),
        intervals,
        "SECONDS,...",
        "Python's switch interval; a range goes in factors of ten.",
    ),
    Axis(
        "threads",
        ("threads",),
        numbers("a number of threads", 1, MAX_THREADS, {"auto": None}),
        "N,...",
        "Render threads.",
        short="t",
    ),
)


def merge(name: str, given: Sequence[Sequence[Any]]) -> tuple[Any, ...]:
    """The values of an option that was given once or more, each value once."""
    found = tuple(dict.fromkeys(value for values in given for value in values))
    if len(found) > MAX_VALUES:
        raise BadValueError(f"--{name} has {len(found)} values", mend=f"{MAX_VALUES} are enough")
    return found


def define_axes(defines: Sequence[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    """Parameters by name, in the order in which they came; several values make an axis."""
    found: dict[str, dict[str, None]] = {}
    for name, text in defines:
        found.setdefault(name, {})[text] = None
    return {name: tuple(values) for name, values in found.items()}


def scene_names(scenes: Sequence[Path]) -> list[str]:
    """A short name for each scene that tells it from the others."""
    stems = [scene.stem for scene in scenes]
    return [
        stem if stems.count(stem) == 1 else str(scene)
        for stem, scene in zip(stems, scenes, strict=True)
    ]


def _parts(text: str) -> list[str]:
    parts = [part.strip() for part in text.split(",")]
    if not all(parts):
        raise BadValueError(
            f"{text!r} has an empty place" if text.strip() else "the list of values is empty",
            mend="write values with commas, such as 1,2,4, or a range, such as 1..8",
        )
    return parts


def _range_parts(part: str) -> tuple[str, str, str]:
    match = re.fullmatch(r"(.+?)\.\.(.+?)(?::(.+))?", part)
    if match is None:
        raise BadValueError(f"{part!r} is not a range", mend="write A..B or A..B:STEP")
    return match[1].strip(), match[2].strip(), (match[3] or "").strip()


def _check_range(part: str, first: float, last: float, count: int) -> None:
    if last < first:
        raise BadValueError(
            f"the range {part!r} is empty: it counts down",
            mend=f"write {last:g}..{first:g}, or list the values",
        )
    if count > MAX_VALUES:
        raise BadValueError(f"{part!r} is more than {MAX_VALUES} values", mend="take a larger step")
