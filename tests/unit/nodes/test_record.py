"""Records behave as frozen dataclasses do, which they stand in for."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
import sys
from typing import Any

import pytest

from pynodes.nodes._record import FrozenValue
from pynodes.scene import Camera, Material, Mesh, PointLamp, Scene, Sphere


class Spot(FrozenValue):
    _fields = __slots__ = __match_args__ = ("x", "y")
    x: float
    y: float

    def __init__(self, x: float, y: float = 2.0) -> None:
        self._fill(x, y)


@dataclasses.dataclass(frozen=True, slots=True)
class Like:
    x: float
    y: float = 2.0


class Plain(FrozenValue):
    _fields = __slots__ = __match_args__ = ("x", "y")
    x: float
    y: float


class Open(Spot):
    """An author's own, with a dictionary."""


def test_record_shows_and_compares_itself() -> None:
    assert repr(Spot(1.0)) == repr(Like(1.0)).replace("Like", "Spot")
    assert Spot(1.0) == Spot(1.0, 2.0) != Spot(2.0)
    assert Spot(1.0) != Open(1.0, 2.0)
    assert hash(Spot(1.0)) == hash(Spot(1.0)) == hash(Like(1.0))


def test_record_without_an_init_takes_its_fields_by_place_and_name() -> None:
    assert Plain(1.0, 2.0) == Plain(1.0, y=2.0) == Plain(y=2.0, x=1.0)
    for values, named in (((1.0,), {}), ((1.0, 2.0, 3.0), {}), ((1.0,), {"x": 2.0})):
        with pytest.raises(TypeError, match="Plain takes x, y"):
            Plain(*values, **named)


@pytest.mark.parametrize(
    ("made", "name"), [(Spot(1.0), "x"), (Spot(1.0), "z"), (Like(1.0), "x"), (Open(1.0, 2.0), "x")]
)
def test_record_cannot_be_changed(made: object, name: str) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError, match=f"cannot assign to field '{name}'"):
        setattr(made, name, 3)
    with pytest.raises(dataclasses.FrozenInstanceError, match=f"cannot delete field '{name}'"):
        delattr(made, name)


def test_subclass_of_a_record_may_keep_more() -> None:
    made: Any = Open(1.0, 2.0)
    made.z = 3

    assert vars(made) == {"z": 3}
    del made.z
    assert vars(made) == {}


def test_record_is_copied_replaced_and_taken_apart() -> None:
    lamp = PointLamp((1, 2, 3), energy=4)

    assert copy.copy(lamp) == copy.deepcopy(lamp) == pickle.loads(pickle.dumps(lamp)) == lamp
    assert dataclasses.replace(lamp, energy=5) == PointLamp((1, 2, 3), energy=5)
    assert dataclasses.asdict(lamp)["location"] == (1.0, 2.0, 3.0)
    assert dataclasses.is_dataclass(Camera)
    if sys.version_info >= (3, 13):
        assert copy.replace(lamp, energy=5) == PointLamp((1, 2, 3), energy=5)


def test_record_takes_part_in_matching() -> None:
    match Mesh("a.obj"):
        case Mesh(path, Material(None), smooth, name=name):
            assert (path, smooth, name) == ("a.obj", True, "")
        case _:
            pytest.fail("no match")


def test_objects_show_where_they_stand_first() -> None:
    assert repr(Sphere(name="a")).startswith("Sphere(location=(0.0, 0.0, 0.0), rotation=(0.0,")
    assert repr(Sphere()).partition("name=")[2].startswith("'', material=Material(tree=None")
    assert [field.name for field in dataclasses.fields(Mesh)][4:] == [
        "name",
        "path",
        "material",
        "smooth",
    ]


@pytest.mark.parametrize(
    ("cls", "parameters"),
    [
        (Camera, "location, look_at, up, fov, width, kind"),
        (Sphere, "material, *location, *rotation, *scale, *matrix, *name"),
        (Mesh, "path, material, smooth, *location, *rotation, *scale, *matrix, *name"),
        (Scene, "camera, objects, lamps, sky, title"),
    ],
)
def test_signature_tells_what_an_author_can_give(cls: type, parameters: str) -> None:
    found = inspect.signature(cls).parameters.values()

    assert parameters == ", ".join("*" * (p.kind is p.KEYWORD_ONLY) + p.name for p in found)
    with pytest.raises(TypeError, match=rf"^{cls.__name__}\.__init__\(\) got an unexpected"):
        cls(no_such=1)
