"""A report as one HTML file: no script, nothing fetched, light and dark, wide and narrow."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from statistics import median
from typing import Any

from pynodes import outputs
from pynodes.model.figures import METRICS
from pynodes.report import definitions, palette, plots
from pynodes.report.axes import settings_name, varying
from pynodes.report.blocks import (
    card,
    caution_lines,
    data_table,
    description,
    folded,
    number_cell,
    remark,
    sentence,
)
from pynodes.report.chapter import Chapter
from pynodes.report.choice import decision_card
from pynodes.report.curves import scaling_card, time_card
from pynodes.report.foreseen import foreseen_card
from pynodes.report.markup import Child, Markup, tag, words
from pynodes.report.pictures import Timeline, pictures_card, timeline_card, timelines_card
from pynodes.report.squares import heat_card, matrix_card
from pynodes.report.story import Tile
from pynodes.store.model import Sweep
from pynodes.words import figure, plural

# Nothing is fetched and nothing runs, whatever a node's message or a scene's name holds.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_MAX_LEFT_OUT = 5
_MAX_DECISIONS = 4
_UNIT = re.compile(r"(?<=\d) (%|ms|s|min|h|threads?)\b|(?<=\d) (?=%)")


def write(chapters: Sequence[Chapter], out: Path, **about: Any) -> None:
    """Write the page, whole or not at all; `about` as in `build`.

    Raises:
        CannotStartError: OUT cannot be written.
    """
    help = "name a file in a folder that can be written to with -o"
    outputs.write(out, [build(chapters, **about)], "cannot write the report", help)


def build(
    chapters: Sequence[Chapter],
    *,
    made_by: str,
    when: datetime,
    cautions: Sequence[str] = (),
    left_out: Sequence[str] = (),
    timelines: Sequence[Timeline] = (),
) -> str:
    """The page as text.

    Args:
        cautions: what to say about the sweeps together.
        left_out: what could not be read of them.
    """
    draws = plots.has_matplotlib()
    several = len(chapters) > 1
    title = _title(chapters, timelines)
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
            _top(chapters, cautions) if several else None if chapters else _head(title),
            [tag("p", sentence(what), class_="note-line") for what in left_out[:_MAX_LEFT_OUT]],
            _more(len(left_out) - _MAX_LEFT_OUT),
            tag("main", [_chapter(c, i, several, draws) for i, c in enumerate(chapters)]),
            [timeline_card(timeline) for timeline in timelines],
            _words(chapters) if chapters else None,
            tag(
                "footer",
                f"Made by {made_by} on {when:%Y-%m-%d at %H:%M}. This file stands alone: it"
                " fetches nothing and runs nothing.",
            ),
            class_="page",
        ),
    )
    return f"<!doctype html>\n{tag('html', head, body, lang='en')}\n"


def _title(chapters: Sequence[Chapter], timelines: Sequence[Timeline]) -> str:
    if len(chapters) == 1:
        return chapters[0].title
    if chapters:
        return plural(len(chapters), "sweep")
    return timelines[0].title if len(timelines) == 1 else plural(len(timelines), "timeline")


def _head(title: str) -> Markup:
    return tag("header", tag("p", "pynodes report", class_="eyebrow"), tag("h1", title))


def _style() -> str:
    rules = files("pynodes.report").joinpath("report.css").read_text(encoding="utf-8")
    light, dark = palette.css_variables(palette.LIGHT), palette.css_variables(palette.DARK)
    themes = f":root{{{light}}}@media (prefers-color-scheme: dark){{:root{{{dark}}}}}"
    return f"{themes}\n{rules}"


def _more(rows: int) -> Markup | None:
    said = f"{plural(rows, 'row')} more left out."
    return tag("p", said, class_="note-line") if rows > 0 else None


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
        [tag("p", sentence(caution), class_="note-line") for caution in cautions],
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
        *map(decision_card, chapter.decisions[:_MAX_DECISIONS]),
    ]
    # What went wrong comes before how fast it was.
    is_wrong = any(heat.worst for heat in chapter.heats)
    heat = heat_card(chapter) if chapter.heats else None
    speed = [
        scaling_card(chapter, chapter.scaling, name, draws) if chapter.scaling else None,
        foreseen_card(chapter) if chapter.foreseen else None,
        time_card(chapter, name, draws) if chapter.bars else None,
    ]
    pictures = pictures_card(chapter) if chapter.pictures else None
    matrix = matrix_card(chapter, chapter.matrix)
    parts += [heat, pictures, *speed, matrix] if is_wrong else [*speed, heat, matrix, pictures]
    parts += [timelines_card(chapter) if chapter.timelines else None]
    parts += [_all_figures(chapter.sweep), _what_ran(chapter)]
    return tag("section", parts, class_="chapter", id=name)


# --- the summary ---


def _summary(chapter: Chapter) -> Markup:
    story = chapter.story
    return tag(
        "section",
        tag("p", _bound(story.lead), class_="lead"),
        tag("ul", [tag("li", _bound(said)) for said in story.rest]) if story.rest else None,
        tag("dl", [_tile(tile) for tile in story.tiles], class_="tiles") if story.tiles else None,
        caution_lines(chapter, "summary"),
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
        class_="tile",
        style=f"--tone: var(--{tile.tone})" if tile.tone else None,
    )


# --- all the rest ---


def _all_figures(sweep: Sweep) -> Markup | None:
    """Medians of all that is measured, a line a cell."""
    known = [name for name in METRICS if any(cell.values(name) for cell in sweep.cells)]
    if not known:
        return None
    rows = []
    for cell in sweep.cells:
        figures = [
            figure(median(values), METRICS[name].unit) if (values := cell.values(name)) else ""
            for name in known
        ]
        name = settings_name(cell.settings, sweep.axes) or "all"
        rows.append(tag("tr", tag("th", name, scope="row"), map(number_cell, figures)))
    heads = ("", *(name.removesuffix("_s").replace("_", " ") for name in known))
    meanings = zip(heads[1:], (METRICS[name].definition for name in known), strict=True)
    return card(
        "All figures",
        remark("Medians of the measured runs of each cell."),
        folded(
            f"{plural(len(rows), 'cell')}, {plural(len(known), 'figure')} each",
            data_table("Medians", heads, rows),
        ),
        folded("What exactly they are", description(meanings, "words")),
    )


# --- what ran ---


def _what_ran(chapter: Chapter) -> Markup:
    commands = [
        [remark(command.text), tag("pre", tag("code", words(command.line)), class_="wrap")]
        for command in chapter.commands
    ]
    return card("What ran, and where", description(chapter.facts, "facts"), commands)


def _words(chapters: Sequence[Chapter]) -> Markup:
    axes = dict.fromkeys(axis for chapter in chapters for axis in varying(chapter.sweep))
    entries = description(definitions.glossary(axes).items(), "words")
    return tag("section", folded("The words of this report", entries), class_="card")
