"""Write the native nodes of the host into the docs and into the table that the unit tests use.

    python3 tools/make/native_nodes.py [--check]

The host is the installed one, or that of PYNODES_HOST. With --check nothing is written, and what is
behind is an error.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from tables import ROOT, main, page_with, table

from pynodes.host.answers import list_nodes
from pynodes.host.find import find_host

TABLE = ROOT / "tests" / "unit" / "nodes" / "native_kinds.json"
HEAD = ("node", "what", "inputs", "outputs", "parameters")
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


def row(node: dict[str, Any]) -> tuple[str, ...]:
    """The node's line in the docs."""

    def names(key: str) -> str:
        return " ".join(f"`{each['name']}`" for each in node[key])

    return f"`{node['name']}`", node["doc"], names("inputs"), names("outputs"), names("params")


def wanted() -> dict[Path, str]:
    """The files, as the host says that they should be."""
    with tempfile.TemporaryDirectory() as folder:
        kinds_at, scene = Path(folder, "kinds.json"), Path(folder, "scene.py")
        scene.write_text(SCENE.format(path=str(kinds_at)), encoding="utf-8")
        nodes = [node for node in list_nodes(find_host(), scene) if node["kind"] == "native"]
        kinds = json.loads(kinds_at.read_text(encoding="utf-8"), parse_float=as_written)
    lines = ",\n".join(map(json.dumps, kinds))
    path, page = page_with("docs/nodes.md", {"native-nodes": table(HEAD, map(row, nodes))})
    return {TABLE: f"[\n{lines}\n]\n", path: page}


if __name__ == "__main__":
    sys.exit(main(wanted()))
