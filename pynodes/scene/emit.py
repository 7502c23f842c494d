"""From a scene to the calls that build it in the host.

A scene is first flattened to a list of calls, which is pure data: its digest says whether another
run of the script built the same scene, and replaying it into the host's builder makes the scene
there.
"""

# ruff: noqa: PTH110, PTH113, PTH118 -- see pynodes.nodes._record for the reason
from __future__ import annotations

import os

from pynodes.checksum import sha256
from pynodes.nodes import native
from pynodes.nodes._record import FrozenValue
from pynodes.nodes.api import Node, declared
from pynodes.nodes.tree import NodeTree
from pynodes.scene.light import PointLamp
from pynodes.scene.objects import Mesh, material_of, matrix_rows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any, Protocol

    from pynodes.nodes.api import Declared
    from pynodes.scene.material import Material
    from pynodes.scene.scene import Scene

    Call = tuple[Any, ...]
    """A builder method's name and its arguments."""
else:
    Protocol = object


class Builder(Protocol):
    """What the host lets a scene be built with: a method of each name that a call can have.

        camera(kind, position, look_at, up, fov_degrees, width)
        sky(zenith, horizon, ground)
        tree(name) -> number
        native_node(tree, name, kind, params) -> number
        python_node(tree, name, python_index, inputs, outputs) -> number
        set_input(tree, node, socket, values)
        link(tree, from_node, from_socket, to_node, to_socket)
        surface(tree, node, socket)
        sphere(name, matrix, tree)    plane, box: the same
        mesh(name, path, smooth, matrix, tree)
        lamp(kind, position, direction, color, energy, shadow)

    They raise ValueError or RuntimeError. Only this one is called by name:
    """

    def things(self, frame: int, listed: list[tuple[Any, ...]], /) -> None: ...


class Recipe(FrozenValue):
    """How to make one Python node: what instances() does on each thread."""

    _fields = __slots__ = __match_args__ = ("name", "cls", "options", "inputs", "outputs", "linked")
    name: str
    cls: type[Node]
    options: Mapping[str, Any]
    inputs: tuple[Declared, ...]
    outputs: tuple[Declared, ...]
    linked: tuple[bool, ...]
    """Which inputs are linked."""


class Emission(FrozenValue):
    """A scene as calls, and its Python nodes by python index."""

    _fields = __slots__ = __match_args__ = ("calls", "recipes")
    calls: tuple[Call, ...]
    recipes: tuple[Recipe, ...]


def emit(scene: Scene) -> Emission:
    """Flatten a scene.

    Raises:
        ValueError: a tree without a surface.
    """
    view, sky = scene.camera, scene.sky
    calls: list[Call] = [
        ("camera", view.kind, view.location, view.look_at, view.up, view.fov, view.width),
        ("sky", sky.zenith, sky.horizon, sky.ground),
    ]
    recipes: list[Recipe] = []
    trees: dict[int, int] = {}  # id of a tree, or of a Material without one -> number
    kept: list[object] = []  # keeps those ids alive and therefore unique
    for position, shape in enumerate(scene.objects):
        material = material_of(shape)
        key = material.tree if material.tree is not None else material
        number = trees.get(id(key))
        if number is None:
            kept.append(key)
            number = trees[id(key)] = len(trees)
            calls += _tree_calls(_tree_of(material), number, recipes)
        kind = type(shape).__name__
        name = shape.name or f"{kind} {position + 1}"
        if isinstance(shape, Mesh):
            path = os.fspath(shape.path)
            calls.append(("mesh", name, path, shape.smooth, matrix_rows(shape), number))
        else:
            calls.append((kind.lower(), name, matrix_rows(shape), number))
    calls += map(_lamp_call, scene.lamps)
    return Emission(tuple(calls), tuple(recipes))


def replay(emission: Emission, builder: Builder, folder: str | os.PathLike[str]) -> None:
    """Make the calls. Mesh paths are relative to `folder`.

    Raises:
        ValueError: a mesh file that is not there; and what the builder raises.
    """
    trees = 0
    nodes: dict[int, int] = {}
    for name, *arguments in emission.calls:
        if name == "mesh":
            arguments[1] = _mesh_file(arguments[0], arguments[1], folder)
        number = getattr(builder, name)(*arguments)
        if name == "tree":
            expected, trees = trees, trees + 1
        elif name in ("native_node", "python_node"):
            expected = nodes.get(arguments[0], 0)
            nodes[arguments[0]] = expected + 1
        else:
            continue
        if number != expected:
            raise RuntimeError(f"the host numbered {name} {arguments[:2]} {number}, not {expected}")


def digest(emission: Emission, script_module: str) -> str:
    """SHA-256 over the calls and recipes, as text that is the same in every run.

    `script_module` is the name the script's module has in this run; classes defined there are
    written without it.
    """
    sha = sha256()
    for part in (*emission.calls, *emission.recipes):
        line = f"{canonical(part, script_module)}\n"
        sha.update(line.encode("utf-8", "backslashreplace"))
    found: str = sha.hexdigest()
    return found


_ATOMS = {type(None), bool, int, float, complex, str, bytes}


def canonical(thing: Any, script_module: str = "") -> str:
    """A text that distinguishes things and never holds an address or an order that may change."""
    kind = type(thing)
    if kind in _ATOMS:
        return repr(thing)
    if kind is tuple or kind is list:
        return f"({', '.join([canonical(each, script_module) for each in thing])})"
    if kind is dict:
        inside = [
            f"{canonical(k, script_module)}: {canonical(v, script_module)}"
            for k, v in thing.items()
        ]
        return f"{{{', '.join(inside)}}}"
    if isinstance(thing, FrozenValue):
        return f"{_label(kind, script_module)}{canonical(thing.__getstate__(), script_module)}"
    if kind is type:
        return _label(thing, script_module)
    return _canonical_rest(thing, script_module)


def _canonical_rest(thing: Any, script_module: str) -> str:
    """The same for what is rare: subclasses of built-in types, and things of authors' own."""
    import dataclasses
    import enum
    from collections.abc import Mapping, Sequence

    label = _label(type(thing), script_module)
    if isinstance(thing, enum.Enum):
        return f"{label}.{thing.name}"
    if isinstance(thing, bool | int | float | complex | str | bytes):
        return repr(thing)
    if isinstance(thing, Mapping):
        return canonical(dict(thing.items()), script_module)
    if isinstance(thing, set | frozenset):
        return f"{{{', '.join(sorted(canonical(each, script_module) for each in thing))}}}"
    if isinstance(thing, Sequence):
        return canonical(list(thing), script_module)
    if isinstance(thing, type):
        return _label(thing, script_module)
    if isinstance(thing, os.PathLike):
        return repr(os.fspath(thing))
    if dataclasses.is_dataclass(thing):
        fields = [getattr(thing, field.name) for field in dataclasses.fields(thing)]
        return f"{label}{canonical(fields, script_module)}"
    if callable(thing):
        return f"{label} {getattr(thing, '__qualname__', '')}"
    return label


def _label(cls: type, script_module: str) -> str:
    where = "script" if cls.__module__ == script_module else cls.__module__
    return f"{where}:{cls.__qualname__}"


def _lamp_call(lamp: Any) -> Call:
    is_point = isinstance(lamp, PointLamp)
    place = (lamp.location, (0.0, 0.0, -1.0)) if is_point else ((0.0, 0.0, 0.0), lamp.direction)
    kind = "point" if is_point else "sun"
    return ("lamp", kind, *place, lamp.color, lamp.energy, lamp.shadow)


def _tree_of(material: Material) -> NodeTree:
    """The material's tree; a plain colour becomes a lit surface."""
    if material.tree is not None:
        return material.tree
    tree = NodeTree("material")
    given: dict[str, Any] = {"Color": material.color}
    if material.specular is not None:
        given["Specular"] = (material.specular,) * 3
    if material.hardness is not None:
        given["Hardness"] = material.hardness
    lit = tree.add(native.LitSurface, **given)
    tree.link(lit.out.Color, tree.surface)
    return tree


def _tree_calls(tree: NodeTree, number: int, recipes: list[Recipe]) -> Iterator[Call]:
    """The calls that build one tree; its Python nodes are added to `recipes`."""
    if tree.surface.source is None:
        raise ValueError(
            f"nothing is linked to the surface of tree {tree.name!r};"
            " write tree.link(node.out.NAME, tree.surface)"
        )
    yield ("tree", tree.name)
    places = {id(node): place for place, node in enumerate(tree.nodes)}
    for node in tree.nodes:
        if issubclass(node.cls, Node):
            inputs, outputs = (
                tuple(declared(each.socket) for each in side) for side in (node.inp, node.out)
            )
            yield ("python_node", number, node.name, len(recipes), inputs, outputs)
            linked = tuple(each.source is not None for each in node.inp)
            recipes.append(Recipe(node.name, node.cls, node.options, inputs, outputs, linked))
        else:
            yield ("native_node", number, node.name, node.cls.kind, dict(node.params))
    sockets = [(place, socket) for place, node in enumerate(tree.nodes) for socket in node.inp]
    for place, socket in sockets:
        if socket.source is None and socket.is_set:
            value = socket.value
            numbers = value if isinstance(value, tuple) else (value,)
            yield ("set_input", number, place, socket.index, numbers)
    for place, socket in sockets:
        source = socket.source
        if source is not None:
            yield ("link", number, places[id(source.node)], source.index, place, socket.index)
    seen = tree.surface.source
    yield ("surface", number, places[id(seen.node)], seen.index)


def _mesh_file(name: str, path: str, folder: str | os.PathLike[str]) -> str:
    file = os.path.join(folder, path)
    if not os.path.isfile(file):
        what = "is not a file" if os.path.exists(file) else "does not exist"
        raise ValueError(
            f"mesh {name!r}: {path!r} {what} (looked for {file};"
            " paths are relative to the folder of the scene script)"
        )
    return file
