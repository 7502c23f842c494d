"""Nodes of against_compilers.py for others: numba has them in doubles, Dr.Jit in floats."""

from __future__ import annotations

import ctypes
import math
import random
from collections.abc import Callable
from importlib import import_module
from typing import Any

SIDE = 256
STRETCH = 2.0 / 3.0**0.5
SHEAR = 1.0 / 3.0**0.5
SCALE, JOINT = 4.0, 0.07
TOP = (0.83, 0.72, 0.50, 1.0)
LEFT = (0.06, 0.24, 0.30, 1.0)
RIGHT = (0.52, 0.12, 0.06, 1.0)
SAME = [SCALE, JOINT, *TOP, *LEFT, *RIGHT]
WIDTHS = (3, 1, 1, 4, 4, 4)
_chosen = random.Random(3)
WAVES = tuple(
    (
        _chosen.uniform(-2, 2),
        _chosen.uniform(-2, 2),
        _chosen.uniform(0.2, 1),
        _chosen.uniform(0.3, 2),
        _chosen.uniform(3, 20),
    )
    for _ in range(30)
)


def points() -> ctypes.Array[ctypes.c_float]:
    """The coordinates of a picture, row by row."""
    found = (ctypes.c_float * (SIDE * SIDE * 3))()
    for k in range(SIDE * SIDE):
        found[3 * k], found[3 * k + 1] = (k % SIDE) / 64 - 2, (k // SIDE) / 64 - 2
    return found


def peers(given: ctypes.Array[ctypes.c_float]) -> dict[str, dict[str, Callable[[], object]]]:
    """What to call, by peer and node."""
    found = {}
    for name, make in (("numba", _numba), ("drjit", _drjit)):
        try:
            found[name] = make(given)
        except ImportError as problem:
            print(f"{name} is left out: {problem}")
    return found


def _numba(given: Any) -> dict[str, Callable[[], object]]:
    import numpy as np

    where = np.frombuffer(given, np.float32).reshape(-1, 3)
    colors = np.zeros((len(where), 4), np.float32)
    cells = np.zeros(len(where), np.float32)
    heights = np.zeros(len(where), np.float32)
    tiling, drops = _numba_tiling(), _numba_drops()
    return {
        "tiling": lambda: tiling(where, colors, cells, SCALE, JOINT, TOP, LEFT, RIGHT),
        "30 waves": lambda: drops(where, heights),
    }


def _numba_tiling() -> Callable[..., None]:
    import numpy as np

    numba: Any = import_module("numba")

    @numba.njit(nogil=True)  # type: ignore[untyped-decorator]
    def tiling(
        where: Any, colors: Any, cells: Any, scale: Any, joint: Any, top: Any, left: Any, right: Any
    ) -> None:
        for k in range(where.shape[0]):
            x, y = np.float64(where[k, 0]), np.float64(where[k, 1])
            u = x * scale * STRETCH
            v = (y - x * SHEAR) * scale
            i = u // 1.0
            j = v // 1.0
            third = (i - j) % 3.0
            if third == 1.0:
                j += 1.0
            elif third == 2.0:
                i += 1.0
            elif u - i + v - j >= 1.0:
                i += 1.0
                j += 1.0
            u -= i
            v -= j
            if v >= 0.0 and u + v >= 0.0:
                p, q, color = u + v, v, top
            elif u <= 0.0:
                p, q, color = -u, -u - v, left
            else:
                p, q, color = -v, u, right
            if p > 0.5:
                p = 1.0 - p
            if q > 0.5:
                q = 1.0 - q
            edge = min(p, q)
            r, g, b, a = color
            if edge < joint:
                shade = edge / joint
                shade = 0.12 + 0.88 * shade * (2.0 - shade)
                r, g, b = r * shade, g * shade, b * shade
            colors[k, 0] = r
            colors[k, 1] = g
            colors[k, 2] = b
            colors[k, 3] = a
            n = i * 0.7548776662 + j * 0.569840291
            cells[k] = n * (n * 57.0 + 13.0) % 1.0

    found: Callable[..., None] = tiling
    return found


def _numba_drops() -> Callable[..., None]:
    import numpy as np

    numba: Any = import_module("numba")

    waves = WAVES

    @numba.njit(nogil=True)  # type: ignore[untyped-decorator]
    def drops(where: Any, heights: Any) -> None:
        for k in range(where.shape[0]):
            x, y = np.float64(where[k, 0]), np.float64(where[k, 1])
            height = 0.0
            for px, py, size, fading, wave in waves:
                dx = x - px
                dy = y - py
                d = math.sqrt(dx * dx + dy * dy)
                height += size * math.exp(-fading * d) * math.cos(wave * d)
            heights[k] = height

    found: Callable[..., None] = drops
    return found


def _drjit(given: Any) -> dict[str, Callable[[], object]]:
    import numpy as np

    dr: Any = import_module("drjit")
    number: Any = import_module("drjit.llvm").Float

    dr.set_thread_count(0)  # the calling thread alone
    where = np.frombuffer(given, np.float32).reshape(-1, 3)
    xs, ys = number(where[:, 0].copy()), number(where[:, 1].copy())
    dr.eval(xs, ys)

    def tiling() -> None:
        u = xs * SCALE * STRETCH
        v = (ys - xs * SHEAR) * SCALE
        i, j = dr.floor(u), dr.floor(v)
        third = (i - j) - dr.floor((i - j) / 3) * 3
        is_far = ~((third == 1) | (third == 2)) & (u - i + v - j >= 1)
        j = dr.select((third == 1) | is_far, j + 1, j)
        i = dr.select((third == 2) | is_far, i + 1, i)
        u, v = u - i, v - j
        is_top, is_left = (v >= 0) & (u + v >= 0), u <= 0
        p = dr.select(is_top, u + v, dr.select(is_left, -u, -v))
        q = dr.select(is_top, v, dr.select(is_left, -u - v, u))
        color = [
            dr.select(is_top, number(a), dr.select(is_left, number(b), number(c)))
            for a, b, c in zip(TOP, LEFT, RIGHT, strict=True)
        ]
        p, q = dr.select(p > 0.5, 1 - p, p), dr.select(q > 0.5, 1 - q, q)
        edge = dr.select(q < p, q, p)
        shade = edge / JOINT
        shade = dr.select(edge < JOINT, 0.12 + 0.88 * shade * (2 - shade), 1)
        n = i * 0.7548776662 + j * 0.569840291
        cell = n * (n * 57 + 13)
        cell -= dr.floor(cell)
        dr.eval(*(part * shade for part in color[:3]), color[3] + 0 * u, cell)
        dr.sync_thread()

    def drops() -> None:
        height = number(0)
        for px, py, size, fading, wave in WAVES:
            dx, dy = xs - px, ys - py
            d = dr.sqrt(dx * dx + dy * dy)
            height += size * dr.exp(-fading * d) * dr.cos(wave * d)
        dr.eval(height)
        dr.sync_thread()

    return {"tiling": tiling, "30 waves": drops}
