"""Calling a node outside the host: what an author's own unit test sees."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pynodes.nodes import Node, Socket, SocketLists, _plain
from pynodes.nodes.testing import call_node, make_node


class Probe(Node):
    """Does in a call whatever the test says."""

    def __init__(self, sockets: SocketLists, do: Callable[[Node], None] | None = None) -> None:
        sockets.input = [Socket("Coords", (0, 0, 0)), Socket("Scale", 2.0)]
        sockets.output = [Socket("Color", (0, 0, 0, 1)), Socket("Height", 0.0)]
        self.do = do
        self.calls = 0

    def __call__(self) -> None:
        self.calls += 1
        if self.do is not None:
            self.do(self)


def probe(do: Callable[[Any], Any], **arguments: Any) -> Any:
    return call_node(Probe, do=do, **arguments)


def test_inputs_by_attribute_name_number_and_alias() -> None:
    seen: list[Any] = []

    probe(lambda n: seen.extend([n.input.Scale, n.i["Scale"], n.input[1], len(n.input)]))

    assert seen == [2.0, 2.0, 2.0, 2]


def test_inputs_are_converted_to_the_socket_type() -> None:
    seen: list[Any] = []

    probe(lambda n: seen.append(n.input.Coords), inputs={"Coords": 3})

    assert seen == [(3.0, 3.0, 3.0)]


def test_outputs_are_zero_until_written() -> None:
    out = probe(lambda n: None)

    assert (out.Color, out.Height) == ((0.0, 0.0, 0.0, 0.0), 0.0)


def test_outputs_by_attribute_name_number_and_alias() -> None:
    def write(node: Any) -> None:
        node.output.Height = 1
        node.o["Color"] = [1, 2, 3, 4]
        node.output[1] = node.output.Height + 1

    out = probe(write)

    assert out.Color == (1.0, 2.0, 3.0, 4.0)
    assert list(out) == [out["Color"], out[1]]
    assert out.Height == 2.0


@pytest.mark.parametrize(
    ("do", "error", "text"),
    [
        (
            lambda n: n.input.coords,
            AttributeError,
            "no input socket 'coords'; there are: Coords, Sc",
        ),
        (lambda n: n.input["X"], KeyError, "no input socket 'X'"),
        (lambda n: n.input[2], IndexError, "no input socket 2"),
        (lambda n: n.input[-1], IndexError, "no input socket -1"),
        (lambda n: n.input[0:1], TypeError, "by name or number, not by slice"),
        (lambda n: setattr(n.input, "Scale", 1), AttributeError, "'Scale' is read-only"),
        (lambda n: iter(n.input), TypeError, "not iterable"),
        (lambda n: setattr(n.output, "Colour", 1), AttributeError, "no output socket 'Colour'"),
        (lambda n: n.output.__setitem__("X", 1), KeyError, "no output socket 'X'"),
        (lambda n: n.output.__setitem__(7, 1), IndexError, "no output socket 7"),
        (lambda n: setattr(n.output, "Color", (1, 2, 3)), ValueError, "takes 4 numbers .*, got 3"),
        (lambda n: setattr(n.output, "Color", 1.0), TypeError, "takes 4 numbers .*, got float"),
        (lambda n: setattr(n.output, "Color", "abcd"), TypeError, "got str inside"),
        (lambda n: setattr(n.output, "Height", (1,)), TypeError, "takes 1 number, got tuple"),
        (lambda n: setattr(n.output, "Height", "1"), TypeError, "takes 1 number, got str"),
        (lambda n: n.shi.norml, AttributeError, "did you mean 'normal'"),
        (lambda n: setattr(n.shi, "normal", 1), AttributeError, "can only be read"),
    ],
)
def test_mistakes_in_a_call(do: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        probe(do)


def test_shading_input_has_all_names_and_second_names() -> None:
    seen: dict[str, Any] = {}
    names = [*_plain._SHADING, *_plain._SECOND_NAMES]

    probe(
        lambda n: seen.update({name: getattr(n.shi, name) for name in names}),
        shi={"normal": (0, 1, 0), "generated": [1, 2, 3], "pixel": (4, 5)},
    )

    assert seen["normal"] == seen["viewNormal"] == seen["face_normal"] == (0.0, 1.0, 0.0)
    assert seen["texture"] == (1.0, 2.0, 3.0)
    assert seen["pixel"] == (4, 5)
    assert len(seen) == 38


def test_random_is_the_same_for_the_same_seed() -> None:
    drawn: list[float] = []
    for seed in (1, 1, 2):
        probe(lambda n: drawn.append(n.shi.random()), seed=seed)

    assert drawn[0] == drawn[1] != drawn[2]
    assert all(0.0 <= number < 1.0 for number in drawn)


def test_unknown_names_for_a_call_are_refused() -> None:
    with pytest.raises(KeyError, match="Probe has no input 'Coord'; did you mean 'Coords'"):
        call_node(Probe, inputs={"Coord": (0, 0, 0)})
    with pytest.raises(ValueError, match="shi has no field 'nrmal'; did you mean 'normal'"):
        call_node(Probe, shi={"nrmal": (0, 0, 1)})


def test_made_node_keeps_its_state_between_calls() -> None:
    node = make_node(Probe)

    call_node(node)
    call_node(node)

    assert node.calls == 2  # type: ignore[attr-defined]


def test_sides_have_no_values_outside_a_call() -> None:
    node = make_node(Probe)

    for side in (node.input, node.output, node.shi):
        with pytest.raises(RuntimeError, match="only while the host"):
            _ = side.Coords
    assert len(node.input) == 0


def test_not_a_node_is_refused() -> None:
    with pytest.raises(TypeError, match="takes a node class, got the class int"):
        call_node(int)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="make_node"):
        call_node(Probe(SocketLists()))
