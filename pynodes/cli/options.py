"""Options for click, made from rows and kinds, and options that several commands share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from pynodes import printable
from pynodes.cli import complete, settings
from pynodes.cli.command import Explained, Function, option
from pynodes.cli.console import WHEN
from pynodes.errors import BadValueError
from pynodes.model.job import Job
from pynodes.options.kinds import LIMIT, Kind, Words
from pynodes.options.places import Place, path_word
from pynodes.options.rules import check_given
from pynodes.options.table import OUTPUT, RUN, Row, rows_of, settings_of

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    _ParamType = click.ParamType[Any]
else:
    _ParamType = click.ParamType


class Refused(Explained):
    """A value that is not accepted."""

    def __init__(
        self,
        error: BadValueError,
        ctx: click.Context | None = None,
        param: click.Parameter | None = None,
    ) -> None:
        hint = f"invalid value for {param.get_error_hint(ctx)}: " if param is not None else ""
        super().__init__(f"{hint}{error.what}", ctx, error.help)


class Value(_ParamType):
    """A value of some kind, or several of them."""

    def __init__(self, kind: Kind, *, several: bool = False) -> None:
        self.kind, self.several = kind, several
        self.name = kind.several if several else kind.metavar
        self._parse: Callable[[str], Any] = kind.parse_several if several else kind.parse

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        """The name as it is written: `auto` must be typed in small letters."""
        return self.name

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return self._parse(value)
        except BadValueError as error:
            raise Refused(error, ctx, param) from None

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        return complete.value_items(self.kind, incomplete, several=self.several)


# A program that is run and watched, with its own arguments.
command_argument = click.argument(
    "command_line",
    metavar="[--] CMD...",
    nargs=-1,
    type=click.UNPROCESSED,
    shell_complete=complete.files,
)

# What completes the value of a row, where its kind does not.
_COMPLETE: dict[str, Any] = {"define": complete.parameters, "python": complete.hosts}


@contextmanager
def refuse_values() -> Iterator[None]:
    """Turn a `BadValueError` into a usage error of the command."""
    try:
        yield
    except BadValueError as error:
        raise Refused(error, click.get_current_context(silent=True)) from None


def sentence(text: str) -> str:
    """A row's help as click shows it; code at its beginning stays as it is."""
    is_code = text.partition(" ")[0].endswith("()")
    return f"{text}." if is_code else f"{text[:1].upper()}{text[1:]}."


def option_of(row: Row) -> Callable[[Function], Function]:
    """The option of a row; its value is None, or nothing, when it is not given."""
    default = f"  [default: {row.default_shown}]" if row.default_shown else ""
    more: dict[str, Any] = {"is_flag": True} if row.kind.is_flag else {"type": Value(row.kind)}
    return option(
        *row.spellings,
        row.parameter,
        multiple=row.kind.repeats,
        help=sentence(row.help) + default,
        group=row.group,
        shell_complete=_COMPLETE.get(row.name),
        **more,
    )


def axis_of(row: Row) -> Callable[[Function], Function]:
    """The option of a row that takes several values, for sweeps."""
    note = f" ({row.kind.note})" if row.kind.note else ""
    return option(
        *row.spellings,
        row.parameter,
        type=Value(row.kind, several=True),
        multiple=True,
        group=row.group,
        help=sentence(f"{row.help}{note}"),
        shell_complete=_COMPLETE.get(row.name),
    )


def job_options(command: str, rows: Sequence[Row] | None = None) -> Callable[[Function], Function]:
    """The options of a job that a command has, for `make_job`."""
    found = rows_of() if rows is None else rows

    def add(function: Function) -> Function:
        for row in reversed(found):
            if command in row.commands:
                function = option_of(row)(function)
        return function

    return add


def check_options(*given: str) -> None:
    """Raises `Refused` when options that were given contradict each other."""
    with refuse_values():
        check_given(given)


def make_job(scene: Path, given: Mapping[str, Any], **fixed: Any) -> Job:
    """The job that a command line asks for; `fixed` fields are the command's own.

    Raises `Refused`.
    """
    with refuse_values():
        check_given([name for name, value in given.items() if value is not None])
        return Job(scene=scene, **{**settings_of(given, rows_of()), **fixed})


def given_again(instead: Mapping[str, Sequence[str]]) -> str:
    """The command line of this command as it was given, for pasting.

    Args:
        instead: words for some of the options, by parameter, given or not; no words leave it out.
    """
    ctx = click.get_current_context()
    configured = settings.in_effect(ctx)
    argv = ["pynodes", ctx.info_name or ""]
    for param in ctx.command.params:
        name = param.name or ""
        if name in instead:
            argv += instead[name]
        elif ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            argv += _words(param, ctx.params[name])
        elif name in configured:
            argv += configured[name].words
    return printable.command([*argv, *settings.again_words(ctx)])


def _words(param: click.Parameter, value: Any) -> list[str]:
    """A value as it is typed."""
    flag = param.opts[-1]
    if isinstance(param, click.Argument):
        return [path_word(value)]
    if isinstance(param, click.Option) and param.is_flag:
        return [flag]
    kind = param.type.kind if isinstance(param.type, Value) else Kind()
    return kind.words(flag, value)


def value_option(
    kind: Kind, *names: str, default: str | None = None, **more: Any
) -> Callable[..., Any]:
    """An option with a value of some kind; its default is shown."""
    if default is not None:
        more |= {"default": default, "show_default": True}
    return option(*names, type=Value(kind), **more)


def path_option(*names: str, metavar: str, **more: Any) -> Callable[..., Any]:
    """An option with a path that is not looked at yet."""
    return value_option(Place(metavar), *names, **more)


def output_options(function: Function) -> Function:
    """`--json` and `--color`, for commands that print results."""
    function = color_option(function)
    return option(
        "--json",
        "as_json",
        is_flag=True,
        help="Print the result to stdout as JSON.",
        group=OUTPUT,
    )(function)


def chatter_options(quiet: str, verbose: str) -> Callable[[Function], Function]:
    """`--quiet` and `--verbose`, with what each does."""

    def add(function: Function) -> Function:
        for letter, name, help in (("-v", "--verbose", verbose), ("-q", "--quiet", quiet)):
            function = option(letter, name, is_flag=True, help=help, group=OUTPUT)(function)
        return function

    return add


_WHEN = Words(WHEN)
color_option = value_option(
    _WHEN,
    "--color",
    default="auto",
    help="Colour: auto looks at the terminal and at NO_COLOR.",
    group=OUTPUT,
)
progress_option = value_option(
    _WHEN,
    "--progress",
    default="auto",
    help="A bar on a terminal, a line now and then in a log.",
    group=OUTPUT,
)
limit_option = value_option(
    LIMIT,
    "--limit",
    "limit_s",
    help="Give up after this long, with the stacks of all threads.",
    group=RUN,
)
