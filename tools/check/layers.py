"""Fail when an include of the host points against the arrows between its layers.

Which layer rests on which, and which see <Python.h>, stands in the table of docs/architecture.md.
The witness stands outside the host and sees itself only.

    python3 tools/check/layers.py [HOST_FOLDER]
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HOST = ROOT / "host"
WITNESS = HOST.parent / "witness"

GENERATED = frozenset({"build_info.h"})  # in the build folder; plain strings, free for all

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[>"]', re.MULTILINE)
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


ROW = re.compile(r"^\| \[(\w+)(?:\.c)?\]\([^)]*\) \|([^|]*)\|", re.MULTILINE)


def rests_on() -> dict[str, frozenset[str]]:
    """What each layer rests on, by the docs; `Python.h` among it where the layer sees that."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    table = text.split("## The host's layers\n")[1].split("\n## ")[0]
    rows = ROW.findall(table)
    return {name: frozenset(re.findall(r"`<?([\w.]+)>?`", cell)) for name, cell in rows}


RESTS_ON = rests_on()
SEES_PYTHON = frozenset(layer for layer, lower in RESTS_ON.items() if "Python.h" in lower)
BELOW: dict[str, frozenset[str]] = {}  # what each may include, beside itself
for _layer, _lower in RESTS_ON.items():
    BELOW[_layer] = frozenset(_lower - {"Python.h"})
    BELOW[_layer] = BELOW[_layer].union(*(BELOW[each] for each in BELOW[_layer]))


def layer_of(path: Path, host: Path) -> str:
    """The folder of a source, or `main` for the programs that lie in the host's own folder."""
    parts = path.relative_to(host).parts
    return parts[0] if len(parts) > 1 else "main"


def blanked(text: str) -> str:
    """The text without block comments, with the same line numbers."""
    return COMMENT.sub(lambda found: "\n" * found.group().count("\n"), text)


def complaints(host: Path) -> Iterator[str]:
    """One line for each include that should not be there."""
    for path in sorted(host.rglob("*.[ch]")):
        name = path.relative_to(host)
        layer = layer_of(path, host)
        if layer not in BELOW:
            yield f"host/{name}: '{layer}' is no layer; known: {', '.join(BELOW)}"
            continue
        text = blanked(path.read_text(encoding="utf-8"))
        first = True
        for found in INCLUDE.finditer(text):
            kind, target = found.groups()
            line = text.count("\n", 0, found.start(2)) + 1
            at = f"host/{name}:{line}"
            if target == "Python.h" or target.startswith(("cpython/", "internal/pycore")):
                if layer not in SEES_PYTHON:
                    yield f"{at}: {layer} may not see <{target}>; {sorted(SEES_PYTHON)} may"
                elif target == "Python.h" and not first:
                    yield f"{at}: <Python.h> comes first, before every other include"
            elif kind == '"' and target not in GENERATED:
                yield from quoted(path, host, layer, target, at)
            first = False


def quoted(path: Path, host: Path, layer: str, target: str, at: str) -> Iterator[str]:
    if not (host / target).is_file():
        beside = path.parent / target
        hint = f'; write "{beside.relative_to(host)}"' if beside.is_file() else ""
        yield f"{at}: there is no host/{target}{hint}"
        return
    other = layer_of(host / target, host)
    if other != layer and other not in BELOW[layer]:
        allowed = ", ".join(sorted(BELOW[layer])) or "nothing"
        yield f'{at}: {layer} may not include "{target}" ({layer} sees {allowed})'


def strangers(witness: Path) -> Iterator[str]:
    """One line for each include of the witness, a library by itself, that is not its own."""
    for path in sorted(witness.rglob("*.[ch]")):
        for kind, target in INCLUDE.findall(blanked(path.read_text(encoding="utf-8"))):
            own = target.startswith("witness/") and (witness.parent / target).is_file()
            if target == "Python.h" or (kind == '"' and not own):
                yield f"witness/{path.relative_to(witness)}: the witness may not see {target}"


def main() -> int:
    host = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else HOST
    found = [*complaints(host), *(strangers(WITNESS) if host == HOST else ())]
    for line in found:
        print(line)
    if found:
        print(f"{len(found)} includes point the wrong way", file=sys.stderr)
        return 1
    print(f"layers: {sum(1 for _ in host.rglob('*.[ch]'))} files, all arrows point left")
    return 0


if __name__ == "__main__":
    sys.exit(main())
