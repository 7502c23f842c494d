"""From sampled places to a tree of calls, its lines, a drawing and a file for speedscope."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from pynodes.model.event import PlaceSampled
from pynodes.profile.calls import Call, calls_of, node_profiles
from pynodes.profile.flame import draw
from pynodes.profile.keep import keep
from pynodes.profile.speedscope import document

SVG = "{http://www.w3.org/2000/svg}"
NODE: dict[str, Any] = {"node": "Rings", "tree": "wood"}


def place(at: int, parent: int, samples: int = 0, pid: int = 1, **more: Any) -> PlaceSampled:
    return PlaceSampled(1, pid, at, parent, samples, samples * 1_000_000, **more)


def line(number: int, function: str = "call", file: str = "/s/rings.py") -> dict[str, Any]:
    return {"file": file, "function": function, "line": number}


def tree(pid: int = 1) -> list[PlaceSampled]:
    """Line 3 calls a helper that calls itself; 1 of 10 samples is in the call around."""
    return [
        place(0, -1, 1, pid, **NODE),
        place(1, 0, 2, pid, **line(2)),
        place(2, 0, 0, pid, **line(3)),
        place(3, 2, 3, pid, **line(9, "help")),
        place(4, 3, 4, pid, **line(9, "help")),
    ]


def test_threads_and_workers_become_one_tree_with_the_exact_time_of_the_node() -> None:
    root = calls_of([*tree(1), *tree(2)], {("Rings", "wood"): 2.0})

    (node,) = root.calls.values()
    assert node.total_samples == 20
    assert node.total_s == pytest.approx(2.0)
    (profile,) = node_profiles(root)
    assert (profile.node, profile.tree, profile.samples) == ("Rings", "wood", 20)
    assert profile.cpu_s == pytest.approx(2.0)


def test_line_has_what_it_calls_in_its_total_and_recursion_once() -> None:
    (profile,) = node_profiles(calls_of(tree(), {("Rings", "wood"): 1.0}))

    lines = {each.line: each for each in profile.lines}
    assert [each.line for each in profile.lines] == [3, 9, 2]
    assert lines[3].total_s == pytest.approx(0.7) and lines[3].self_s == 0
    assert lines[9].total_s == lines[9].self_s == pytest.approx(0.7)
    assert lines[2].total_s == pytest.approx(0.2)


def test_time_that_was_sampled_stands_where_the_exact_one_is_not_known() -> None:
    (profile,) = node_profiles(calls_of(tree(), {}))

    assert profile.cpu_s == pytest.approx(0.010)


def boxes(svg: str) -> dict[str, tuple[float, float, float]]:
    """Place, width and row of each box, by its title's first line."""
    found: dict[str, tuple[float, float, float]] = {}
    for group in ElementTree.fromstring(svg).iter(f"{SVG}g"):
        title, rect = group.find(f"{SVG}title"), group.find(f"{SVG}rect")
        assert title is not None and rect is not None
        name = (title.text or "").splitlines()[0]
        x, width, y = (float(rect.attrib[key]) for key in ("x", "width", "y"))
        found[name] = x, width, y
    return found


def test_widths_are_true_and_boxes_lie_below_who_calls_them() -> None:
    found = boxes(draw(calls_of(tree()[:4], {}), "a title"))

    whole = found["Rings"][1] + 1  # and the gap
    assert found["call:3"][1] + 1 == pytest.approx(whole * 3 / 6, abs=0.02)
    assert found["call:2"][1] + 1 == pytest.approx(whole * 2 / 6, abs=0.02)
    assert found["help:9"][0] == found["call:3"][0]
    assert found["Rings"][2] < found["call:3"][2] < found["help:9"][2]


def test_texts_of_others_are_escaped_and_titles_say_where() -> None:
    hostile = [
        place(0, -1, node='<script>&"', tree="t"),
        place(1, 0, 5, **line(7, "f\x1b<b>", "/s/<evil>.py")),
        place(2, 1, 5),
    ]
    svg = draw(calls_of(hostile, {}), "<title> \x1b")

    assert "<script>" not in svg and "\x1b" not in svg
    titles = [each.text or "" for each in ElementTree.fromstring(svg).iter(f"{SVG}title")]
    assert any("/s/<evil>.py:7" in title for title in titles)
    assert any(title.startswith("...\n") and "too deep" in title for title in titles)


def test_drawing_stands_alone_on_light_and_dark() -> None:
    svg = draw(calls_of(tree(), {}), "rings")

    assert "prefers-color-scheme:dark" in svg
    assert "<script" not in svg and "href" not in svg and "url(" not in svg


@pytest.mark.parametrize(
    ("of_whole", "shown"),
    [(0.08, "a_long…:1234"), (0.05, "a…:1234"), (0.04, ":1234"), (0.03, "a_l…")],
)
def test_narrow_box_keeps_its_line_while_there_is_room(of_whole: float, shown: str) -> None:
    narrow = [
        place(0, -1, round(10_000 * (1 - of_whole)), **NODE),
        place(1, 0, round(10_000 * of_whole), **line(1234, "a_long_name_of_a_function")),
    ]

    svg = ElementTree.fromstring(draw(calls_of(narrow, {}), "narrow"))

    assert shown in [each.text for each in svg.iter(f"{SVG}text")]


def test_what_is_too_narrow_or_deep_is_counted_not_drawn() -> None:
    deep = [place(0, -1, **NODE)]
    deep += [place(i, i - 1, i == 100, **line(i)) for i in range(1, 101)]
    deep += [place(101, -1, 100_000, node="Big", tree="t")]
    svg = draw(calls_of(deep, {}), "deep")

    assert "101 places too narrow or deep to draw" in svg
    assert list(boxes(svg)) == ["Big"]


def test_speedscope_file_has_all_that_its_schema_requires() -> None:
    other = [place(5, -1, 4, node="Tint", tree="wood")]
    found = document(calls_of([*tree(), *other], {}), "rings")

    assert found["$schema"] == "https://www.speedscope.app/file-format-schema.json"
    assert found["shared"].keys() == {"frames"} and found["profiles"]
    frames = found["shared"]["frames"]
    assert all(isinstance(frame["name"], str) for frame in frames)
    assert {"name": "help", "file": "/s/rings.py", "line": 9} in frames
    names = [profile["name"] for profile in found["profiles"]]
    assert names == ["all Python nodes", "node Rings", "node Tint"]
    for profile in found["profiles"]:
        assert profile["type"] == "sampled" and profile["unit"] == "microseconds"
        assert len(profile["samples"]) == len(profile["weights"]) > 0
        assert profile["endValue"] - profile["startValue"] == pytest.approx(sum(profile["weights"]))
        assert all(0 <= index < len(frames) for stack in profile["samples"] for index in stack)
    assert sum(found["profiles"][1]["weights"]) == pytest.approx(10_000)


def test_profile_of_nothing_is_still_a_file(tmp_path: Path) -> None:
    for name in ("p.svg", "p.json"):
        keep(Call(calls_of([], {}).place), tmp_path / name, "nothing")
        assert (tmp_path / name).stat().st_size > 100
