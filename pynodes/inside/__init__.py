"""What the C host calls: load a script, build its scene, make nodes, explain what went wrong.

All functions are called attached. They keep no state between calls: what one call learns goes into
its result, which the host passes to the next one, so that threads can work side by side.
"""

from __future__ import annotations

from pynodes.inside.debugger import debugged
from pynodes.inside.leftovers import leftover
from pynodes.inside.node_instances import instances
from pynodes.inside.problems import ScriptError, explain
from pynodes.inside.script import Built, Loaded, build, load, unload

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pynodes.compile.cache import Outcome

__all__ = [
    "Built",
    "Loaded",
    "ScriptError",
    "build",
    "compiled",
    "debugged",
    "describe",
    "explain",
    "instances",
    "leftover",
    "load",
    "unload",
]


def compiled(built: Built, keep: str, is_live: bool, is_fast: bool) -> list[Outcome]:
    """Compile the scene's nodes: see `pynodes.inside.compiling`."""
    from pynodes.inside import compiling

    return compiling.compiled(built, keep, is_live, is_fast)


def describe(path: str | None) -> str:
    """All nodes as JSON: the library's, the host's, and those a script defines."""
    from pynodes.inside import description

    return description.describe(path)
