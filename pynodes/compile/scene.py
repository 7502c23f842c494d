"""What nodes ask of the scene: the same in all calls of a frame, unless scripts change it."""

from __future__ import annotations

import sys

from pynodes.compile.refusal import refused
from pynodes.compile.values import FLOAT, Fixed, Many, Scalar

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ast
    from typing import Any

    from pynodes.compile.values import Value

_MATRIX = 16  # numbers


class Asked:
    """An object of the scene."""

    def __init__(self, name: str) -> None:
        self.name = name


class Scene:
    """The look-ups of one source, each once: names of objects whose matrix is wanted."""

    def __init__(self, is_live: bool) -> None:
        self._is_live = is_live
        self.objects: list[str] = []

    def called(self, thing: Any, node: ast.AST, args: list[Value]) -> Value | None:
        """`app.object(NAME)`; None for any other function."""
        app = sys.modules.get("pynodes.app")
        if app is None or thing is not getattr(app, "object", None):
            return None
        if self._is_live:
            raise refused(node, "what it asks of the live scene changes")
        name = args[0].object if len(args) == 1 and isinstance(args[0], Fixed) else None
        if type(name) is not str:
            raise refused(node, "app.object with a name that changes is not compiled")
        return Fixed(Asked(name))

    def attribute(self, thing: Any, name: str) -> Value | None:
        """`.matrix` of an object; None for all else."""
        if not isinstance(thing, Asked) or name != "matrix":
            return None
        if thing.name not in self.objects:
            self.objects.append(thing.name)
        first = self.objects.index(thing.name) * _MATRIX
        codes = [f"a->looked_up[{first + k}]" for k in range(_MATRIX)]
        return Many(
            [
                Many([Scalar(FLOAT, code) for code in codes[row : row + 4]])
                for row in range(0, _MATRIX, 4)
            ]
        )
