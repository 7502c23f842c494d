"""No Python node at all: geometry, noise, a ramp, lamps and shadows."""

from __future__ import annotations

from pynodes.nodes import NodeTree, native
from pynodes.scene import Camera, Params, Plane, PointLamp, Scene, Sphere, SunLamp


def build(params: Params, frame: int) -> Scene:
    tree = NodeTree("stone")
    noise = tree.add(native.Noise, scale=4.0)
    ramp = tree.add(native.ColorRamp)
    lit = tree.add(native.LitSurface)
    tree.link(noise.out.Value, ramp.inp.Factor)
    tree.link(ramp.out.Color, lit.inp.Color)
    tree.link(lit.out.Color, tree.surface)
    return Scene(
        camera=Camera(location=(0, -6, 3), fov=40.0),
        objects=[Sphere(material=tree), Plane(material=tree, location=(0, 0, -1), scale=8.0)],
        lamps=[
            PointLamp(location=(3, -3, 4), energy=20.0),
            SunLamp(direction=(-1, 1, -2), energy=1.0),
        ],
    )
