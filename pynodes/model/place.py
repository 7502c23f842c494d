"""Where in a picture something happened, phrased one way; the host has the same in wire/place.c."""

from __future__ import annotations


def describe_place(
    *,
    node: str | None = None,
    pixel: tuple[int, ...] | None = None,
    sample: int | None = None,
    batch: int | None = None,
    tile: int | None = None,
    frame: int | None = None,
    thread: int | None = None,
    unit: str = "thread",
) -> str:
    """`node Rings, pixel (160, 128), sample 0, tile 85, frame 1, thread 0`, of what is known.

    Args:
        pixel: x and y, counted from the top left.
        batch: of a call for so many samples, which then is the place: pixel and sample its first.
        unit: what renders a tile: a thread, or a worker.
    """
    at = f"pixel ({pixel[0]}, {pixel[1]})" if pixel and len(pixel) == 2 else ""
    known = (
        f"node {node}" if node else "",
        f"a call for {batch} samples, from {at}" if batch and at else at,
        "" if sample is None or batch else f"sample {sample}",
        "" if tile is None else f"tile {tile}",
        "" if frame is None else f"frame {frame}",
        "" if thread is None else f"{unit} {thread}",
    )
    return ", ".join(filter(None, known))
