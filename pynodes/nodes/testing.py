"""Call a node without the host, for unit tests and for trying things in a shell.

    from pynodes.nodes.testing import call_node

    out = call_node(Stripes, inputs={"Coords": (0.1, 0.2, 0.3)}, shi={"normal": (0, 0, 1)})
    assert out.Color == (1.0, 0.8, 0.2, 1.0)

Inputs are converted to their sockets' types, outputs start at zero and errors are those of the
host. Floats keep 64 bits here and have 32 in the host, so compare with a tolerance; those of arrays
have 32 here too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pynodes.nodes import _plain
from pynodes.nodes._names import article, unknown
from pynodes.nodes._value import Value, literal
from pynodes.nodes.api import BATCH, Node, Socket, check_class, construct

_SIDES = "_pynodes_testing_sockets"
Sides = tuple[tuple[Socket, ...], tuple[Socket, ...]]
Views = tuple[_plain.Sockets, _plain.Sockets, _plain.ShadingInput]


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
        inputs: values by socket name; the others have their defaults. A node with `call = "batch"`
            may get a list or an array of them, one a sample; outputs are then arrays as well.
        shi: fields of the shading input; the others show a floor from straight above. Likewise.
        seed: of `self.shi.random()`.
        options: keyword arguments of `__init__`, when a class is given.
    """
    if isinstance(node, type):
        node = make_node(node, **options)
    elif options:
        raise TypeError("options are for a class; this node has been made already")
    sides: Sides | None = getattr(node, _SIDES, None)
    if sides is None:
        got = article(node)
        raise TypeError(f"call_node() takes a node class or make_node()'s result, got {got}")

    given = dict(inputs or {})
    known = [s.name for s in sides[0]]
    for name in given:
        if name not in known:
            raise KeyError(unknown(type(node).__name__, "input", name, known))
    views = (_batch_views if node.call == BATCH else _views)(sides, given, dict(shi or {}), seed)
    before = node.input, node.output, node.shi
    node.input, node.output, node.shi = views
    try:
        node()
    finally:
        node.input, node.output, node.shi = before
    return _plain.Values("output", vars(views[1]))


def _inputs(sockets: Sequence[Socket], given: Mapping[str, Any]) -> dict[str, Value]:
    """What the inputs of a sample are: as given, else their defaults."""
    return {s.name: literal(given.get(s.name, s.val), s.type, f"input {s.name!r}") for s in sockets}


def _views(sides: Sides, given: dict[str, Any], shi: dict[str, Any], seed: int) -> Views:
    """`self.input`, `self.output` and `self.shi` of one sample."""
    inputs = _plain.Sockets("input", _inputs(sides[0], given))
    outputs = _plain.Outputs({s.name: s.type for s in sides[1]})
    return inputs, outputs, _plain.ShadingInput(shi, seed)


def _batch_views(sides: Sides, given: dict[str, Any], shi: dict[str, Any], seed: int) -> Views:
    """The same, of the samples that are given."""
    from pynodes.nodes import _plain_arrays as arrays

    samples = list(arrays.by_sample(given, {s.name: s.type for s in sides[0]}, shi))
    rows = [_inputs(sides[0], of_sample) for of_sample, _ in samples]
    columns: Any = {
        s.name: arrays.Array(f"self.input.{s.name}", [row[s.name] for row in rows])
        for s in sides[0]
    }
    outputs = arrays.ArrayOutputs({s.name: s.type for s in sides[1]}, len(rows))
    shading = [_plain.ShadingInput(of_sample, seed) for _, of_sample in samples]
    return _plain.Sockets("input", columns), outputs, arrays.BatchShading(shading, seed)
