#!/usr/bin/env python3
"""Write the meshes that the bundled scenes use: `python3 tools/make/meshes.py [FOLDER]`.

knot.obj: a torus knot whose section is a rounded triangle that turns on its way, with normals and
uv (u along the knot, v around it). Quads, so that the file stays small. The numbers are the same on
every machine (to the last digit written), so running this again changes nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from math import cos, pi, sin, sqrt
from pathlib import Path

Vec3 = tuple[float, float, float]

FOLDER = Path(__file__).resolve().parents[2] / "scripts" / "scenes" / "assets"

ALONG, AROUND = 320, 24  # quads
TURNS, LOOPS = 2, 3  # around the torus' axis, and through its hole
RADIUS, TUBE = 1.0, 0.42  # of the torus that carries the knot
SECTION, LOBE = 0.23, 0.22  # thickness, depth of the three grooves
TWIST_THIRDS = 7  # thirds of a turn of the section on the whole way; the grooves meet again


def minus(a: Vec3, b: Vec3) -> Vec3:
    return (a[0] - b[0], a[1] - b[1], a[2] - b[2])


def cross(a: Vec3, b: Vec3) -> Vec3:
    return (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])


def unit(a: Vec3) -> Vec3:
    length = sqrt(a[0] * a[0] + a[1] * a[1] + a[2] * a[2])
    return (a[0] / length, a[1] / length, a[2] / length)


def slope(curve: Callable[[float], Vec3], t: float, step: float = 1e-4) -> Vec3:
    """Direction of a curve, by central differences."""
    d = minus(curve(t + step), curve(t - step))
    return (d[0] / (2 * step), d[1] / (2 * step), d[2] / (2 * step))


def spine(t: float) -> Vec3:
    """The knot's middle line; t in 0..1."""
    a, b = 2 * pi * TURNS * t, 2 * pi * LOOPS * t
    r = RADIUS + TUBE * cos(b)
    return (r * cos(a), r * sin(a), TUBE * sin(b))


def outwards(t: float) -> Vec3:
    """Normal of the torus that carries the knot, where the knot is."""
    a, b = 2 * pi * TURNS * t, 2 * pi * LOOPS * t
    return (cos(b) * cos(a), cos(b) * sin(a), sin(b))


def surface(u: float, v: float) -> Vec3:
    """A point of the knot; u along it and v around it, both in 0..1."""
    ahead = unit(slope(spine, u))
    side = unit(cross(ahead, outwards(u)))
    up = cross(side, ahead)
    turn = 2 * pi * v
    r = SECTION * (1 + LOBE * cos(3 * turn))
    angle = turn + 2 * pi * TWIST_THIRDS / 3 * u
    x, y = r * cos(angle), r * sin(angle)
    middle = spine(u)
    return (
        middle[0] + x * up[0] + y * side[0],
        middle[1] + x * up[1] + y * side[1],
        middle[2] + x * up[2] + y * side[2],
    )


def normal(u: float, v: float) -> Vec3:
    """Unit normal, outwards."""
    return unit(cross(slope(lambda t: surface(u, t), v), slope(lambda t: surface(t, v), u)))


def knot_lines() -> Iterator[str]:
    """The lines of knot.obj."""
    yield "# A twisted torus knot, written by tools/make/meshes.py"
    grid = [(i / ALONG, j / AROUND) for i in range(ALONG) for j in range(AROUND)]
    for u, v in grid:
        x, y, z = surface(u, v)
        yield f"v {x:.4f} {y:.4f} {z:.4f}"
    for i in range(ALONG + 1):
        for j in range(AROUND + 1):
            yield f"vt {i / ALONG:.4f} {j / AROUND:.4f}"
    for u, v in grid:
        x, y, z = normal(u, v)
        yield f"vn {x:.3f} {y:.3f} {z:.3f}"
    # Behind the last row comes the first one again, turned by thirds.
    shift = TWIST_THIRDS * AROUND // 3
    for i in range(ALONG):
        for j in range(AROUND):
            corners = []
            for di, dj in ((0, 0), (0, 1), (1, 1), (1, 0)):
                row, place = i + di, j + dj
                texture = row * (AROUND + 1) + place + 1
                if row == ALONG:
                    row, place = 0, place + shift
                point = row * AROUND + place % AROUND + 1
                corners.append(f"{point}/{texture}/{point}")
            yield f"f {' '.join(corners)}"


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "knot.obj"
    path.write_text("\n".join(knot_lines()) + "\n", encoding="ascii", newline="\n")
    print(f"{path}: {path.stat().st_size / 1024:.0f} KiB, {2 * ALONG * AROUND} triangles")


if __name__ == "__main__":
    main()
