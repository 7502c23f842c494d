"""Cards with tables of coloured squares: wrong pixels, and how every run ended."""

from __future__ import annotations

from collections.abc import Sequence

from pynodes.model.verdict import Verdict
from pynodes.report import definitions
from pynodes.report.blocks import card, caution_lines, definition, left_out, scrolling
from pynodes.report.chapter import Chapter
from pynodes.report.figures import MAX_HEATS, HeatMap, Matrix, Square
from pynodes.report.markup import Markup, join, tag, words
from pynodes.report.plots import heat_share
from pynodes.words import count, plural

_MARKS = {
    "ok": "✓",
    "wrong-image": "≠",
    "wrong-output": "≠",
    "node-error": "!",
    "failed": "!",
    "crash": "✕",
    "hang": "∞",
    "interrupted": "‖",
    "cannot-start": "⊘",
}
_MAX_CAUSES = 12


def heat_card(chapter: Chapter) -> Markup:
    """Tables of wrong pixels, two axes each."""
    shown = chapter.heats[:MAX_HEATS]
    more = len(chapter.heats) - len(shown)
    worst = max(heat.worst for heat in chapter.heats)
    scale = tag(
        "p",
        tag("span", "0"),
        tag("i"),
        tag("span", f"{count(worst)} wrong pixels (logarithmic)"),
        class_="scale",
    )
    return card(
        "Wrong pixels",
        tag("div", [_heat_table(heat, worst) for heat in shown], class_="heats"),
        left_out(more, f"{more} more such tables are left out."),
        scale if worst else None,
        caution_lines(chapter, "heat"),
        definition(definitions.HEAT),
    )


def _heat_table(heat: HeatMap, worst: int) -> Markup:
    rows = []
    for name, squares in zip(heat.rows, heat.squares, strict=True):
        cells = [_heat_square(square, worst) for square in squares]
        rows.append(tag("tr", tag("th", name, scope="row"), cells))
    title = [tag("strong", heat.title), tag("br")] if heat.title else None
    caption = tag("caption", title, f"of {plural(heat.pixels, 'pixel')}")
    head = _squares_head(heat.row_axis, heat.column_axis, heat.columns)
    return scrolling(caption, head, tag("tbody", rows), kind="squares")


def _heat_square(square: Square | None, worst: int) -> Markup:
    if square is None:
        return tag("td", "–", class_="v-none")
    if square.value is None:
        return tag("td", square.verdict, class_="v-bad" if square.runs else "v-none")
    if square.value == 0:
        return tag("td", "0", class_="heat h0")
    share = heat_share(square.value, worst)
    return tag(
        "td",
        count(square.value),
        tag("span", f"{square.wrong} of {square.runs}", class_="runs"),
        class_="heat",
        style=f"--share: {share:.3f}",
    )


def _squares_head(row_axis: str, column_axis: str, columns: Sequence[str]) -> Markup:
    arrows = [f"{row_axis} ↓" if row_axis else "", f"{column_axis} →" if column_axis else ""]
    corner = tag("td", join(filter(None, arrows), tag("br")), class_="axis")
    return tag("thead", tag("tr", corner, [tag("th", name, scope="col") for name in columns]))


def matrix_card(chapter: Chapter, matrix: Matrix) -> Markup:
    """The verdicts of all runs, two axes."""
    rows = [
        tag("tr", tag("th", name, scope="row"), [_verdict_square(cell) for cell in cells])
        for name, cells in zip(matrix.rows, matrix.cells, strict=True)
    ]
    head = _squares_head(matrix.row_axis, matrix.column_axis, matrix.columns)
    return card(
        "How every run ended",
        scrolling(head, tag("tbody", rows), kind="squares"),
        _causes(chapter.causes),
        caution_lines(chapter, "matrix"),
        definition(definitions.MATRIX),
    )


def _causes(causes: Sequence[str]) -> Markup | None:
    """What went wrong, a line a cell."""
    more = len(causes) - _MAX_CAUSES
    lines = [tag("li", words(cause)) for cause in causes[:_MAX_CAUSES]]
    if more > 0:
        lines.append(tag("li", f"{plural(more, 'more cell')} went wrong"))
    return tag("ul", lines) if lines else None


def _verdict_square(cell: dict[Verdict, int] | None) -> Markup:
    if cell is None:
        return tag("td", "–", class_="v-none")
    if not cell:
        return tag("td", "not run", class_="v-none")
    worst, runs = next(iter(cell.items()))
    return tag(
        "td",
        f"{_MARKS.get(worst, '?')} {worst}",
        tag("span", f"{runs} of {sum(cell.values())}", class_="runs"),
        class_="v-ok" if worst == Verdict.OK else "v-bad",
    )
