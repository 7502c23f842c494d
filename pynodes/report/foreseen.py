"""The card that says what each way would do on more cores: played, not measured."""

from __future__ import annotations

from collections.abc import Sequence

from pynodes.predict.forecast import UNKNOWN, Forecast, Point
from pynodes.report.axes import settings_name, varying
from pynodes.report.blocks import card, data_table, folded, remark
from pynodes.report.chapter import Chapter
from pynodes.report.markup import Markup, tag
from pynodes.sweep.stats import cores_of
from pynodes.words import duration, percent, plural

_FAR = 0.1  # off by more than this at a measured cell, a prediction is worth little
_ALIKE = 1.05


def foreseen_card(chapter: Chapter) -> Markup:
    """A row a way, a column for each number of cores; the fastest of a column is marked."""
    found = chapter.foreseen
    here = cores_of(chapter.sweep) or 1
    columns = list(zip(*(each.points for each in found), strict=True))
    best = [min(point.frame_s for point in column) for column in columns]
    rows = [
        tag(
            "tr",
            tag("th", _name(chapter, each), scope="row", class_="way"),
            [
                _cell(point, point.frame_s <= least * _ALIKE and len(found) > 1)
                for point, least in zip(each.points, best, strict=True)
            ],
        )
        for each in found
    ]
    heads = ["", *(plural(column[0].cores, "core") for column in columns)]
    return card(
        "On more cores: predicted, not measured",
        data_table("Time of a frame, with as many threads as cores", heads, rows),
        _worth(found),
        remark(
            f"Played event by event, from what threads took on {plural(here, 'core')}; the first"
            " time where more cores slow each other no more than these did, at worst where each"
            " further one does as much. Below stands what takes most of the threads' other time."
        ),
        folded("What is not known", map(remark, UNKNOWN)),
    )


def _worth(found: Sequence[Forecast]) -> Markup:
    worst = max(each.worst for each in found)
    said = f"The same prediction is off by up to {percent(worst)} at what was measured here."
    if worst <= _FAR:
        return remark(said)
    return tag("p", tag("strong", said), " Measure again when it is quiet.", class_="note-line")


def _name(chapter: Chapter, each: Forecast) -> str:
    return settings_name(each.way.curve.settings, varying(chapter.sweep)) or "a frame"


def _cell(point: Point, is_best: bool) -> Markup:
    mark = tag("strong", "best ", class_="best") if is_best else None
    first, last = duration(point.frame_s), duration(point.slowest_s)
    asides = [f"at worst {last}" if last != first else "", point.share.limit]
    return tag(
        "td", mark, first, [tag("span", said, class_="runs") for said in asides if said],
        class_="number",
    )  # fmt: skip
