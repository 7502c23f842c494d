"""The host's module, or outside of a host something that says so when it is used.

So the modules of this package can be imported anywhere: by the command line for what is plain
Python in them, by tools that read docstrings, by tests.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

try:
    import _pynodes_app as _module  # type: ignore[import-not-found]
except ImportError:

    class _Nobody:
        def __getattr__(self, name: str) -> Any:
            raise RuntimeError(
                "pynodes.app works in the scripts that a host runs: use `pynodes run`,"
                " `pynodes replay` or `pynodes render --script`"
            )

    _module = _Nobody()

host: Any = _module
