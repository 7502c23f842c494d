"""What the host calls for the application: make scripts importable by name."""

# ruff: noqa: PTH120 -- see pynodes.nodes._record for the reason
from __future__ import annotations

import os
import sys

import _pynodes_app as _host  # type: ignore[import-not-found]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType


class TextLoader:
    """Loads a module from the source that the application has of a script."""

    def __init__(self, path: str, source: bytes) -> None:
        self.path = path
        self.source = source

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        module.__file__ = self.path
        exec(compile(self.source, self.path, "exec", dont_inherit=True), vars(module))


class TextFinder:
    """Finds scripts of the application by name; they go before files of the same name."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if path is not None:
            return None
        found = _host.text_source(f"{name}.py")
        if found is None:
            return None
        from importlib.machinery import ModuleSpec

        return ModuleSpec(name, TextLoader(*found), origin=found[0])  # type: ignore[arg-type]


def begin() -> None:
    """Once, when the application starts."""
    if not any(isinstance(finder, TextFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, TextFinder())


def add_folder(path: str) -> None:
    """Let scripts import what lies next to them."""
    folder = os.path.dirname(path)
    if folder not in sys.path:
        sys.path.insert(0, folder)
