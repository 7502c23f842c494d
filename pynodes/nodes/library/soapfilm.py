"""Thin-film interference: the colours of soap bubbles, from thickness and angle of view.

Light that is reflected at the two faces of a film has travelled paths that differ by a few
wavelengths; which wavelengths add up depends on `path`, the film's thickness times its refractive
index times the cosine of the angle inside. A film in air lets through, for light of one wavelength
and polarisation,

    T = (1 - R)**2 / (1 + R**2 - 2 * R * cos(d)),    d = 4 * pi * path / wavelength

(Airy's sum over all inner reflections; R is Fresnel's reflectance of one face), and reflects the
rest. The fraction is a Fourier series in d,

    T = (1 - R) / (1 + R) * (1 + 2 * (R * cos(d) + R**2 * cos(2 * d) + R**3 * cos(3 * d) + ...))

so that the sum over wavelengths, weighted by the eye and turned into linear sRGB, needs only the
eye's answer to cos(4 * pi * path / wavelength): a function of the path alone, tabulated once.

Sources: M. Born and E. Wolf, Principles of Optics, section 7.6 (the film); L. Belcour and P.
Barla, "A practical extension to microfacet theory for the modeling of varying iridescence",
SIGGRAPH 2017 (the series); C. Wyman, P.-P. Sloan and P. Shirley, "Simple analytic approximations
to the CIE XYZ color matching functions", JCGT 2(2), 2013 (the eye); IEC 61966-2-1 (sRGB).
"""

from __future__ import annotations

from functools import cache
from math import cos, exp, pi, sqrt

from pynodes.nodes.api import Node, Socket, SocketLists

STEP_NM = 4.0
PATH_MAX_NM = 4000.0  # at longer paths the orders overlap to white
WAVELENGTHS_NM = range(385, 726, 10)

Rgb = tuple[float, float, float]

# Height, middle, and slope below and above it, of the curves that add up to the colour matching
# functions (wavelengths in nm).
X_LOBES = (
    (0.362, 442.0, 0.0624, 0.0374),
    (1.056, 599.8, 0.0264, 0.0323),
    (-0.065, 501.1, 0.0490, 0.0382),
)
Y_LOBES = ((0.821, 568.8, 0.0213, 0.0247), (0.286, 530.9, 0.0613, 0.0322))
Z_LOBES = ((1.217, 437.0, 0.0845, 0.0278), (0.681, 459.0, 0.0385, 0.0725))


def matching(wavelength_nm: float, lobes: tuple[tuple[float, float, float, float], ...]) -> float:
    """One of the CIE 1931 colour matching functions."""
    total = 0.0
    for height, middle, below, above in lobes:
        t = (wavelength_nm - middle) * (below if wavelength_nm < middle else above)
        total += height * exp(-0.5 * t * t)
    return total


def srgb_weights() -> list[tuple[float, Rgb]]:
    """(wavelength in nm, weight in linear r, g, b); a mirror's weights sum to (1, 1, 1)."""
    weights = []
    for wavelength in WAVELENGTHS_NM:
        x = matching(wavelength, X_LOBES)
        y = matching(wavelength, Y_LOBES)
        z = matching(wavelength, Z_LOBES)
        r = 3.2406 * x - 1.5372 * y - 0.4986 * z
        g = -0.9689 * x + 1.8758 * y + 0.0415 * z
        b = 0.0557 * x - 0.2040 * y + 1.0570 * z
        weights.append((float(wavelength), (r, g, b)))
    red, green, blue = (sum(rgb[k] for _, rgb in weights) for k in range(3))
    return [(wavelength, (r / red, g / green, b / blue)) for wavelength, (r, g, b) in weights]


@cache
def interference() -> tuple[Rgb, ...]:
    """Linear sRGB of cos(4 * pi * path / wavelength), for paths 0, STEP_NM, ... PATH_MAX_NM."""
    weights = srgb_weights()
    table = []
    for k in range(int(PATH_MAX_NM / STEP_NM) + 2):
        turn = 4.0 * pi * k * STEP_NM
        r = g = b = 0.0
        for wavelength, (wr, wg, wb) in weights:
            wave = cos(turn / wavelength)
            r += wr * wave
            g += wg * wave
            b += wb * wave
        table.append((r, g, b))
    return tuple(table)


class SoapFilm(Node):
    """Thin-film iridescence: what part of white light a soap film reflects towards the eye.

    Inputs:
        Thickness: of the film, in nanometres; 0 reflects nothing, 100 to 700 is colourful.
        Ior: refractive index of the film (soap water: 1.33); air on both sides.
    Outputs:
        Color: reflectance for white light, linear sRGB; about 0.08 at most seen straight on.
        Reflectance: the mean of its components.
    """

    def __init__(self, sockets: SocketLists) -> None:
        sockets.input = [
            Socket("Thickness", 380.0, 0.0, 2000.0),
            Socket("Ior", 1.33, 1.0, 3.0),
        ]
        sockets.output = [Socket("Color", (0, 0, 0, 1)), Socket("Reflectance", 0.0)]
        self.table = interference()

    def __call__(self) -> None:
        inputs = self.input
        ior = inputs.Ior
        shi = self.shi
        nx, ny, nz = shi.normal
        vx, vy, vz = shi.view

        # Snell: the angle inside the film. Fresnel: reflectance of one face, both polarisations.
        outside = -(nx * vx + ny * vy + nz * vz)
        if outside < 0.02:
            outside = 0.02
        inside = sqrt(1.0 - (1.0 - outside * outside) / (ior * ior))
        across = (outside - ior * inside) / (outside + ior * inside)
        along = (ior * outside - inside) / (ior * outside + inside)
        across *= across
        along *= along

        # The series, to its third term; `table` holds what the eye makes of each term's cosine.
        first = (1.0 - across) / (1.0 + across)
        second = (1.0 - along) / (1.0 + along)
        r = g = b = 1.0 - 0.5 * (first + second)
        path = ior * inputs.Thickness * inside
        if path < 0.0:
            path = 0.0
        table = self.table
        at = path
        for _ in range(3):
            if at >= PATH_MAX_NM:
                break
            first *= across
            second *= along
            part = at / STEP_NM
            k = int(part)
            part -= k
            weight = first + second
            r0, g0, b0 = table[k]
            r1, g1, b1 = table[k + 1]
            r -= weight * (r0 + (r1 - r0) * part)
            g -= weight * (g0 + (g1 - g0) * part)
            b -= weight * (b0 + (b1 - b0) * part)
            at += path

        # A saturated colour may lie outside sRGB.
        if r < 0.0:
            r = 0.0
        if g < 0.0:
            g = 0.0
        if b < 0.0:
            b = 0.0
        outputs = self.output
        outputs.Color = (r, g, b, 1.0)
        outputs.Reflectance = (r + g + b) / 3.0
