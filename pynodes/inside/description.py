"""Node classes as JSON: sockets, parameters, what they are for."""

# ruff: noqa: PTH119 -- see pynodes.nodes._record for the reason
from __future__ import annotations

import os

from pynodes.inside.compiling import not_compiled
from pynodes.inside.problems import what
from pynodes.inside.script import load, own_nodes
from pynodes.nodes import native
from pynodes.nodes.api import Node, construct
from pynodes.nodes.tree import REQUIRED, option_defaults

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pynodes.nodes.api import Socket


def describe(path: str | None) -> str:
    """All nodes as JSON: the library's, the host's, and those a script defines."""
    from json import dumps

    from pynodes.nodes.library import LIBRARY

    entries = [_describe_python(cls, "pynodes.nodes") for cls in LIBRARY]
    entries += [_describe_native(cls) for cls in native.kinds()]
    if path is not None:
        name = os.path.basename(path)
        module = load(path, "sphere", "describe").module
        entries += [_describe_python(cls, name) for cls in own_nodes(module)]
    return dumps(entries)


def _describe_python(cls: type[Node], module: str) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "name": cls.__name__,
        "kind": "python",
        "module": module,
        "doc": _first_line(cls),
        "call": cls.call,
        "inputs": [],
        "outputs": [],
        "params": [],
    }
    try:
        for name, default in option_defaults(cls).items():
            shown = None if default is REQUIRED else _jsonable(default)
            entry["params"].append(
                {"name": name, "type": "python", "default": shown, "choices": None, "doc": ""}
            )
        node, inputs, outputs = construct(cls, {})
    except MemoryError:
        raise
    except Exception as exc:
        entry["error"] = what(exc)  # an option without a default, for instance
        return entry
    entry["inputs"] = [_describe_socket(socket) for socket in inputs]
    entry["outputs"] = [_describe_socket(socket) for socket in outputs]
    entry["interpreted"] = not_compiled(node, inputs, outputs)
    return entry


def _describe_native(cls: type[native.NativeNode]) -> dict[str, Any]:
    return {
        "name": cls.kind,
        "kind": "native",
        "module": "pynodes.nodes.native",
        "doc": cls.__doc__ or "",
        "inputs": [_describe_socket(socket) for socket in cls.inputs],
        "outputs": [_describe_socket(socket) for socket in cls.outputs],
        "params": [
            {
                "name": each.name,
                "type": each.kind,
                "default": each.default,
                "choices": list(each.choices) or None,
                "doc": each.doc,
            }
            for each in cls.params
        ],
    }


def _describe_socket(socket: Socket) -> dict[str, Any]:
    return {
        "name": socket.name,
        "type": socket.type_name,
        "value": socket.val,
        "min": socket.min,
        "max": socket.max,
    }


def _first_line(cls: type[Node]) -> str:
    doc = vars(cls).get("__doc__") or ""
    return doc.strip().partition("\n")[0].strip()


def _jsonable(value: Any) -> Any:
    from json import dumps

    try:
        dumps(value)
    except (TypeError, ValueError):
        return repr(value)
    return value
