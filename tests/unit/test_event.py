"""Lines of the host become events; what is no event is told apart from what is not known."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pynodes.errors import MismatchError
from pynodes.model import event as ev


def line(**found: object) -> bytes:
    return json.dumps(found).encode()


def test_tile_is_read() -> None:
    text = line(ev="tile", i=37, frame=2, thread=1, at=5, wall=6, wait=1, python=4, calls=1024)

    assert ev.parse(text) == ev.TileDone(37, 2, 1, 5, 6, 1, 4, 1024)


def test_keys_that_are_not_known_are_ignored() -> None:
    assert ev.parse(line(ev="bye", code=0, mood="good")) == ev.Bye(0)


def test_keys_that_may_be_left_out_have_defaults() -> None:
    event = ev.parse(line(ev="error", code=10, kind="scene", what="NameError"))

    assert event == ev.Failed(10, "scene", "NameError")


def test_scene_tells_of_the_gil_or_leaves_it_open() -> None:
    told = {
        "frame": 1, "width": 8, "height": 8, "samples": 1, "tile": 8, "tiles": 1, "threads": 1,
        "engine": "shared", "attach": "tile",
    }  # fmt: skip

    with_gil = ev.parse(line(ev="scene", gil=False, **told))
    without = ev.parse(line(ev="scene", **told))

    assert isinstance(with_gil, ev.SceneBegun) and with_gil.gil is False
    assert isinstance(without, ev.SceneBegun) and without.gil is None


def test_thread_is_read() -> None:
    event = ev.parse(
        line(ev="thread", frame=1, thread=3, tiles_done=7, wait_ns=5, wait_p99_ns=9, vcsw=2)
    )

    assert isinstance(event, ev.ThreadDone)
    assert (event.frame, event.thread) == (1, 3)
    assert event.totals == {"tiles_done": 7, "wait_ns": 5, "wait_p99_ns": 9, "vcsw": 2}


def test_quantiles_of_workers_stay_open() -> None:
    event = ev.parse(line(ev="frame", frame=1, tiles_done=1, tiles=1, handovers=0))

    assert isinstance(event, ev.FrameDone)
    assert event.totals == {"tiles_done": 1, "handovers": 0}
    assert (event.tiles_done, event.node_errors) == (1, 0)


def test_lists_become_tuples() -> None:
    event = ev.parse(line(ev="error", code=11, kind="node", what="x", pixel=[12, 40]))

    assert isinstance(event, ev.Failed)
    assert event.pixel == (12, 40)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"not json",
        b"[]",
        b"7",
        b'{"ev":7}',
        b'{"code":0}',
        b'{"ev":"tile"}',
        b'{"ev":"tile","i":"seven"}',
        b'{"ev":"tile","i":true}',
        b'{"ev":"tile","i":1.5}',
        b'{"ev":"error","code":11,"kind":"node","what":"x","pixel":7}',
        b'{"ev":"tile","i":37,"fra',
        b"\xff\xfe\x00",
        b"[" * 100_000,
    ],
)
def test_line_that_is_no_event_is_garbage(text: bytes) -> None:
    with pytest.raises(ev.GarbageError):
        ev.parse(text)


def test_invalid_utf8_inside_text_is_readable() -> None:
    event = ev.parse(b'{"ev":"warning","what":"caf\xe9"}')

    assert event == ev.Warned("caf�")


def test_half_a_surrogate_pair_can_be_printed() -> None:
    event = ev.parse(b'{"ev":"warning","what":"a\\ud800b"}')

    assert event == ev.Warned(r"a\ud800b")


def test_unknown_kind_is_refused() -> None:
    with pytest.raises(MismatchError, match="'moon'"):
        ev.parse(line(ev="moon"))


def test_unknown_schema_is_refused() -> None:
    with pytest.raises(MismatchError, match="schema 3"):
        ev.parse(line(ev="hello", schema=3, word="9"))


@given(st.binary(max_size=200))
def test_any_bytes_are_an_event_or_garbage_or_refused(text: bytes) -> None:
    with suppress(ev.GarbageError, MismatchError):
        ev.parse(text)


def test_every_kind_of_event_has_a_class() -> None:
    assert set(ev.KINDS) == {
        "hello", "interp", "scene", "tile", "warning", "error", "entry", "thread",
        "not_finite", "flaw", "node", "value", "cost", "place", "profile",
        "frame", "crash", "bye",
    }  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        '"tiles": 1e999',
        '"tiles": NaN',
        '"tiles": 9223372036854775808',
        '"tiles": ' + "9" * 5000,
        '"render_ns": -1',
        '"render_ns": 1.5',
        '"render_ns": true',
        '"out": ' + "[" * 20_000,
        '"out": ["a"]',
    ],
)
def test_event_with_a_value_that_is_none_is_garbage(change: str) -> None:
    with pytest.raises(ev.GarbageError):
        ev.parse(f'{{"ev": "frame", "frame": 1, "tiles": 1, {change}}}'.encode())
