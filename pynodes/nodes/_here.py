"""Files beside a script, found from any folder."""

# ruff: noqa: PTH100, PTH118, PTH120 -- see pynodes.nodes._record for the reason
from __future__ import annotations

import os
import sys


def here(name: str | os.PathLike[str]) -> str:
    """The path of a file that lies beside the script, or the module, that calls this.

    Other names are relative to the folder in which pynodes was started.
    Raises:
        RuntimeError: what calls this is in no file.
    """
    file = sys._getframe(1).f_globals.get("__file__")  # noqa: SLF001 - whoever calls
    if not isinstance(file, str):
        raise RuntimeError("here() is for scripts and modules that are files")
    return os.path.join(os.path.dirname(os.path.abspath(file)), os.fspath(name))
