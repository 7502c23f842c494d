"""Tumbling blocks as an array node: NumPy computes all samples of a batch at once.

    pynodes render scripts/nodes/array_tilings.py --preview plane

The sockets and the picture, to the last bit, are those of `pynodes.nodes.Tilings`, which does the
same for one sample; compare the two. Numbers are float64 on the way, as Python's are.
"""

import numpy as np

from pynodes.nodes import Tilings
from pynodes.nodes.library.tilings import SHEAR, STRETCH


class ArrayTilings(Tilings):
    """Tumbling blocks in three colours, by arrays."""

    call = "batch"

    def __call__(self):
        inputs = self.input
        x, y, _ = np.asarray(inputs.Coords, float).T
        scale = np.asarray(inputs.Scale, float)

        # Now whole numbers are corners of equilateral triangles.
        u = x * scale * STRETCH
        v = (y - x * SHEAR) * scale

        # Of a triangle's three corners one has (i - j) divisible by 3: the middle of a cube.
        i = np.floor(u)
        j = np.floor(v)
        third = (i - j) % 3.0
        far = (third == 0.0) & (u - i + v - j >= 1.0)
        j += (third == 1.0) | far
        i += (third == 2.0) | far
        u -= i
        v -= j

        # Three rhombs meet there; p and q run from 0 to 1 along the two edges of the one we are on.
        top = (v >= 0.0) & (u + v >= 0.0)
        left = u <= 0.0
        p = np.where(top, u + v, np.where(left, -u, -v))
        q = np.where(top, v, np.where(left, -u - v, u))
        right_or_left = np.where(left[:, None], inputs.Left, inputs.Right)
        color = np.where(top[:, None], inputs.Top, right_or_left).astype(float)

        # The nearest edge of the rhomb; what is far from any keeps its colour: there `near` is 1.
        edge = np.minimum(np.where(p > 0.5, 1.0 - p, p), np.where(q > 0.5, 1.0 - q, q))
        joint = np.asarray(inputs.Joint, float)
        near = np.divide(edge, joint, out=np.ones_like(edge), where=edge < joint)
        color[:, :3] *= (0.12 + 0.88 * near * (2.0 - near))[:, None]

        self.output.Color = color
        n = i * 0.7548776662 + j * 0.569840291
        self.output.Cell = n * (n * 57.0 + 13.0) % 1.0
