"""A replay as a validated value, read from TOML; every mistake is reported with its line."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pynodes import files
from pynodes.app.codes import CODES
from pynodes.app.menus import choices, scan
from pynodes.errors import BadValueError, did_you_mean, needed, quoted_list
from pynodes.options.kinds import Ranges
from pynodes.replay.kinds import KINDS, VIEW, Key
from pynodes.toml_lines import Table, tables

MAX_LENGTH_S = 86_400.0
MAX_EVENTS = 100_000
_KEYS = "abcdefghijklmnopqrstuvwxyz0123456789"
_WHEN = ("at", "frame", "tile")
_COMMON = ("do", *_WHEN, "expect", "repeat", "every")
_HEAD = ("title", "setup", "scripts", "menus", "scene", "length", "order", "count")


@dataclass(frozen=True, slots=True)
class Event:
    """One event; `when` is `then`, `at` (seconds), `frame` or `tile`, with the number `place`."""

    do: str
    args: tuple[str, ...]
    when: str = "then"
    place: float = 0
    expect: bool = False
    line: int = 0


@dataclass(frozen=True, slots=True)
class Replay:
    """`setup` scripts run once, before anything is rendered: what they set is in the background.

    `scripts` run at the start of each round; `length` is of one round, in seconds.

    With `order` random a round draws `count` of the events, at random times.
    """

    path: Path
    events: tuple[Event, ...]
    title: str = ""
    setup: tuple[Path, ...] = ()
    scripts: tuple[Path, ...] = ()
    menus: Path | None = None
    scene: Path | None = None
    length: float = 0.0
    order: str = "given"
    count: int = 0

    @property
    def needs_render(self) -> bool:
        """Do events wait for frames or tiles of a background render?"""
        return any(event.when in ("frame", "tile") for event in self.events)


def read_replay(path: Path) -> Replay:
    """Read and check a replay.

    Raises:
        BadValueError: the file cannot be read, is not TOML, or holds mistakes; the first is
            reported in full, the others in its detail.
    """
    with needed("the replay cannot be read", path, "name a .toml file", BadValueError):
        data = files.read(path, files.REPLAY)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise BadValueError("a replay is UTF-8 text", f"{path}:{line}") from None
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        what, _, where = str(error).partition(" (at line ")
        line_text = where.split(",")[0]
        place = f"{path}:{line_text}" if line_text.isdigit() else str(path)
        raise BadValueError(f"not TOML: {what}", place, "fix that line") from None
    except (ValueError, RecursionError):  # thousands of digits, or of brackets
        what = "a value of this TOML is too long or too deep"
        raise BadValueError(what, str(path), "take values that a replay needs") from None
    return _Reader(path, text, found).read()


class _Reader:
    """Checks one file; collects mistakes instead of stopping at the first."""

    def __init__(self, path: Path, text: str, found: Mapping[str, Any]) -> None:
        self._path = path
        self._folder = path.absolute().parent
        self._found = found
        self._mistakes: list[tuple[int, str, str]] = []  # line, what, help
        all_tables = tables(text)
        self._root = all_tables[0]
        self._head = next((each for each in all_tables if each.name == "replay"), self._root)
        self._events = [each for each in all_tables if each.name == "event"]
        self._areas: set[str] = {VIEW}

    def read(self) -> Replay:
        self._check_names(self._found, ("replay", "event"), self._root, "a replay")
        head = self._found.get("replay", {})
        if not isinstance(head, dict):
            self._note(self._head.line, "`replay` is not a table")
            head = {}
        self._check_names(head, _HEAD, self._head, "[replay]")
        setup = tuple(self._scripts(head, "setup"))
        scripts = tuple(self._scripts(head, "scripts"))
        events = self._found.get("event", [])
        if not isinstance(events, list) or any(not isinstance(each, dict) for each in events):
            self._note(self._root.line_of("event"), "`event` is not a list of [[event]] tables")
            events = []
        for each in events:
            name = each.get("name")
            if each.get("do") == "script" and isinstance(name, str):
                self._areas.add(Path(name).name)
        order = head.get("order", "given")
        if order not in ("given", "random"):
            self._note(
                self._head.line_of("order"), f"`order` is {order!r}", "write one of given, random"
            )
        replay = Replay(
            path=self._path,
            title=self._text(head, "title", ""),
            setup=setup,
            scripts=scripts,
            menus=self._folder_of(head, "menus"),
            scene=self._file_of(head, "scene"),
            length=self._number(head, self._head, "length", 0.0, MAX_LENGTH_S, 0.0),
            order=order,
            count=int(self._number(head, self._head, "count", 0, MAX_EVENTS, 0, whole=True)),
            events=tuple(self._all_events(events)),
        )
        self._check_menus(replay)
        self._check_whole(replay)
        if self._mistakes:
            raise self._error()
        return replay

    # The head.

    def _scripts(self, head: Mapping[str, Any], key: str) -> Iterator[Path]:
        given = head.get(key, [])
        line = self._head.line_of(key)
        if not isinstance(given, list) or any(not isinstance(each, str) for each in given):
            self._note(line, f"`{key}` is not a list of file names")
            return
        for each in given:
            self._areas.add(Path(each).name)
            path = self._existing(each, line, "script")
            if path is not None:
                yield path

    def _text(self, head: Mapping[str, Any], key: str, default: str) -> str:
        value = head.get(key, default)
        if not isinstance(value, str):
            self._note(self._head.line_of(key), f"`{key}` is not a text")
            return default
        return value

    def _folder_of(self, head: Mapping[str, Any], key: str) -> Path | None:
        value = self._text(head, key, "")
        line = self._head.line_of(key)
        if value and self._kind_of(self._folder / value, line) != files.FOLDER:
            self._note(line, f"there is no folder {value}")
            return None
        return self._folder / value if value else None

    def _file_of(self, head: Mapping[str, Any], key: str) -> Path | None:
        value = self._text(head, key, "")
        return self._existing(value, self._head.line_of(key), "scene") if value else None

    # Events.

    def _all_events(self, events: list[dict[str, Any]]) -> Iterator[Event]:
        inline = Table("event", self._root.line_of("event"))
        for i, each in enumerate(events):
            table = self._events[i] if i < len(self._events) else inline
            yield from self._event(each, table)

    def _event(self, given: dict[str, Any], table: Table) -> Iterator[Event]:
        do = given.get("do")
        if do is None:
            self._note(table.line, "an event without `do`", f"there are {', '.join(KINDS)}")
            return
        keys = KINDS.get(do) if isinstance(do, str) else None
        if keys is None:
            self._note(table.line_of("do"), f"no event does {do!r}", _guess(str(do), KINDS))
            return
        names = (*_COMMON, *(key.name for key in keys))
        self._check_names(given, names, table, f"an event that does `{do}`")
        when, place = self._when(given, table)
        args: list[str] = []
        for key in keys:
            args += self._argument(given, key, table, do)
        expect = given.get("expect")
        if expect not in (None, "error"):
            self._note(table.line_of("expect"), f"`expect` is {expect!r}", 'write "error"')
        event = Event(do, tuple(args), when, place, expect is not None, table.line)
        yield from self._repeated(given, table, event)

    def _when(self, given: dict[str, Any], table: Table) -> tuple[str, float]:
        given_when = [name for name in _WHEN if name in given]
        if not given_when:
            return "then", 0
        if len(given_when) > 1:
            self._note(
                table.line_of(given_when[1]),
                f"`{given_when[0]}` and `{given_when[1]}` contradict each other",
            )
        name = given_when[0]
        top = MAX_LENGTH_S if name == "at" else 1e9
        place = self._number(given, table, name, 0, top, 0, whole=name != "at")
        return name, place

    def _repeated(self, given: dict[str, Any], table: Table, event: Event) -> Iterator[Event]:
        times = int(self._number(given, table, "repeat", 1, MAX_EVENTS, 1, whole=True))
        every = self._number(given, table, "every", 0, MAX_LENGTH_S, 0)
        if "every" in given and event.when != "at":
            self._note(table.line_of("every"), "`every` is for events with `at`")
        for i in range(times):
            when = event.when if i == 0 or event.when == "at" else "then"
            yield replace(event, when=when, place=event.place + i * every)

    def _argument(self, given: dict[str, Any], key: Key, table: Table, do: str) -> list[str]:
        if key.name not in given:
            if key.default is None:
                self._note(table.line, f"an event that does `{do}` needs `{key.name}`")
            return [] if isinstance(key.default, tuple) else [str(key.default)]
        value = given[key.name]
        line = table.line_of(key.name)
        words = self._convert(value, key, line)
        if words is None:
            self._note(line, f"`{key.name}` is {value!r}", f"write {_wanted(key)}")
            return []
        return words

    def _convert(self, value: Any, key: Key, line: int) -> list[str] | None:
        """The value as arguments; None when it is of a wrong type."""
        kind = key.kind
        if isinstance(kind, tuple):
            return [value] if value in kind else None
        if kind == "code":
            return self._code(value, line)
        if kind in _PLAIN:
            return _PLAIN[kind][1](value)
        if not isinstance(value, str):
            return None
        if kind == "frames":
            try:
                return [str(frame) for frame in Ranges().parse(value)]
            except BadValueError as error:
                self._note(line, error.what, error.help)
                return []
        if kind == "area" and value not in self._areas:
            near = did_you_mean(value, self._areas)
            help = near or f"there are {quoted_list(sorted(self._areas))}"
            self._note(line, f"there is no area {value!r}", help)
        if kind in ("script", "file"):
            path = self._existing(value, line, "file")
            return [str(path)] if path is not None else []
        return [str(self._folder / value) if kind == "path" else value]

    def _code(self, value: Any, line: int) -> list[str] | None:
        """A code of an event by its number, its name, or the character of a key."""
        if type(value) is int:
            return [str(value)] if value > 0 else None
        if not isinstance(value, str):
            return None
        if value in CODES:
            return [str(CODES[value])]
        if len(value) == 1 and value.lower() in _KEYS:
            return [str(ord(value.lower()))]
        near = did_you_mean(value, CODES)
        self._note(line, f"there is no event code {value!r}", near or _CODE)
        return []

    # Inside.

    def _existing(self, name: str, line: int, noun: str) -> Path | None:
        path = self._folder / name
        kind = self._kind_of(path, line)
        if kind == files.FILE:
            return path
        help = f"looked for in {path.parent}"
        if kind == "" and self._kind_of(path.parent, line) == files.FOLDER:
            help = did_you_mean(path.name, files.names_in(path.parent)) or help
        what = f"{name} is {kind}" if kind else f"there is no {noun} {name}"
        self._note(line, what, help)
        return None

    def _kind_of(self, path: Path, line: int) -> str:
        """`files.kind_of`; what cannot be looked at is noted, and counts as nothing."""
        try:
            return files.kind_of(path)
        except OSError as error:
            self._note(line, f"the name cannot be used: {error.strerror}", "name another")
            return ""

    def _number(
        self,
        given: Mapping[str, Any],
        table: Table,
        key: str,
        low: float,
        high: float,
        default: float,
        *,
        whole: bool = False,
    ) -> float:
        value = given.get(key, default)
        kinds = (int,) if whole else (int, float)
        if type(value) not in kinds or not low <= value <= high:
            noun = "whole number" if whole else "number"
            help = f"write a {noun}, {low:g} to {high:g}"
            self._note(table.line_of(key), f"`{key}` is {value!r}", help)
            return default
        return float(value)

    def _check_names(
        self, given: Mapping[str, Any], known: tuple[str, ...], table: Table, noun: str
    ) -> None:
        for name in given:
            if name not in known:
                self._note(table.line_of(name), f"{noun} has no `{name}`", _guess(name, known))

    def _check_whole(self, replay: Replay) -> None:
        if not (self._mistakes or replay.events or replay.scripts or replay.setup):
            self._note(1, "there is nothing to play", "add [[event]] tables, or scripts")
        if replay.order == "random" and not self._mistakes:
            if replay.count == 0 or replay.length == 0:
                line = self._head.line_of("order")
                self._note(line, "random order needs `count` and `length`")
            for event in replay.events:
                if event.do == "quit":
                    self._note(event.line, "`quit` cannot be drawn: it would end the replay")

    def _check_menus(self, replay: Replay) -> None:
        """What events invoke must be in the menus, with that submenu."""
        try:
            entries = scan(str(replay.menus)) if replay.menus is not None else []
        except OSError as error:
            what = f"the menus cannot be read: {error.strerror}"
            self._note(self._head.line_of("menus"), what, "name a folder of menu scripts")
            return
        for event in replay.events:
            if event.do != "menu" or len(event.args) != 3:
                continue
            if replay.menus is None:
                self._note(event.line, "there are no menus", 'add menus = "DIR" to [replay]')
                continue
            try:
                choices(entries, *event.args)
            except LookupError as error:
                self._note(event.line, str(error))

    def _note(self, line: int, what: str, help: str = "") -> None:
        self._mistakes.append((line, what, help))

    def _error(self) -> BadValueError:
        (line, what, help), *others = sorted(self._mistakes, key=lambda each: each[0])
        also = [f"{self._path}:{line}: {what}" for line, what, _ in others]
        return BadValueError(what, f"{self._path}:{line}", help, "\n".join(also))


def _guess(name: str, known: Iterable[str]) -> str:
    return did_you_mean(name, known) or f"there are {', '.join(known)}"


def _value_word(value: Any) -> list[str] | None:
    if isinstance(value, bool):
        return ["1" if value else "0"]
    if isinstance(value, int | float):
        return [repr(value)]
    if isinstance(value, str):
        return [value]
    if isinstance(value, list) and all(type(each) in (int, float) for each in value):
        return [",".join(repr(each) for each in value)]
    return None


def _json_word(value: Any) -> list[str] | None:
    try:
        return [json.dumps(value)]
    except TypeError:  # a date
        return None


def _texts(value: Any) -> list[str] | None:
    good = isinstance(value, list) and all(isinstance(each, str) for each in value)
    return list(value) if good else None


_PLAIN: dict[str, tuple[str, Callable[[Any], list[str] | None]]] = {
    "int": ("a whole number", lambda value: [str(value)] if type(value) is int else None),
    "name": ("a text or a whole number", lambda v: [str(v)] if type(v) in (int, str) else None),
    "json": ("true, false, a number, a text, a list or a table", _json_word),
    "value": ("true, false, a number, a text or a list of numbers", _value_word),
    "texts": ("a list of texts", _texts),
}
"""Kinds of keys that depend on nothing else: what they take, and how that is passed on."""

_CODE = "a name of pynodes.app.codes (such as ESC, LEFTMOUSE, A), or its number"
_FRAMES = 'frames as a text, such as "1..10"'


def _wanted(key: Key) -> str:
    if isinstance(key.kind, tuple):
        return f"one of {', '.join(key.kind)}"
    others = {"code": _CODE, "frames": _FRAMES}
    return _PLAIN[key.kind][0] if key.kind in _PLAIN else others.get(key.kind, "a text")
