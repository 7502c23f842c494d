"""Calling a node with `call = "batch"` outside the host: what an author's own unit test sees."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pynodes.nodes import Node, Ripples, Socket, SocketLists
from pynodes.nodes.testing import call_node, make_node

COORDS = ((0.5, 0.0, 0.0), (0.0, 0.25, 0.0), (0.0, 0.0, 1.0))


class Probe(Node):
    """Does in a call whatever the test says."""

    call = "batch"

    def __init__(self, sockets: SocketLists, do: Callable[[Node], None] | None = None) -> None:
        sockets.input = [Socket("Coords", (0, 0, 0)), Socket("Scale", 2.0)]
        sockets.output = [Socket("Color", (0, 0, 0, 1)), Socket("Height", 0.0)]
        self.do = do

    def __call__(self) -> None:
        if self.do is not None:
            self.do(self)


def probe(do: Callable[[Any], Any], **arguments: Any) -> Any:
    return call_node(Probe, do=do, **arguments)


def assign(node: Any, name: str, value: Any) -> None:
    setattr(node.output, name, value)


def test_one_sample_is_called_without_values() -> None:
    out = call_node(make_node(Probe))
    assert out.Color.shape == (1, 4)
    assert list(out.Height) == [0.0]


@pytest.mark.parametrize("given", [list(COORDS), np.array(COORDS), np.array(COORDS, np.float32)])
def test_values_for_each_sample_become_arrays(given: Any) -> None:
    def look(node: Any) -> None:
        assert node.input.Coords.shape == (3, 3)
        assert tuple(node.input.Coords) == COORDS
        assert node.input.Coords[-1] == COORDS[2]
        assert list(node.input.Scale) == [4.0] * 3
        seen = np.asarray(node.input.Coords)
        assert seen.dtype == np.float32
        assert not seen.flags.writeable

    out = probe(look, inputs={"Coords": given, "Scale": 4})
    assert out.Color.shape == (3, 4)


def test_shading_input_has_arrays_of_what_differs() -> None:
    def look(node: Any) -> None:
        assert node.shi.normal.shape == node.shi.viewNormal.shape == (3, 3)
        assert tuple(node.shi.face_normal) == COORDS
        assert (node.shi.pixel.shape, node.shi.depth.shape) == ((3, 2), (3,))
        assert node.shi.point_d.shape == (3, 2, 3)
        assert np.asarray(node.shi.sample).dtype == np.int32
        assert (node.shi.frame, node.shi.ambient) == (1, 0.5)

    probe(look, shi={"normal": COORDS})


def test_random_numbers_come_by_sample() -> None:
    def look(node: Any) -> None:
        assert node.shi.random().shape == (3,)
        numbers = np.asarray(node.shi.random(2))
        assert numbers.shape == (3, 2)
        assert numbers.dtype == np.float64
        assert len(np.unique(numbers)) == 6

    probe(look, inputs={"Coords": COORDS})


@pytest.mark.parametrize(
    "write",
    [
        lambda out: setattr(out, "Color", np.full((3, 4), 0.5)),
        lambda out: out.Color.__setitem__(slice(None), np.full((4, 3), 0.5, np.float32).T),
        lambda out: setattr(out, "Color", (0.5, 0.5, 0.5, 0.5)),
        lambda out: setattr(out, "Color", np.full(4, 0.5)),
        lambda out: np.asarray(out.Color).fill(0.5),
        lambda out: [out.Color.__setitem__(i, [0.5] * 4) for i in range(3)],
    ],
)
def test_output_takes_an_array_or_a_value(write: Callable[[Any], Any]) -> None:
    out = probe(lambda node: write(node.output), inputs={"Coords": COORDS})
    assert np.array_equal(np.asarray(out.Color), np.full((3, 4), 0.5))


@pytest.mark.parametrize(
    ("do", "error", "what"),
    [
        (
            lambda n: assign(n, "Color", np.zeros((3, 3))),
            ValueError,
            r"takes an array of shape \(3, 4\), or one value for all samples, got shape \(3, 3\)",
        ),
        (lambda n: assign(n, "Height", np.zeros(4)), ValueError, r"got shape \(4,\)"),
        (lambda n: assign(n, "Height", np.zeros(3, int)), TypeError, "float64, got int64"),
        (lambda n: assign(n, "Color", 0.5), TypeError, "'Color' takes 4 numbers"),
        (lambda n: assign(n, "Colour", 0.5), AttributeError, "there are: Color, Height"),
        (lambda n: n.input.Coords[:, 0], TypeError, "numpy.asarray"),
        (lambda n: n.input.Coords[3], IndexError, "has no sample 3; it has 3"),
        (lambda n: n.input.Coords.__setitem__(0, 1), TypeError, "can only be read"),
        (lambda n: np.asarray(n.input.Coords).fill(0), ValueError, "read-only"),
        (lambda n: n.shi.random(0), ValueError, "1 number or more"),
    ],
)
def test_mistake_reads_as_in_the_host(
    do: Callable[[Any], Any], error: type[Exception], what: str
) -> None:
    with pytest.raises(error, match=what):
        probe(do, inputs={"Coords": COORDS})


def test_different_numbers_of_samples_are_refused() -> None:
    with pytest.raises(ValueError, match=r"input 'Coords' 3, shi\['depth'\] 2"):
        call_node(Probe, inputs={"Coords": COORDS}, shi={"depth": [1, 2]})


@pytest.mark.skipif(sys.version_info < (3, 12), reason="a class has no buffer before 3.12")
def test_memoryview_takes_an_array() -> None:
    def look(node: Any) -> None:
        assert memoryview(node.input.Coords).shape == (3, 3)

    probe(look, inputs={"Coords": COORDS})


def test_library_node_is_called_by_sample() -> None:
    assert Ripples.call == "sample"
