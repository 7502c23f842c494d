"""A table of wrong inputs: what is typed, how it must end, what must be said."""

from __future__ import annotations

import os
import shlex
import shutil
import socket
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from stored_sweeps import scales, store_sweep

USAGE, CANNOT = 2, 3
TYPED_INPUTS = Path(__file__).with_name("wrong_inputs.txt")

SCENE = """
from pynodes.nodes import NodeTree, native
from pynodes.scene import Camera, Plane, Scene


def build(params, frame):
    params.get("fov", 40.0)
    params.get("count", 3)
    params.get("place", (0, 0, 1))
    params.get("glow", False)
    tree = NodeTree()
    tree.link(tree.add(native.RGB).out[0], tree.surface)
    return Scene(Camera(), [Plane(tree)])
"""

FILES = {
    "scene.py": SCENE,
    "broken.py": "def build(params, frame:\n",
    "raises.py": "1 / 0\n",
    "nothing.py": "",
    "noscene.py": "def build(params, frame):\n    return 7\n",
    "nobuild.py": "build = 7\n",
    "args.py": "def build(params): ...\n",
    "nomodule.py": "import no_such_module\n",
    "nomesh.py": "from pynodes.scene import Camera, Mesh, Scene\n"
    "def build(params, frame):\n    return Scene(Camera(), [Mesh('none.obj')])\n",
    "script.py": "print('hello')\n",
    "plain.txt": "text\n",
    "menus/readme.txt": "",
    "empty.toml": "",
    "play.toml": "[[event]]\ndo = 'undo'\nat = 0\n",
    "text.toml": "no toml\n",
    "unknown.toml": "[replay]\ntitel = 'x'\n",
    "noevent.toml": "[[event]]\ndo = 'fly'\nat = 0\n",
    "negative.toml": "[[event]]\ndo = 'undo'\nat = -1\n",
    "noscript.toml": "[replay]\nsetup = ['none.py']\n",
    "long.toml": f"[replay]\nsetup = ['{'x' * 300}.py']\n",
    "zero.toml": '[replay]\nscene = "a\\u0000b.py"\n',
    "fifo_inside.toml": "[replay]\nscene = 'odd/fifo'\n",
    "everywhere.toml": "[replay]\nmenus = '/'\n[[event]]\ndo = 'undo'\n",
    "nomenus.toml": "[replay]\nmenus = 'none'\n",
    "text.json": "no json\n",
    "list.json": "[]\n",
    "number.json": '{"traceEvents": 7}\n',
    "empty.db": "",
    "text.db": "this is a text and no database\n" * 40,
}


class Wrong(NamedTuple):
    """One wrong input: words as a shell has them, the exit status, words of the message."""

    line: str
    status: int
    words: str

    @property
    def argv(self) -> list[str]:
        return shlex.split(self.line)


def make_world(folder: Path) -> None:
    """The folder that the inputs are typed in."""
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    (folder / "latin.toml").write_bytes(b"title = '\xe4'\n")
    (folder / "bytes.py").write_bytes(b"\xff\xfe\0\1")
    (folder / "large.py").write_bytes(b"#" * (17 << 20))
    odd = folder / "odd"
    odd.mkdir()
    os.mkfifo(odd / "fifo")
    os.mkfifo(odd / "fifo.db")
    (odd / "loop").symlink_to("loop")
    (odd / "dangling").symlink_to("nowhere")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.relpath(odd / "socket"))
    (folder / "fifo_menus").mkdir()
    os.mkfifo(folder / "fifo_menus" / "a.py")
    store_sweep(folder / "pynodes.db", {"threads": [1, 2]}, scales)
    store_sweep(folder / "pynodes.db", {"threads": [1, 2]}, scales, scene="other.py")
    for name, statement in (("other.db", "CREATE TABLE x (y)"), ("newer.db", "")):
        if not statement:
            shutil.copy(folder / "pynodes.db", folder / name)
        with sqlite3.connect(folder / name) as db:
            db.execute(statement or "PRAGMA user_version = 99")
        db.close()


LONG = "x" * 300
VERY_LONG = "x" * 5000
# What may stand where a file should: its name, words when it is read.
ODD_TO_READ = {
    "none.xyz": "",
    "menus": "folder",
    "odd/fifo": "a FIFO",
    "odd/socket": "a socket",
    "/dev/zero": "a device",
    "odd/loop": "Too many levels",
    "odd/dangling": "",
    "scene.py/x": "",
    LONG: "too long",
    VERY_LONG: "too long",
    "''": "",
}
PLACES_TO_READ = {
    "render {}": USAGE,
    "render scene.py --script {}": USAGE,
    "sweep scene.py {} -t 1": USAGE,
    "run {}": USAGE,
    "run -s {} script.py": USAGE,
    "run --scene {} script.py": USAGE,
    "replay {}": USAGE,
    "replay play.toml --render {}": USAGE,
    "replay play.toml --script {}": USAGE,
    "nodes --file {}": USAGE,
    "doctor --imports {}": USAGE,
    "results list --db {}": CANNOT,
    "results prune 1 --db {}": CANNOT,
    "compare 1 2 --db {}": CANNOT,
    "report --db {}": CANNOT,
    "report --trace {}": CANNOT,
    "diagnose --core {}": CANNOT,
}
# Names that are refused when they are typed, whatever they are for.
TYPED = ("menus", LONG, VERY_LONG, "''", "odd/loop")
NOT_THERE = ("none.xyz", "scene.py/x", LONG, VERY_LONG)
# What may stand where a result should go: its name, the status, words.
ODD_TO_WRITE = {
    "menus": (CANNOT, "folder"),
    "none/x.png": (CANNOT, "folder"),
    "scene.py/x.png": (CANNOT, "folder"),
    f"{LONG}.png": (CANNOT, "too long"),
    f"{VERY_LONG}.png": (CANNOT, "too long"),
    "odd/fifo": (CANNOT, ""),
    "odd/loop": (CANNOT, ""),
    "''": (USAGE, "the name is empty"),
}
# Options that look at the name when it is typed.
NAMED = {
    "menus": (USAGE, "folder"),
    "none/x": (CANNOT, ""),
    "scene.py/x": (CANNOT, ""),
    LONG: (USAGE, "too long"),
    VERY_LONG: (USAGE, "too long"),
    "odd/fifo": (CANNOT, ""),
    "odd/loop": (USAGE, "symbolic links"),
    "''": (USAGE, "the name is empty"),
}
PLACES_TO_WRITE = {
    "render scene.py --size 8x8 -o {}": ODD_TO_WRITE,
    "replay play.toml --overlay {}": ODD_TO_WRITE,
    "render scene.py --size 8x8 --trace {}": NAMED,
    "results export -o {}": NAMED,
    "report -o {}": NAMED,
    "repro matrix -o {}": NAMED,
    "repro export no-release {}": {
        "scene.py": (USAGE, "not a folder"),
        "scene.py/x": (CANNOT, "Not a directory"),
        LONG: (USAGE, "too long"),
        "''": (USAGE, "the name is empty"),
    },
}


def wrong_inputs() -> list[Wrong]:
    """All of them, each once."""
    return list(dict.fromkeys([*_places(), *_typed()]))


def _places() -> Iterator[Wrong]:
    for place, status in PLACES_TO_READ.items():
        for name, words in ODD_TO_READ.items():
            if place == "run {}" and name not in NOT_THERE:
                continue  # what is there is run as `python` runs it
            is_typed = name in TYPED and "replay {}" not in place
            yield Wrong(place.format(name), USAGE if is_typed else status, words)
    for place, odd in PLACES_TO_WRITE.items():
        for name, (wanted, words) in odd.items():
            yield Wrong(place.format(name), wanted, words)


def _typed() -> Iterator[Wrong]:
    values = {"{long}": LONG, "{digits}": "9" * 400, "{parens}": "(" * 2000 + ")" * 2000}
    for row in TYPED_INPUTS.read_text(encoding="utf-8").splitlines()[1:]:
        line, status, words = (part.strip() for part in row.rsplit(" | ", 2))
        for name, value in values.items():
            line = line.replace(name, value)
        yield Wrong(line, int(status), words)
