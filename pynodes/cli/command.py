"""Commands and options for click that know their examples and groups; their help is a `Page`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from pynodes.cli import settings
from pynodes.cli.commands import HELP_HELP, HELP_NAMES, NO_CONFIG_HELP, NO_CONFIG_NAME
from pynodes.errors import PynodesError, did_you_mean, quoted_list
from pynodes.options.table import GROUPS, OUTPUT

if TYPE_CHECKING:
    from pynodes.cli.page import Page, Pairs, Section

_OTHER = "Options"
Function = TypeVar("Function", bound=Callable[..., Any])
Made = TypeVar("Made", bound=click.Command)
Maker = Callable[[Callable[..., Any]], Made]


class Option(click.Option):
    """An option of a group of those in `GROUPS`; without one it stands among the first.

    Its `help` is one line.
    """

    def __init__(self, *names: Any, group: str = "", help: str | None = None, **more: Any) -> None:
        super().__init__(*names, **more)
        self.group = group
        self.help = help  # click would load `inspect` to look for indentation in it


def _configure(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value:
        settings.leave_aside(ctx)
    if not ctx.resilient_parsing and settings.configurable(ctx.command):
        settings.configure(ctx)


def _show_settings(ctx: click.Context) -> None:
    """What is meant for us and not used; with `--verbose` what is, and from where."""
    stray = list(settings.stray_variables(ctx))
    lines = settings.lines_of(ctx) if ctx.params.get("verbose") else []
    if stray or lines:
        from pynodes.cli.console import Console

        console = Console(verbose=True)
        for variable, help in stray:
            console.warning(f"{variable} is not used", "the environment", help)
        for line in lines:
            console.detail(f"configured: {line}")


def _show_help(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        click.echo(ctx.get_help(), color=ctx.color)
        ctx.exit()


# Click's own says so in the language of the system, which it looks for at each start.
_HELP = Option(
    list(HELP_NAMES),
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_help,
    help=HELP_HELP,
    group=OUTPUT,
)
_NO_CONFIG = Option(
    [NO_CONFIG_NAME],
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_configure,
    help=NO_CONFIG_HELP,
    group=OUTPUT,
)


def option(*names: str, group: str = "", **more: Any) -> Callable[[Function], Function]:
    """`click.option` with a group."""
    return click.option(*names, cls=Option, group=group, **more)


class Command(click.Command):
    """A command with examples."""

    def __init__(
        self,
        name: str | None,
        examples: Pairs = (),
        context_settings: dict[str, Any] | None = None,
        **more: Any,
    ) -> None:
        settings = {"help_option_names": list(HELP_NAMES), **(context_settings or {})}
        super().__init__(name, context_settings=settings, **more)
        self.examples = examples

    def make_parser(self, ctx: click.Context) -> Any:
        """Click's own, which looks for an option's letter among the long names and, at length, for
        what is like it, before it knows it for a letter: it finds it at once."""
        parser = super().make_parser(ctx)
        getattr(parser, "_long_opt", {}).update(getattr(parser, "_short_opt", {}))
        return parser

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the command line; what was configured fills in, and gives way to its opposite."""
        if ctx.resilient_parsing:
            return super().parse_args(ctx, self._without_last(args))
        try:
            rest = super().parse_args(ctx, args)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx  # click does not say of what an option lacks its value
            raise
        settings.give_way(ctx)
        return rest

    def _without_last(self, args: list[str]) -> list[str]:
        """While a shell completes a value its option stands last, and the rest is to be read."""
        options = [each for each in self.params if isinstance(each, click.Option)]
        is_open = args and any(args[-1] in each.opts and not each.is_flag for each in options)
        return args[:-1] if is_open else args

    def invoke(self, ctx: click.Context) -> Any:
        if not isinstance(self, click.Group):
            _show_settings(ctx)
        try:
            return super().invoke(ctx)
        except PynodesError as error:
            error.where = error.where or ctx.command_path
            raise

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        found = super().get_params(ctx)
        at = len(found) - bool(found and HELP_NAMES[-1] in found[-1].opts)
        return [*found[:at], _NO_CONFIG, *found[at:]]

    def get_help(self, ctx: click.Context) -> str:
        from pynodes.cli.page import page_lines, terminal_width

        return "\n".join(page_lines(page_of(self, ctx), terminal_width()))

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        return _HELP if self.add_help_option else None


class Group(Command, click.Group):
    """A command with others below it; near misses of their names are said."""

    command_class = Command

    def __init__(self, *arguments: Any, bare: str = "", **more: Any) -> None:
        """`bare` is the command that the group alone stands for."""
        super().__init__(*arguments, **more)
        self.bare = bare

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        is_bare = not args and self.bare and not ctx.resilient_parsing
        return super().parse_args(ctx, [self.bare] if is_bare else args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name, known = args[0], self.list_commands(ctx)
        if name not in known and not name.startswith("-"):
            raise unknown_command(ctx, name, known)
        return super().resolve_command(ctx, args)


class Explained(click.UsageError):
    """A usage error that says what is accepted, in `help`."""

    def __init__(self, what: str, ctx: click.Context | None, help: str) -> None:
        super().__init__(what, ctx)
        self.help = help


def unknown_command(ctx: click.Context, name: str, known: list[str]) -> Explained:
    """The error for a command that does not exist.

    Args:
        ctx: the command that was given its name.
    """
    help = did_you_mean(name, known) or f"there are {quoted_list(known)}"
    return Explained(f"no command {name!r}", ctx, help)


def command_below(here: click.Context, words: Sequence[str]) -> click.Context:
    """The context of a command that is named word by word.

    Args:
        here: the command that was given its name.
    Raises:
        click.UsageError: there is no such command.
    """
    found = here.find_root()
    for word in words:
        group = found.command
        if not isinstance(group, click.Group):
            what = f"{found.command_path} has no commands below it"
            raise Explained(what, here, f"leave {word!r} out")
        below = group.get_command(found, word)
        if below is None:
            raise unknown_command(here, word, group.list_commands(found))
        found = click.Context(below, parent=found, info_name=word)
    return found


def cli_command(name: str, *examples: tuple[str, str], **more: Any) -> Maker[Command]:
    """`click.command`, with examples: command lines, each with what it does."""
    return click.command(name, cls=more.pop("cls", Command), examples=examples, **more)


def cli_group(name: str, *examples: tuple[str, str], **more: Any) -> Maker[Group]:
    """`click.group`, with examples."""
    return click.group(name, cls=more.pop("cls", Group), examples=examples, **more)


def page_of(command: click.Command, ctx: click.Context) -> Page:
    """The help of a command, from its options."""
    from pynodes.cli.page import Page

    about = [" ".join(part.split()) for part in (command.help or "").split("\n\n") if part.strip()]
    return Page(
        ctx.command_path,
        " ".join(command.collect_usage_pieces(ctx)),
        about,
        getattr(command, "examples", ()),
        list(_sections(command, ctx)),
        command.epilog or "",
    )


def _sections(command: click.Command, ctx: click.Context) -> Iterator[Section]:
    from pynodes.cli.page import Section

    if isinstance(command, click.Group):
        found = ((name, command.get_command(ctx, name)) for name in command.list_commands(ctx))
        shown = [(name, each) for name, each in found if each is not None and not each.hidden]
        yield Section("Commands", [(name, each.get_short_help_str(200)) for name, each in shown])
    records: dict[str, list[tuple[str, str]]] = {}
    for param in command.get_params(ctx):
        record = param.get_help_record(ctx) if isinstance(param, click.Option) else None
        if record is not None:
            records.setdefault(getattr(param, "group", ""), []).append(record)
    titles = {"": _OTHER, **GROUPS}
    for key in (*titles, *(records.keys() - titles.keys())):
        if key in records:
            yield Section(titles.get(key, key.capitalize()), records[key])
