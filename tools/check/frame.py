"""What all checks share: where they look, how they complain, how they end; the includes of C."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[>"]', re.MULTILINE)
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


class NotCheckedError(Exception):
    """There is nothing to check here, and that is not a mistake."""


def main(complaints: Callable[[Path], Iterable[str]], passed: str, cure: str) -> int:
    """Check the repository that is the program's argument, else this one; the exit status.

    Args:
        complaints: gives one line for each thing that is wrong in a repository.
        passed, cure: what is said when there is none, and what to do about some.
    """
    root = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else ROOT
    try:
        found = list(complaints(root))
    except NotCheckedError as exc:
        print(f"not checked, {exc}")
        return 0
    print("\n".join(found) or passed)
    if found:
        print(f"{len(found)} found: {cure}", file=sys.stderr)
    return bool(found)


def includes(path: Path) -> Iterator[tuple[int, str, str]]:
    """Line, `<` or `"`, and target of each include of a C file that is not in a comment."""
    text = path.read_text(encoding="utf-8")
    text = COMMENT.sub(lambda found: "\n" * found.group().count("\n"), text)
    for found in INCLUDE.finditer(text):
        yield text.count("\n", 0, found.start(2)) + 1, found[1], found[2]
