"""What was measured: the files of a scene, as far as imports say, and the project's revision."""

from __future__ import annotations

import ast
import hashlib
import subprocess
from collections.abc import Iterator
from pathlib import Path


def sources(scene: Path) -> list[Path]:
    """The script and all that it imports from its folder, directly or not, sorted.

    What is imported by a computed name, or read as data, is not found: a sweep also renders its
    reference again at each start and notices when the picture changed.
    """
    root = scene.parent
    found: dict[Path, None] = {}
    waiting = [scene]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found[path] = None
        for name in _imported(path):
            parts = name.split(".")
            for end in range(1, len(parts) + 1):
                base = root.joinpath(*parts[:end])
                for candidate in (base.with_suffix(".py"), base / "__init__.py"):
                    if candidate.is_file():
                        waiting.append(candidate)
    return sorted(found)


def digest(scene: Path) -> str:
    """A checksum over names and contents of the sources."""
    total = hashlib.sha256()
    for path in sources(scene):
        total.update(path.name.encode("utf-8", "surrogateescape") + b"\0")
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()[:16]


def _imported(path: Path) -> Iterator[str]:
    """Modules named by import statements; a file that is not Python imports nothing."""
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def revision(folder: Path) -> str | None:
    """`git describe` of the folder's project, with `-dirty` for changes; None without git."""
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), "describe", "--always", "--dirty", "--abbrev=12"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=5.0,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None
