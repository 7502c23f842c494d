"""The library's nodes compute what they say."""

from __future__ import annotations

from math import cos, pi, sqrt

import pytest

from pynodes.nodes import LIBRARY, Node, Ripples, SoapFilm, Tilings
from pynodes.nodes.library.soapfilm import srgb_weights
from pynodes.nodes.testing import call_node, make_node


@pytest.mark.parametrize("cls", LIBRARY)
def test_library_node_has_a_line_and_outputs(cls: type[Node]) -> None:
    out = call_node(cls)

    assert (cls.__doc__ or "").partition("\n")[0].endswith(".")
    assert len(out) > 0


COLORS = {"Top": (1, 0, 0), "Left": (0, 1, 0), "Right": (0, 0, 1)}


@pytest.mark.parametrize(
    ("x", "y", "seen"), [(0.0, 0.5, "Top"), (-0.4, -0.2, "Left"), (0.4, -0.2, "Right")]
)
def test_tilings_has_three_faces_around_the_middle_of_a_cube(x: float, y: float, seen: str) -> None:
    out = call_node(Tilings, {"Coords": (x, y, 9), "Scale": 1, "Joint": 0, **COLORS})

    assert out.Color == (*COLORS[seen], 1)


def test_tilings_joint_darkens_towards_an_edge() -> None:
    node = make_node(Tilings)
    given = {"Scale": 1, "Joint": 0.2, **COLORS}

    near, far = (call_node(node, {"Coords": (0, y, 0), **given}).Color[0] for y in (0.02, 0.5))

    assert 0.1 < near < 0.5
    assert far == 1.0


def test_tilings_cell_is_one_number_per_cube_and_covers_all() -> None:
    node = make_node(Tilings)
    places = [(i * 0.13, j * 0.17, 0) for i in range(-40, 40) for j in range(-40, 40)]

    cells = [call_node(node, {"Coords": place, "Scale": 1}).Cell for place in places]
    around = {
        call_node(node, {"Coords": (x, y, 0), "Scale": 1}).Cell
        for x, y in ((0, 0.5), (-0.4, -0.2), (0.4, -0.2))
    }

    assert len(around) == 1
    assert all(0.0 <= cell < 1.0 for cell in cells)
    assert 40 < len(set(cells)) < 120  # a cube has an area of 2.6 units; 10.4 x 13.6 were looked at


def test_ripples_normal_is_that_of_the_height() -> None:
    node = make_node(Ripples, points=[(0.3, 0.1, 0.0), (-0.5, 0.4, 0.0)])
    step = 1e-5

    for x, y in ((0.0, 0.0), (0.7, -0.2), (-0.4, 0.9)):

        def height(dx: float, dy: float, x: float = x, y: float = y) -> float:
            return call_node(node, {"Coords": (x + dx, y + dy, 0)}).Height  # type: ignore[no-any-return]

        sx = (height(step, 0) - height(-step, 0)) / (2 * step)
        sy = (height(0, step) - height(0, -step)) / (2 * step)
        length = sqrt(sx * sx + sy * sy + 1)
        normal = call_node(node, {"Coords": (x, y, 0)}).Normal

        assert normal == pytest.approx((-sx / length, -sy / length, 1 / length), abs=1e-6)


def test_ripples_at_a_source_is_finite() -> None:
    out = call_node(Ripples, {"Coords": (0, 0, 0)}, points=[(0, 0, 0)])

    assert out.Height == pytest.approx(0.02, rel=1e-3)
    assert sum(n * n for n in out.Normal) == pytest.approx(1)


def airy(thickness: float, cosine: float, ior: float = 1.33) -> list[float]:
    """Reflectance of a film in linear sRGB, wavelength by wavelength, without series or table."""
    inside = sqrt(1 - (1 - cosine * cosine) / ior / ior)
    across = ((cosine - ior * inside) / (cosine + ior * inside)) ** 2
    along = ((ior * cosine - inside) / (ior * cosine + inside)) ** 2
    total = [0.0, 0.0, 0.0]
    for wavelength, rgb in srgb_weights():
        phase = 4 * pi * ior * thickness * inside / wavelength
        reflected = sum(
            (1 - (1 - r) ** 2 / (1 + r * r - 2 * r * cos(phase))) / 2 for r in (across, along)
        )
        for k in range(3):
            total[k] += rgb[k] * reflected
    return total


@pytest.mark.parametrize("thickness", [30, 120, 250, 400, 700, 1000])
@pytest.mark.parametrize(("cosine", "tolerance"), [(1.0, 1e-3), (0.7, 1e-3), (0.3, 1e-2)])
def test_soap_film_is_airys_formula(thickness: float, cosine: float, tolerance: float) -> None:
    view = (sqrt(1 - cosine * cosine), 0, -cosine)

    out = call_node(SoapFilm, {"Thickness": thickness}, {"normal": (0, 0, 1), "view": view})

    expected = [max(0.0, each) for each in airy(thickness, cosine)]
    assert out.Color[:3] == pytest.approx(expected, abs=tolerance)
    assert out.Reflectance == pytest.approx(sum(out.Color[:3]) / 3)


def test_soap_film_of_no_thickness_is_black_and_a_thick_one_is_white() -> None:
    black, white = (call_node(SoapFilm, {"Thickness": t}).Color[:3] for t in (0, 9000))

    assert max(black) < 1e-5
    assert max(white) - min(white) < 1e-9
