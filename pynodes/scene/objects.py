"""The objects a scene is made of.

Each is a unit shape in its own space, placed by `location`, `rotation` (degrees about x, then y,
then z) and `scale`, or by a whole `matrix`.
"""

from __future__ import annotations

import os

from pynodes.nodes._names import article
from pynodes.nodes._record import FrozenValue
from pynodes.scene._check import flag, text, vector
from pynodes.scene.material import Material, as_material
from pynodes.scene.transform import compose, matrix_of, scale_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, ClassVar

    from pynodes.nodes.tree import NodeTree
    from pynodes.scene._check import Vec3, Vector
    from pynodes.scene.transform import Matrix

    Rows = Sequence[float] | Sequence[Sequence[float]]

_NOWHERE = (0.0, 0.0, 0.0)


_PLACED = ("location", "rotation", "scale", "matrix", "name")


class Placed(FrozenValue):
    """What all objects share: where they stand, and a name for messages and for scripts."""

    _fields: ClassVar[tuple[str, ...]] = _PLACED
    __slots__ = _PLACED
    location: Vector
    rotation: Vector
    scale: float | Vector
    matrix: Rows | None
    name: str

    def _placed(
        self, location: Any, rotation: Any, scale: Any, matrix: Any, name: Any
    ) -> tuple[Vec3, Vec3, Vec3, Matrix, str]:
        """The fields that all objects have, checked, each in one shape."""
        kind = type(self).__name__
        place = vector(location, f"{kind}: location")
        turn = vector(rotation, f"{kind}: rotation")
        size = scale_of(scale, f"{kind}: scale")
        if matrix is None:
            rows = compose(place, turn, size)
        elif (place, turn, size) != (_NOWHERE, _NOWHERE, (1.0, 1.0, 1.0)):
            raise ValueError(f"{kind}: give a matrix, or location, rotation and scale, not both")
        else:
            rows = matrix_of(matrix, f"{kind}: matrix")
        return place, turn, size, rows, text(name, f"{kind}: name")


class UnitShape(Placed):
    """A shape that is known in full: where it stands, and what it is made of."""

    _fields = (*_PLACED, "material")
    __slots__ = __match_args__ = ("material",)
    material: Material | NodeTree | None

    def __init_subclass__(cls, init: bool = True) -> None:
        """Let Python's own errors about arguments name the class that the author wrote.

        `init` is for type checkers: False, the constructor is the one above.
        """
        if cls.__bases__ != (UnitShape,):  # an author's own, of one of those below
            return
        shared: Any = UnitShape.__init__
        code = shared.__code__.replace(co_qualname=f"{cls.__qualname__}.__init__")
        own = type(shared)(code, shared.__globals__, "__init__", shared.__defaults__)
        own.__kwdefaults__ = shared.__kwdefaults__
        own.__annotations__ = shared.__annotations__
        cls.__init__ = own  # type: ignore[method-assign]

    def __init__(
        self,
        material: Material | NodeTree | None = None,
        *,
        location: Vector = _NOWHERE,
        rotation: Vector = _NOWHERE,
        scale: float | Vector = 1.0,
        matrix: Rows | None = None,
        name: str = "",
    ) -> None:
        placed = self._placed(location, rotation, scale, matrix, name)
        self._fill(*placed, as_material(material, f"{type(self).__name__}: material"))


class Sphere(UnitShape, init=False):
    """A ball of radius 1 around the origin; uv is longitude and latitude."""

    __slots__ = ()


class Plane(UnitShape, init=False):
    """A square at z = 0, from -1 to 1 in x and y; uv runs from 0 to 1 over it."""

    __slots__ = ()


class Box(UnitShape, init=False):
    """A cube from -1 to 1 on each axis; uv runs from 0 to 1 over each face."""

    __slots__ = ()


class Mesh(Placed):
    """Triangles and polygons from a Wavefront OBJ file.

    Args:
        path: relative to the folder of the scene script.
        smooth: interpolate normals over the faces.
    """

    _fields = (*_PLACED, "path", "material", "smooth")
    __slots__ = __match_args__ = ("path", "material", "smooth")
    path: str | os.PathLike[str]
    material: Material | NodeTree | None
    smooth: bool

    def __init__(
        self,
        path: str | os.PathLike[str],
        material: Material | NodeTree | None = None,
        smooth: bool = True,
        *,
        location: Vector = _NOWHERE,
        rotation: Vector = _NOWHERE,
        scale: float | Vector = 1.0,
        matrix: Rows | None = None,
        name: str = "",
    ) -> None:
        if not isinstance(path, str | os.PathLike) or not os.fspath(path):
            raise TypeError(f"Mesh: path must be the name of a file, got {article(path)}")
        path = os.fspath(path)
        smooth = flag(smooth, "Mesh: smooth")
        placed = self._placed(location, rotation, scale, matrix, name)
        self._fill(*placed, path, as_material(material, f"{type(self).__name__}: material"), smooth)


Shape = Sphere | Plane | Box | Mesh


def material_of(shape: Shape) -> Material:
    """The material as the constructor left it."""
    return as_material(shape.material, "material")


def matrix_rows(shape: Shape) -> Matrix:
    """The matrix as the constructor left it: 16 numbers."""
    return matrix_of(shape.matrix, "matrix")
