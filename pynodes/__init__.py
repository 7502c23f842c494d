"""A C host renders scenes through Python nodes on many threads; this package is its outside.

    import pynodes

    picture = pynodes.render("scene.py", threads=8)

Two worlds share the name. `pynodes.nodes` and `pynodes.scene` are imported *inside* the host and
use the standard library alone; everything else runs outside of it. Neither imports the other, so
this file imports nothing until something is asked of it.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pynodes.errors import BadValueError, CannotStartError, PynodesError
    from pynodes.library import Rendered, RenderFailedError, look, render
    from pynodes.model.record import Record
    from pynodes.model.verdict import Verdict
    from pynodes.rendering.look import Look

    __version__: str

__all__ = (
    "BadValueError",
    "CannotStartError",
    "Look",
    "PynodesError",
    "Record",
    "RenderFailedError",
    "Rendered",
    "Verdict",
    "__version__",
    "look",
    "render",
)
_OF = {
    "BadValueError": "pynodes.errors",
    "CannotStartError": "pynodes.errors",
    "Look": "pynodes.rendering.look",
    "PynodesError": "pynodes.errors",
    "Record": "pynodes.model.record",
    "RenderFailedError": "pynodes.library",
    "Rendered": "pynodes.library",
    "Verdict": "pynodes.model.verdict",
    "look": "pynodes.library",
    "render": "pynodes.library",
}


def __getattr__(name: str) -> "Any":
    if name == "__version__":
        from pynodes.host.find import package_version

        found: object = package_version() or "0"
    elif name in _OF:
        from importlib import import_module

        found = getattr(import_module(_OF[name]), name)
    else:
        raise AttributeError(f"module 'pynodes' has no attribute {name!r}")
    globals()[name] = found
    return found


def __dir__() -> "list[str]":
    return sorted({*globals(), *__all__})
