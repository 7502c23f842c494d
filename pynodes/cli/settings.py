"""Settings of commands: options that files or the environment give in place of the command line.

They reach click as its `default_map`: the command line wins over them, and they win over defaults.
Values go through the kinds of the options, so that what is wrong is said with its place.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import click
from click.core import ParameterSource

from pynodes import printable
from pynodes.cli.commands import COMMANDS, NO_CONFIG_NAME
from pynodes.configuration import PREFIX, Document, Setting, documents, variables
from pynodes.errors import BadValueError, did_you_mean, quoted_list
from pynodes.options.kinds import Define, Kind
from pynodes.options.places import Place
from pynodes.options.rules import CONTRADICTIONS

_META = "pynodes.settings"
_WORDS = {"on": True, "true": True, "yes": True, "1": True} | dict.fromkeys(
    ("off", "false", "no", "0"), False
)
# What cannot be set, by name. A file that somebody left in a folder never makes code run.
_CODE = frozenset(
    ("script", "scene", "render", "imports", "file", "module", "command", "setup", "shell", "on")
)
_OF_ONE_RUN = frozenset(
    ("debug", "pixel", "only-tile", "dry-run", "fresh", "force", "list-menus", "pid", "core")
    + ("all", "keep")
)
# What was set gives way to an option that was given and makes it meaningless.
_OF_PICTURES = ("out", "bits", "format", "create-dir", "resume")
_WITHOUT = {"pixel": _OF_PICTURES, "debug": (*_OF_PICTURES, "limit", "engine")}
_AS_TYPED = "write it in quotes, as it would be typed"


class Misconfigured(click.UsageError):
    """A setting that does not exist, or has a wrong value; `where` is its place."""

    def __init__(self, ctx: click.Context, what: str, where: str, help: str) -> None:
        super().__init__(what, ctx)
        self.where, self.help = where, help


class Found(NamedTuple):
    """A setting of a parameter: what click gets, and the words it stands for when typed."""

    setting: Setting
    value: Any
    words: Sequence[str]


# --- for commands ---


def configure(ctx: click.Context) -> None:
    """Give a command its settings, before its values are looked at.

    Raises `Misconfigured`.
    """
    if ctx.meta.get(_META) != NO_CONFIG_NAME:
        found = settings_of(ctx)
        ctx.default_map = {name: each.value for name, each in found.items()}
        ctx.meta[_META] = found


def leave_aside(ctx: click.Context) -> None:
    """This command, and those below it, know no configuration."""
    ctx.meta[_META] = NO_CONFIG_NAME


def give_way(ctx: click.Context) -> None:
    """Take back what was set where the command line says the opposite of it."""
    names = {option_name(each): each.name or "" for each in ctx.command.params}
    pairs = [*CONTRADICTIONS, *((other, one) for one, other in CONTRADICTIONS)]
    pairs += [(one, other) for one, others in _WITHOUT.items() for other in others]
    for one, other in pairs:
        name = names.get(other, "")
        is_given = ctx.get_parameter_source(names.get(one, "")) is ParameterSource.COMMANDLINE
        if is_given and name in in_effect(ctx):
            del ctx.meta[_META][name]
            ctx.params[name] = False if isinstance(ctx.params[name], bool) else None


def in_effect(ctx: click.Context) -> dict[str, Found]:
    """The settings that hold, by parameter: nothing on the command line says otherwise."""
    found = ctx.meta.get(_META)
    is_set = ParameterSource.DEFAULT_MAP
    settings = found if isinstance(found, dict) else {}
    return {
        name: each for name, each in settings.items() if ctx.get_parameter_source(name) is is_set
    }


def lines_of(ctx: click.Context) -> list[str]:
    """The settings in effect, as they would be typed, each with its origin."""
    found = in_effect(ctx).values()
    return [
        f"{printable.command(each.words)} ({each.setting.origin})" for each in found if each.words
    ]


def given_words(ctx: click.Context) -> list[str]:
    """The words that the settings in effect stand for."""
    return [word for found in in_effect(ctx).values() for word in found.words]


def again_words(ctx: click.Context) -> list[str]:
    """What a line to paste needs so that it means the same whatever is configured."""
    return [NO_CONFIG_NAME] if ctx.meta.get(_META) else []


def stray_variables(ctx: click.Context) -> Iterator[tuple[str, str]]:
    """Variables that are meant for us, it seems, and are not used; each with a near miss."""
    if ctx.meta.get(_META) == NO_CONFIG_NAME:
        return
    path = _in_capitals("_".join(_path(ctx)))
    names = {_in_capitals(option_name(each)) for each in ctx.command.params}
    commands = [_in_capitals(name) for name in COMMANDS]
    for variable in [each for each in os.environ if each.startswith(PREFIX)]:
        name = variable.removeprefix(PREFIX)
        first, _, rest = name.partition("_")
        if name in names:
            yield variable, f"did you mean {PREFIX}{path}_{name}?"
        elif rest and first not in commands:
            near = [each for each in commands if did_you_mean(first, [each])]
            if near:
                yield variable, f"did you mean {PREFIX}{near[0]}_{rest}?"


# --- what can be set, and what is ---


def option_name(param: click.Parameter) -> str:
    """An option as it is written in a file: its long name without the dashes."""
    long = [name for name in param.opts if name.startswith("--")] or param.opts
    return long[-1].removeprefix("--")


def configurable(command: click.Command) -> dict[str, click.Option]:
    """The options that can be set, by their names."""
    found = _options(command)
    return {name: found[name] for name in found if name not in _CODE | _OF_ONE_RUN}


def settings_of(ctx: click.Context) -> dict[str, Found]:
    """All settings of a command, by parameter, whatever its command line says.

    Raises `Misconfigured`.
    """
    path, options = _path(ctx), _options(ctx.command)
    found: dict[str, Setting] = {}
    for document in reversed(list(_documents(ctx))):
        for name, value in _table(ctx, document, path).items():
            origin = document.place(*path, name)
            _known(ctx, name, options, origin, did_you_mean(name, options))
            _put(found, name, Setting(value, origin, document.folder, not document.is_users))
    by_variable = {_in_capitals(name): name for name in options}
    for rest, variable in variables(path):
        origin = f"environment variable {variable}"
        name = by_variable.get(rest, rest.lower().replace("_", "-"))
        near = [variable.removesuffix(rest) + each for each in by_variable]
        _known(ctx, name, options, origin, did_you_mean(variable, near))
        _put(found, name, Setting(os.environ[variable], origin))
    return {
        options[name].name or "": _read(options[name], name, setting, ctx)
        for name, setting in found.items()
    }


def _options(command: click.Command) -> dict[str, click.Option]:
    return {
        option_name(param): param
        for param in command.params
        if isinstance(param, click.Option) and param.expose_value
    }


def _in_capitals(name: str) -> str:
    return name.replace("-", "_").upper()


def _chain(ctx: click.Context) -> list[click.Context]:
    """The contexts of the command and those above it, without that of `pynodes`."""
    above = _chain(ctx.parent) if ctx.parent is not None else []
    return above if ctx.command.name == "pynodes" else [*above, ctx]


def _path(ctx: click.Context) -> list[str]:
    return [each.command.name or "" for each in _chain(ctx)]


def _documents(ctx: click.Context) -> Iterator[Document]:
    try:
        yield from documents()
    except BadValueError as error:
        raise Misconfigured(ctx, error.what, error.where, error.help) from None


def _table(ctx: click.Context, document: Document, path: Sequence[str]) -> Mapping[str, Any]:
    """What a file has for a command; every name on the way there must be one."""
    table: Any = document.tables
    known: Mapping[str, Any] = COMMANDS
    for at, (name, each) in enumerate(zip(path, _chain(ctx), strict=True)):
        for key, value in table.items():
            where = document.place(*path[:at], key)
            if key not in known:
                help = did_you_mean(key, known) or f"there are {quoted_list(known)}"
                if key in _options(ctx.command):
                    help = f"write it below [{'.'.join(path)}]"
                raise Misconfigured(ctx, f"no command {key!r} to configure", where, help)
            if not isinstance(value, dict):
                what = f"{key} is a command, and its settings are a table"
                raise Misconfigured(ctx, what, where, f"write [{'.'.join([*path[:at], key])}]")
        table = table.get(name, {})
        known = getattr(each.command, "commands", {})
    found: Mapping[str, Any] = table
    return found


def _known(
    ctx: click.Context, name: str, options: Mapping[str, Any], where: str, near: str
) -> None:
    """Raises `Misconfigured` for what is no option, or none that can be set."""
    path = ctx.command_path
    if name not in options:
        help = near or f"`{path.replace(' ', ' config show ', 1)}` lists what can be set"
        raise Misconfigured(ctx, f"{path} has no option {name!r}", where, help)
    if name in _CODE | _OF_ONE_RUN:
        why = "it names code to run" if name in _CODE else "it is of one run"
        what = f"{name} cannot be configured: {why}"
        raise Misconfigured(ctx, what, where, f"give --{name} on the command line")


def _put(found: dict[str, Setting], name: str, setting: Setting) -> None:
    """A setting, in place of one from further away, and of those it contradicts."""
    for one, other in CONTRADICTIONS:
        if name in (one, other):
            found.pop(other if name == one else one, None)
    found[name] = setting


# --- values ---


def _read(param: click.Option, name: str, setting: Setting, ctx: click.Context) -> Found:
    """The value by the option's own kind. Raises `Misconfigured`."""
    kind: Kind = getattr(param.type, "kind", Kind())
    several: bool = getattr(param.type, "several", False)
    try:
        if param.is_flag:
            value = _flag(setting.value)
            return Found(setting, value, [f"--{name}"] if value else [])
        texts = _texts(param, kind, setting)
        for text in texts:
            (kind.parse_several if several else kind.parse)(text)
    except BadValueError as error:
        raise Misconfigured(ctx, f"{name}: {error.what}", setting.origin, error.help) from None
    words = [word for text in texts for word in (f"--{name}", text)]
    return Found(setting, texts if param.multiple else texts[0], words)


def _flag(value: Any) -> bool:
    found = _WORDS.get(value.casefold()) if isinstance(value, str) else value
    if not isinstance(found, bool):
        raise BadValueError(f"{value!r} is not true or false", help="write true or false")
    return found


def _texts(param: click.Option, kind: Kind, setting: Setting) -> list[str]:
    """A value as it would be typed: one text, or one each time the option would be given."""
    value = setting.value
    if not setting.folder:  # a variable: a line each time
        return value.splitlines() if param.multiple else [value]
    if isinstance(kind, Define) and isinstance(value, dict):
        said = {name: each if isinstance(each, str) else repr(each) for name, each in value.items()}
        return [f"{name}={text}" for name, text in said.items()]
    texts = [_text(each, kind) for each in (value if isinstance(value, list) else [value])]
    if isinstance(kind, Place):
        texts = [_beside(setting, text) for text in texts]
    return texts if param.multiple else [",".join(texts)]


def _text(value: Any, kind: Kind) -> str:
    match value:
        case str():
            return value
        case bool():
            return "on" if value else "off"
        case int() | float() if kind.is_number or repr(value) in kind.choices:
            return repr(value)
        case int() | float():
            raise BadValueError(f"{value!r} is a number, and this is a text", help=_AS_TYPED)
    kind_of = "table" if isinstance(value, dict) else "list" if isinstance(value, list) else "time"
    raise BadValueError(f"a {kind_of} cannot be its value", help=_AS_TYPED)


def _beside(setting: Setting, text: str) -> str:
    """A path in a file is relative to the file.

    What somebody left in a folder writes nothing outside of it: such a path has to be below.
    """
    path = os.path.join(setting.folder, os.path.expanduser(text))  # noqa: PTH111, PTH118
    folder = os.path.realpath(setting.folder)
    try:
        is_below = os.path.commonpath([folder, os.path.realpath(path)]) == folder
        is_here = os.path.samefile(folder, ".")  # noqa: PTH121
    except (OSError, ValueError):  # a zero byte, a folder that is gone
        is_below = is_here = False
    if setting.is_bound and not is_below:
        help = "name a place below it, or set it in your own file: `pynodes config path`"
        raise BadValueError(f"{text} is not below the folder of this file", help=help)
    return text if (is_here and is_below) or not text else path
