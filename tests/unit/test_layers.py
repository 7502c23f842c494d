"""Imports of the package point one way, and the two worlds never meet."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import pynodes

PACKAGE = Path(pynodes.__path__[0])

ARCHITECTURE = Path(__file__).resolve().parents[2] / "docs" / "architecture.md"
ROW = re.compile(r"^\| \[pynodes/([\w\\]+)(?:\.py)?\]\([^)]*\) \| .* \|(.*)\|$", re.MULTILINE)

# Who may import what, as the docs have it. A layer may always import itself.
ROWS = ROW.findall(ARCHITECTURE.read_text(encoding="utf-8"))
TABLE = {name.replace("\\", ""): cell.strip() for name, cell in ROWS}
BELOW = {name: set(re.findall(r"`(\w+)`", cell)) for name, cell in TABLE.items()}
BELOW |= {"_build_info": set()}
# The world inside the host.
INSIDE = {name for name, cell in TABLE.items() if cell.startswith("the standard library")}
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
    assert layer in BELOW, f"{layer} has no row in docs/architecture.md"

    named = {name.split(".")[1] for name in imports(path) if name.startswith("pynodes.")}

    assert named <= BELOW[layer] | {layer}


@pytest.mark.parametrize("path", [p for p in modules() if layer_of(p) in INSIDE], ids=ids)
def test_inside_the_host_only_the_standard_library_is_imported(path: Path) -> None:
    named = {name.split(".")[0] for name in imports(path)}

    assert named <= sys.stdlib_module_names | INSIDE_MODULES | {"pynodes"}


def test_package_itself_imports_nothing() -> None:
    """The host imports it once per interpreter."""
    code = "import sys; before = {*sys.modules}; import pynodes; print({*sys.modules} - before)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "{'pynodes'}\n"
