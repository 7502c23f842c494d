"""Menu scripts: which scripts of a folder say in their first lines that they want to be in a menu.

    #!pynodes menu
    # Name: Rounded box
    # Group: Add
    # Tooltip: Adds a box with rounded edges
    # Submenu: Small | small
    # Submenu: Large | large

The lines stand at the top, `Name` and `Group` are needed, their order is free, and the first line
that is no such comment ends them. With submenus the user chooses one, and the script finds its word
(after the bar, else the label) in `pynodes.app.argument`. This module reads files and needs no
host.
"""

# ruff: noqa: PTH119 -- see pynodes.nodes._record for the reason
from __future__ import annotations

import errno
import os

from pynodes import files
from pynodes.app._bridge import host as _host
from pynodes.nodes._names import near, unknown
from pynodes.nodes._record import FrozenValue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

MARK = "#!pynodes menu"
GROUPS = (
    "Add",
    "Animation",
    "Export",
    "Help",
    "Image",
    "Import",
    "Materials",
    "Mesh",
    "Misc",
    "Object",
    "Render",
    "System",
    "Wizards",
)
MAX_DEPTH = 6
MAX_LINES = 40
MAX_NAMES = 10_000
_KEYS = ("Group", "Name", "Submenu", "Tooltip")

EVENTS = {
    "menu": (("group", "text"), ("name", "text"), ("submenu", "text", "")),
}
"""Events of replays, with their keys as rows of `pynodes.replay.kinds.Key`."""


class MenuEntry(FrozenValue):
    """One script in a menu. `problem` is set when its header is not right; it is then in Misc."""

    _fields = __slots__ = __match_args__ = (
        "group",
        "name",
        "tooltip",
        "submenus",
        "path",
        "problem",
    )
    group: str
    name: str
    tooltip: str
    submenus: tuple[tuple[str, str], ...]
    """(label, word) each."""
    path: str
    problem: str

    def word(self, submenu: str) -> str | None:
        """The word of a submenu that is named by its label or its word; None: no such
        submenu."""
        for label, word in self.submenus:
            if submenu in (label, word):
                return word
        return None


def scan(folder: str) -> list[MenuEntry]:
    """The entries of a folder and those below it, by group and name.

    Names that begin with a dot or an underscore are left out, and so is what is deeper than six
    folders. A file that cannot be read is left out too.

    Raises:
        OSError: the folder itself cannot be read, or there is too much in it to look through.
    """
    found = [entry for path in _scripts(folder) if (entry := read_header(path)) is not None]
    return sorted(found, key=lambda entry: (entry.group, entry.name, entry.path))


def choices(
    entries: Sequence[MenuEntry], group: str, name: str, submenu: str
) -> tuple[MenuEntry, str | None]:
    """The entry of that name, and the word of the submenu; None for that where none is named.

    Raises:
        LookupError: there is no such entry or submenu.
    """
    found = [entry for entry in entries if (entry.group, entry.name) == (group, name)]
    if not found:
        known = [entry.name for entry in entries if entry.group == group]
        raise LookupError(unknown(f"the menu {group}", "script", name, known))
    entry = found[0]
    word = entry.word(submenu) if submenu else None
    if submenu and word is None:
        labels = [label for label, _ in entry.submenus]
        raise LookupError(unknown(f"the menu entry {name}", "submenu", submenu, labels))
    return entry, word


def choose(
    entries: Sequence[MenuEntry], group: str, name: str, submenu: str
) -> tuple[str, str | None] | None:
    """Path and word of what the user wants; None: cancelled.

    Where there are submenus and none is named a pop-up asks.

    Raises:
        LookupError: there is no such entry or submenu.
    """
    entry, word = choices(entries, group, name, submenu)
    if word is None and entry.submenus:
        from pynodes.app.popup import popup_menu

        at = popup_menu(name, [label for label, _ in entry.submenus])
        if at is None:
            return None
        word = entry.submenus[at][1]
    return entry.path, word


def menus() -> list[MenuEntry]:
    """The entries of the menus of this replay."""
    return _host.menu_list()


def invoke_menu(group: str, name: str, submenu: str = "") -> None:
    """Run a menu script. `submenu` is a label or a word of it; a pop-up asks where it is needed."""
    _host.menu_invoke(group, name, submenu)


def _scripts(folder: str) -> list[str]:
    """Paths of scripts, folder by folder."""
    paths = []
    left = MAX_NAMES
    folders = [(folder, 0)]
    for place, depth in folders:  # grows
        try:
            with os.scandir(place) as entries:
                for entry in entries:
                    left -= 1
                    if left < 0:
                        what = f"it has more than {MAX_NAMES} names in it"
                        raise OSError(errno.EFBIG, what, folder)
                    if entry.name.startswith((".", "_")):
                        continue
                    if entry.is_dir():
                        if depth < MAX_DEPTH:
                            folders.append((entry.path, depth + 1))
                    elif entry.name.endswith(".py"):
                        paths.append(entry.path)
        except OSError:
            if depth == 0 or left < 0:
                raise
    return paths


def read_header(path: str) -> MenuEntry | None:
    """What the top of a script says; None when it does not ask to be in a menu."""
    try:
        with files.opened(path) as file:
            if file.readline(200).strip() != MARK.encode():
                return None
            lines = [file.readline(200).decode("utf-8", "replace") for _ in range(MAX_LINES)]
    except OSError:
        return None
    return _entry(path, lines)


def _entry(path: str, lines: list[str]) -> MenuEntry:
    said: dict[str, str] = {}
    submenus: list[tuple[str, str]] = []
    problem = ""
    for number, line in enumerate(lines, 2):
        key, colon, value = line.lstrip("#").partition(":")
        key, value = key.strip(), value.strip()
        if not line.startswith("#") or not colon or not key.isidentifier():
            break
        if key == "Submenu":
            label, bar, word = (part.strip() for part in value.partition("|"))
            submenus.append((label, word if bar else label))
        elif key not in _KEYS:
            problem = problem or f"line {number}: {_unknown(key, _KEYS)}"
        elif key in said:
            problem = problem or f"line {number}: a second {key}"
        else:
            said[key] = value
    group = said.get("Group", "")
    if not said.get("Name"):
        problem = problem or "there is no Name"
    if group not in GROUPS:
        problem = problem or (_unknown(group, GROUPS) if group else "there is no Group")
        group = "Misc"
    name = said.get("Name") or os.path.basename(path).removesuffix(".py")
    return MenuEntry(group, name, said.get("Tooltip", ""), tuple(submenus), path, problem)


def _unknown(name: str, known: tuple[str, ...]) -> str:
    guess = near(name, known)
    help = f"did you mean {guess!r}?" if guess is not None else f"known: {', '.join(known)}"
    return f"{name!r} is not known; {help}"
