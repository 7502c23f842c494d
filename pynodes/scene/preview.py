"""The scene that shows a node whose file has no `build`: one object on a floor, two lamps."""

from __future__ import annotations

from pynodes.nodes import native
from pynodes.nodes._names import fold
from pynodes.nodes._value import VALUE, VECTOR
from pynodes.nodes.tree import NodeTree, option_defaults
from pynodes.scene.camera import Camera
from pynodes.scene.light import PointLamp, Sky, SunLamp
from pynodes.scene.objects import Box, Plane, Sphere
from pynodes.scene.scene import Scene

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pynodes.nodes.api import Node
    from pynodes.nodes.tree import OutSocket, TreeNode
    from pynodes.scene.objects import Shape
    from pynodes.scene.params import Params

SHAPES = ("sphere", "plane", "cube")

# What an input gets that nobody set, by its name: (native node, output).
_FEEDS: dict[str, tuple[str, str]] = {
    "coords": ("TextureCoordinate", "Generated"),
    "coord": ("TextureCoordinate", "Generated"),
    "position": ("TextureCoordinate", "Generated"),
    "vector": ("TextureCoordinate", "Generated"),
    "uv": ("TextureCoordinate", "UV"),
    "normal": ("Geometry", "Normal"),
}


def preview_scene(cls: type[Node], shape: str, params: Params) -> Scene:
    """Show a node class on a sphere, a plane or a cube.

    Parameters named like an option of the class's `__init__` or like an input set these. Inputs
    named Coords, Coord, Position or Vector get generated coordinates, Normal and UV those of the
    surface. The first colour output is shown, else the first vector, else the first value; a
    vector output named Normal bends the surface's normal. Raises:
        ValueError: no such shape, or a node without outputs.
    """
    if shape not in SHAPES:
        raise ValueError(f"no preview shape {shape!r}; there are: {', '.join(SHAPES)}")
    tree = NodeTree("preview")
    node = tree.add(cls, **{name: params[name] for name in option_defaults(cls) if name in params})
    if not len(node.out):
        raise ValueError(f"{cls.__name__} has no outputs, so there is nothing to show")
    _feed(tree, node, params)

    lit = tree.add(native.LitSurface, Specular=0.15, Hardness=60, Ambient=0.35)
    normal = _normal_output(node)
    seen = _seen_output(node, normal)
    tree.link(seen, lit.inp.Color)
    if normal is not None and normal is not seen:
        tree.link(normal, lit.inp.Normal)
    tree.link(lit.out.Color, tree.surface)

    floor = Plane(_floor(), location=(0, 0, -1.001), scale=9.0)
    return Scene(
        Camera(location=(0, -5.2, 1.9), look_at=(0, 0, -0.17), fov=36),
        [_shape(shape, tree), floor],
        [
            SunLamp(direction=(0.55, 0.75, -0.95), color=(1.0, 0.95, 0.88), energy=0.85),
            PointLamp(location=(3.5, -2.5, 1.2), color=(0.55, 0.7, 1.0), energy=3.0, shadow=False),
        ],
        Sky(zenith=(0.30, 0.38, 0.50), horizon=(0.78, 0.80, 0.84), ground=(0.35, 0.34, 0.33)),
        title=f"{cls.__name__} on a {shape}",
    )


def _feed(tree: NodeTree, node: TreeNode, params: Params) -> None:
    """Set the inputs that a parameter names, and link those whose name says what they want."""
    sources: dict[str, TreeNode] = {}
    for each in node.inp:
        name = each.socket.name
        given: Any = None
        for spelling in dict.fromkeys((name, name.replace(" ", "_"))):
            if spelling in params:
                given = params[spelling]
        if given is not None:
            each.value = given
            continue
        feed = _FEEDS.get(fold(name))
        if feed is None or each.type == VALUE:
            continue
        kind, output = feed
        if kind not in sources:
            sources[kind] = tree.add(getattr(native, kind))
        tree.link(sources[kind].out[output], each)


def _normal_output(node: TreeNode) -> OutSocket | None:
    named = (each for each in node.out if fold(each.socket.name) == "normal")
    return next((each for each in named if each.type == VECTOR), None)


def _seen_output(node: TreeNode, normal: OutSocket | None) -> OutSocket:
    """The output to show as a colour."""
    others = [each for each in node.out if each is not normal]
    return max(others, key=lambda each: each.type, default=node.out[0])


def _shape(shape: str, tree: NodeTree) -> Shape:
    if shape == "sphere":
        return Sphere(tree)
    if shape == "cube":
        return Box(tree, location=(0, 0, -0.26), rotation=(0, 0, 32), scale=0.74)
    return Plane(tree, location=(0, 0, -0.05), rotation=(62, 0, 0), scale=1.15)


def _floor() -> NodeTree:
    """Two greys in squares, so that scale and shadow can be read."""
    tree = NodeTree("floor")
    coords = tree.add(native.TextureCoordinate)
    squares = tree.add(
        native.Checker, Scale=2.0, Color1=(0.26, 0.26, 0.27), Color2=(0.20, 0.20, 0.21)
    )
    lit = tree.add(native.LitSurface, Specular=0.0, Ambient=0.35)
    tree.link(coords.out.Global, squares.inp.Coords)
    tree.link(squares.out.Color, lit.inp.Color)
    tree.link(lit.out.Color, tree.surface)
    return tree
