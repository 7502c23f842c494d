"""Modules of the standard library that others import and hardly ever use: loaded when they are.

`inspect` takes click longer to load than a small picture takes to render.
"""

from __future__ import annotations

import sys
from threading import Lock
from types import ModuleType
from typing import Any

NAMES = ("inspect", "ipaddress", "locale", "platform")
_lock = Lock()  # held while nothing is imported


class _Later(ModuleType):
    """Stands for a module until something of it is asked for, and passes on what is."""

    def __getattr__(self, name: str) -> Any:
        with _lock:
            if sys.modules.get(self.__name__) is self:
                del sys.modules[self.__name__]
        from importlib import import_module

        return getattr(import_module(self.__name__), name)


def load_later() -> None:
    """From now on who imports one of `NAMES` loads it with its first use, if nobody has before."""
    for name in NAMES:
        sys.modules.setdefault(name, _Later(name))
