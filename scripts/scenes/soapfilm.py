"""A knot and three beads in a skin of soap: thin-film interference by a Python node, on a mesh.

    pynodes render scripts/scenes/soapfilm.py
    pynodes render scripts/scenes/soapfilm.py -D thickness=700 -D ior=1.5

Parameters:
    thickness  mean thickness of the film, nanometres           360
    swirl      how much it varies, nanometres                   190
    ior        refractive index of the film                     1.33
    turn       of the knot, degrees                             20

The mesh is written by tools/make/meshes.py.
"""

from pynodes.nodes import NodeTree, SoapFilm, native
from pynodes.scene import Camera, Mesh, Plane, PointLamp, Scene, Sky, Sphere, SunLamp

# What surrounds the scene, for mirrored rays: by their height, and one large soft light.
STUDIO = [
    (-0.50, (0.10, 0.08, 0.08, 1)),
    (-0.02, (0.40, 0.34, 0.33, 1)),
    (0.06, (1.00, 0.92, 0.88, 1)),
    (0.45, (0.45, 0.52, 0.66, 1)),
    (1.00, (1.00, 1.08, 1.25, 1)),
]
SOFTBOX = [(0.72, (0, 0, 0, 1)), (0.93, (2.0, 1.9, 1.7, 1)), (1.0, (2.6, 2.5, 2.3, 1))]
SOFTBOX_DIRECTION = (-0.55, -0.55, 0.63)

HORIZON = (0.15, 0.14, 0.20)


def soap(name, coordinates, thickness, swirl, ior, scale, gain):
    """A black body under a film that drains downwards and swirls."""
    tree = NodeTree(name)
    coords = tree.add(native.TextureCoordinate)
    geometry = tree.add(native.Geometry)

    # Thickness: thinner at the top, plus noise around its mean.
    split = tree.add(native.SeparateXYZ)
    noise = tree.add(native.Noise, Scale=scale, Detail=2, Distortion=1.6, seed=7)
    swirled = tree.add(native.Maths, operation="multiply_add", B=2 * swirl, C=thickness - swirl)
    drained = tree.add(native.Maths, operation="multiply_add", B=-0.32 * thickness)
    tree.link(coords.out.Generated, split.inp.Vector)
    tree.link(coords.out[coordinates], noise.inp.Coords)
    tree.link(noise.out.Value, swirled.inp.A)
    tree.link(split.out.Z, drained.inp.A)
    tree.link(swirled.out.Value, drained.inp.C)
    film = tree.add(SoapFilm, Ior=ior)
    tree.link(drained.out.Value, film.inp.Thickness)

    # What the mirrored ray meets.
    mirror = tree.add(native.VectorMaths, operation="reflect")
    up = tree.add(native.SeparateXYZ)
    studio = tree.add(native.ColorRamp, stops=STUDIO, interpolation="smooth")
    towards = tree.add(native.VectorMaths, operation="dot", B=SOFTBOX_DIRECTION)
    softbox = tree.add(native.ColorRamp, stops=SOFTBOX, interpolation="smooth")
    light = tree.add(native.Mix, blend="add", Factor=1)
    tree.link(geometry.out.View, mirror.inp.A)
    tree.link(geometry.out.Normal, mirror.inp.B)
    tree.link(mirror.out.Vector, up.inp.Vector)
    tree.link(up.out.Z, studio.inp.Factor)
    tree.link(mirror.out.Vector, towards.inp.A)
    tree.link(towards.out.Value, softbox.inp.Factor)
    tree.link(studio.out.Color, light.inp.Color1)
    tree.link(softbox.out.Color, light.inp.Color2)

    # The film reflects at most some 8 %, so `gain` is the exposure.
    shown = tree.add(native.Mix, blend="multiply", Factor=1)
    bright = tree.add(native.Emission, Strength=gain)
    tree.link(light.out.Color, shown.inp.Color1)
    tree.link(film.out.Color, shown.inp.Color2)
    tree.link(shown.out.Color, bright.inp.Color)

    body = tree.add(
        native.LitSurface, Color=(0.012, 0.011, 0.016), Specular=0.5, Hardness=180, Ambient=0.8
    )
    final = tree.add(native.Mix, blend="add", Factor=1)
    tree.link(body.out.Color, final.inp.Color1)
    tree.link(bright.out.Color, final.inp.Color2)
    tree.link(final.out.Color, tree.surface)
    return tree


def ground():
    """Dark slate that fades into the background."""
    tree = NodeTree("ground")
    coords = tree.add(native.TextureCoordinate)
    cells = tree.add(native.Voronoi, Scale=0.9, seed=3)
    joints = tree.add(
        native.ColorRamp,
        stops=[(0.02, (0.10, 0.10, 0.10, 1)), (0.07, (1, 1, 1, 1))],
        interpolation="smooth",
    )
    noise = tree.add(native.Noise, Scale=2.5, Detail=6, Roughness=0.6)
    stone = tree.add(
        native.ColorRamp,
        stops=[(0.25, (0.045, 0.046, 0.055, 1)), (0.75, (0.115, 0.105, 0.105, 1))],
    )
    mix = tree.add(native.Mix, blend="multiply", Factor=1)
    lit = tree.add(native.LitSurface, Specular=0.12, Hardness=30, Ambient=0.5)
    far = tree.add(native.Geometry)
    haze = tree.add(native.Maths, operation="smoothstep", B=7.0, C=22.0)
    fade = tree.add(native.Mix, Color2=HORIZON)
    tree.link(far.out.Depth, haze.inp.A)
    tree.link(haze.out.Value, fade.inp.Factor)
    tree.link(coords.out.Global, cells.inp.Coords)
    tree.link(cells.out.Edge, joints.inp.Factor)
    tree.link(coords.out.Global, noise.inp.Coords)
    tree.link(noise.out.Value, stone.inp.Factor)
    tree.link(stone.out.Color, mix.inp.Color1)
    tree.link(joints.out.Color, mix.inp.Color2)
    tree.link(mix.out.Color, lit.inp.Color)
    tree.link(lit.out.Color, fade.inp.Color1)
    tree.link(fade.out.Color, tree.surface)
    return tree


def build(params, frame):
    thickness = params.get("thickness", 360.0)
    swirl = params.get("swirl", 190.0)
    ior = params.get("ior", 1.33)
    turn = params.get("turn", 20.0) + 3.0 * (frame - 1)

    knot = soap("knot", "Generated", thickness, swirl, ior, 1.1, 4.5)
    beads = soap("beads", "Global", thickness, swirl, ior, 1.6, 4.5)
    return Scene(
        Camera(location=(0.0, -7.4, 2.7), look_at=(0, 0, 1.22), fov=36),
        [
            Mesh("assets/knot.obj", knot, location=(0, 0.2, 1.52), rotation=(66, 0, turn)),
            Sphere(beads, location=(-1.62, -0.95, 0.42), scale=0.42),
            Sphere(beads, location=(1.55, -1.05, 0.30), scale=0.30),
            Sphere(beads, location=(0.95, -1.4, 0.17), scale=0.17),
            Plane(ground(), scale=30),
        ],
        [
            SunLamp(direction=(0.55, 0.55, -0.63), color=(1.0, 0.93, 0.84), energy=1.5),
            PointLamp(location=(3.5, 2.5, 3.5), color=(0.55, 0.50, 1.0), energy=14),
        ],
        Sky(zenith=(0.015, 0.02, 0.05), horizon=HORIZON, ground=(0.05, 0.05, 0.06)),
        title="Soap film on a knot",
    )
