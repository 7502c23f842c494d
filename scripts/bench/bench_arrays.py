"""The cheap tiling of bench_tilings.py as an array node: the same picture, by NumPy."""

from __future__ import annotations

import numpy as np
from bench_common import flat
from bench_tilings import BLUE, COS, CREAM, RED, SIN, STRETCH, CheapTilings

from pynodes.scene import Params, Scene

PALETTE = np.array([CREAM, BLUE, RED], np.float32)


class ArrayTilings(CheapTilings):
    """Three-coloured tiling, all samples of a batch at once."""

    call = "batch"

    def __call__(self) -> None:
        x, y, _ = np.asarray(self.input.Coords, float).T
        u = (x * COS - y * SIN) * STRETCH
        v = (x * SIN + y * COS) * STRETCH
        i = np.floor(u)
        j = np.floor(v)
        above = u - i > v - j
        third = (i + j) / 3.0
        is_red = third == np.floor(third)  # (i + j) % 3 == 0, without a slow remainder
        self.output.Color = np.take(PALETTE, np.where(is_red, 2, above), axis=0)


def build(params: Params, frame: int) -> Scene:
    return flat(ArrayTilings)
