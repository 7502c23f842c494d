"""Cards with pictures, whose bytes stand in the page itself."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from pathlib import Path

from pynodes import files
from pynodes.report import definitions
from pynodes.report.blocks import card, definition, remark
from pynodes.report.chapter import Chapter, Picture
from pynodes.report.markup import Markup, tag

_MAX_PICTURE_SIDE = 960


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
    source, width, height = _data_url(picture.path)
    image = tag(
        "img",
        src=source,
        width=width,
        height=height,
        alt=f"{picture.title}: {picture.text}",
        class_="exact" if picture.exact else None,
    )
    gone = remark(f"{picture.path.name} is not there any more")
    caption = tag("figcaption", tag("strong", picture.title), f" {picture.text}")
    return tag("figure", image if source else gone, caption)


def _data_url(path: Path) -> tuple[str, int, int]:
    """The picture as a PNG inside its address; nothing when it is gone or not a picture."""
    from PIL import Image, UnidentifiedImageError

    try:
        with files.opened(path) as file, Image.open(file) as opened:
            image = opened.convert("RGB")
    except (OSError, UnidentifiedImageError):
        return "", 0, 0
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


def _data(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"
