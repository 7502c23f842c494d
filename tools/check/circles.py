"""Fail when files need each other in a circle, in the host, the witness or the package.

A C unit is a name with its header and its source (`entry/gate.h`, `entry/gate.c`); what either
includes, the unit needs. A Python module needs what it imports, also inside functions; imports for
type checkers alone do not count.

    python3 tools/check/circles.py [REPOSITORY]
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from frame import includes, main

Needs = dict[str, set[str]]


def units(folder: Path, base: Path) -> Needs:
    """What each C unit in `folder` includes of the others; names are relative to `base`."""
    needs: Needs = {}
    for path in sorted(folder.rglob("*.[ch]")):
        unit = path.relative_to(base).with_suffix("").as_posix()
        found = needs.setdefault(unit, set())
        for _, kind, target in includes(path):
            if kind == '"' and (base / target).is_file():
                found.add(target.rpartition(".")[0])
        found.discard(unit)  # a source needs its own header
    return needs


def modules(package: Path) -> Needs:
    """What each module of the package imports of the others."""
    paths: dict[str, Path] = {}
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package.parent).with_suffix("").parts
        if "_source" in parts:  # what hosts are built from: a copy
            continue
        paths[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    needs: Needs = {}
    for name, path in paths.items():
        home = name if path.name == "__init__.py" else name.rpartition(".")[0]
        wanted = imports(ast.parse(path.read_text(encoding="utf-8")), home, paths)
        needs[name] = set(wanted) & paths.keys()
    return needs


def imports(tree: ast.AST, home: str, known: Mapping[str, object]) -> Iterator[str]:
    """Modules that the statements below `tree` import, for code in the package `home`."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = home.split(".")[: -node.level + 1 or None] if node.level else []
            module = ".".join([*above, *filter(None, [node.module])])
            for alias in node.names:
                whole = f"{module}.{alias.name}"
                yield whole if whole in known else module
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            for each in node.orelse:
                yield from imports(each, home, known)
        else:
            yield from imports(node, home, known)


def complaints(root: Path) -> Iterator[str]:
    """A circle of each kind of files, as `one -> other -> one`."""
    for needs in (
        units(root / "host", root / "host") | units(root / "witness", root),
        modules(root / "pynodes"),
    ):
        try:
            TopologicalSorter(needs).prepare()
        except CycleError as exc:
            way = exc.args[1][:0:-1]  # from what needs to what is needed
            first = way.index(min(way))
            yield " -> ".join([*way[first:], *way[: first + 1]])


if __name__ == "__main__":
    sys.exit(main(complaints, "circles: there are none", "hand something in, or split a file"))
