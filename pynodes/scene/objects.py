"""The objects a scene is made of.

Each is a unit shape in its own space, placed by `location`, `rotation` (degrees about x, then y,
then z) and `scale`, or by a whole `matrix`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from pynodes.nodes._names import article
from pynodes.nodes.tree import NodeTree
from pynodes.scene._check import Vector, flag, text, vector
from pynodes.scene.material import Material, as_material
from pynodes.scene.transform import Matrix, compose, matrix_of, scale_of

_NOWHERE = (0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """What all objects share: where they stand, and a name for messages."""

    location: Vector = _NOWHERE
    rotation: Vector = _NOWHERE
    scale: float | Vector = 1.0
    matrix: Sequence[float] | Sequence[Sequence[float]] | None = None
    name: str = ""


def _place(shape: Placed, material: object) -> None:
    """Check the fields of Placed and the material, and put them in one shape."""
    kind = type(shape).__name__
    set_ = object.__setattr__
    location = vector(shape.location, f"{kind}: location")
    rotation = vector(shape.rotation, f"{kind}: rotation")
    scale = scale_of(shape.scale, f"{kind}: scale")
    if shape.matrix is None:
        matrix = compose(location, rotation, scale)
    elif (location, rotation, scale) != (_NOWHERE, _NOWHERE, (1.0, 1.0, 1.0)):
        raise ValueError(f"{kind}: give a matrix, or location, rotation and scale, not both")
    else:
        matrix = matrix_of(shape.matrix, f"{kind}: matrix")
    set_(shape, "location", location)
    set_(shape, "rotation", rotation)
    set_(shape, "scale", scale)
    set_(shape, "matrix", matrix)
    set_(shape, "name", text(shape.name, f"{kind}: name"))
    set_(shape, "material", as_material(material, f"{kind}: material"))


@dataclass(frozen=True, slots=True)
class Sphere(Placed):
    """A ball of radius 1 around the origin; uv is longitude and latitude."""

    material: Material | NodeTree | None = None

    def __post_init__(self) -> None:
        _place(self, self.material)


@dataclass(frozen=True, slots=True)
class Plane(Placed):
    """A square at z = 0, from -1 to 1 in x and y; uv runs from 0 to 1 over it."""

    material: Material | NodeTree | None = None

    def __post_init__(self) -> None:
        _place(self, self.material)


@dataclass(frozen=True, slots=True)
class Box(Placed):
    """A cube from -1 to 1 on each axis; uv runs from 0 to 1 over each face."""

    material: Material | NodeTree | None = None

    def __post_init__(self) -> None:
        _place(self, self.material)


@dataclass(frozen=True, slots=True)
class Mesh(Placed):
    """Triangles and polygons from a Wavefront OBJ file.

    Args:
        path: relative to the folder of the scene script.
        smooth: interpolate normals over the faces.
    """

    path: str | os.PathLike[str]
    material: Material | NodeTree | None = None
    smooth: bool = True

    def __post_init__(self) -> None:
        if not isinstance(self.path, str | os.PathLike) or not os.fspath(self.path):
            raise TypeError(f"Mesh: path must be the name of a file, got {article(self.path)}")
        object.__setattr__(self, "path", os.fspath(self.path))
        object.__setattr__(self, "smooth", flag(self.smooth, "Mesh: smooth"))
        _place(self, self.material)


Shape = Sphere | Plane | Box | Mesh


def material_of(shape: Shape) -> Material:
    """The material as the constructor left it."""
    return as_material(shape.material, "material")


def matrix_rows(shape: Shape) -> Matrix:
    """The matrix as the constructor left it: 16 numbers."""
    return matrix_of(shape.matrix, "matrix")
