"""Ring waves around a few points, added up: what rain drops do to a pond."""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, exp, sin, sqrt

from pynodes.nodes.api import Node, Socket, SocketLists

POINTS = ((-0.9, 0.5, 0.0), (0.7, 0.9, 0.0), (0.3, -0.8, 0.0))


class Ripples(Node):
    """Interfering ring waves: their height, and a normal bent by them.

    Args:
        points: where the rings start, in the space of Coords.
    Inputs:
        Coords: the place; world coordinates if Normal is used.
        Rings: waves per unit of length.
        Height: of a wave at its middle, in units of length.
        Fading: how fast waves die away with distance (e-folds per unit).
        Phase: moves the rings outwards; 1 is one whole wave.
    Outputs:
        Height: of the surface over its rest, in units of length.
        Normal: the shading normal, bent.
    Source:
        the wave's gradient is subtracted from the normal as in K. Perlin, "An image synthesizer",
        SIGGRAPH 1985, without the part along the normal.
    """

    def __init__(self, sockets: SocketLists, points: Sequence[Sequence[float]] = POINTS) -> None:
        sockets.input = [
            Socket("Coords", (0, 0, 0)),
            Socket("Rings", 4.0, 0.0, 100.0),
            Socket("Height", 0.02, 0.0, 1.0),
            Socket("Fading", 0.8, 0.0, 10.0),
            Socket("Phase", 0.0, -1000.0, 1000.0),
        ]
        sockets.output = [Socket("Height", 0.0), Socket("Normal", (0, 0, 1))]
        self.points = tuple((float(x), float(y), float(z)) for x, y, z in points)

    def __call__(self) -> None:
        inputs = self.input
        x, y, z = inputs.Coords
        wave = inputs.Rings * 6.283185307179586
        start = inputs.Phase * 6.283185307179586
        fading = inputs.Fading

        height = gx = gy = gz = 0.0
        for px, py, pz in self.points:
            dx = x - px
            dy = y - py
            dz = z - pz
            distance = sqrt(dx * dx + dy * dy + dz * dz) + 1e-6
            angle = wave * distance - start
            strength = exp(-fading * distance)
            crest = strength * cos(angle)
            height += crest
            slope = (fading * crest + wave * strength * sin(angle)) / distance
            gx -= slope * dx
            gy -= slope * dy
            gz -= slope * dz

        size = inputs.Height
        nx, ny, nz = self.shi.normal
        along = gx * nx + gy * ny + gz * nz
        nx -= size * (gx - along * nx)
        ny -= size * (gy - along * ny)
        nz -= size * (gz - along * nz)
        length = sqrt(nx * nx + ny * ny + nz * nz)

        outputs = self.output
        outputs.Height = height * size
        outputs.Normal = (nx / length, ny / length, nz / length)
