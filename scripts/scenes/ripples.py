"""A pond at dusk: a Python node adds up the rings around three buoys and bends the water's normal.

    pynodes render scripts/scenes/ripples.py
    pynodes render scripts/scenes/ripples.py --frame 12 -D height=0.03 -D rings=1.2

Parameters:
    rings   waves per unit of length                       1.9
    height  of the waves where they start                  0.07
    fading  how fast they die away with distance           0.75
    speed   waves that a ring moves per 24 frames          2
"""

from pynodes.nodes import NodeTree, Ripples, native
from pynodes.scene import Camera, Plane, PointLamp, Scene, Sky, Sphere, SunLamp

SKY = Sky(zenith=(0.035, 0.075, 0.20), horizon=(0.95, 0.46, 0.20), ground=(0.03, 0.05, 0.07))

# The sky that the water mirrors, by the height of the mirrored ray: as the scene's sky, and a glow
# low over the horizon.
MIRRORED = [
    (0.00, (1.30, 0.62, 0.25, 1)),
    (0.10, (0.95, 0.46, 0.22, 1)),
    (0.28, (0.50, 0.30, 0.27, 1)),
    (0.55, (0.15, 0.16, 0.27, 1)),
    (1.00, (0.035, 0.075, 0.20, 1)),
]

# The water's own colour, from trough to crest.
WATER = [(0.0, (0.002, 0.016, 0.030, 1)), (1.0, (0.012, 0.085, 0.095, 1))]

BUOYS = (
    ((-1.5, 0.6, 0.12), 0.62, (0.62, 0.045, 0.025)),
    ((1.9, 2.6, 0.10), 0.55, (0.90, 0.52, 0.05)),
    ((0.75, -1.9, 0.07), 0.36, (0.045, 0.16, 0.20)),
)


def water(rings, height, fading, phase):
    """Deep water that mirrors the sky the more the flatter one looks at it."""
    tree = NodeTree("water")
    geometry = tree.add(native.Geometry)
    ripples = tree.add(
        Ripples,
        points=[place for place, _, _ in BUOYS],
        Rings=rings,
        Height=height,
        Fading=fading,
        Phase=phase,
    )
    tree.link(geometry.out.Point, ripples.inp.Coords)

    body = tree.add(native.ColorRamp, stops=WATER)
    level = tree.add(native.Maths, operation="multiply_add", B=0.5 / max(height, 1e-6), C=0.45)
    tree.link(ripples.out.Height, level.inp.A)
    tree.link(level.out.Value, body.inp.Factor)
    lit = tree.add(native.LitSurface, Specular=(1.6, 0.9, 0.5), Hardness=260, Ambient=0.6)
    tree.link(body.out.Color, lit.inp.Color)
    tree.link(ripples.out.Normal, lit.inp.Normal)

    # The mirrored ray's height picks the colour of the sky there.
    mirror = tree.add(native.VectorMaths, operation="reflect")
    up = tree.add(native.SeparateXYZ)
    sky = tree.add(native.ColorRamp, stops=MIRRORED)
    tree.link(geometry.out.View, mirror.inp.A)
    tree.link(ripples.out.Normal, mirror.inp.B)
    tree.link(mirror.out.Vector, up.inp.Vector)
    tree.link(up.out.Z, sky.inp.Factor)

    # As Schlick's approximation of Fresnel, but gentler: 0.04 + 0.96 * (1 - cos)^3.
    cosine = tree.add(native.VectorMaths, operation="dot")
    slant = tree.add(native.Maths, operation="multiply_add", B=1.0, C=1.0)  # 1 + view . normal
    limited = tree.add(native.Maths, operation="maximum", B=0.0)
    power = tree.add(native.Maths, operation="power", B=3.0)
    fresnel = tree.add(native.Maths, operation="multiply_add", B=0.96, C=0.04)
    tree.link(geometry.out.View, cosine.inp.A)
    tree.link(ripples.out.Normal, cosine.inp.B)
    tree.link(cosine.out.Value, slant.inp.A)
    tree.link(slant.out.Value, limited.inp.A)
    tree.link(limited.out.Value, power.inp.A)
    tree.link(power.out.Value, fresnel.inp.A)

    mix = tree.add(native.Mix)
    tree.link(fresnel.out.Value, mix.inp.Factor)
    tree.link(lit.out.Color, mix.inp.Color1)
    tree.link(sky.out.Color, mix.inp.Color2)
    tree.link(mix.out.Color, tree.surface)
    return tree


def buoy(name, color):
    """A ball with a light band around its middle."""
    tree = NodeTree(name)
    coords = tree.add(native.TextureCoordinate)
    split = tree.add(native.SeparateXYZ)
    band = tree.add(
        native.ColorRamp,
        stops=[(0.20, (*color, 1)), (0.21, (0.80, 0.74, 0.66, 1)), (0.44, (*color, 1))],
        interpolation="constant",
    )
    lit = tree.add(native.LitSurface, Specular=0.5, Hardness=120, Ambient=0.9)
    tree.link(coords.out.Generated, split.inp.Vector)
    tree.link(split.out.Z, band.inp.Factor)
    tree.link(band.out.Color, lit.inp.Color)
    tree.link(lit.out.Color, tree.surface)
    return tree


def build(params, frame):
    rings = params.get("rings", 1.9)
    height = params.get("height", 0.07)
    fading = params.get("fading", 0.75)
    phase = params.get("speed", 2.0) * (frame - 1) / 24

    pond = water(rings, height, fading, phase)
    balls = [
        Sphere(buoy(f"buoy {i}", color), location=place, rotation=(12, -9 + 7 * i, 0), scale=size)
        for i, (place, size, color) in enumerate(BUOYS)
    ]
    return Scene(
        Camera(location=(0.2, -7.4, 3.7), look_at=(0.1, 0.55, 0.0), fov=41),
        [Plane(pond, scale=120), *balls],
        [
            SunLamp(direction=(-0.75, -0.42, -0.30), color=(1.0, 0.58, 0.28), energy=1.6),
            PointLamp(location=(-6, -7, 6), color=(0.45, 0.60, 1.0), energy=26, shadow=False),
        ],
        SKY,
        title="Ripples on a pond",
    )
