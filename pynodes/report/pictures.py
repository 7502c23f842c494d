"""Cards with pictures, whose bytes stand in the page itself."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from pathlib import Path
from warnings import catch_warnings, simplefilter

from pynodes import files
from pynodes.errors import PynodesError
from pynodes.process.evidence_folder import RUNS
from pynodes.report import definitions
from pynodes.report.blocks import card, definition, folded, remark
from pynodes.report.chapter import Chapter, Picture
from pynodes.report.markup import Markup, tag
from pynodes.trace.chrome import load
from pynodes.trace.svg import draw
from pynodes.words import plural

_MAX_PICTURE_SIDE = 960
_MAX_TIMELINES = 4
_MAX_BYTES = 256 << 20


@dataclass(frozen=True, slots=True)
class Timeline:
    """A drawing of a trace, wide and narrow: whole SVG files with their own colours."""

    title: str
    wide: bytes
    narrow: bytes


def pictures_card(chapter: Chapter) -> Markup:
    """The pictures of a sweep: references, wrong ones, where they differ."""
    return card(
        "Pictures",
        tag("div", [_picture(picture) for picture in chapter.pictures], class_="pictures"),
        definition(definitions.PICTURES),
    )


def _picture(picture: Picture) -> Markup:
    try:
        source, width, height = _data_url(picture)
        shown = tag(
            "img",
            src=source,
            width=width,
            height=height,
            alt=f"{picture.title}: {picture.text}",
            class_="exact" if picture.exact else None,
        )
    except PynodesError as error:
        shown = remark(f"{picture.path.name} {error.what}")
    caption = tag("figcaption", tag("strong", picture.title), f" {picture.text}")
    return tag("figure", shown, caption)


def _data_url(picture: Picture) -> tuple[str, int, int]:
    """The picture as a PNG inside its address, its width and height.

    Raises:
        PynodesError: it is gone, lies elsewhere, is no picture, or too large to be shown.
    """
    from PIL import Image

    try:
        data = io.BytesIO(files.read(_inside(picture), _MAX_BYTES))
        with catch_warnings():
            simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(data, formats=["PNG"]) as opened:
                image = opened.convert("RGB")
    except FileNotFoundError:
        raise PynodesError("is not there any more") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise PynodesError("is left out: it has too many pixels") from None
    except PynodesError:
        raise
    except Exception as error:  # a decoder of pictures raises whatever it meets
        reason = getattr(error, "strerror", None) or "it is no picture"
        raise PynodesError(f"is left out: {reason}") from None
    image.thumbnail((_MAX_PICTURE_SIDE, _MAX_PICTURE_SIDE))
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return _data("image/png", out.getvalue()), image.width, image.height


def timeline_card(timeline: Timeline) -> Markup:
    """A timeline, wide and narrow."""
    drawings = [
        tag("div", tag("img", src=_data("image/svg+xml", svg), alt=timeline.title), class_=width)
        for svg, width in ((timeline.wide, "wide"), (timeline.narrow, "narrow"))
    ]
    return card(timeline.title, tag("figure", drawings), definition(definitions.TIMELINE))


def timelines_card(chapter: Chapter) -> Markup:
    """What threads did in some cells; files of all others by name."""
    shown = chapter.timelines[:_MAX_TIMELINES]
    rest = chapter.timelines[_MAX_TIMELINES:]
    names = [f"{each.text}: {each.path.relative_to(each.folder.parent)}" for each in rest]
    return card(
        "Timelines",
        [_drawn(each) for each in shown],
        folded(f"{plural(len(rest), 'more timeline')}, as files", map(remark, names))
        if rest
        else None,
        definition(definitions.CELL_TIMELINE),
    )


def _drawn(timeline: Picture) -> Markup:
    caption = tag("figcaption", tag("strong", timeline.title), f" {timeline.text}")
    try:
        trace = load(_inside(timeline))
        drawings = [
            tag(
                "div",
                tag(
                    "img",
                    src=_data("image/svg+xml", draw(trace, width=width).encode()),
                    alt=f"{timeline.title}: {timeline.text}",
                ),
                class_=name,
            )
            for width, name in ((960, "wide"), (400, "narrow"))
        ]
    except FileNotFoundError:
        return tag("figure", remark(f"{timeline.path.name} is not there any more"), caption)
    except PynodesError as error:
        return tag("figure", remark(f"{timeline.path.name} {error.what}"), caption)
    return tag("figure", drawings, caption)


def _inside(picture: Picture) -> Path:
    """Where it is; raises `PynodesError` when it lies elsewhere, `OSError` when it is gone."""
    path = picture.path.resolve(strict=True)
    if not path.is_relative_to(picture.folder.resolve()):
        raise PynodesError(f"is left out: it does not lie in {RUNS}")
    return path


def _data(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"
