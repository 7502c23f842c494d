"""A report as one HTML file: no script, nothing fetched, light and dark, wide and narrow."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from statistics import median

from pynodes.errors import CannotStartError
from pynodes.model.figures import METRICS
from pynodes.model.verdict import Verdict
from pynodes.report import definitions, plots
from pynodes.report.axes import joined, settings_name
from pynodes.report.chapter import Chapter, Picture
from pynodes.report.figures import (
    MAX_BARS,
    MAX_HEATS,
    MAX_PANELS,
    PART_NAMES,
    PARTS,
    Bar,
    HeatMap,
    Line,
    Matrix,
    Scaling,
    Square,
)
from pynodes.report.markup import Child, Markup, join, tag
from pynodes.report.plots import heat_share
from pynodes.report.story import Tile
from pynodes.store.model import Sweep
from pynodes.sweep.stats import Interval, spread
from pynodes.words import count, duration, figure, percent, plural

# Nothing is fetched and nothing runs, whatever a node's message or a scene's name holds.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_MAX_PICTURE_SIDE = 960
_UNIT = re.compile(r"(?<=\d) (%|ms|s|min|h|threads?)\b|(?<=\d) (?=%)")
_MARKS = {
    "ok": "✓",
    "wrong-image": "≠",
    "node-error": "!",
    "crash": "✕",
    "hang": "∞",
    "interrupted": "‖",
    "cannot-start": "⊘",
}


@dataclass(frozen=True, slots=True)
class Timeline:
    """A drawing of a trace, wide and narrow: whole SVG files with their own colours."""

    title: str
    wide: bytes
    narrow: bytes


def write(
    chapters: Sequence[Chapter],
    out: Path,
    *,
    made_by: str,
    when: datetime,
    cautions: Sequence[str] = (),
    timelines: Sequence[Timeline] = (),
) -> None:
    """Write the page, whole or not at all.

    Args:
        cautions: what to say about the sweeps together.
    Raises:
        CannotStartError: OUT cannot be written.
    """
    text = build(chapters, made_by=made_by, when=when, cautions=cautions, timelines=timelines)
    part = out.with_name(f".{out.name}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(out)
    except OSError as error:
        raise CannotStartError(
            f"cannot write the report: {error.strerror or error}",
            str(out),
            "name a file in a folder that can be written to with -o",
        ) from None
    finally:
        with suppress(OSError):
            part.unlink()


def build(
    chapters: Sequence[Chapter],
    *,
    made_by: str,
    when: datetime,
    cautions: Sequence[str] = (),
    timelines: Sequence[Timeline] = (),
) -> str:
    """The page as text."""
    draws = plots.has_matplotlib()
    several = len(chapters) > 1
    title = plural(len(chapters), "sweep") if several else chapters[0].title
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        tag("meta", name="color-scheme", content="light dark"),
        tag("link", rel="icon", href="data:,"),
        tag("title", f"{title} – pynodes"),
        tag("style", Markup(_style())),
    )
    body = tag(
        "body",
        tag(
            "div",
            _top(chapters, cautions) if several else None,
            tag("main", [_chapter(c, i, several, draws) for i, c in enumerate(chapters)]),
            [_timeline(timeline) for timeline in timelines],
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


def _top(chapters: Sequence[Chapter], cautions: Sequence[str]) -> Markup:
    links = [
        tag("li", tag("a", chapter.title, href=f"#c{number}"), " ", _bound(chapter.story.lead))
        for number, chapter in enumerate(chapters)
    ]
    return tag(
        "header",
        tag("p", "pynodes report", class_="eyebrow"),
        tag("h1", plural(len(chapters), "sweep")),
        tag("nav", tag("ul", links), class_="card contents", aria_label="Sweeps in this report"),
        [tag("p", _sentence(caution), class_="note-line") for caution in cautions],
        class_="top",
    )


def _chapter(chapter: Chapter, number: int, several: bool, draws: bool) -> Markup:
    name = f"c{number}"
    label = f"sweep {chapter.sweep.name}" if several else "pynodes report"
    parts: list[Child] = [
        tag(
            "header",
            tag("p", label, class_="eyebrow"),
            tag("h2" if several else "h1", chapter.title),
            tag("p", chapter.subtitle, class_="what"),
        ),
        _summary(chapter),
    ]
    # What went wrong comes before how fast it was.
    is_wrong = any(heat.worst for heat in chapter.heats)
    heat = _heats(chapter) if chapter.heats else None
    speed = [
        _scaling(chapter, chapter.scaling, name, draws) if chapter.scaling else None,
        _time(chapter, name, draws) if chapter.bars else None,
    ]
    pictures = _pictures(chapter) if chapter.pictures else None
    if is_wrong:
        parts += [heat, pictures, *speed, _matrix(chapter, chapter.matrix)]
    else:
        parts += [*speed, heat, _matrix(chapter, chapter.matrix), pictures]
    parts += [_all_figures(chapter.sweep), _what_ran(chapter)]
    return tag("section", parts, class_="chapter", id=name)


def _card(title: str, *children: Child) -> Markup:
    return tag("section", tag("h3", title), children, class_="card")


def _meaning(first: definitions.Meaning, *more: definitions.Meaning | str) -> Markup:
    """One sentence for all readers, and the whole definitions folded away."""
    texts = [
        meaning.whole for meaning in (first, *more) if isinstance(meaning, definitions.Meaning)
    ]
    return join(
        [
            tag("p", first.short, class_="definition"),
            tag(
                "details",
                tag("summary", "What exactly this is"),
                [tag("p", text, class_="definition") for text in texts],
            ),
        ]
    )


def _cautions(chapter: Chapter, place: str) -> list[Markup]:
    return [
        tag(
            "p",
            tag("strong", _sentence(caution.what)),
            f" {_sentence(caution.mend)}" if caution.mend else None,
            class_="note-line",
        )
        for caution in chapter.cautions.get(place, ())
    ]


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


# --- the summary ---


def _summary(chapter: Chapter) -> Markup:
    story = chapter.story
    return tag(
        "section",
        tag("p", _bound(story.lead), class_="lead"),
        tag("ul", [tag("li", _bound(said)) for said in story.rest]) if story.rest else None,
        tag("dl", [_tile(tile) for tile in story.tiles], class_="tiles") if story.tiles else None,
        _cautions(chapter, "summary"),
        class_="card summary",
        aria_label="Summary",
    )


def _bound(text: str) -> str:
    """Numbers stay on one line with their units."""
    return _UNIT.sub("\u00a0\\1", text)


def _tile(tile: Tile) -> Markup:
    return tag(
        "div",
        tag("dt", tile.label),
        tag("dd", tile.number, class_="number"),
        tag("dd", _bound(tile.note), class_="note") if tile.note else None,
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
    fitted = any(line.curve.usl for line in scaling.lines)
    left_out = len(scaling.panels) - MAX_PANELS
    return _card(
        "How it scales",
        _plot(plots.scaling_plot(f"{name}-speed-up", scaling), draws),
        tag("p", f"{left_out} more groups of curves are in the table only.", class_="definition")
        if left_out > 0
        else None,
        _not_fitting(scaling) if draws else None,
        _cautions(chapter, "scaling"),
        _numbers(join([_scaling_table(scaling), _fit_table(scaling) if fitted else None]), draws),
        _meaning(
            definitions.SPEED_UP,
            definitions.RENDER_TIME,
            definitions.FIT if fitted else "",
        ),
    )


def _not_fitting(scaling: Scaling) -> Markup | None:
    bad = [name for name, line in _lines(scaling) if line.curve.usl and not line.fit_holds]
    if not bad:
        return None
    names = joined(bad) if len(bad) <= 4 else plural(len(bad), "curve")
    said = f"No fit is drawn for {names}: the law is off by more than 10 % at some point."
    return tag("p", said, class_="definition")


def _scaling_table(scaling: Scaling) -> Markup:
    rows: list[Markup] = []
    for title, line in _lines(scaling):
        for i, point in enumerate(line.curve.points):
            found = spread(point.cell.values())
            assert found is not None  # a point has a run
            rows.append(
                tag(
                    "tr",
                    tag("th", title, scope="row") if i == 0 else tag("td"),
                    _number(point.threads),
                    _number(duration(found.median)),
                    _number("" if found.spread is None else f"± {percent(found.spread, 1)}"),
                    _number(f"{point.speedup.value:.2f}"),
                    _number(_interval(point.speedup)),
                    _number(percent(point.efficiency)),
                    _number(found.n),
                    class_="first" if i == 0 and rows else None,
                )
            )
    heads = ("", "threads", "render time", "spread", "speed-up", "95 % interval", "efficiency",
             "runs")  # fmt: skip
    return _table(f"Speed-up against {scaling.base}", heads, rows)


def _fit_table(scaling: Scaling) -> Markup:
    rows = []
    for title, line in _lines(scaling):
        fit, amdahl = line.curve.usl, line.curve.amdahl
        if fit is None:
            continue
        rows.append(
            tag(
                "tr",
                tag("th", title, scope="row"),
                _number(f"{fit.sigma:.3f}"),
                _number(f"{fit.kappa:.4f}"),
                _number("none" if fit.peak is None else f"{fit.peak:.1f}"),
                _number(f"{fit.r2:.3f}"),
                _number("" if amdahl is None or amdahl.r2 < 0 else percent(amdahl.serial, 1)),
                tag("td", "all points" if fit.over_cores else "points within the cores"),
            )
        )
    heads = (
        "",
        "contention σ",
        "coherence κ",
        "peak at threads",
        "R²",
        "Amdahl’s serial part",
        "fitted over",
    )
    return _table("The universal scalability law, fitted", heads, rows, texts_last=1)


def _lines(scaling: Scaling) -> list[tuple[str, Line]]:
    """All lines with their full names."""
    return [
        (", ".join(filter(None, [panel.title, line.name])) or "all", line)
        for panel in scaling.panels
        for line in panel.lines
    ]


def _interval(found: Interval) -> str:
    if found.low is None or found.high is None or found.low == found.high:
        return ""
    return f"{found.low:.2f} to {found.high:.2f}"


def _time(chapter: Chapter, name: str, draws: bool) -> Markup:
    left_out = len(chapter.bars) - MAX_BARS
    return _card(
        "Where the time went",
        _plot(plots.time_plot(f"{name}-time", chapter.bars), draws),
        tag(
            "p", f"{plural(left_out, 'more bar')} would follow: see the table.", class_="definition"
        )
        if left_out > 0
        else None,
        _cautions(chapter, "time"),
        _numbers(_time_table(chapter.bars), draws),
        _meaning(definitions.THREAD_TIME),
    )


def _time_table(bars: Sequence[Bar]) -> Markup:
    rows: list[Markup] = []
    group = None
    for bar in bars:
        is_first = bar.group != group
        group = bar.group
        rows.append(
            tag(
                "tr",
                tag("th", bar.group or "all", scope="row") if is_first else tag("td"),
                tag("td", bar.label),
                _number(duration(bar.total)),
                [
                    _number(duration(bar.parts.get(part, 0.0)), percent(bar.share(part)))
                    for part in PARTS
                ],
                class_="first" if is_first and rows else None,
            )
        )
    heads = ("", "", "thread time", *(PART_NAMES[part] for part in PARTS))
    return _table("Thread time of the median run", heads, rows)


# --- squares ---


def _heats(chapter: Chapter) -> Markup:
    shown = chapter.heats[:MAX_HEATS]
    left_out = len(chapter.heats) - len(shown)
    worst = max(heat.worst for heat in chapter.heats)
    scale = tag(
        "p",
        tag("span", "0"),
        tag("i"),
        tag("span", f"{count(worst)} wrong pixels (logarithmic)"),
        class_="scale",
    )
    return _card(
        "Wrong pixels",
        tag("div", [_heat_table(heat, worst) for heat in shown], class_="heats"),
        tag("p", f"{left_out} more such tables are left out.", class_="definition")
        if left_out > 0
        else None,
        scale if worst else None,
        _cautions(chapter, "heat"),
        _meaning(definitions.HEAT),
    )


def _heat_table(heat: HeatMap, worst: int) -> Markup:
    rows = []
    for name, squares in zip(heat.rows, heat.squares, strict=True):
        cells = [_heat_square(square, worst) for square in squares]
        rows.append(tag("tr", tag("th", name, scope="row"), cells))
    title = [tag("strong", heat.title), tag("br")] if heat.title else None
    caption = tag("caption", title, f"of {plural(heat.pixels, 'pixel')}")
    head = _squares_head(heat.row_axis, heat.column_axis, heat.columns)
    table = tag("table", caption, head, tag("tbody", rows), class_="squares")
    return tag("div", table, class_="scroll", tabindex="0")


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
    axes = join(filter(None, arrows), tag("br"))
    return tag(
        "thead",
        tag(
            "tr",
            tag("td", axes, class_="axis"),
            [tag("th", column, scope="col") for column in columns],
        ),
    )


def _matrix(chapter: Chapter, matrix: Matrix) -> Markup:
    rows = [
        tag("tr", tag("th", name, scope="row"), [_verdict_square(cell) for cell in cells])
        for name, cells in zip(matrix.rows, matrix.cells, strict=True)
    ]
    head = _squares_head(matrix.row_axis, matrix.column_axis, matrix.columns)
    table = tag("table", head, tag("tbody", rows), class_="squares")
    return _card(
        "How every run ended",
        tag("div", table, class_="scroll", tabindex="0"),
        _cautions(chapter, "matrix"),
        _meaning(definitions.MATRIX),
    )


def _verdict_square(cell: dict[str, int] | None) -> Markup:
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


# --- pictures ---


def _pictures(chapter: Chapter) -> Markup:
    return _card(
        "Pictures",
        tag("div", [_picture(picture) for picture in chapter.pictures], class_="pictures"),
        _meaning(definitions.PICTURES),
    )


def _picture(picture: Picture) -> Markup:
    source, width, height = _data_url(picture.path)
    image = tag(
        "img",
        src=source,
        width=width,
        height=height,
        alt=f"{picture.title}: {picture.text}",
        class_="exact" if picture.exact else None,
    )
    gone = tag("p", f"{picture.path.name} is not there any more", class_="definition")
    caption = tag("figcaption", tag("strong", picture.title), f" {picture.text}")
    return tag("figure", image if source else gone, caption)


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
    return _data("image/png", out.getvalue()), image.width, image.height


def _timeline(timeline: Timeline) -> Markup:
    drawings = [
        tag("div", tag("img", src=_data("image/svg+xml", svg), alt=timeline.title), class_=width)
        for svg, width in ((timeline.wide, "wide"), (timeline.narrow, "narrow"))
    ]
    return _card(timeline.title, tag("figure", drawings), _meaning(definitions.TIMELINE))


def _data(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"


# --- all the rest ---


def _all_figures(sweep: Sweep) -> Markup | None:
    """Medians of all that is measured, a line a cell."""
    known = [name for name in METRICS if any(cell.values(name) for cell in sweep.cells)]
    if not known:
        return None
    rows = []
    for cell in sweep.cells:
        values = {name: cell.values(name) for name in known}
        figures = [
            figure(median(values[name]), METRICS[name].unit) if values[name] else ""
            for name in known
        ]
        name = settings_name(cell.settings, sweep.axes) or "all"
        rows.append(tag("tr", tag("th", name, scope="row"), map(_number, figures)))
    heads = ("", *(name.removesuffix("_s").replace("_", " ") for name in known))
    meanings = [
        join([tag("dt", head), tag("dd", METRICS[name].definition)])
        for head, name in zip(heads[1:], known, strict=True)
    ]
    return _card(
        "All figures",
        tag("p", "Medians of the measured runs of each cell.", class_="definition"),
        tag(
            "details",
            tag("summary", f"{plural(len(rows), 'cell')}, {plural(len(known), 'figure')} each"),
            _table("Medians", heads, rows),
        ),
        tag(
            "details",
            tag("summary", "What exactly they are"),
            tag("dl", meanings, class_="words"),
        ),
    )


# --- what ran ---


def _what_ran(chapter: Chapter) -> Markup:
    facts = [join([tag("dt", name), tag("dd", value)]) for name, value in chapter.facts]
    commands = [
        join(
            [
                tag("p", command.text, class_="definition"),
                tag("pre", tag("code", _words_of(command.line)), class_="wrap"),
            ]
        )
        for command in chapter.commands
    ]
    return _card("What ran, and where", tag("dl", facts, class_="facts"), commands)


def _words_of(line: str) -> Markup:
    """A command line whose options are not broken behind their dashes."""
    return join(
        (tag("span", word) if word.startswith("-") else word for word in line.split(" ")), " "
    )


def _words() -> Markup:
    entries = [
        join([tag("dt", word), tag("dd", said)]) for word, said in definitions.GLOSSARY.items()
    ]
    return tag(
        "section",
        tag("details", tag("summary", "The words of this report"),
            tag("dl", entries, class_="words")),
        class_="card",
    )  # fmt: skip


# --- tables ---


def _table(
    caption: str, heads: Sequence[str], rows: Iterable[Markup], texts_last: int = 0
) -> Markup:
    """Columns without a heading and the last `texts_last` hold text, all others numbers."""
    numbers = range(sum(not name for name in heads), len(heads) - texts_last)
    head = [
        tag("th", name, scope="col", class_="number" if i in numbers else None)
        if name
        else tag("td")
        for i, name in enumerate(heads)
    ]
    table = tag("table", tag("caption", caption), tag("thead", tag("tr", head)), tag("tbody", rows))
    return tag("div", table, class_="scroll", tabindex="0")


def _number(value: str | int, aside: str = "") -> Markup:
    text = value if isinstance(value, str) else count(value)
    return tag(
        "td", text, tag("span", f" {aside}", class_="soft") if aside else None, class_="number"
    )
