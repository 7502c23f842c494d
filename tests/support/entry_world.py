"""A scene whose nodes ask for objects while they shade, for the tests of the live scene."""

from __future__ import annotations

import pytest

only_alone = pytest.mark.parametrize("beside", [False], ids=["alone"], indirect=True)
"""For tests of what is given and refused, where a render beside makes no difference."""

ASKING = '''
from pynodes import app
from pynodes.nodes import Node, NodeTree, Socket, native
from pynodes.scene import Box, Camera, Material, Plane, PointLamp, Scene, Sphere

class Asker(Node):
    """Shows where the ball and the box are."""

    def __init__(self, sockets):
        sockets.input = [Socket("Coords", (0.0, 0.0, 0.0)), Socket("Gain", 0.25)]
        sockets.output = [Socket("Color", (0.0, 0.0, 0.0, 1.0))]

    def __call__(self):
        ball, box = app.object("Ball"), app.object("Box")
        gain = self.input.Gain
        self.output.Color = (
            gain * ball.matrix[0][3], gain * box.matrix[1][3], gain * ball.matrix[2][3], 1.0
        )

    def __del__(self):
        sum(range(50))  # Python code when the last reference goes

def build(params, frame):
    tree = NodeTree("asker")
    asker = tree.add(Asker, name="Asker")
    coords = tree.add(native.TextureCoordinate)
    tree.link(coords.out.Generated, asker.inp.Coords)
    tree.link(asker.out.Color, tree.surface)
    return Scene(
        Camera(kind="orthographic", location=(0, 0, 9), look_at=(0, 0, 0), up=(0, 1, 0), width=4),
        [
            Plane(tree, name="Floor", scale=9),
            Sphere(Material(color=(0.9, 0.1, 0.1), name="Red"), name="Ball", location=(1, 0, 0.5),
                   scale=0.5),
            Box(Material(color=(0.1, 0.9, 0.1), name="Green"), name="Box", location=(0, 1, 0.25),
                scale=0.25),
        ],
        [PointLamp((2, 2, 4), name="Key", energy=12)],
    )
'''

OTHER = ASKING.replace('name="Key"', 'name="Other key"').replace('"Red"', '"Crimson"')
