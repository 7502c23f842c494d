"""Timelines: read whole or torn, checked against the format's rules, drawn."""

from __future__ import annotations

import itertools
import json
import tempfile
import xml.etree.ElementTree as ET
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trace_rules import problems

from pynodes.errors import CannotStartError
from pynodes.trace import chrome
from pynodes.trace.keep import keep
from pynodes.trace.svg import SHOWN, draw
from pynodes.trace.timeline import STATES, Span, Stretch, Thread, Trace


def span(name: str, cat: str, ts: float, dur: float, tid: int = 1, **args: Any) -> dict[str, Any]:
    return {
        "ph": "X", "name": name, "cat": cat, "pid": 9, "tid": tid, "ts": ts, "dur": dur,
        "args": args,
    }  # fmt: skip


def named(what: str, name: str, tid: int = 0, pid: int = 9) -> dict[str, Any]:
    return {"ph": "M", "name": what, "pid": pid, "tid": tid, "args": {"name": name}}


FRAME = {
    "ph": "i", "s": "p", "name": "frame 1", "cat": "frame", "pid": 9, "tid": 0, "ts": 0.0,
    "args": {"frame": 1, "engine": "shared", "nodes": ["Tilings", "Wood"]},
}  # fmt: skip

EVENTS = [
    named("process_name", "pynodes-host"),
    named("thread_name", "main"),
    named("thread_name", "render-0", 1),
    named("thread_name", "render-1", 2),
    FRAME,
    span("rays", "native", 10, 20),
    span("wait to attach", "wait", 30, 15),
    span("node", "node", 45, 40, node=1, calls=1024),
    span("attached", "python", 45, 45),
    span("tile", "native", 10, 90, tile=3),
    span("tile", "native", 5, 20, tid=2, tile=4),
    span("render", "frame", 0, 110, tid=0, frame=1),
]


def raw(events: list[dict[str, Any]], end: str = "]\n") -> str:
    """As the host writes it."""
    return "[\n" + "".join(json.dumps(event) + ",\n" for event in events) + end


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "trace.json"
    path.write_text(text)
    return path


def test_file_of_the_host_is_read(tmp_path: Path) -> None:
    trace = chrome.load(written(tmp_path, raw(EVENTS)))

    assert len(trace.spans) == 7
    assert trace.torn.count == 0
    assert trace.frames == ((0.0, 1),)
    assert [trace.label(thread) for thread in trace.threads()] == ["main", "render-0", "render-1"]


@pytest.mark.parametrize("lost", [1, 2, 7, 60, 200])
def test_torn_file_gives_what_is_whole(tmp_path: Path, lost: int) -> None:
    text = raw(EVENTS, end="")

    events, torn = chrome.read_events(written(tmp_path, text[:-lost]))

    assert EVENTS[: len(events)] == events
    assert len(events) >= len(EVENTS) - 3
    assert torn.count <= 1
    document = {"traceEvents": chrome.finished(events)}
    assert list(problems(document)) == []


@given(st.binary(max_size=300))
def test_any_file_is_read_or_refused(data: bytes) -> None:
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        with suppress(CannotStartError):
            events, _ = chrome.read_events(Path(file.name))
            chrome.from_events(events)


def test_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(CannotStartError, match="cannot be read"):
        chrome.load(tmp_path / "none.json")


def test_finished_timeline_is_valid_and_reads_back(tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    chrome.save(chrome.finished(EVENTS), out, {"scene": "x.py"})

    document = json.loads(out.read_text())

    assert list(problems(document)) == []
    assert document["otherData"] == {"scene": "x.py"}
    again = chrome.load(out)
    assert len(again.spans) == 7 and again.names == chrome.from_events(EVENTS).names
    times = [event["ts"] for event in document["traceEvents"] if event["ph"] != "M"]
    assert times == sorted(times)


def test_nodes_have_their_names() -> None:
    events = chrome.finished(EVENTS)

    (node,) = [event for event in events if event.get("cat") == "node"]

    assert node["name"] == "Wood"
    assert node["args"] == {"node": "Wood", "calls": 1024}


def test_node_without_a_name_keeps_its_number() -> None:
    events = chrome.finished([FRAME, span("call", "node", 1, 2, node=7)])

    assert "node 7()" in [event["name"] for event in events]


def test_threads_are_counted_by_what_they_are_at() -> None:
    events = chrome.finished(EVENTS)

    counted = {e["ts"]: e["args"] for e in events if e["ph"] == "C"}

    assert counted[5] == {"native": 1, "waiting": 0, "attached": 0, "calling": 0}
    assert counted[10] == {"native": 2, "waiting": 0, "attached": 0, "calling": 0}
    assert counted[30] == {"native": 0, "waiting": 1, "attached": 0, "calling": 0}
    assert counted[45] == {"native": 0, "waiting": 0, "attached": 1, "calling": 0}
    assert counted[100] == {"native": 0, "waiting": 0, "attached": 0, "calling": 0}


def test_failed_write_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(CannotStartError, match="cannot be written"):
        chrome.save(EVENTS, tmp_path / "no" / "out.json", {})
    folder = tmp_path / "folder.json"
    folder.mkdir()
    with pytest.raises(CannotStartError):
        chrome.save(EVENTS, folder, {})
    assert [path.name for path in tmp_path.iterdir()] == ["folder.json"]


# --- the rules ---

GOOD = span("a", "native", 1.0, 2.0)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("not an event", "not an object"),
        ({**GOOD, "ph": "Z"}, "ph is 'Z'"),
        ({**GOOD, "name": 7}, "name is 7"),
        ({**GOOD, "pid": "9"}, "pid is '9'"),
        ({**GOOD, "tid": 1.5}, "tid is 1.5"),
        ({**GOOD, "ts": -1}, "ts is -1"),
        ({**GOOD, "ts": float("nan")}, "ts is nan"),
        ({**GOOD, "dur": None}, "dur is None"),
        ({**GOOD, "args": [1]}, "args is [1]"),
        ({**GOOD, "ph": "C", "args": {}}, "counter"),
        ({**GOOD, "ph": "C", "args": {"n": "3"}}, "counter"),
        ({**GOOD, "ph": "i", "s": "x"}, "scope"),
        ({**GOOD, "ph": "M", "name": "mood"}, "no metadata 'mood'"),
        ({**GOOD, "ph": "M", "name": "thread_name", "args": {"name": 3}}, "args.name is 3"),
    ],
)
def test_broken_rule_is_named(wrong: Any, said: str) -> None:
    (found,) = problems([wrong])

    assert said in found and found.startswith("event 0")


def test_spans_that_cross_are_named() -> None:
    events = [span("a", "native", 0, 10), span("b", "native", 5, 10)]

    (found,) = problems(events)

    assert "b at 5" in found and "ends after a" in found


def test_spans_that_nest_or_follow_are_fine() -> None:
    events = [
        span("a", "native", 0, 10), span("b", "native", 0, 10), span("c", "native", 3, 4),
        span("d", "native", 10, 5), span("other thread", "native", 5, 10, tid=2),
    ]  # fmt: skip

    assert list(problems(events)) == []


def test_what_is_no_timeline_is_named() -> None:
    assert list(problems(7)) and list(problems({"traceEvents": None}))
    assert list(problems({"traceEvents": [], "displayTimeUnit": "fortnight"}))


# --- states ---


def stretches(*found: tuple[str, float, float]) -> list[Stretch]:
    thread = Thread(1, 1)
    spans = tuple(Span(thread, "x", cat, at, dur, {}) for cat, at, dur in found)
    return Trace(spans, {}, {}, ()).all_stretches().get(thread, [])


def test_waiting_counts_before_attached_before_native() -> None:
    found = stretches(("native", 0, 100), ("python", 20, 60), ("wait", 30, 10))

    assert [(s.state, s.begin, s.end) for s in found] == [
        ("native", 0, 20), ("python", 20, 30), ("wait", 30, 40), ("python", 40, 80),
        ("native", 80, 100),
    ]  # fmt: skip


def test_gap_is_no_state_and_unknown_categories_are_none() -> None:
    found = stretches(("native", 0, 10), ("node", 10, 10), ("native", 20, 10))

    assert [(s.begin, s.end) for s in found] == [(0, 10), (20, 30)]


@given(
    st.lists(
        st.tuples(st.sampled_from(STATES), st.integers(0, 50), st.integers(0, 30)), max_size=12
    )
)
def test_at_each_moment_the_first_state_counts(found: list[tuple[str, int, int]]) -> None:
    seen = stretches(*[(cat, float(at), float(dur)) for cat, at, dur in found])

    assert all(a.end <= b.begin for a, b in itertools.pairwise(seen))
    for moment in range(81):
        time = moment + 0.5
        open_ = {cat for cat, at, dur in found if at <= time < at + dur}
        expected = next((state for state in STATES if state in open_), None)
        assert [s.state for s in seen if s.begin <= time < s.end] == (
            [expected] if expected else []
        )


# --- the picture ---


def parsed(svg: str) -> ET.Element:
    return ET.fromstring(svg)


NS = "{http://www.w3.org/2000/svg}"


def test_picture_has_a_lane_a_render_thread_and_a_legend() -> None:
    svg = draw(chrome.from_events(EVENTS))

    texts = [element.text for element in parsed(svg).iter(f"{NS}text")]

    assert "render-0" in texts and "render-1" in texts and "main" not in texts
    assert any(text and text.startswith("attached to Python 41%") for text in texts)
    assert "prefers-color-scheme:dark" in svg
    assert "http" not in svg.replace("http://www.w3.org/2000/svg", "")


def test_picture_that_stands_alone_says_what_it_is_of(tmp_path: Path) -> None:
    raw_file, out = tmp_path / "raw.json", tmp_path / "t.svg"
    raw_file.write_text(raw(EVENTS))
    about = {"scene": "rings.py", "engines": ["shared"], "python": "3.13.0", "frames": [1, 2]}

    keep(raw_file, out, about)

    alone, inside = parsed(out.read_text()), parsed(draw(chrome.from_events(EVENTS)))
    heading = "rings.py: engine shared, Python 3.13.0, 2 frames"
    assert heading in [each.text for each in alone.iter(f"{NS}text")]
    title = alone.find(f"{NS}title")
    assert title is not None and (title.text or "").startswith(f"{heading}: Timeline of 2 threads")
    assert int(alone.attrib["height"]) == int(inside.attrib["height"]) + 26


def test_lane_that_nothing_covers_is_in_the_legend() -> None:
    whole = [span("render", "frame", 0, 100, tid=0), span("tile", "native", 0, 100)]
    half = [*whole[:1], span("tile", "native", 0, 50)]

    assert ">none of these<" not in draw(chrome.from_events(whole))
    assert ">none of these<" in draw(chrome.from_events(half))


def test_picture_is_true_to_time() -> None:
    """Half a lane native, a quarter waiting, a quarter attached."""
    trace = chrome.from_events(
        [
            span("render", "frame", 0, 100, tid=0, frame=1),
            span("tile", "native", 0, 100),
            span("wait to attach", "wait", 50, 25),
            span("attached", "python", 75, 25),
        ]
    )

    drawn = parsed(draw(trace, width=506))  # 400 pixels of it are the plot

    (native,) = [e for e in drawn.iter(f"{NS}path") if e.get("class") == "pn-tl-native"]
    assert native.get("d") == "M92 26h200v20h-200z"
    (wait,) = [e for e in drawn.iter(f"{NS}path") if e.get("class") == "pn-tl-wait"]
    assert wait.get("d") == "M292 26h100v20h-100z"


def test_many_short_states_in_one_pixel_share_its_height() -> None:
    events = [span("render", "frame", 0, 10_000, tid=0)]
    for at in range(0, 10_000, 4):
        events += [span("a", "native", at, 2), span("b", "wait", at + 2, 2)]

    drawn = parsed(draw(chrome.from_events(events), width=506))

    paths = {e.get("class"): e.get("d") for e in drawn.iter(f"{NS}path")}
    assert paths == {"pn-tl-wait": "M92 36h400v10h-400z", "pn-tl-native": "M92 26h400v10h-400z"}


def test_frame_is_drawn_alone_when_asked() -> None:
    events = [
        span("render", "frame", 0, 100, tid=0, frame=1), span("tile", "native", 0, 100),
        span("render", "frame", 200, 50, tid=0, frame=2), span("tile", "native", 200, 50, tid=2),
    ]  # fmt: skip
    trace = chrome.from_events(events)

    texts = [e.text for e in parsed(draw(trace, frame=2)).iter(f"{NS}text")]

    assert "thread 2" in texts and "thread 1" not in texts


@pytest.mark.parametrize("threads", [0, 1, 13, 41, 1024])
def test_picture_of_any_number_of_threads_is_drawn(threads: int) -> None:
    events = [span("tile", "native", i, 10, tid=i + 1) for i in range(threads)]

    svg = draw(chrome.from_events(events), width=1)

    assert parsed(svg).get("width") == "320"
    assert svg.count('class="pn-tl-lane"') == threads


def test_workers_are_shown_by_their_numbers() -> None:
    events = [named("process_name", "worker 3"), span("tile", "native", 0, 1)]

    assert ">worker 3<" in draw(chrome.from_events(events))


def test_every_state_has_its_colour_and_word() -> None:
    assert sorted(SHOWN) == sorted(STATES)
    svg = draw(chrome.from_events([span("x", state, 1, 1) for state in STATES]))
    assert all(svg.count(f".pn-tl-{state}{{fill:") == 2 for state in STATES)


# --- files of others ---

ONE = span("rays", "native", 10, 20)


@pytest.mark.parametrize(
    "change",
    [
        {"ts": float("nan")},
        {"ts": float("inf")},
        {"ts": 1e18},
        {"ts": -1e18},
        {"ts": "1"},
        {"ts": True},
        {"dur": -1},
        {"dur": 1e999},
        {"dur": None},
        {"tid": 1.5},
        {"pid": 2**64},
        {"name": 7},
        {"ph": "XX"},
        {"args": []},
        {"args": {"frame": "1"}},
        {"args": {"node": -1}},
        {"args": {"deep": [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}},
        {"name": "x" * 2_000_000},
    ],
)
def test_event_that_is_none_is_left_out_and_counted(tmp_path: Path, change: dict[str, Any]) -> None:
    odd = {**ONE, **change}

    texts = [raw([ONE, odd, ONE])]
    with suppress(ValueError):  # an object with NaN in it is no JSON as a whole
        texts.append(json.dumps({"traceEvents": [ONE, odd, ONE]}, allow_nan=False))
    for text in texts:
        trace = chrome.load(written(tmp_path, text))
        assert (len(trace.spans), trace.torn.count) == (2, 1)
        assert trace.torn.first.startswith("2: ")
        assert draw(trace).endswith("</svg>\n")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[" * 200_000,
        '{"traceEvents": [' + "[" * 200_000,
        '{"traceEvents": 7}',
        "{}",
        '[{"ph": "X", "ts": 1e999}]',
        "9" * 5000,
    ],
)
def test_file_without_an_event_is_one_error(tmp_path: Path, text: str) -> None:
    with pytest.raises(CannotStartError, match="no timeline"):
        chrome.load(written(tmp_path, text))


@pytest.mark.parametrize("begin", [-1e15, 0, 1e-12, 1e15])
@pytest.mark.parametrize("length", [0, 1e-12, 0.7, 1e15])
def test_axis_has_few_lines_whatever_the_times(tmp_path: Path, begin: float, length: float) -> None:
    trace = chrome.load(written(tmp_path, raw([span("rays", "native", begin, length)])))

    assert draw(trace).count("<line") <= 20


def test_only_so_many_threads_are_drawn_and_the_picture_says_so(tmp_path: Path) -> None:
    events = [span("rays", "native", 10, 20, tid=tid) for tid in range(1, 3001)]

    drawing = draw(chrome.load(written(tmp_path, raw(events))))

    assert drawing.count("pn-tl-lane") - 1 == 2048
    assert "the first 2,048 threads are drawn" in drawing


def test_long_name_of_a_thread_is_cut(tmp_path: Path) -> None:
    events = [named("thread_name", "x" * 500_000, 1), ONE]

    assert len(draw(chrome.load(written(tmp_path, raw(events))))) < 10_000
