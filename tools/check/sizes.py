"""Fail when a file is longer than 500 lines, or a function than 60.

    python3 tools/check/sizes.py [REPOSITORY]

C, C++ and Python are looked at, tests included; data is not, nor what a tool of ours wrote (a first
line with "written by tools/"). A function counts from its first line to its last, decorators and
comments above it left out; in C its braces stand where `dev.py format` puts them. What has to be
longer says why in a comment on the line above, a file in one of its first lines:

    # long: one line a case reads better than five tables
    /* long: one line a case reads better than five tables */
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from frame import main

FILE_LINES = 500
FUNCTION_LINES = 60
HEAD_LINES = 5  # where a file says why it is long

# Not ours to judge: builds, environments, caches, what git and editors keep.
APART = frozenset({"build", "__pycache__", "_source"})

REASON = re.compile(r"^\s*(?:#|//|/?\*)\s*long: \w")
WRITTEN = re.compile(r"\bwritten by tools/")
C_NAME = re.compile(r"(~?\w+)\(")

Function = tuple[str, int, int]  # name, its first line, its last, from 1


def sources(root: Path) -> Iterator[Path]:
    """Every file that is looked at, in order."""
    for path in sorted(root.rglob("*")):
        parts = path.relative_to(root).parts
        is_apart = any(part in APART or part.startswith(".") for part in parts)
        if path.suffix in (".c", ".h", ".cpp", ".py") and not is_apart:
            yield path


def python_functions(text: str) -> Iterator[Function]:
    """Functions and methods, nested ones as well; decorators count as lines above."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, node.lineno, node.end_lineno or node.lineno


def c_functions(lines: Sequence[str]) -> Iterator[Function]:
    """Outermost blocks whose `{` has a line of its own; that is how functions are formatted."""
    at = 0
    while at < len(lines):
        opened = re.fullmatch(r"( *)\{", lines[at])
        if opened is None:
            at += 1
            continue
        last = next(i for i in range(at, len(lines)) if lines[i].startswith(opened[1] + "}"))
        first = at
        while first > 0 and not re.search(r"(^|[;}{:]|\*/)\s*$|^\s*//|^#", lines[first - 1]):
            first -= 1
        name = C_NAME.search(" ".join(lines[first:at]))
        yield (name[1] if name else "?"), first + 1, last + 1
        at = last + 1


def has_reason(lines: Sequence[str], first: int) -> bool:
    """Whether the comment or the decorators above line `first` hold a reason."""
    at = first - 2
    while at >= 0 and re.match(r"\s*(?:#|//|/?\*|@)", lines[at]):
        if REASON.match(lines[at]):
            return True
        at -= 1
    return False


def complaints(root: Path) -> Iterator[str]:
    """One line for each file and function that is too long and does not say why."""
    for path in sources(root):
        text = path.read_text(encoding="utf-8")
        lines = text.splitlines()
        if lines and WRITTEN.search(lines[0]):
            continue
        name = path.relative_to(root).as_posix()
        if len(lines) > FILE_LINES and not any(map(REASON.match, lines[:HEAD_LINES])):
            yield f"{name}: {len(lines)} lines, {FILE_LINES} at most"
        found = python_functions(text) if path.suffix == ".py" else c_functions(lines)
        for function, first, last in found:
            length = last - first + 1
            if length > FUNCTION_LINES and not has_reason(lines, first):
                yield f"{name}:{first}: {function} has {length} lines, {FUNCTION_LINES} at most"


if __name__ == "__main__":
    passed = f"sizes: no file over {FILE_LINES} lines, no function over {FUNCTION_LINES}"
    sys.exit(main(complaints, passed, "split by idea, or say `long: why` above"))
