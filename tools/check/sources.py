"""Fail when a source file is in no meson.build, or a list names a file that is not there.

meson lists sources by name. A forgotten C file shows as a link error; a forgotten Python file
would only show on the machine of someone who installed the package. So: compare.

    python3 tools/check/sources.py [REPOSITORY]
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from frame import main

# folder with a meson.build, what must be listed in it
LISTED = (
    ("host", ("*.c",)),
    ("witness", ("*.c",)),
    ("pynodes", ("*.py", "*.typed", "*.json", "*.toml", "*.html", "*.css", "*.js", "*.svg")),
    ("tests/c", ("test_*.c",)),
)
# a list that C reads too, and what each of its lines names
ROWS = {
    "host/app/parts.def": "{0}/{1}.c",
    "host/fault/cases.def": "fault/case_{0}.c",
    "host/native/kinds.def": "native/kind_{0}.c",
}
ROW = re.compile(r"^PN_\w+\((.*?)\)", re.MULTILINE)
NAME = re.compile(r"^\s*'([\w./-]+\.\w+)',\s*$", re.MULTILINE)
# a layer of the host and the names of its C files
LAYER = re.compile(r"^    '(\w+)': \[([^\]]*)\]", re.MULTILINE)


def complaints(root: Path) -> Iterator[str]:
    """One line for each difference between a folder and its list."""
    for folder, patterns in LISTED:
        base = root / folder
        build = base / "meson.build"
        if not build.is_file():
            continue
        text = build.read_text(encoding="utf-8")
        listed = set(NAME.findall(text))
        listed |= set(re.findall(r"'(main\.c)'", text))
        for layer, names in LAYER.findall(text):
            listed |= {f"{layer}/{name}.c" for name in re.findall(r"'(\w+)'", names)}
        for rows, form in ROWS.items():
            if rows.startswith(f"{folder}/") and (root / rows).is_file():
                words = ROW.findall((root / rows).read_text(encoding="utf-8"))
                listed |= {form.format(*row.split(", ")) for row in words}
        present = {
            path.relative_to(base).as_posix()
            for pattern in patterns
            for path in base.rglob(pattern)
            if "__pycache__" not in path.parts
            and (path.parent == base or not (path.parent / "meson.build").is_file())
        }
        for name in sorted(present - listed):
            yield f"{folder}/{name} is not listed in {folder}/meson.build"
        for name in sorted(listed - present):
            if not (base / name).is_file():
                yield f"{folder}/meson.build lists {name}, which does not exist"


if __name__ == "__main__":
    cure = "add or remove the names above, each on a line of its own"
    sys.exit(main(complaints, "sources: every file is listed by name", cure))
