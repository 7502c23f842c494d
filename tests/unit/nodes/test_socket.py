"""Sockets and the lists of them that a node declares."""

from __future__ import annotations

import math
from typing import Any

import pytest

from pynodes.nodes import RGBA, VALUE, VECTOR, Socket, SocketLists
from pynodes.nodes.api import declared


@pytest.mark.parametrize(
    ("value", "kind", "kept"),
    [
        (2, VALUE, 2.0),
        (0.5, VALUE, 0.5),
        ((1, 2, 3), VECTOR, (1.0, 2.0, 3.0)),
        ([0, 0, 0, 1], RGBA, (0.0, 0.0, 0.0, 1.0)),
    ],
)
def test_socket_type_follows_from_value(value: Any, kind: int, kept: Any) -> None:
    socket = Socket("A", value)

    assert socket.type == kind
    assert socket.val == kept


def test_socket_without_value_is_a_zero_value() -> None:
    assert (Socket("A").type, Socket("A").val) == (VALUE, 0.0)


def test_socket_as_the_host_takes_it() -> None:
    socket = Socket("Coords", (1, 2, 3), -1, 1)

    assert declared(socket) == ("Coords", VECTOR, (1.0, 2.0, 3.0, 0.0), -1.0, 1.0)


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        (("A", (1, 2)), ValueError, "got 2 numbers"),
        (("A", "red"), TypeError, "the text 'red'"),
        (("A", None), TypeError, "got None"),
        (("A", (1, 2, "x")), TypeError, r"val\[2\] must be a number"),
        (("A", math.nan), ValueError, "finite"),
        (("A", 1e39), ValueError, "finite"),
        (("A", 0.0, 2.0, 1.0), ValueError, "min 2.0 is above max 1.0"),
        (("", 0.0), ValueError, "not empty"),
        (("_a", 0.0), ValueError, "leading '_'"),
        ((" a", 0.0), ValueError, "spaces around"),
        (("a\nb", 0.0), ValueError, "printable"),
        (("x" * 64, 0.0), ValueError, "longer than 63"),
        ((3, 0.0), TypeError, "name must be text"),
    ],
)
def test_socket_refuses(arguments: tuple[Any, ...], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        Socket(*arguments)


def test_lists_are_empty_first_then_what_was_assigned() -> None:
    sockets = SocketLists()
    assert (sockets.input, sockets.output) == ((), ())

    sockets.i = [Socket("A")]
    sockets.output = (Socket("B"),)

    assert sockets.input == (Socket("A"),)
    assert sockets.o == (Socket("B"),)


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (Socket("A"), TypeError, r"write \[Socket\('A', ...\)\]"),
        ([Socket("A"), "B"], TypeError, r"input\[1\] must be a Socket, got the text 'B'"),
        ([Socket("A"), Socket("A")], ValueError, "two sockets named 'A'"),
        ([Socket(f"S{i}") for i in range(64)], ValueError, "64 sockets; at most 63"),
        (None, TypeError, "takes a list of Socket, got None"),
        ("AB", TypeError, "takes a list of Socket"),
    ],
)
def test_lists_refuse(value: Any, error: type[Exception], text: str) -> None:
    sockets = SocketLists()

    with pytest.raises(error, match=text):
        sockets.input = value


def test_lists_name_what_exists_for_an_unknown_attribute() -> None:
    sockets = SocketLists()

    with pytest.raises(AttributeError, match="did you mean 'input'"):
        sockets.inputs = []
    with pytest.raises(AttributeError, match="lists: input, output"):
        _ = sockets.outputz
