"""A scene as calls for the host's builder."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pynodes.nodes import NodeTree, Ripples, Tilings, native
from pynodes.scene import Box, Camera, Material, Mesh, Plane, PointLamp, Scene, Sphere, SunLamp
from pynodes.scene.emit import Emission, canonical, digest, emit, replay


def named(emission: Emission, name: str) -> list[tuple[Any, ...]]:
    return [call[1:] for call in emission.calls if call[0] == name]


def tiled(name: str = "tiles") -> NodeTree:
    tree = NodeTree(name)
    tree.link(tree.add(Tilings).out.Color, tree.surface)
    return tree


def test_tree_shared_by_objects_is_emitted_once() -> None:
    tree = tiled()
    red = Material(color=(1, 0, 0))

    emission = emit(Scene(Camera(), [Sphere(tree), Box(red), Plane(tree), Sphere(red)]))

    assert named(emission, "tree") == [("tiles",), ("material",)]
    numbers = [call[-1] for call in emission.calls if call[0] in ("sphere", "box", "plane")]
    assert numbers == [0, 1, 0, 1]


def test_python_nodes_are_numbered_over_all_trees() -> None:
    two = tiled("two")
    two.add(Ripples)

    emission = emit(Scene(Camera(), [Sphere(tiled()), Sphere(two)]))

    assert [call[:3] for call in named(emission, "python_node")] == [
        (0, "Tilings", 0),
        (1, "Tilings", 1),
        (1, "Ripples", 2),
    ]
    assert [recipe.cls for recipe in emission.recipes] == [Tilings, Tilings, Ripples]


def test_colour_material_becomes_a_lit_surface() -> None:
    material = Material(color=(1, 0.5, 0), specular=0.5, hardness=20)

    emission = emit(Scene(Camera(), [Sphere(material)]))

    assert named(emission, "native_node") == [(0, "LitSurface", "LitSurface", {})]
    assert named(emission, "set_input") == [
        (0, 0, 0, (1.0, 0.5, 0.0, 1.0)),
        (0, 0, 1, (0.5, 0.5, 0.5, 1.0)),
        (0, 0, 2, (20.0,)),
    ]


def test_only_given_parameters_and_values_are_emitted() -> None:
    tree = NodeTree("t")
    mix = tree.add(native.Mix, blend="add", Factor=1)
    tree.link(mix.out.Color, tree.surface)

    emission = emit(Scene(Camera(), [Sphere(tree)]))

    assert named(emission, "native_node") == [(0, "Mix", "Mix", {"blend": "add"})]
    assert named(emission, "set_input") == [(0, 0, 0, (1.0,))]


def test_lamps_and_camera() -> None:
    camera = Camera.orthographic((0, -5, 0), width=3)
    lamps: list[PointLamp | SunLamp] = [
        PointLamp((1, 2, 3), energy=4),
        SunLamp((0, 0, -1), shadow=False),
    ]

    emission = emit(Scene(camera, [], lamps))

    assert named(emission, "camera")[0][0] == "orthographic"
    assert named(emission, "camera")[0][-1] == 3.0
    assert [(call[0], call[4], call[5]) for call in named(emission, "lamp")] == [
        ("point", 4.0, True),
        ("sun", 1.0, False),
    ]


def test_tree_without_surface_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing is linked to the surface of tree 'bare'"):
        emit(Scene(Camera(), [Sphere(NodeTree("bare"))]))


class Numbers:
    """A builder that numbers as it is bidden."""

    def __init__(self, start: int = 0) -> None:
        self.start = start
        self.meshes: list[Any] = []

    def __getattr__(self, name: str) -> Any:
        if name == "mesh":
            return lambda *arguments: self.meshes.append(arguments)
        return lambda *arguments: self.start


def test_replay_finds_meshes_beside_the_script(tmp_path: Path) -> None:
    (tmp_path / "a.obj").touch()
    builder = Numbers()

    replay(emit(Scene(Camera(), [Mesh("a.obj")])), builder, tmp_path)

    assert builder.meshes[0][:3] == ("Mesh 1", str(tmp_path / "a.obj"), True)


def test_replay_refuses_what_is_no_file(tmp_path: Path) -> None:
    scene = Scene(Camera(), [Mesh(tmp_path, name="dir")])

    with pytest.raises(ValueError, match=r"mesh 'dir': .* is not a file"):
        replay(emit(scene), Numbers(), tmp_path)


def test_replay_notices_other_numbers(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"the host numbered tree .* 7, not 0"):
        replay(emit(Scene(Camera(), [Sphere()])), Numbers(7), tmp_path)


def test_digest_sees_options_values_and_places() -> None:
    def of(scale: float = 1.0, at: float = 0.0, points: Any = ((0, 0, 0),)) -> str:
        tree = NodeTree("t")
        tree.add(Ripples, points=points)
        tree.link(tree.add(Tilings, Scale=scale).out.Color, tree.surface)
        return digest(emit(Scene(Camera(), [Sphere(tree, location=(at, 0, 0))])), "m")

    assert of() == of()
    assert len({of(), of(scale=2), of(at=1), of(points=((0, 0, 1),))}) == 4


class Word(enum.StrEnum):
    A = "a"


@dataclass
class Pair:
    left: int
    right: object


@pytest.mark.parametrize(
    ("thing", "text"),
    [
        (None, "None"),
        (-0.0, "-0.0"),
        (1, "1"),
        (True, "True"),
        ((1, [2, "x"]), "(1, (2, 'x'))"),
        ({"b": 1, "a": 2}, "{'b': 1, 'a': 2}"),
        ({3, 1, 2}, "{1, 2, 3}"),
        (Word.A, "script:Word.A"),
        (Pair(1, None), "script:Pair(1, None)"),
        (Pair, "script:Pair"),
        (Path("a"), "'a'"),
        (object(), "builtins:object"),
        (len, "builtins:builtin_function_or_method len"),
    ],
)
def test_canonical_text_has_no_addresses(thing: Any, text: str) -> None:
    assert canonical(thing, __name__) == text
