"""Known cost: a node that counts to a number, behind native nodes of a chosen number.

    pynodes render scripts/bench/burn.py -D iterations=400 -D native=6

Every sample costs the same, so what threads wait for each other can be worked out beforehand:
tools/bench/theory.py does, and holds it against what the host measured.
"""

from __future__ import annotations

from pynodes.nodes import Node, NodeTree, Socket, SocketLists, native
from pynodes.scene import Camera, Params, Plane, Scene


class Burn(Node):
    """Counts, and is grey."""

    def __init__(self, sockets: SocketLists, iterations: int = 100) -> None:
        sockets.input = [Socket("Coords", (0.0, 0.0, 0.0))]
        sockets.output = [Socket("Color", (0.0, 0.0, 0.0, 1.0))]
        self.iterations = iterations

    def __call__(self) -> None:
        for _ in range(self.iterations):
            pass
        x, y, _ = self.input.Coords
        self.output.Color = (x, y, 0.5, 1.0)


def build(params: Params, frame: int) -> Scene:
    tree = NodeTree("burn")
    node = tree.add(Burn, iterations=params.get("iterations", 400))
    place = tree.add(native.TextureCoordinate)
    coords = place.out.Generated
    for number in range(params.get("native", 6)):
        noise = tree.add(native.Noise, Scale=2.0, Detail=4.0, seed=number)
        tree.link(coords, noise.inp.Coords)
        coords = noise.out.Color
    tree.link(coords, node.inp.Coords)
    tree.link(node.out.Color, tree.surface)
    camera = Camera.orthographic(location=(0, 0, 5), up=(0, 1, 0), width=2.0)
    return Scene(camera=camera, objects=[Plane(material=tree, scale=4.0)])
