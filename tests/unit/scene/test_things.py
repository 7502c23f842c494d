"""The things of a scene: their names, their channels, and calls with other numbers."""

from __future__ import annotations

import pytest

from pynodes.nodes import Node, NodeTree, Socket
from pynodes.scene import Camera, Material, Plane, PointLamp, Scene, Sphere, SunLamp
from pynodes.scene.emit import emit
from pynodes.scene.things import Thing, patched, things


class Dot(Node):
    def __init__(self, sockets: object) -> None:
        sockets.input = [Socket("Coords", (1, 2, 3)), Socket("Size", 0.5)]  # type: ignore[attr-defined]
        sockets.output = [Socket("Color", (0, 0, 0, 1))]  # type: ignore[attr-defined]

    def __call__(self) -> None: ...


def make() -> Scene:
    tree = NodeTree("dots")
    dot = tree.add(Dot, Size=2)
    tree.link(dot.out.Color, tree.surface)
    other = NodeTree("dots")
    other.link(other.add(Dot).out.Color, other.surface)
    return Scene(
        Camera(),
        [
            Sphere(tree, name="Ball"),
            Sphere(Material(other, name="Second"), name="Ball", location=(1, 2, 3)),
            Plane(tree),
        ],
        [PointLamp((1, 1, 1)), SunLamp(name="Sun")],
    )


def named(found: list[Thing], kind: str) -> list[str]:
    return [thing.name for thing in found if thing.kind == kind]


def test_names_are_unique_among_a_kind_and_made_up_where_none_is_given() -> None:
    scene = make()

    found = things(scene, emit(scene))

    assert named(found, "object") == ["Ball", "Ball 2", "Plane 3"]
    assert named(found, "lamp") == ["PointLamp 1", "Sun"]
    assert named(found, "material") == ["dots", "Second"]
    assert [each.kind for each in found if each.kind in ("scene", "camera", "world")] == [
        "scene",
        "camera",
        "world",
    ]


def test_channels_of_a_material_are_its_unlinked_inputs() -> None:
    scene = make()

    listed = {each.name: each.listed() for each in things(scene, emit(scene))}

    assert list(listed["dots"][3]) == [("Dot.Coords", (1, 2, 3)), ("Dot.Size", (2.0,))]
    assert dict(listed["Sun"][3])["shadow"] == (1.0,)
    assert [name for name, _ in listed["Ball"][3]] == ["location", "rotation", "scale", "matrix"]


def test_patched_calls_have_the_other_numbers_and_nothing_else() -> None:
    scene = make()
    emission = emit(scene)
    found = things(scene, emission)
    matrix = (2.0, *emission.calls[-4][2][1:])
    changes = {
        ("object", "Ball 2"): {"matrix": matrix, "location": (9.0, 9.0, 9.0)},
        ("material", "dots"): {"Dot.Size": (7.0,)},
        ("lamp", "Sun"): {"energy": (4.0,)},
        ("camera", "Camera"): {"fov": (60.0,)},
    }

    new = patched(emission.calls, found, changes)

    differing = [(old, now) for old, now in zip(emission.calls, new, strict=True) if old != now]
    assert [old[0] for old, _ in differing] == ["camera", "set_input", "sphere", "lamp"]
    assert differing[0][1][5] == 60.0
    assert differing[1][1][4] == (7.0,)
    assert differing[3][1][5] == 4.0


def test_light_that_became_negative_is_refused() -> None:
    scene = make()
    emission = emit(scene)

    with pytest.raises(ValueError, match="lamp 'Sun': energy must not be negative, got -1"):
        patched(emission.calls, things(scene, emission), {("lamp", "Sun"): {"energy": (-1.0,)}})


def test_input_that_no_call_sets_gets_a_call_of_its_own() -> None:
    scene = make()
    emission = emit(scene)
    found = things(scene, emission)

    new = patched(emission.calls, found, {("material", "Second"): {"Dot.Size": (3.0,)}})

    assert new[: len(emission.calls)] == emission.calls
    assert new[len(emission.calls) :] == (("set_input", 1, 0, 1, (3.0,)),)


def test_deleted_things_leave_no_call() -> None:
    scene = make()
    emission = emit(scene)

    gone = {("object", "Ball"): None, ("lamp", "Sun"): None}
    new = patched(emission.calls, things(scene, emission), gone)

    assert len(new) == len(emission.calls) - 2
    assert [call[0] for call in new[-3:]] == ["sphere", "plane", "lamp"]
