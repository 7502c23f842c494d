"""Fail when files need each other in a circle, in the host, the witness or the package.

A C unit is a name with its header and its source (`entry/gate.h`, `entry/gate.c`); what either
includes, the unit needs. A Python module needs what it imports, also inside functions; imports for
type checkers alone do not count.

    python3 tools/check/circles.py [REPOSITORY]
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)

Needs = dict[str, set[str]]


def units(folder: Path, base: Path) -> Needs:
    """What each C unit in `folder` includes of the others; names are relative to `base`."""
    needs: Needs = {}
    for path in sorted(folder.rglob("*.[ch]")):
        unit = path.relative_to(base).with_suffix("").as_posix()
        found = needs.setdefault(unit, set())
        for target in INCLUDE.findall(path.read_text(encoding="utf-8")):
            if (base / target).is_file():
                found.add(target.rpartition(".")[0])
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


def path_between(needs: Needs, start: str, end: str) -> list[str]:
    """The shortest way from one to the other, both included; empty when there is none."""
    before = {start: ""}
    row = [start]
    while row and end not in before:
        after = []
        for name in row:
            for other in sorted(needs.get(name, ())):
                if other not in before:
                    before[other] = name
                    after.append(other)
        row = after
    if end not in before:
        return []
    way = [end]
    while way[-1] != start:
        way.append(before[way[-1]])
    return way[::-1]


def circles(needs: Needs) -> Iterator[list[str]]:
    """A shortest circle for each file that lies on one and on no circle that was given before."""
    told: set[str] = set()
    for name in sorted(needs):
        if name in told:
            continue
        ways = [path_between(needs, other, name) for other in sorted(needs[name] - {name})]
        found = min((way for way in ways if way), key=len, default=None)
        if found is not None:
            told.update(found)
            yield [name, *found]


def main() -> int:
    root = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else ROOT
    sources = units(root / "host", root / "host") | units(root / "witness", root)
    package = modules(root / "pynodes")
    found = [*circles(sources), *circles(package)]
    for way in found:
        print(" -> ".join(way))
    if found:
        print(f"{len(found)} circles: hand something in, or split a file", file=sys.stderr)
        return 1
    print(f"circles: none in {len(sources)} C units and {len(package)} modules")
    return 0


if __name__ == "__main__":
    sys.exit(main())
