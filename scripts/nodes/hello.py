"""A first node: a ball of stripes. There is no scene here, so it is shown on the preview.

    pynodes render scripts/nodes/hello.py
    pynodes render scripts/nodes/hello.py --preview cube -D Width=0.5

Copy this file and change it; docs/nodes.md has all that a node can do.
"""

from math import sin

from pynodes.nodes import Node, Socket


class Hello(Node):
    """Stripes that wave."""

    def __init__(self, sockets):
        sockets.input = [Socket("Coords", (0, 0, 0)), Socket("Width", 0.2, 0.01, 2.0)]
        sockets.output = [Socket("Color", (0, 0, 0, 1))]

    def __call__(self):
        x, y, z = self.input.Coords
        stripe = (z + 0.15 * sin(5 * x + 2 * y)) / self.input.Width
        if stripe % 2 < 1:
            self.output.Color = (0.9, 0.32, 0.08, 1)
        else:
            self.output.Color = (0.93, 0.85, 0.70, 1)
