"""Write the native nodes of the host into the docs and into the table that the unit tests use.

    python3 tools/make/native_nodes.py [--check]

The host is the installed one, or that of PYNODES_HOST. With --check nothing is written, and what is
behind is an error.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

from pynodes.host.find import find_host, list_nodes

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "tests" / "unit" / "nodes" / "native_kinds.json"
PAGE = ROOT / "docs" / "nodes.md"

PLACE = re.compile(r"(?<=<!-- native-nodes:begin -->\n).*?(?=<!-- native-nodes:end -->)", re.DOTALL)
HEAD = "| node | what | inputs | outputs | parameters |\n|---|---|---|---|---|\n"
SCENE = """
import json
import _pynodes

with open({path!r}, "w") as out:
    json.dump(_pynodes.native_kinds(), out)


def build(params, frame):
    pass
"""


def as_written(number: str) -> float:
    """A number of single precision as the host's source has it."""
    return float(f"{float(number):.7g}")


def row(node: dict[str, Any]) -> str:
    """The node's line in the docs."""

    def names(key: str) -> str:
        return " ".join(f"`{each['name']}`" for each in node[key])

    cells = (f"`{node['name']}`", node["doc"], names("inputs"), names("outputs"), names("params"))
    return f"| {' | '.join(cells)} |\n"


def wanted() -> dict[Path, str]:
    """The files, as the host says that they should be."""
    with tempfile.TemporaryDirectory() as folder:
        table, scene = Path(folder, "kinds.json"), Path(folder, "scene.py")
        scene.write_text(SCENE.format(path=str(table)), encoding="utf-8")
        nodes = [node for node in list_nodes(find_host(), scene) if node["kind"] == "native"]
        kinds = json.loads(table.read_text(encoding="utf-8"), parse_float=as_written)
    rows = HEAD + "".join(map(row, nodes))
    lines = ",\n".join(map(json.dumps, kinds))
    return {
        TABLE: f"[\n{lines}\n]\n",
        PAGE: PLACE.sub(lambda _: rows, PAGE.read_text(encoding="utf-8")),
    }


def main() -> int:
    behind = {path: text for path, text in wanted().items() if path.read_text("utf-8") != text}
    for path, text in behind.items():
        if "--check" in sys.argv:
            print(f"{path.relative_to(ROOT)} is behind: run tools/make/native_nodes.py")
        else:
            path.write_text(text, encoding="utf-8")
            print(f"written: {path.relative_to(ROOT)}")
    return 1 if behind and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
