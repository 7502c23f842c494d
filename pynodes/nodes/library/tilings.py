"""Tumbling blocks: a floor of rhombs in three colours that the eye reads as stacked cubes."""

from __future__ import annotations

from pynodes.nodes.api import Node, Socket, SocketLists

STRETCH = 2.0 / 3.0**0.5
SHEAR = 1.0 / 3.0**0.5


class Tilings(Node):
    """Tumbling blocks in three colours, on the x and y of its coordinates.

    Inputs:
        Coords: only x and y are used.
        Scale: cubes are 1 / Scale high.
        Joint: half the width of the groove between rhombs, as a part of an edge's length.
        Top, Left, Right: colours of the three faces.
    Outputs:
        Color: the face's colour, darkened towards the joints.
        Cell: a number in 0..1, the same all over a cube and different for its neighbours.
    """

    def __init__(self, sockets: SocketLists) -> None:
        sockets.input = [
            Socket("Coords", (0, 0, 0)),
            Socket("Scale", 4.0, 0.01, 100.0),
            Socket("Joint", 0.07, 0.0, 0.5),
            Socket("Top", (0.83, 0.72, 0.50, 1)),
            Socket("Left", (0.06, 0.24, 0.30, 1)),
            Socket("Right", (0.52, 0.12, 0.06, 1)),
        ]
        sockets.output = [Socket("Color", (0, 0, 0, 1)), Socket("Cell", 0.0)]

    def __call__(self) -> None:
        inputs = self.input
        x, y, _ = inputs.Coords
        scale = inputs.Scale

        # Rotate by 30 degrees and stretch: now whole numbers are corners of equilateral triangles.
        u = x * scale * STRETCH
        v = (y - x * SHEAR) * scale

        # Of a triangle's three corners one has (i - j) divisible by 3: the middle of a cube.
        i = u // 1.0
        j = v // 1.0
        third = (i - j) % 3.0
        if third == 1.0:
            j += 1.0
        elif third == 2.0:
            i += 1.0
        elif u - i + v - j >= 1.0:  # the diagonal: beyond it the triangle has the far corner
            i += 1.0
            j += 1.0
        u -= i
        v -= j

        # Three rhombs meet there; p and q run from 0 to 1 along the two edges of the one we are on.
        if v >= 0.0 and u + v >= 0.0:
            p, q, color = u + v, v, inputs.Top
        elif u <= 0.0:
            p, q, color = -u, -u - v, inputs.Left
        else:
            p, q, color = -v, u, inputs.Right

        # The nearest edge of the rhomb.
        if p > 0.5:
            p = 1.0 - p
        if q > 0.5:
            q = 1.0 - q
        edge = q if q < p else p
        joint = inputs.Joint
        if edge < joint:
            shade = edge / joint
            shade = 0.12 + 0.88 * shade * (2.0 - shade)
            r, g, b, a = color
            color = (r * shade, g * shade, b * shade, a)

        outputs = self.output
        outputs.Color = color
        n = i * 0.7548776662 + j * 0.569840291
        outputs.Cell = n * (n * 57.0 + 13.0) % 1.0
