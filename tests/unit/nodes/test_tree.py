"""Node trees: adding, values, links, and what is refused with which words."""

from __future__ import annotations

import functools
import inspect
from typing import Any

import pytest

from pynodes.nodes import Node, NodeTree, Socket, SocketLists, native
from pynodes.nodes.tree import REQUIRED, parameters


class Tint(Node):
    """A node with an option."""

    def __init__(self, sockets: SocketLists, steps: int = 3) -> None:
        sockets.input = [
            Socket("Coords", (0, 0, 0)),
            Socket("Scale", 2.0),
            Socket("Base Color", (0, 0, 0, 1)),
        ]
        sockets.output = [Socket("Color", (0, 0, 0, 1)), Socket("Height", 0.0)]
        self.steps = steps

    def __call__(self) -> None:
        self.output.Height = self.input.Scale


class Free(Node):
    """Takes any option."""

    def __init__(self, sockets: SocketLists, **options: Any) -> None:
        sockets.output = [Socket(name) for name in options]

    def __call__(self) -> None:
        return


@pytest.fixture
def tree() -> NodeTree:
    return NodeTree("t")


def test_add_numbers_names_that_are_taken(tree: NodeTree) -> None:
    assert [tree.add(Tint).name for _ in range(3)] == ["Tint", "Tint 2", "Tint 3"]
    assert tree.add(Tint, "mine").name == "mine"
    with pytest.raises(ValueError, match="node named 'mine' already"):
        tree.add(Tint, name="mine")


def test_add_gives_options_to_init_and_the_rest_to_inputs(tree: NodeTree) -> None:
    node = tree.add(Tint, steps=5, Scale=4, base_color=(1, 0, 0))

    assert node.options == {"steps": 5}
    assert node.inp.Scale.value == 4.0
    assert node.inp["Base Color"].value == (1.0, 0.0, 0.0, 1.0)
    assert not node.inp.Coords.is_set


def test_add_gives_all_to_an_init_with_keywords(tree: NodeTree) -> None:
    node = tree.add(Free, a=1, b=2)

    assert [each.socket.name for each in node.out] == ["a", "b"]


def test_add_gives_parameters_to_native_kinds(tree: NodeTree) -> None:
    node = tree.add(native.Maths, operation="Power", b=2)
    ramp = tree.add(native.ColorRamp, stops=[(0, (1, 0, 0, 1)), (1, (0, 0, 1, 1))])

    assert node.params == {"operation": "power"}
    assert node.inp.B.value == 2.0
    assert ramp.params == {"stops": (0.0, 1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0)}


@pytest.mark.parametrize(
    ("cls", "given", "error", "text"),
    [
        (Tint, {"scael": 1}, TypeError, "no input 'scael'; did you mean 'Scale'.*options: steps"),
        (Tint, {"Scale": (1, 2, 3)}, TypeError, "input Tint.Scale must be a number"),
        (Tint, {"Coords": (1, 2)}, ValueError, "input Tint.Coords must be 3 numbers, got 2"),
        ("Mix", {"bland": 1}, TypeError, "Mix has no input 'bland'.*parameters: blend"),
        ("Mix", {"blend": "ad"}, ValueError, "no choice 'ad'; did you mean 'add'"),
        ("Mix", {"blend": 3}, TypeError, "must be one of mix, add"),
        ("ColorRamp", {"stops": "red"}, TypeError, "must be made of numbers"),
        ("Noise", {"seed": "x"}, TypeError, "parameter 'seed' of Noise must be a number"),
    ],
)
def test_add_refuses_values(
    tree: NodeTree, cls: Any, given: dict[str, Any], error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=text):
        tree.add(getattr(native, cls) if isinstance(cls, str) else cls, **given)
    assert tree.nodes == ()


def test_add_refuses_what_is_no_node_class(tree: NodeTree) -> None:
    class Silent(Node):
        pass

    class Batch(Tint):
        call = "tile"

    with pytest.raises(TypeError, match="got the class int"):
        tree.add(int)
    with pytest.raises(TypeError, match="pass the class itself"):
        tree.add(Tint(SocketLists()))
    with pytest.raises(TypeError, match="Silent defines no __call__"):
        tree.add(Silent)
    with pytest.raises(TypeError, match="call is the text 'tile'; known: 'sample', 'batch'"):
        tree.add(Batch)
    with pytest.raises(TypeError, match="native nodes are not called"):
        native.Mix()


def test_sockets_name_what_exists(tree: NodeTree) -> None:
    node = tree.add(Tint)

    with pytest.raises(AttributeError, match="Tint has no output 'Colour'; did you mean 'Color'"):
        _ = node.out.Colour
    with pytest.raises(KeyError, match="inputs: Coords, Scale, Base Color"):
        _ = node.inp["zzz"]
    with pytest.raises(IndexError, match="0 Color, 1 Height"):
        _ = node.out[2]
    with pytest.raises(TypeError, match="by name or number"):
        _ = node.out[None]  # type: ignore[index]
    with pytest.raises(AttributeError, match=r"did you mean .inp.Scale\?"):
        _ = node.Scale
    with pytest.raises(AttributeError, match=r"set .inp.Scale.value"):
        node.inp.Scale = 3


def test_link_joins_all_types_because_they_convert(tree: NodeTree) -> None:
    a, b = tree.add(Tint), tree.add(Tint)

    tree.link(a.out.Height, b.inp.Coords)
    tree.link(a.out.Color, b.inp.Scale)
    tree.link(b.out.Height, tree.surface)

    assert b.inp.Coords.source is a.out.Height
    assert tree.surface.source is b.out.Height


def test_link_refuses_a_second_source(tree: NodeTree) -> None:
    a, b = tree.add(Tint, "a"), tree.add(Tint, "b")
    tree.link(a.out.Height, b.inp.Scale)
    tree.link(a.out.Color, tree.surface)

    with pytest.raises(ValueError, match=r"a.Color to b.Scale: b.Scale is already linked from a.H"):
        tree.link(a.out.Color, b.inp.Scale)
    with pytest.raises(ValueError, match=r"surface is already linked from a.Color"):
        tree.link(b.out.Color, tree.surface)
    with pytest.raises(ValueError, match=r"is linked from a.Height, so a value"):
        b.inp.Scale.value = 3


def test_link_refuses_a_cycle_and_names_the_way(tree: NodeTree) -> None:
    a, b, c = (tree.add(Tint, name) for name in "abc")
    tree.link(a.out.Color, b.inp.Coords)
    tree.link(b.out.Color, c.inp.Coords)

    with pytest.raises(ValueError, match=r"c.Color to a.Coords would .* a -> b -> c -> a"):
        tree.link(c.out.Color, a.inp.Coords)
    with pytest.raises(ValueError, match=r"a.Color to a.Coords would close a cycle: a -> a"):
        tree.link(a.out.Color, a.inp.Coords)


def test_link_refuses_two_trees_and_names_both(tree: NodeTree) -> None:
    other = NodeTree("other")
    a, b = tree.add(Tint), other.add(Tint)

    with pytest.raises(ValueError, match=r"of tree 't' to Tint.Coords of tree 'other'"):
        tree.link(a.out.Color, b.inp.Coords)
    with pytest.raises(ValueError, match="both are in tree 'other', and this is tree 't'"):
        tree.link(b.out.Color, other.surface)


def test_link_refuses_other_ends_and_names_them(tree: NodeTree) -> None:
    a, b = tree.add(Tint, "a"), tree.add(Tint, "b")

    with pytest.raises(
        TypeError, match=r"input b.Scale \(value\) to output a.Color \(rgba\).*swap"
    ):
        tree.link(b.inp.Scale, a.out.Color)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"node a to input b.Scale.*\.out\.Color, \.out\.Height"):
        tree.link(a, b.inp.Scale)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"a.Color \(rgba\) to node b: name an input: .inp.Coords"):
        tree.link(a.out.Color, b)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"name its surface"):
        tree.link(a.out.Color, tree)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="second end must be an input"):
        tree.link(a.out.Color, b.out.Color)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="the text 'Color' to None"):
        tree.link("Color", None)  # type: ignore[arg-type]


def places(self: Any, sockets: Any, a: Any, /, b: Any, c: Any = 3) -> None: ...
def rest(self: Any, sockets: Any, *args: Any, d: Any, e: Any = 5, **more: Any) -> None: ...
def named(self: Any, sockets: Any, *, d: Any = 4, e: Any) -> None: ...
def few(self: Any, *, a: Any) -> None: ...


@functools.wraps(named)
def wrapper(*args: Any, **keywords: Any) -> None: ...


@pytest.mark.parametrize(
    "function", [places, rest, named, few, wrapper, functools.partial(named, d=1), Tint]
)
def test_parameters_are_those_that_inspect_finds(function: Any) -> None:
    kinds = ["positional", "either", "*", "keyword", "**"]

    assert parameters(function) == [
        (p.name, kinds[p.kind], REQUIRED if p.default is p.empty else p.default)
        for p in inspect.signature(function).parameters.values()
    ]


def test_native_kinds_are_made_once() -> None:
    assert native.Mix is native.Mix
    assert native.Mix in native.kinds()
    assert [kind.kind for kind in native.kinds()] == list(native.TABLE)


def test_unknown_native_kind_has_a_hint() -> None:
    with pytest.raises(AttributeError, match="did you mean 'TextureCoordinate'"):
        _ = native.TextureCoord
    assert "Mix" in dir(native)


def test_native_kind_outside_the_host_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "TABLE", {})

    with pytest.raises(AttributeError, match="inside the host only"):
        _ = native.Mix
