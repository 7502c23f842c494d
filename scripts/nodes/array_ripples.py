"""Ring waves as an array node: NumPy computes all samples of a batch at once.

    pynodes render scripts/nodes/array_ripples.py --preview plane -D Height=0.05

The sockets and options are those of `pynodes.nodes.Ripples`, which does the same for one sample;
compare the two. NumPy's `exp`, `cos` and `sin` may differ from those of `math` in the last bit.
"""

import numpy as np

from pynodes.nodes import Ripples


class ArrayRipples(Ripples):
    """Interfering ring waves, by arrays."""

    call = "batch"

    def __call__(self):
        coords = np.asarray(self.input.Coords, float)
        wave = np.asarray(self.input.Rings, float) * 6.283185307179586
        start = np.asarray(self.input.Phase, float) * 6.283185307179586
        fading = np.asarray(self.input.Fading, float)

        height = np.zeros(len(coords))
        slope = np.zeros_like(coords)
        for point in self.points:
            away = coords - point
            distance = np.sqrt((away * away).sum(axis=1)) + 1e-6
            angle = wave * distance - start
            strength = np.exp(-fading * distance)
            crest = strength * np.cos(angle)
            height += crest
            steep = (fading * crest + wave * strength * np.sin(angle)) / distance
            slope -= steep[:, None] * away

        size = np.asarray(self.input.Height, float)
        normal = np.asarray(self.shi.normal, float)
        along = (slope * normal).sum(axis=1)
        normal = normal - size[:, None] * (slope - along[:, None] * normal)

        self.output.Height = height * size
        self.output.Normal = normal / np.sqrt((normal * normal).sum(axis=1))[:, None]
