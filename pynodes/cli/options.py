"""Option types that say what they accept, and groups of options that several commands share."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from pynodes.cli.console import WHEN
from pynodes.errors import BadValueError, did_you_mean
from pynodes.model.figures import METRICS
from pynodes.model.job import (
    ATTACH_POLICIES,
    ENGINES,
    MAX_FRAME,
    MAX_HEARTBEAT,
    MAX_SAMPLES,
    MAX_SEED,
    MAX_TILE,
    NODE_SHARING,
    ORDERS,
    PREVIEWS,
    parse_define,
    parse_number,
    parse_ranges,
    parse_size,
    parse_switch_interval,
    parse_threads,
)
from pynodes.store.schema import DATABASE

if TYPE_CHECKING:
    _ParamType = click.ParamType[Any]
    _Choice = click.Choice[str]
else:
    _ParamType = click.ParamType
    _Choice = click.Choice

Function = TypeVar("Function", bound=Callable[..., Any])


class OptionRefused(click.BadParameter):
    """A bad option value; `mend` says what is accepted."""

    def __init__(
        self, error: BadValueError, param: click.Parameter | None, ctx: click.Context | None
    ):
        super().__init__(error.what, ctx=ctx, param=param)
        self.mend = error.mend


class Parsed(_ParamType):
    """An option value read by a function that raises `BadValueError`."""

    def __init__(self, metavar: str, parse: Callable[[str], Any]) -> None:
        self.name = metavar
        self._parse = parse

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        """The name as it is written: `auto` must be typed in small letters."""
        return self.name

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return self._parse(value)
        except BadValueError as error:
            raise OptionRefused(error, param, ctx) from None


class Words(_Choice):
    """One of some words; a near miss is answered with the word that was probably meant."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter as error:
            near = did_you_mean(str(value), self.choices)
            if not near:
                raise
            raise OptionRefused(BadValueError(error.message, mend=near), param, ctx) from None


class ScriptFile(_ParamType):
    """An existing Python file; a missing one is answered with near misses from its folder."""

    def __init__(self, metavar: str = "SCENE.py") -> None:
        self.name = metavar

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        return self.name

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        if not value:
            _refuse("the name is empty", "name a scene script, a .py file", param, ctx)
        path = Path(value)
        if path.is_file():
            return path
        if path.is_dir():
            inside = sorted(item.name for item in path.glob("*.py"))[:8]
            mend = f"name one of its files: {', '.join(inside)}" if inside else "name a .py file"
            _refuse(f"{value} is a folder", mend, param, ctx)
        if path.exists():
            _refuse(f"{value} is not a file", "name a .py file", param, ctx)
        if not path.parent.is_dir():
            _refuse(f"there is no folder {path.parent}", "look at the path again", param, ctx)
        scripts = sorted(item.name for item in path.parent.glob("*.py"))
        near = did_you_mean(path.name, scripts)
        if near:
            mend = near
        elif scripts:
            more = f" and {len(scripts) - 8} more" if len(scripts) > 8 else ""
            mend = f"scripts there are {', '.join(scripts[:8])}{more}"
        else:
            mend = "name a scene script, a .py file that defines build(params, frame)"
        return _refuse(f"there is no file {value}", mend, param, ctx)


def _refuse(
    what: str, mend: str, param: click.Parameter | None, ctx: click.Context | None
) -> NoReturn:
    raise OptionRefused(BadValueError(what, mend=mend), param, ctx)


def _number(metavar: str, noun: str, low: int, high: int) -> Parsed:
    return Parsed(metavar, lambda text: parse_number(text, noun, low, high))


def parse_limit(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < 1e9:
        raise BadValueError(
            f"{text!r} is not a time limit", mend="write seconds above 0, such as 90"
        )
    return seconds


def job_options(function: Function) -> Function:
    """What to render and how to spread it: the options of `Job`."""
    for option in reversed(_JOB_OPTIONS):
        function = option(function)
    return function


def pick_job_options(*names: str) -> Callable[[Function], Function]:
    """Only some of `job_options`, by the names of their parameters."""

    def add(function: Function) -> Function:
        for option in reversed(_JOB_OPTIONS):
            if option(lambda: None).__click_params__[0].name in names:  # type: ignore[attr-defined]
                function = option(function)
        return function

    return add


@contextmanager
def refuse_values() -> Iterator[None]:
    """Turn a `BadValueError` into a usage error with its mend."""
    try:
        yield
    except BadValueError as error:
        refused = click.UsageError(error.what)
        refused.mend = error.mend  # type: ignore[attr-defined]
        raise refused from None


def output_options(function: Function) -> Function:
    """`--json` and `--color`, for commands that print results."""
    function = color_option(function)
    return click.option(
        "--json", "as_json", is_flag=True, help="Print the result to stdout as JSON."
    )(function)


color_option = click.option(
    "--color",
    type=Words(WHEN),
    default="auto",
    show_default=True,
    help="Colour: auto looks at the terminal and at NO_COLOR.",
)

_JOB_OPTIONS = (
    click.option(
        "-t",
        "--threads",
        type=Parsed("N|auto", parse_threads),
        default="auto",
        show_default=True,
        help="Render threads; auto is one per usable core.",
    ),
    click.option(
        "--size",
        type=Parsed("WxH", parse_size),
        default="640x480",
        show_default=True,
        help="Width and height in pixels.",
    ),
    click.option(
        "--samples",
        type=_number("N", "a number of samples", 1, MAX_SAMPLES),
        default="4",
        show_default=True,
        help="Samples per pixel.",
    ),
    click.option(
        "--tile",
        type=_number("N", "a tile side", 1, MAX_TILE),
        default="32",
        show_default=True,
        help="Side of a tile in pixels.",
    ),
    click.option(
        "--frame",
        type=_number("N", "a frame number", -MAX_FRAME, MAX_FRAME),
        help="The frame to render.  [default: 1]",
    ),
    click.option(
        "--frames",
        type=Parsed("LIST", parse_ranges),
        help="Several frames: 1..10, 1..100:5, 3,7,9.",
    ),
    click.option(
        "-D",
        "--define",
        "defines",
        type=Parsed("NAME=VALUE", parse_define),
        multiple=True,
        help="A parameter of the scene, or a socket of a node on the preview; repeatable.",
    ),
    click.option(
        "--seed",
        type=_number("N", "a seed", 0, MAX_SEED),
        default="0",
        show_default=True,
        help="Where all randomness begins.",
    ),
    click.option(
        "--order",
        type=Words(ORDERS),
        default="hilbert",
        show_default=True,
        help="In which order tiles are taken.",
    ),
    click.option(
        "--engine",
        type=Words(ENGINES),
        default="auto",
        show_default=True,
        help="Where node calls run: shared is one interpreter for all threads, isolated one with"
        " its own GIL per thread (Python 3.12 or later), process a worker process per thread;"
        " auto picks one and says why.",
    ),
    click.option(
        "--attach",
        type=Words(ATTACH_POLICIES),
        default="tile",
        show_default=True,
        help="How long a render thread stays attached to Python; fresh forgets its thread state"
        " after each call.",
    ),
    click.option(
        "--node-sharing",
        type=Words(NODE_SHARING),
        default="own",
        show_default=True,
        help="A node object per render thread (own), or one for all of them (shared): the"
        " historical race, whose pixels depend on the moment; engine shared only.",
    ),
    click.option(
        "--turnstile",
        type=Words(("on", "off")),
        default="on",
        show_default=True,
        help="Let one render thread at a time wait for the GIL.",
    ),
    click.option(
        "--gil-returns",
        type=Words(("go", "stop")),
        default="go",
        show_default=True,
        help="When an import turns the GIL on in a free-threaded Python.",
    ),
    click.option(
        "--heartbeat",
        type=_number("MS", "milliseconds", 1, MAX_HEARTBEAT),
        help="Attach the main thread every so often during the render and tell how long it waited.",
    ),
    click.option(
        "--switch-interval",
        type=Parsed("SECONDS", parse_switch_interval),
        help="Python's switch interval during the render.  [default: Python's own]",
    ),
    click.option(
        "--only-tile",
        type=_number("I", "the number of a tile", 0, MAX_SEED),
        help="Render this one tile; tiles are counted by rows from the top left, from 0.",
    ),
    click.option(
        "--preview",
        type=Words(PREVIEWS),
        default="sphere",
        show_default=True,
        help="What a file with a node but no scene is shown on.",
    ),
    click.option("--stop-on-error", is_flag=True, help="Stop at the next tile when a node raises."),
    click.option(
        "--trace",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="Write a timeline of all threads: .json for ui.perfetto.dev or chrome://tracing,"
        " .svg as a picture.",
    ),
    click.option("--trace-calls", is_flag=True, help="Each single node call in the timeline too."),
)

db_option = click.option(
    "--db",
    type=click.Path(path_type=Path, dir_okay=False),
    default=DATABASE,
    show_default=True,
    metavar="FILE",
    help="Where results are stored.",
)

metric_option = click.option(
    "--metric",
    type=Words(METRICS),
    default="render_s",
    show_default=True,
    help="Which figure.",
)

progress_option = click.option(
    "--progress",
    type=Words(WHEN),
    default="auto",
    show_default=True,
    help="A bar on a terminal, a line now and then in a log.",
)

limit_option = click.option(
    "--limit",
    "limit_s",
    type=Parsed("SECONDS", parse_limit),
    help="Give up after this long, with the stacks of all threads.",
)
