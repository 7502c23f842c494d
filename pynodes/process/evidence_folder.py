"""Where evidence is kept: folders under `pynodes-runs`."""

from __future__ import annotations

import os
import secrets
import tempfile
import time
from pathlib import Path

RUNS = "pynodes-runs"


def new_folder(name: str) -> Path:
    """A folder that does not exist yet, under `pynodes-runs` here or in the temporary folder."""
    root = Path(RUNS)
    if not os.access(root if root.exists() else Path(), os.W_OK):
        root = Path(tempfile.gettempdir()) / RUNS
    return root / f"{time.strftime('%Y%m%d-%H%M%S')}-{name}-{secrets.token_hex(2)}"
