"""What is typed: values of every option, one or several, and parameters of scenes."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from pynodes.errors import PynodesError
from pynodes.options.table import rows_of
from pynodes.scene.params import ParamError, Params
from pynodes.sweep.axes import AXES, merge

_ROWS = (*rows_of(), *AXES)


def seeds(folder: Path) -> Sequence[bytes]:
    """A line of values for each option, and some for parameters."""
    texts = [row.example or row.kind.format(row.default) or "1" for row in _ROWS]
    more = ["1..8,16", "1..64:4", "0.001,0.005", "64x48,8x8", "3.13,3.14t", "scale=2", "all"]
    return [text.encode() for text in dict.fromkeys([*texts, *more, "1", "(1, 2.5)", "'x'"])]


def read(data: bytes, folder: Path) -> None:
    """By every kind of value, so the wrong ones too."""
    text = data.decode("utf-8", "surrogateescape")
    for row in _ROWS:
        for parse in (row.kind.parse, row.kind.parse_several):
            with suppress(PynodesError):
                value = parse(text)
                if parse == row.kind.parse_several:
                    merge(row.name, [value])
                else:
                    row.kind.format(value)
    for default in (4.0, 4, "text", True, (1.0, 2.0, 3.0)):
        with suppress(ParamError):
            Params([f"x={text}"]).get("x", default)
