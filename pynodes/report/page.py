"""A report as one HTML file: no script, nothing fetched, light and dark, wide and narrow."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Iterator
from datetime import datetime
from importlib.resources import files
from pathlib import Path

from pynodes.errors import CannotStartError
from pynodes.report import definitions, plots
from pynodes.report.chapter import Chapter, Drawing, Picture, Tile
from pynodes.report.figures import PART_NAMES, PARTS, Bar, Curve, HeatMap, Matrix, Scaling
from pynodes.report.markup import Child, Markup, join, tag
from pynodes.report.plots import heat_share
from pynodes.words import count, duration, plural

# Nothing is fetched and nothing runs, whatever a node's message or a scene's name holds.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_MAX_PICTURE_SIDE = 960
_MARKS = {
    "ok": "✓",
    "wrong-image": "≠",
    "node-error": "!",
    "crash": "✕",
    "hang": "∞",
    "interrupted": "‖",
    "cannot-start": "⊘",
}


def write(chapters: tuple[Chapter, ...], out: Path, *, made_by: str, when: datetime) -> None:
    """Write the page, whole or not at all.

    Raises:
        CannotStartError: OUT cannot be written.
    """
    text = build(chapters, made_by=made_by, when=when)
    part = out.with_name(f".{out.name}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(out)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise CannotStartError(
            f"cannot write the report: {error.strerror or error}",
            str(out),
            "name a file in a folder that can be written to with -o",
        ) from None


def build(chapters: tuple[Chapter, ...], *, made_by: str, when: datetime) -> str:
    """The page as text."""
    draws = plots.has_matplotlib()
    title = chapters[0].title if len(chapters) == 1 else "pynodes: what the sweeps say"
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        tag("meta", name="color-scheme", content="light dark"),
        tag("link", rel="icon", href="data:,"),
        tag("title", title),
        tag("style", Markup(_style())),
    )
    several = len(chapters) > 1
    body = tag(
        "body",
        tag(
            "div",
            _top(chapters, title) if several else None,
            tag("main", [_chapter(c, i, several, draws) for i, c in enumerate(chapters)]),
            _words(),
            tag(
                "footer",
                f"Made by {made_by} on {when:%Y-%m-%d at %H:%M}. This file stands alone: it"
                " fetches nothing and runs nothing.",
            ),
            class_="page",
        ),
    )
    return f"<!doctype html>\n{tag('html', head, body, lang='en')}\n"


def _style() -> str:
    rules = files("pynodes.report").joinpath("report.css").read_text(encoding="utf-8")
    light, dark = plots.css_variables(plots.LIGHT), plots.css_variables(plots.DARK)
    themes = f":root{{{light}}}@media (prefers-color-scheme: dark){{:root{{{dark}}}}}"
    return f"{themes}\n{rules}"


def _top(chapters: tuple[Chapter, ...], title: str) -> Markup:
    links = [
        tag("li", tag("a", chapter.title, href=f"#c{number}"))
        for number, chapter in enumerate(chapters)
    ]
    return tag(
        "header",
        tag("p", "pynodes report", class_="eyebrow"),
        tag("h1", title),
        tag("nav", tag("ul", links), class_="contents", aria_label="Sweeps in this report"),
        class_="top",
    )


def _chapter(chapter: Chapter, number: int, several: bool, draws: bool) -> Markup:
    name = f"c{number}"
    heading = "h2" if several else "h1"
    parts: list[Child] = [
        tag(
            "header",
            tag("p", f"sweep {chapter.name}" if several else "pynodes report", class_="eyebrow"),
            tag(heading, chapter.title),
            tag("p", chapter.subtitle, class_="what"),
        ),
        _summary(chapter),
    ]
    if chapter.scaling is not None:
        parts.append(_scaling(chapter, chapter.scaling, name, draws))
    if chapter.bars:
        parts.append(_time(chapter, name, draws))
    parts += [_heat(chapter, heat) for heat in chapter.heats]
    if chapter.matrix is not None:
        parts.append(_matrix(chapter, chapter.matrix))
    if chapter.pictures:
        parts.append(_pictures(chapter))
    parts += [_drawing(drawing) for drawing in chapter.drawings]
    parts.append(_what_ran(chapter))
    return tag("section", parts, class_="chapter", id=name)


def _card(title: str, *children: Child) -> Markup:
    return tag("section", tag("h3", title), children, class_="card")


def _notes(chapter: Chapter, figure: str) -> list[Markup]:
    return [tag("p", note, class_="note-line") for note in chapter.notes.get(figure, ())]


# --- the summary ---


def _summary(chapter: Chapter) -> Markup:
    return tag(
        "section",
        tag("p", chapter.lead, class_="lead"),
        tag("ul", [tag("li", said) for said in chapter.summary]) if chapter.summary else None,
        tag("dl", [_tile(t) for t in chapter.tiles], class_="tiles") if chapter.tiles else None,
        [tag("p", warning, class_="note-line") for warning in chapter.warnings],
        class_="card summary",
        aria_label="Summary",
    )


def _tile(tile: Tile) -> Markup:
    return tag(
        "div",
        tag("dt", tile.label),
        tag("dd", tile.number, class_="number"),
        tag("dd", tile.note, class_="note") if tile.note else None,
        class_=f"tile {tile.tone}".rstrip(),
    )


# --- figures with a plot and a table ---


def _plot(plot: plots.Plot, draws: bool) -> Markup:
    if not draws:
        said = "The plot is left out: matplotlib is not installed (pip install 'pynodes[plot]')."
        return tag("p", said, class_="definition")
    wide, narrow = plots.for_page(plot)
    return tag(
        "figure",
        tag("div", Markup(wide), class_="wide"),
        tag("div", Markup(narrow), class_="narrow"),
    )


def _numbers(table: Markup, draws: bool) -> Markup:
    """The table behind a plot: folded away when there is a plot."""
    return tag("details", tag("summary", "The numbers"), table, open=not draws)


def _scaling(chapter: Chapter, scaling: Scaling, name: str, draws: bool) -> Markup:
    fitted = any(curve.fit for panel in scaling.panels for curve in panel.curves)
    return _card(
        "How it scales",
        _plot(plots.scaling_plot(f"{name}-speed-up", scaling), draws),
        _notes(chapter, "scaling"),
        _numbers(join([_scaling_table(scaling), _fit_table(scaling) if fitted else None]), draws),
        tag("p", definitions.SPEED_UP, " ", definitions.RENDER_TIME, class_="definition"),
        tag("p", definitions.FIT, class_="definition") if fitted else None,
    )


def _scaling_table(scaling: Scaling) -> Markup:
    rows = []
    for panel in scaling.panels:
        for curve in panel.curves:
            for i, point in enumerate(curve.points):
                rows.append(
                    tag(
                        "tr",
                        tag("th", _full_name(panel.title, curve), scope="row") if i == 0
                        else tag("td"),
                        _number(point.threads),
                        _number(duration(point.seconds)),
                        _number(f"{point.ratio:.2f}"),
                        _number(f"{point.low:.2f} to {point.high:.2f}"),
                        _number(f"{point.efficiency * 100:.0f} %"),
                        _number(f"{point.spread * 100:.1f} %"),
                        _number(point.samples),
                        class_="first" if i == 0 and rows else None,
                    )
                )  # fmt: skip
    heads = ("", "threads", "render time", "speed-up", "95 % interval", "efficiency", "spread",
             "runs")  # fmt: skip
    return _table("Speed-up against one thread", heads, rows)


def _fit_table(scaling: Scaling) -> Markup:
    rows = []
    for panel in scaling.panels:
        for curve in panel.curves:
            fit = curve.fit
            if fit is None:
                continue
            rows.append(
                tag(
                    "tr",
                    tag("th", _full_name(panel.title, curve), scope="row"),
                    _number(f"{fit.contention:.3f}"),
                    _number(f"{fit.coherence:.4f}"),
                    _number("none" if fit.peak is None else f"{fit.peak:.1f}"),
                    _number("" if fit.serial is None else f"{fit.serial * 100:.1f} %"),
                )
            )
    heads = ("", "contention σ", "coherence κ", "peak at threads", "Amdahl's fraction")
    return _table("Fit of the universal scalability law", heads, rows)


def _full_name(panel: str, curve: Curve) -> str:
    return ", ".join(filter(None, [panel, curve.name])) or "all"


def _time(chapter: Chapter, name: str, draws: bool) -> Markup:
    return _card(
        "Where the time went",
        _plot(plots.time_plot(f"{name}-time", chapter.bars), draws),
        _notes(chapter, "time"),
        _numbers(_time_table(chapter.bars), draws),
        tag("p", definitions.THREAD_TIME, class_="definition"),
    )


def _time_table(bars: tuple[Bar, ...]) -> Markup:
    rows = []
    group = None
    for bar in bars:
        is_first = bar.group != group
        group = bar.group
        total = bar.total or 1.0
        rows.append(
            tag(
                "tr",
                tag("th", bar.group, scope="row") if is_first else tag("td"),
                tag("td", bar.label),
                _number(duration(bar.total)),
                [
                    _number(duration(bar.parts.get(part, 0.0)), f"{part_share(bar, part)}")
                    for part in PARTS
                ],
                class_="first" if is_first and rows else None,
            )
        )
        assert total
    heads = ("", "", "thread time", *(PART_NAMES[part] for part in PARTS))
    return _table("Thread time of the median run", heads, rows)


def part_share(bar: Bar, part: str) -> str:
    """`47 %` of the bar."""
    return f"{100 * bar.parts.get(part, 0.0) / bar.total:.0f} %" if bar.total else "0 %"


# --- squares ---


def _heat(chapter: Chapter, heat: HeatMap) -> Markup:
    head = tag(
        "thead",
        tag(
            "tr",
            tag("td", f"{heat.row_axis} ↓ · {heat.column_axis} →", class_="axis"),
            [tag("th", column, scope="col") for column in heat.columns],
        ),
    )
    rows = []
    for name, squares in zip(heat.rows, heat.squares, strict=True):
        cells: list[Child] = []
        for square in squares:
            if square is None:
                cells.append(tag("td", "–", class_="v-none"))
            elif square.value is None:
                cells.append(tag("td", square.verdict, class_="v-bad"))
            else:
                share = heat_share(square.value, heat.worst)
                runs = f"{square.wrong} of {square.runs}" if square.value else None
                cells.append(
                    tag(
                        "td",
                        count(square.value),
                        tag("span", runs, class_="runs") if runs else None,
                        class_="heat" if square.value else "heat h0",
                        style=f"--share: {share * 0.85:.3f}" if square.value else None,
                    )
                )
        rows.append(tag("tr", tag("th", name, scope="row"), cells))
    caption = f"Pixels that differ from one thread's picture, of {count(heat.pixels)}"
    table = tag("table", tag("caption", caption), head, tag("tbody", rows), class_="squares")
    scale = tag(
        "p",
        tag("span", "0"),
        tag("i"),
        tag("span", f"{count(heat.worst)} pixels (logarithmic)"),
        class_="scale",
    )
    return _card(
        heat.title,
        tag("div", table, class_="scroll", tabindex="0"),
        scale if heat.worst else None,
        _notes(chapter, "heat"),
        tag("p", definitions.HEAT, class_="definition"),
    )


def _matrix(chapter: Chapter, matrix: Matrix) -> Markup:
    head = tag(
        "thead",
        tag(
            "tr",
            tag("td", f"{matrix.row_axis} ↓ · {matrix.column_axis} →", class_="axis"),
            [tag("th", column, scope="col") for column in matrix.columns],
        ),
    )
    rows = [
        tag("tr", tag("th", name, scope="row"), [_verdict_square(cell) for cell in cells])
        for name, cells in zip(matrix.rows, matrix.cells, strict=True)
    ]
    table = tag("table", head, tag("tbody", rows), class_="squares")
    return _card(
        "How every run ended",
        tag("div", table, class_="scroll", tabindex="0"),
        _notes(chapter, "matrix"),
        tag("p", definitions.MATRIX, class_="definition"),
    )


def _verdict_square(cell: dict[str, int] | None) -> Markup:
    if cell is None:
        return tag("td", "–", class_="v-none")
    if not cell:
        return tag("td", "not run", class_="v-none")
    worst, runs = next(iter(cell.items()))
    total = sum(cell.values())
    shown = f"{_MARKS.get(worst, '?')} {worst}"
    return tag(
        "td",
        shown,
        tag("span", f"{runs} of {total}", class_="runs"),
        class_="v-ok" if worst == "ok" else "v-bad",
    )


# --- pictures ---


def _pictures(chapter: Chapter) -> Markup:
    return _card(
        "Pictures",
        tag("div", [_picture(picture) for picture in chapter.pictures], class_="pictures"),
        tag("p", definitions.PICTURES, class_="definition"),
    )


def _picture(picture: Picture) -> Markup:
    source, width, height = _data_url(picture.path)
    return tag(
        "figure",
        tag(
            "img",
            src=source,
            width=width,
            height=height,
            alt=picture.title,
            class_="exact" if picture.exact else None,
        )
        if source
        else tag("p", f"{picture.path.name} is not there any more", class_="definition"),
        tag("figcaption", tag("strong", picture.title), " ", picture.text),
    )


def _data_url(path: Path) -> tuple[str, int, int]:
    """The picture as a PNG inside its address; nothing when it is gone or is no picture."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as opened:
            image = opened.convert("RGB")
    except (OSError, UnidentifiedImageError):
        return "", 0, 0
    image.thumbnail((_MAX_PICTURE_SIDE, _MAX_PICTURE_SIDE))
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    data = base64.b64encode(out.getvalue()).decode("ascii")
    return f"data:image/png;base64,{data}", image.width, image.height


def _drawing(drawing: Drawing) -> Markup:
    data = base64.b64encode(drawing.path.read_bytes()).decode("ascii")
    return _card(
        drawing.title,
        tag(
            "div",
            tag("img", src=f"data:image/svg+xml;base64,{data}", alt=drawing.text, class_="drawing"),
            class_="scroll",
            tabindex="0",
        ),
        tag("p", definitions.TIMELINE, class_="definition"),
    )


# --- what ran ---


def _what_ran(chapter: Chapter) -> Markup:
    facts = [join([tag("dt", name), tag("dd", value)]) for name, value in chapter.facts]
    commands = [
        join([tag("p", said, class_="definition"), tag("pre", tag("code", line), class_="wrap")])
        for said, line in chapter.commands
    ]
    return _card("What ran, and where", tag("dl", facts, class_="facts"), commands)


def _words() -> Markup:
    entries = [join([tag("dt", word), tag("dd", said)]) for word, said in definitions.GLOSSARY]
    return tag("section", tag("h3", "Words"), tag("dl", entries, class_="words"), class_="card")


# --- tables ---


def _table(caption: str, heads: Iterable[str], rows: list[Markup]) -> Markup:
    names = list(heads)
    texts = 1 if names[1] else 2
    head = [
        tag("th", name, scope="col", class_="number" if i >= texts else None)
        if name
        else tag("td")
        for i, name in enumerate(names)
    ]
    table = tag(
        "table", tag("caption", caption), tag("thead", tag("tr", head)), tag("tbody", rows)
    )
    return tag("div", table, class_="scroll", tabindex="0")


def _number(value: str | int, aside: str = "") -> Markup:
    text = value if isinstance(value, str) else count(value)
    return tag("td", text, tag("span", f" {aside}", class_="soft") if aside else None,
               class_="number")  # fmt: skip


def _sentences(found: Iterator[str]) -> str:
    return " ".join(found)


__all__ = ["build", "part_share", "plural", "write"]
