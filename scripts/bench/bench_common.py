"""What the bench scenes share: one node, unlit, on a plane that fills the picture.

So each sample of the picture is one call of the node.
"""

from __future__ import annotations

from pynodes.nodes import Node, NodeTree, native
from pynodes.scene import Camera, Plane, Scene


def flat(node_class: type[Node], output: str = "Color") -> Scene:
    """A scene in which every sample of the picture calls one node of the class."""
    tree = NodeTree(node_class.__name__)
    node = tree.add(node_class)
    coords = tree.add(native.TextureCoordinate)
    tree.link(coords.out.Generated, node.inp.Coords)
    tree.link(getattr(node.out, output), tree.surface)
    camera = Camera.orthographic(location=(0, 0, 5), up=(0, 1, 0), width=2.0)
    return Scene(camera=camera, objects=[Plane(material=tree, scale=4.0)])
