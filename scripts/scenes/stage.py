"""A stage: a ball, a box and a lamp that scripts move, on a floor that knows where the ball is.

The floor's node asks for an object while it shades, so it sees what scripts, drivers and
constraints make of it:

    pynodes render stage.py --script ../entry/move_lamp.py --frames 1..24 --out 'stage-##.png'
    pynodes render stage.py --script ../entry/orbit.py --frames 1..24 --out 'stage-##.png'

Parameters:
    width  of a ring on the floor  0.5
"""

from math import cos, sqrt

from pynodes import app
from pynodes.nodes import Node, NodeTree, Socket, native
from pynodes.scene import Box, Camera, Material, Plane, PointLamp, Scene, Sky, Sphere


class Rings(Node):
    """Rings on the floor around the place below an object."""

    def __init__(self, sockets, around="Ball"):
        self.around = around
        sockets.input = [Socket("Coords", (0.0, 0.0, 0.0)), Socket("Width", 0.5, 0.05, 5.0)]
        sockets.output = [Socket("Color", (0.0, 0.0, 0.0, 1.0))]

    def __call__(self):
        x, y, _ = self.input.Coords
        try:
            matrix = app.object(self.around).matrix
        except KeyError:  # a script deleted it: the floor stays dark
            return
        distance = sqrt((x - matrix[0][3]) ** 2 + (y - matrix[1][3]) ** 2)
        ring = 0.5 + 0.5 * cos(6.283 * distance / max(self.input.Width, 0.05))
        near = 1.0 / (1.0 + 0.15 * distance * distance)
        shade = 0.12 + 0.45 * ring * near
        self.output.Color = (shade, shade * 0.93, 0.08 + shade * 0.8, 1.0)


def build(params, frame):
    """The stage as it stands before any script; the same in every frame."""
    floor = NodeTree("floor")
    coords = floor.add(native.TextureCoordinate)
    around = params.get("around", "Ball")
    rings = floor.add(Rings, name="Rings", Width=params.get("width", 0.5), around=around)
    lit = floor.add(native.LitSurface, Specular=0.0, Ambient=0.25)
    floor.link(coords.out.Global, rings.inp.Coords)
    floor.link(rings.out.Color, lit.inp.Color)
    floor.link(lit.out.Color, floor.surface)
    return Scene(
        Camera(location=(0, -10.5, 5.2), look_at=(0, 0, 0.9), fov=40),
        [
            Plane(floor, scale=12, name="Floor"),
            Sphere(
                Material(color=(0.85, 0.25, 0.08), specular=0.6, hardness=60, name="Clay"),
                location=(0, 0, 0.7),
                scale=0.7,
                name="Ball",
            ),
            Box(
                Material(color=(0.12, 0.45, 0.55), name="Slate"),
                location=(-2.2, 1.2, 0.5),
                rotation=(0, 0, 25),
                scale=0.5,
                name="Box",
            ),
        ],
        [
            PointLamp((3.5, -3, 4.5), color=(1.0, 0.93, 0.82), energy=32, name="Key"),
            PointLamp((-5, -4, 3), color=(0.5, 0.65, 1.0), energy=7, shadow=False, name="Fill"),
        ],
        Sky(zenith=(0.08, 0.1, 0.16), horizon=(0.2, 0.22, 0.28), ground=(0.05, 0.05, 0.05)),
        title="Stage",
    )
