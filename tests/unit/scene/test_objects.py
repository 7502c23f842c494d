"""What a scene is made of: values in one shape, and errors that name the argument."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pynodes.nodes import NodeTree
from pynodes.scene import (
    Box,
    Camera,
    Material,
    Mesh,
    Plane,
    PointLamp,
    Scene,
    Sky,
    Sphere,
    SunLamp,
)
from pynodes.scene.objects import material_of, matrix_rows

IDENTITY = (1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1)


def moved(matrix: tuple[float, ...], point: tuple[float, float, float]) -> tuple[float, ...]:
    x, y, z = point
    rows = (matrix[0:4], matrix[4:8], matrix[8:12])
    return tuple(a * x + b * y + c * z + d for a, b, c, d in rows)


def test_object_stands_at_the_origin_by_default() -> None:
    assert matrix_rows(Sphere()) == IDENTITY


def test_object_is_scaled_then_rotated_then_moved() -> None:
    box = Box(location=(10, 20, 30), rotation=(0, 0, 90), scale=(2, 1, 1))

    assert moved(matrix_rows(box), (1, 0, 0)) == pytest.approx((10, 22, 30))


@pytest.mark.parametrize(
    ("rotation", "point", "expected"),
    [
        ((90, 0, 0), (0, 1, 0), (0, 0, 1)),
        ((0, 90, 0), (0, 0, 1), (1, 0, 0)),
        ((0, 0, 90), (1, 0, 0), (0, 1, 0)),
        ((90, 0, 90), (0, 1, 0), (0, 0, 1)),  # about x first, then about z
        ((0, 90, 90), (0, 0, 1), (0, 1, 0)),
    ],
)
def test_rotation_is_about_x_then_y_then_z(rotation: Any, point: Any, expected: Any) -> None:
    assert moved(matrix_rows(Plane(rotation=rotation)), point) == pytest.approx(expected)


def test_matrix_in_rows_or_flat() -> None:
    rows = [[1, 0, 0, 5], [0, 1, 0, 6], [0, 0, 1, 7], [0, 0, 0, 1]]
    flat = [each for row in rows for each in row]

    assert matrix_rows(Sphere(matrix=rows)) == matrix_rows(Sphere(matrix=flat)) == tuple(flat)
    assert moved(matrix_rows(Sphere(matrix=rows)), (0, 0, 0)) == (5, 6, 7)


def test_material_from_a_tree_a_colour_or_nothing() -> None:
    tree = NodeTree()

    assert material_of(Sphere(tree)).tree is tree
    assert material_of(Sphere(Material(color=(1, 0, 0)))).color == (1.0, 0.0, 0.0)
    assert material_of(Sphere()).color == (0.6, 0.6, 0.6)


def test_mesh_takes_text_or_a_path() -> None:
    assert Mesh("a.obj").path == Mesh(Path("a.obj")).path == "a.obj"


def test_camera_kinds() -> None:
    near, flat = (
        Camera.perspective((0, 0, 5), up=(0, 1, 0)),
        Camera.orthographic((1, 2, 3), width=7),
    )

    assert (near.kind, near.fov) == ("perspective", 40.0)
    assert (flat.kind, flat.width) == ("orthographic", 7.0)


def test_scene_keeps_tuples() -> None:
    scene = Scene(Camera(), [Sphere()], [SunLamp(), PointLamp((0, 0, 3))])

    assert isinstance(scene.objects, tuple)
    assert len(scene.lamps) == 2


def odd(value: Any) -> Any:
    """What no type checker would let through."""
    return value


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (lambda: Sphere(location=(1, 2)), ValueError, "Sphere: location must be 3 numbers, got 2"),
        (lambda: Sphere(location=odd(1)), TypeError, "Sphere: location must be 3 numbers, got 1"),
        (lambda: Box(rotation=odd("x")), TypeError, "Box: rotation must be 3 numbers"),
        (lambda: Box(scale=0), ValueError, "Box: scale must not be 0"),
        (lambda: Box(scale=(1, 0, 1)), ValueError, "Box: scale must not be 0"),
        (lambda: Box(scale=float("nan")), ValueError, "Box: scale .* finite"),
        (lambda: Plane(matrix=[1, 2]), ValueError, "Plane: matrix must be 16 numbers, got 2"),
        (lambda: Plane(matrix=[[1] * 4] * 3 + [[0, 0, 0, 2]]), ValueError, "last row"),
        (lambda: Plane(matrix=[[1] * 4] * 3 + [[0, 0, 0, 1]]), ValueError, "has no inverse"),
        (lambda: Plane(matrix=IDENTITY, scale=2), ValueError, "not both"),
        (
            lambda: Sphere(odd("red")),
            TypeError,
            "Sphere: material must be a Material or a NodeTree",
        ),
        (lambda: Sphere(name=odd(3)), TypeError, "Sphere: name must be text"),
        (lambda: Mesh(odd(3)), TypeError, "Mesh: path must be the name of a file, got 3"),
        (lambda: Mesh("a", smooth=odd("no")), TypeError, "Mesh: smooth must be True or False"),
        (lambda: Material(tree=odd(3)), TypeError, r"a plain colour is Material\(color="),
        (lambda: Material(NodeTree(), color=(1, 1, 1)), ValueError, "not both"),
        (lambda: Material(color=(-1, 0, 0)), ValueError, "Material: color must not be negative"),
        (lambda: Material(hardness=odd("x")), TypeError, "Material: hardness must be a number"),
        (lambda: Camera(fov=180), ValueError, "Camera: fov must be between 0 and 180, got 180"),
        (lambda: Camera(width=0), ValueError, "Camera: width must be above 0, got 0"),
        (lambda: Camera(kind="fisheye"), ValueError, "perspective or orthographic"),
        (lambda: Camera((1, 2, 3), (1, 2, 3)), ValueError, "look_at must differ from location"),
        (lambda: Camera((0, 0, 5)), ValueError, "up .* is along the view"),
        (lambda: Camera(up=(0, 0, 0)), ValueError, r"Camera: up must not be \(0, 0, 0\)"),
        (lambda: PointLamp((0, 0, 1), energy=-1), ValueError, "PointLamp: energy must be at least"),
        (lambda: PointLamp((0, 0, 1), color=(1, 1)), ValueError, "PointLamp: color"),
        (lambda: SunLamp((0, 0, 0)), ValueError, "SunLamp: direction"),
        (lambda: Sky(zenith=odd("blue")), TypeError, "Sky: zenith must be 3 numbers"),
        (lambda: Scene(odd(None)), TypeError, "Scene: camera must be a Camera, got None"),
        (lambda: Scene(Camera(), odd(Sphere())), TypeError, r"write \[Sphere\(...\)\]"),
        (
            lambda: Scene(Camera(), odd([NodeTree("a")])),
            TypeError,
            r"objects\[0\] .* got NodeTree 'a'",
        ),
        (lambda: Scene(Camera(), odd(3)), TypeError, "must be a list of Sphere, Plane, Box, Mesh"),
        (
            lambda: Scene(Camera(), lamps=odd([Sphere()])),
            TypeError,
            r"lamps\[0\] must be one of Point",
        ),
        (lambda: Scene(Camera(), sky=odd((0, 0, 0))), TypeError, "sky must be a Sky"),
        (lambda: Scene(Camera(), title=odd(3)), TypeError, "title must be text"),
    ],
)
def test_refused(make: Callable[[], Any], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        make()
