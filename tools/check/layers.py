"""Fail when an include of the host points against the arrows between its layers.

Which layer rests on which, and which see <Python.h>, stands in the table of docs/architecture.md.
The witness stands outside the host and sees itself only.

    python3 tools/check/layers.py [REPOSITORY]
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from frame import ROOT, includes, main

GENERATED = "build_info.h"  # in the build folder; plain strings, free for all
ROW = re.compile(r"^\| \[(\w+)(?:\.c)?\]\([^)]*\) \|([^|]*)\|", re.MULTILINE)


def layers() -> dict[str, frozenset[str]]:
    """What each layer may include, by the docs; `Python.h` among it where the layer sees that."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    table = text.split("## The host's layers\n")[1].split("\n## ")[0]
    below: dict[str, frozenset[str]] = {}
    for name, cell in ROW.findall(table):
        rests_on = frozenset(re.findall(r"`<?([\w.]+)>?`", cell))
        further = (below[each] - {"Python.h"} for each in rests_on if each in below)
        below[name] = rests_on.union(*further)
    return below


BELOW = layers()


def layer_of(name: Path) -> str:
    """The folder of a source, or `main` for the programs that lie in the host's own folder."""
    return name.parts[0] if len(name.parts) > 1 else "main"


def complaints(root: Path) -> Iterator[str]:
    """One line for each include that should not be there."""
    host, witness = root / "host", root / "witness"
    for path in sorted(host.rglob("*.[ch]")):
        name = path.relative_to(host)
        layer = layer_of(name)
        if layer not in BELOW:
            yield f"host/{name}: '{layer}' is not a layer; known: {', '.join(BELOW)}"
            continue
        for number, (line, kind, target) in enumerate(includes(path)):
            for what in wrong_with(host, layer, kind, target, is_first=number == 0):
                yield f"host/{name}:{line}: {what}"
    for path in sorted(witness.rglob("*.[ch]")):
        for line, kind, target in includes(path):
            own = target.startswith("witness/") and (root / target).is_file()
            if target == "Python.h" or (kind == '"' and not own):
                name = path.relative_to(root)
                yield f"{name}:{line}: the witness may not see {target}"


def wrong_with(host: Path, layer: str, kind: str, target: str, is_first: bool) -> Iterator[str]:
    """What one include of a layer does that it should not."""
    if target == "Python.h" or target.startswith(("cpython/", "internal/pycore")):
        if "Python.h" not in BELOW[layer]:
            yield f"{layer} may not see <{target}>"
        elif target == "Python.h" and not is_first:
            yield "<Python.h> comes first, before every other include"
    elif kind == '"' and target != GENERATED:
        other = layer_of(Path(target))
        if not (host / target).is_file():
            yield f"there is no host/{target}"
        elif other != layer and other not in BELOW[layer]:
            allowed = ", ".join(sorted(BELOW[layer])) or "nothing"
            yield f'{layer} may not include "{target}" ({layer} sees {allowed})'


if __name__ == "__main__":
    sys.exit(main(complaints, "layers: all arrows point left", "includes that point the wrong way"))
