"""`pynodes nodes`."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from shutil import get_terminal_size
from typing import Any

import click

from pynodes.cli import complete
from pynodes.cli.command import cli_command
from pynodes.cli.console import Console
from pynodes.cli.options import output_options, value_option
from pynodes.errors import BadValueError, did_you_mean
from pynodes.host.answers import list_nodes
from pynodes.host.find import find_host
from pynodes.options.places import Script
from pynodes.words import wrapped

Node = dict[str, Any]

_TYPE_NAMES = {0: "value", 1: "vector", 2: "rgba"}
_WIDTHS = {"value": 1, "vector": 3, "rgba": 4}


@cli_command(
    "nodes",
    ("pynodes nodes", "all nodes"),
    ("pynodes nodes Noise", "all about one"),
    ("pynodes nodes --file node.py --compile", "which of them, and of a file, can be compiled"),
)
@click.argument("name", required=False, shell_complete=complete.nodes)
@value_option(Script(), "--file", "scene", help="Also the nodes that this file defines.")
@click.option(
    "--compile", "shows_compile", is_flag=True, help="Which Python nodes can be compiled."
)
@output_options
def command(
    name: str | None, scene: Path | None, shows_compile: bool, as_json: bool, color: str
) -> int:
    """List the nodes there are, with their sockets.

    With NAME: everything about that one node.
    """
    nodes: Sequence[Node] = list_nodes(find_host(), scene)
    console = Console(color)
    if name is not None:
        nodes = _pick(nodes, name)
    if as_json:
        found = _plain(nodes[0] if name is not None else nodes)
        console.json(found)
    elif shows_compile:
        console.lines(compile_lines(console, nodes))
    elif name is not None:
        for number, node in enumerate(nodes):
            if number:
                console.out()
            console.lines(node_lines(console, node))
    else:
        console.lines(
            list_lines(
                console, nodes, width=get_terminal_size().columns if sys.stdout.isatty() else None
            )
        )
    return 0


def list_lines(console: Console, nodes: Sequence[Node], width: int | None) -> Iterator[str]:
    """A table a kind; without `width` one line a node, for `grep`."""
    for kind, title in (("python", "Python nodes"), ("native", "native nodes")):
        of_kind = [node for node in nodes if node.get("kind") == kind]
        of_kind.sort(key=lambda node: (node.get("module") or "", node["name"]))
        if not of_kind:
            continue
        names = max(len(node["name"]) for node in of_kind)
        sockets = min(max(len(_sockets(node)) for node in of_kind), 44)
        yield console.style(title, "bold")
        for node in of_kind:
            name = console.style(f"{node['name']:<{names}}", "label")
            text = f"  {name}  {_sockets(node):<{sockets}}"
            plain = 2 + names + 2 + max(len(_sockets(node)), sockets)
            doc = next(iter((node.get("doc") or "").strip().splitlines()), "")
            if width is not None and plain + 2 + len(doc) > width:
                yield text.rstrip()
                for line in wrapped(doc, max(20, width - names - 4)):
                    yield " " * (names + 4) + console.style(line, "dim")
            else:
                yield f"{text}  {console.style(doc, 'dim')}".rstrip() if doc else text.rstrip()
        yield ""
    yield console.style("`pynodes nodes NAME` explains one", "dim")


def compile_lines(console: Console, nodes: Sequence[Node]) -> Iterator[str]:
    """A line a Python node: can it be compiled, else why not."""
    found = [node for node in nodes if node.get("kind") == "python"]
    names = max((len(node["name"]) for node in found), default=0)
    for node in found:
        why = node.get("error") or node.get("interpreted")
        name = console.style(f"{node['name']:<{names}}", "label")
        yield f"{name}  {f'not compiled: {why}' if why else 'compiled'}"
    if not found:
        yield "native nodes are compiled already"


def node_lines(console: Console, node: Node) -> Iterator[str]:
    """One node in full."""
    module = node.get("module") or ""
    place = f", {module}" if module else ""
    yield f"{console.style(node['name'], 'bold')}  ({node.get('kind', '?')}{place})"
    for line in (node.get("doc") or "").strip().splitlines():
        yield f"  {line.strip()}" if line.strip() else ""
    if node.get("call"):
        yield f"  called once a {node['call']}"
    if node.get("error"):
        yield f"  its sockets are not known: {node['error']}"
        return
    for key in ("inputs", "outputs"):
        yield ""
        yield f"  {console.style(key, 'label')}"
        sockets = node.get(key) or []
        if not sockets:
            yield "    none"
            continue
        names = max(len(socket["name"]) for socket in sockets)
        values = max(len(_value(socket)) for socket in sockets)
        for socket in sockets:
            line = f"    {socket['name']:<{names}}  {_type(socket):<6}"
            if key == "inputs":
                line += f"  {_value(socket):<{values}}  {_range(socket)}"
            yield line.rstrip()
    params = node.get("params") or []
    if params:
        yield ""
        yield f"  {console.style('parameters', 'label')}"
        names = max(len(param["name"]) for param in params)
        for param in params:
            yield f"    {param['name']:<{names}}  {_param(param)}".rstrip()


def _pick(nodes: Sequence[Node], name: str) -> list[Node]:
    """The nodes of that name (a Python and a native one may share it), letter case aside."""
    exact = [node for node in nodes if node["name"] == name]
    found = exact or [node for node in nodes if node["name"].casefold() == name.casefold()]
    if not found:
        known = [node["name"] for node in nodes]
        help = did_you_mean(name, known) or f"there are {', '.join(sorted(set(known)))}"
        raise BadValueError(f"there is no node {name!r}", "pynodes nodes", help)
    return found


def _plain(found: Any) -> Any:
    """For JSON, which has no infinity: null stands for a range without an end."""
    if isinstance(found, dict):
        return {key: _plain(value) for key, value in found.items()}
    if isinstance(found, list | tuple):
        return [_plain(value) for value in found]
    return None if isinstance(found, float) and not math.isfinite(found) else found


def _sockets(node: Node) -> str:
    names = [[socket["name"] for socket in node.get(key) or []] for key in ("inputs", "outputs")]
    inputs, outputs = (" ".join(repr(n) if " " in n else n for n in each) for each in names)
    return f"{inputs} -> {outputs}".strip()


def _type(socket: Node) -> str:
    found = socket.get("type")
    return _TYPE_NAMES.get(found, "?") if isinstance(found, int) else str(found).lower()


def _value(socket: Node) -> str:
    value = socket.get("value")
    if not isinstance(value, list):
        return _figure(value)
    parts = [_figure(item) for item in value[: _WIDTHS.get(_type(socket), 4)]]
    return parts[0] if len(parts) == 1 else f"({', '.join(parts)})"


def _range(socket: Node) -> str:
    low, high = socket.get("min"), socket.get("max")
    if not isinstance(low, int | float) or not isinstance(high, int | float):
        return ""
    return "" if low <= -1e30 and high >= 1e30 else f"{_figure(low)} .. {_figure(high)}"


def _figure(value: object) -> str:
    """`3`, `0.5`, `0.1` (not 0.10000000149): as many digits as a float32 has."""
    return f"{value:.7g}" if isinstance(value, int | float) else str(value)


def _param(param: Node) -> str:
    default = param.get("default")
    text = f"{param.get('type') or param.get('kind') or ''}  {_figure(default)}".strip()
    choices = param.get("choices")
    if choices:
        text += f"  (one of {', '.join(map(str, choices))})"
    doc = param.get("doc")
    return f"{text}  {doc}" if doc else text
