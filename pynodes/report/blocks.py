"""What a report's page is made of: cards, definitions, cautions, tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pynodes.report import definitions
from pynodes.report.chapter import Chapter
from pynodes.report.markup import Child, Markup, join, tag
from pynodes.words import count


def card(title: str, *children: Child) -> Markup:
    """A part of the page, with a heading."""
    return tag("section", tag("h3", title), children, class_="card")


def definition(first: definitions.Meaning, *more: definitions.Meaning | str) -> Markup:
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


def caution_lines(chapter: Chapter, place: str) -> list[Markup]:
    """What must be known before the figures of this place are believed, a paragraph each."""
    return [
        tag(
            "p",
            tag("strong", sentence(caution.what)),
            f" {sentence(caution.help)}" if caution.help else None,
            class_="note-line",
        )
        for caution in chapter.cautions.get(place, ())
    ]


def sentence(text: str) -> str:
    """The text with a capital and a full stop."""
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def data_table(
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


def number_cell(value: str | int, aside: str = "") -> Markup:
    """A cell with a number, and an aside in a lighter colour."""
    text = value if isinstance(value, str) else count(value)
    return tag(
        "td", text, tag("span", f" {aside}", class_="soft") if aside else None, class_="number"
    )
