"""Fail when an include of the host points against the arrows between its layers.

    base <- wire, image, document <- scene <- native <- interp <- node <- entry
    entry <- live <- engine; entry <- gui; engine, gui <- app <- main
    wire <- tiles <- engine, worker <- main

`wire`, `image` and `document` stand side by side and see `base` only; `scene` sees `document`, not
the other two. `live` and `gui` do not see each other; the engine sees `live`, not `gui`.
`engine` and `worker` meet at `tiles`. `fault` may use all, none uses it. <Python.h> belongs to
`interp`, `node`, `entry`, `live`, `gui`, `app` and `fault`. The witness stands outside the host and
sees itself only.

    python3 tools/check/layers.py [HOST_FOLDER]
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

HOST = Path(__file__).resolve().parents[2] / "host"
WITNESS = HOST.parent / "witness"

# What each layer may include, beside itself: these, and what those may include.
RESTS_ON: dict[str, tuple[str, ...]] = {
    "base": (),
    "wire": ("base",),
    "image": ("base",),
    "document": ("base",),
    "scene": ("document",),
    "tiles": ("wire",),
    "worker": ("tiles",),
    "native": ("wire", "image", "scene"),
    "interp": ("native",),
    "node": ("interp",),
    "entry": ("node",),
    "live": ("entry",),
    "gui": ("entry",),
    "engine": ("live", "tiles"),
    "app": ("engine", "gui"),
    "main": ("app", "worker"),
    "fault": ("main",),
}
BELOW: dict[str, frozenset[str]] = {}
for _layer, _lower in RESTS_ON.items():
    BELOW[_layer] = frozenset(_lower).union(*(BELOW[each] for each in _lower))

SEES_PYTHON = frozenset({"interp", "node", "entry", "live", "gui", "app", "fault"})
GENERATED = frozenset({"build_info.h"})  # in the build folder; plain strings, free for all

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[>"]', re.MULTILINE)
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


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
