"""What the tools in this folder share: tables in Markdown, places in docs, files that are made.

A place in a page is what stands between `<!-- MARK:begin -->` and `<!-- MARK:end -->`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""

    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"

    return "".join([line(head), "|---" * len(head) + "|\n", *map(line, rows)])


def page_with(name: str, texts: Mapping[str, str]) -> tuple[Path, str]:
    """A page, and what it must hold: these texts at their marks.

    Raises:
        ValueError: it has no such place, or several.
    """
    path = ROOT / name
    page = path.read_text(encoding="utf-8")
    for mark, new in texts.items():
        begin, end = f"<!-- {mark}:begin -->\n", f"<!-- {mark}:end -->"
        if page.count(begin) != 1 or page.count(end) != 1:
            raise ValueError(f"{name} must have one place marked {mark}")
        page = page.partition(begin)[0] + begin + new + end + page.partition(end)[2]
    return path, page


def main(wanted: Mapping[Path, str]) -> int:
    """Write the files that are not as wanted; with `--check` say which ones, and fail."""
    check = "--check" in sys.argv[1:]
    stale = [path for path, text in wanted.items() if path.read_text(encoding="utf-8") != text]
    for path in stale:
        if not check:
            path.write_text(wanted[path], encoding="utf-8")
        print(f"{path.relative_to(ROOT)} {'is stale' if check else 'written'}")
    return 1 if stale and check else 0
