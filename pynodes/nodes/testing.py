"""Call a node without the host, for unit tests and for trying things in a shell.

    from pynodes.nodes.testing import call_node

    out = call_node(Stripes, inputs={"Coords": (0.1, 0.2, 0.3)}, shi={"normal": (0, 0, 1)})
    assert out.Color == (1.0, 0.8, 0.2, 1.0)

Inputs are converted to their sockets' types, outputs start at zero and errors are those of the
host. Floats keep 64 bits here and have 32 in the host, so compare with a tolerance.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pynodes.nodes import _plain
from pynodes.nodes._names import article, unknown
from pynodes.nodes._value import literal
from pynodes.nodes.api import Node, Socket, check_class, construct

_SIDES = "_pynodes_testing_sockets"


def make_node(cls: type[Node], **options: Any) -> Node:
    """An instance of a node class that call_node() can call many times.

    Args:
        options: keyword arguments of the class's `__init__` beyond `sockets`.
    Raises:
        RuntimeError: inside the host, where nodes are called by the host.
    """
    if not (isinstance(cls, type) and issubclass(cls, Node)):
        raise TypeError(f"make_node() takes a node class, got {article(cls)}")
    if not issubclass(cls, _plain.NodeBase):
        raise RuntimeError("pynodes.nodes.testing works outside the host only")
    check_class(cls)
    node, inputs, outputs = construct(cls, options)
    setattr(node, _SIDES, (inputs, outputs))
    return node


def call_node(
    node: type[Node] | Node,
    inputs: Mapping[str, Any] | None = None,
    shi: Mapping[str, Any] | None = None,
    *,
    seed: int = 0,
    **options: Any,
) -> _plain.Values:
    """Call a node once; the result holds its outputs: `out.Color`, `out["Color"]` or `out[0]`.

    Args:
        node: a class, or an instance from make_node() (which keeps its state between calls).
        inputs: values by socket name; the others have their defaults.
        shi: fields of the shading input; the others show a floor from straight above.
        seed: of `self.shi.random()`.
        options: keyword arguments of `__init__`, when a class is given.
    """
    if isinstance(node, type):
        node = make_node(node, **options)
    elif options:
        raise TypeError("options are for a class; this node has been made already")
    sides: tuple[tuple[Socket, ...], tuple[Socket, ...]] | None = getattr(node, _SIDES, None)
    if sides is None:
        got = article(node)
        raise TypeError(f"call_node() takes a node class or make_node()'s result, got {got}")

    owner = type(node).__name__
    in_sockets, out_sockets = sides
    given = dict(inputs or {})
    values = {
        s.name: literal(given.pop(s.name, s.val), s.type, f"input {s.name!r}") for s in in_sockets
    }
    for name in given:
        raise KeyError(unknown(owner, "input", name, [s.name for s in in_sockets]))

    outputs = _plain.Outputs({s.name: s.type for s in out_sockets})
    before = node.input, node.output, node.shi
    node.input = _plain.Sockets("input", values)
    node.output = outputs
    node.shi = _plain.ShadingInput(shi, seed)
    try:
        node()
    finally:
        node.input, node.output, node.shi = before
    return _plain.Values("output", vars(outputs))
