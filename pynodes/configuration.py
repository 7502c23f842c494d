"""Settings in files and in the environment: where they are found, and where each one stands.

What a setting means is not known here. Files are TOML: the nearest of `pynodes.toml` and a
`pyproject.toml` that has `[tool.pynodes]`, from the current folder upwards, and the user's own.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pynodes import files
from pynodes.errors import BadValueError, needed

NAME = "pynodes.toml"
_PROJECT = "pyproject.toml"
_IN_PROJECT = ("tool", "pynodes")
_MAX_BYTES = 1 << 20
PREFIX = "PYNODES_"


class Setting(NamedTuple):
    """One value, as TOML has it, or a text of the environment.

    `folder` is what paths are relative to, empty for the current one; those of a file that lies
    somewhere, and is not the user's own, have to be below it (`is_bound`).
    """

    value: Any
    origin: str
    folder: str = ""
    is_bound: bool = False


class Document(NamedTuple):
    """What one file says: `tables` by command, `lines` by the parts of a name."""

    path: str
    tables: Mapping[str, Any]
    lines: Mapping[tuple[str, ...], int]

    @property
    def is_users(self) -> bool:
        return self.path == user_file()

    @property
    def folder(self) -> str:
        return os.path.dirname(self.path)  # noqa: PTH120 -- pathlib takes long to load

    def place(self, *names: str) -> str:
        """`pynodes.toml:3`, of a name or the nearest one above it."""
        found = [names[:end] for end in range(len(names), 0, -1) if names[:end] in self.lines]
        shown = os.path.relpath(self.path)
        shown = self.path if shown.startswith(os.path.join("..", "..", "..")) else shown  # noqa: PTH118
        return f"{shown}:{self.lines[found[0]] if found else 1}"


def nearest_file() -> str | None:
    """The file of the current folder, or of the first one above it that has one.

    Raises `BadValueError` for one that cannot be read.
    """
    try:
        folder = os.getcwd()  # noqa: PTH109
    except OSError:  # it is gone: whatever needs it says so
        return None
    while True:
        for name in (NAME, _PROJECT):
            path = os.path.join(folder, name)  # noqa: PTH118
            if os.path.lexists(path) and (name == NAME or _is_ours(path)):
                return path
        above = os.path.dirname(folder)  # noqa: PTH120
        if above == folder:
            return None
        folder = above


def user_file() -> str:
    """Where the user's own file is, or would be."""
    base = os.environ.get("XDG_CONFIG_HOME") or os.path.join(  # noqa: PTH118
        os.path.expanduser("~"),  # noqa: PTH111
        ".config",
    )
    return os.path.join(base, "pynodes", "config.toml")  # noqa: PTH118


def documents() -> Iterator[Document]:
    """What files say, the nearest first.

    Raises `BadValueError` for one that cannot be read, or is not TOML.
    """
    nearest, user = nearest_file(), user_file()
    if nearest is not None:
        yield _read(nearest)
    if os.path.lexists(user) and user != nearest:
        yield _read(user)


def variables(names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Variables of a command, given by its names, as (what follows these, the variable)."""
    prefix = PREFIX + "".join(f"{name.replace('-', '_').upper()}_" for name in names)
    for variable in os.environ:
        if variable.startswith(prefix) and os.environ[variable]:
            yield variable.removeprefix(prefix), variable


def _is_ours(path: str) -> bool:
    """Whether a pyproject.toml has our table; one that cannot be read is somebody else's."""
    try:
        return re.search(rb"\btool\b.*\bpynodes\b", files.read(path, _MAX_BYTES)) is not None and (
            bool(_read(path).tables)
        )
    except OSError:
        return False


def _read(path: str) -> Document:
    import tomllib

    from pynodes.toml_lines import parts, tables

    help = "put it right, or leave all configuration aside with --no-config"
    with needed("the configuration cannot be read", path, help, BadValueError):
        data = files.read(path, _MAX_BYTES)
    try:
        text = data.decode("utf-8")
        found: Any = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        line = re.search(r"\(at line (\d+), column \d+\)", str(error))
        number = line[1] if line else data.count(b"\n") + 1
        what = re.sub(r" \(at .*\)$", "", str(error)) or type(error).__name__
        what = "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else what
        where = f"{os.path.relpath(path)}:{number}"
        raise BadValueError(f"the configuration is not TOML: {what}", where, help) from None
    inside = _IN_PROJECT if os.path.basename(path) == _PROJECT else ()  # noqa: PTH119
    for name in inside:
        found = found.get(name, {}) if isinstance(found, dict) else {}
    lines: dict[tuple[str, ...], int] = {}
    for table in tables(text):
        head = tuple(parts(table.name)) if table.name else ()
        places = {(): table.line, **{tuple(key.split(".")): at for key, at in table.keys.items()}}
        for below, line_number in places.items():
            whole = (*head, *below)
            if whole[: len(inside)] == inside:
                lines.setdefault(whole[len(inside) :], line_number)
    return Document(path, found if isinstance(found, dict) else {}, lines)
