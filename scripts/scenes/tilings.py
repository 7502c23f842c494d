"""Tumbling blocks: a Python node paints a floor and a box that the eye reads as stacked cubes.

    pynodes render scripts/scenes/tilings.py
    pynodes render scripts/scenes/tilings.py -D scale=4 -D joint=0.03 -D spread=1

Parameters:
    scale   cubes per unit of the floor                               2.1
    joint   half the width of the grooves, as a part of a rhomb       0.06
    spread  how much the cubes' tints differ, 0..1                    0.55
    sun     height of the sun over the horizon, degrees               34
"""

from math import cos, radians, sin

from pynodes.nodes import NodeTree, Tilings, native
from pynodes.scene import Box, Camera, Plane, PointLamp, Scene, Sky, Sphere, SunLamp

HORIZON = (0.86, 0.70, 0.56)

# A cube's tint, by the random number that Tilings gives to each: linear rgb.
TINTS = [
    (0.00, (0.55, 0.60, 0.72, 1)),
    (0.45, (1.00, 0.97, 0.90, 1)),
    (0.80, (1.00, 0.88, 0.68, 1)),
    (1.00, (1.30, 0.72, 0.42, 1)),
]


def blocks(name, coordinates, scale, joint, spread, **colors):
    """Lit tumbling blocks; each cube has a tint of its own. Far away they fade into the haze."""
    tree = NodeTree(name)
    coords = tree.add(native.TextureCoordinate)
    tiles = tree.add(Tilings, Scale=scale, Joint=joint, **colors)
    tints = tree.add(native.ColorRamp, stops=TINTS)
    mix = tree.add(native.Mix, blend="multiply", Factor=spread)
    lit = tree.add(native.LitSurface, Specular=0.10, Hardness=90, Ambient=0.5)
    tree.link(coords.out[coordinates], tiles.inp.Coords)
    tree.link(tiles.out.Cell, tints.inp.Factor)
    tree.link(tiles.out.Color, mix.inp.Color1)
    tree.link(tints.out.Color, mix.inp.Color2)
    tree.link(mix.out.Color, lit.inp.Color)

    far = tree.add(native.Geometry)
    haze = tree.add(native.Maths, operation="smoothstep", B=8.0, C=26.0)
    fade = tree.add(native.Mix, Color2=HORIZON)
    tree.link(far.out.Depth, haze.inp.A)
    tree.link(haze.out.Value, fade.inp.Factor)
    tree.link(lit.out.Color, fade.inp.Color1)
    tree.link(fade.out.Color, tree.surface)
    return tree


def marble(name, dark, light, scale, seed):
    """Polished stone: folded noise through a ramp. No Python in this one."""
    tree = NodeTree(name)
    coords = tree.add(native.TextureCoordinate)
    noise = tree.add(
        native.Noise, type="turbulence", seed=seed, Scale=scale, Detail=5, Distortion=0.8
    )
    ramp = tree.add(
        native.ColorRamp,
        stops=[(0.02, (*light, 1)), (0.14, (*dark, 1)), (0.5, (*dark, 1))],
        interpolation="smooth",
    )
    lit = tree.add(native.LitSurface, Specular=0.7, Hardness=220, Ambient=0.5)
    tree.link(coords.out.Generated, noise.inp.Coords)
    tree.link(noise.out.Value, ramp.inp.Factor)
    tree.link(ramp.out.Color, lit.inp.Color)
    tree.link(lit.out.Color, tree.surface)
    return tree


def build(params, frame):
    scale = params.get("scale", 2.1)
    joint = params.get("joint", 0.06)
    spread = params.get("spread", 0.55)
    height = radians(params.get("sun", 34.0))

    floor = blocks("floor", "Global", scale, joint, spread)
    panel = blocks(
        "box",
        "UV",
        5.0,
        joint,
        0.3,
        Top=(0.80, 0.78, 0.72),
        Left=(0.10, 0.13, 0.22),
        Right=(0.36, 0.42, 0.50),
    )
    ink = marble("ink", (0.010, 0.045, 0.075), (0.75, 0.62, 0.36), 1.3, 4)
    bone = marble("bone", (0.72, 0.66, 0.56), (0.20, 0.08, 0.04), 1.7, 11)
    clay = marble("clay", (0.42, 0.075, 0.035), (0.75, 0.50, 0.32), 2.0, 23)
    return Scene(
        Camera(location=(-0.4, -6.6, 5.0), look_at=(-0.05, 0.35, 0.55), fov=43),
        [
            Plane(floor, scale=40),
            Sphere(ink, location=(-1.35, 0.55, 1.1), scale=1.1),
            Box(panel, location=(1.45, 0.85, 0.85), rotation=(0, 0, 24), scale=0.85),
            Sphere(bone, location=(0.45, -1.2, 0.48), scale=0.48),
            Sphere(clay, location=(-1.95, -1.5, 0.32), scale=0.32),
        ],
        [
            SunLamp(
                direction=(cos(height) * 0.86, cos(height) * 0.5, -sin(height)),
                color=(1.0, 0.84, 0.62),
                energy=1.15,
            ),
            PointLamp(location=(4, -6, 5), color=(0.5, 0.66, 1.0), energy=9, shadow=False),
        ],
        Sky(zenith=(0.10, 0.22, 0.46), horizon=HORIZON, ground=(0.30, 0.24, 0.20)),
        title="Tumbling blocks",
    )
