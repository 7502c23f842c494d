"""What a report's page is made of: cards, definitions, cautions, tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pynodes.report import definitions
from pynodes.report.chapter import Chapter
from pynodes.report.markup import Child, Markup, join, tag, words
from pynodes.words import count


def card(title: str, *children: Child) -> Markup:
    """A part of the page, with a heading."""
    return tag("section", tag("h3", title), children, class_="card")


def remark(text: str) -> Markup:
    """A paragraph in the colour of what explains."""
    return tag("p", words(text), class_="definition")


def left_out(number: int, said: str) -> Markup | None:
    """That so many more are not drawn; nothing when there are none."""
    return remark(said) if number > 0 else None


def definition(first: definitions.Meaning, *more: definitions.Meaning | str) -> Markup:
    """One sentence for all readers, and the whole definitions folded away."""
    texts = [
        meaning.whole for meaning in (first, *more) if isinstance(meaning, definitions.Meaning)
    ]
    return join([remark(first.short), folded("What exactly this is", map(remark, texts))])


def folded(title: str, *children: Child, is_open: bool = False) -> Markup:
    """What is behind a line that one clicks."""
    return tag("details", tag("summary", title), children, open=is_open)


def description(pairs: Iterable[tuple[str, str]], kind: str) -> Markup:
    """A list of words and what is said of each."""
    entries = [join([tag("dt", word), tag("dd", said)]) for word, said in pairs]
    return tag("dl", entries, class_=kind)


def caution_lines(chapter: Chapter, place: str) -> list[Markup]:
    """What must be known before the figures of this place are believed, a paragraph each."""
    return [
        tag(
            "p",
            tag("strong", sentence(caution.what)),
            [" ", sentence(caution.help)] if caution.help else None,
            class_="note-line",
        )
        for caution in chapter.cautions.get(place, ())
    ]


def sentence(text: str) -> Markup:
    """The text with a capital and a full stop."""
    return words(f"{text[:1].upper()}{text[1:].rstrip('.')}.")


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
    return scrolling(tag("caption", caption), tag("thead", tag("tr", head)), tag("tbody", rows))


def scrolling(*parts: Child, kind: str | None = None) -> Markup:
    """A table that scrolls by itself when the page is narrow."""
    return tag("div", tag("table", parts, class_=kind), class_="scroll", tabindex="0")


def number_cell(value: str | int, aside: str = "") -> Markup:
    """A cell with a number, and an aside in a lighter colour."""
    text = value if isinstance(value, str) else count(value)
    return tag(
        "td", text, tag("span", f" {aside}", class_="soft") if aside else None, class_="number"
    )
