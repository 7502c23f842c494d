"""The revision of the project that a scene belongs to."""

from __future__ import annotations

import subprocess
from pathlib import Path


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
