"""The legend of a plot."""

from __future__ import annotations

from typing import Any


def draw_legend(figure: Any, handles: list[Any], narrow: bool) -> None:
    """Above the axes, in as many columns as there is room for, row after row."""
    widths = [len(handle.get_label()) + 7 for handle in handles]
    room = 42 if narrow else 112
    columns = len(handles) if sum(widths) <= room else max(1, room // max(widths))
    columns = min(columns, len(handles))
    figure.legend(
        # matplotlib fills column after column
        handles=[handles[i] for c in range(columns) for i in range(c, len(handles), columns)],
        loc="outside upper left",
        ncols=columns,
        handlelength=2.2,
        borderpad=0.1,
        columnspacing=1.6,
    )
