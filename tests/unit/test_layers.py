"""Imports of the package point one way, and the two worlds never meet."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import pynodes

PACKAGE = Path(pynodes.__path__[0])

# Who may import whom, outside the host. A layer may always import itself.
BELOW = {
    "errors": set(),
    "_build_info": set(),
    "options": {"errors"},
    "model": {"errors", "options"},
    "image": {"errors", "model"},
    "process": set(),
    "host": {"errors", "model", "options", "process", "_build_info"},
    "trace": {"errors", "model"},
    "doctor": {"errors", "process"},
    "pipeline": {"errors", "model", "image", "host", "trace"},
    "render": {"errors", "model", "options", "image", "host", "trace", "pipeline"},
    # event codes and menu headers are known to both worlds
    "replay": {"errors", "model", "options", "image", "host", "app", "trace", "pipeline"},
    "diagnose": {"errors", "model", "process"},
    "repro": {"errors", "model", "options", "host", "diagnose", "process", "words"},
    "machine": set(),
    "template": {"errors"},
    "store": {"errors", "model", "process"},
    "sweep": {
        "errors",
        "model",
        "options",
        "image",
        "host",
        "machine",
        "process",
        "render",
        "store",
    },
    "words": set(),
    "report": {"errors", "model", "options", "store", "sweep", "words"},
    "export": {"errors", "model", "store", "sweep", "report", "words"},
    "cli": {
        "errors",
        "model",
        "options",
        "image",
        "host",
        "doctor",
        "machine",
        "process",
        "trace",
        "render",
        "store",
        "sweep",
        "report",
        "export",
        "diagnose",
        "replay",
        "repro",
        "template",
        "app",
        "words",
        "_build_info",
    },
    "__main__": {"cli"},
    "__init__": set(),
}
# The world inside the host.
INSIDE = {
    "nodes": set(),
    "scene": {"nodes"},
    "inside": {"nodes", "scene"},
    "app": {"nodes", "scene", "inside"},
}
INSIDE_MODULES = {"_pynodes", "_pynodes_app"}


def modules() -> list[Path]:
    # what hosts are built from, and programs of their own
    apart = {"__pycache__", "_source", "_template"}
    return sorted(path for path in PACKAGE.rglob("*.py") if not apart & set(path.parts))


def layer_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[str]:
    """Every module named in an import statement, also inside functions, in full."""
    package = ["pynodes", *path.relative_to(PACKAGE).parent.parts]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(filter(None, [base, node.module]))
            if module == "pynodes":
                yield from (f"pynodes.{alias.name}" for alias in node.names)
            else:
                yield module


def ids(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


@pytest.mark.parametrize("path", modules(), ids=ids)
def test_imports_point_down(path: Path) -> None:
    layer = layer_of(path)
    allowed = BELOW.get(layer, INSIDE.get(layer))
    assert allowed is not None, f"{layer} has no place among the layers: give it one above"

    named = {name.split(".")[1] for name in imports(path) if name.startswith("pynodes.")}

    assert named <= allowed | {layer}


@pytest.mark.parametrize("path", [p for p in modules() if layer_of(p) in INSIDE], ids=ids)
def test_inside_the_host_only_the_standard_library_is_imported(path: Path) -> None:
    named = {name.split(".")[0] for name in imports(path)}

    assert named <= sys.stdlib_module_names | INSIDE_MODULES | {"pynodes"}


def test_package_itself_imports_nothing() -> None:
    assert list(imports(PACKAGE / "__init__.py")) == []
