"""Pop-ups: nested event loops, detached, alone and beside a render on 8 threads."""

from __future__ import annotations

import signal
from collections.abc import Callable

from entry_play import Play, ev, only_alone, only_beside
from host_runner import Running

ASK = """
from pynodes import app
print("asked")
print("answer", app.popup_menu("Shape", ["sphere", "cube"]))
"""


def test_an_answer_that_comes_while_it_is_open(play: Play) -> None:
    log = play(ev("script", "a.py"), ev("answer", '"cube"'), texts={"a.py": ASK})

    assert log.lines == ["asked", "answer 1"]


def test_an_answer_given_ahead(play: Play) -> None:
    log = play(ev("answer", "0"), ev("script", "a.py"), texts={"a.py": ASK})

    assert log.lines == ["asked", "answer 0"]


def test_cancel_gives_none(play: Play) -> None:
    log = play(ev("script", "a.py"), ev("cancel"), texts={"a.py": ASK})

    assert log.lines == ["asked", "answer None"]


def test_the_end_of_the_replay_cancels(play: Play) -> None:
    log = play(ev("script", "a.py"), texts={"a.py": ASK})

    assert log.lines == ["asked", "answer None"]


def test_quit_while_it_is_open_cancels_and_ends(play: Play) -> None:
    log = play(
        ev("script", "a.py"), ev("quit"), ev("script", "b.py"),
        texts={"a.py": ASK, "b.py": "print('never')"},
    )  # fmt: skip

    assert log.lines == ["asked", "answer None"]


@only_alone
def test_an_answer_that_is_no_choice_is_an_error_of_the_script(play: Play) -> None:
    log = play(ev("script", "a.py", error=True), ev("answer", '"cone"'), texts={"a.py": ASK})

    assert "has no choice 'cone'" in log.error["what"]
    assert log.error["where"].endswith("a.py:4")


def test_events_are_played_while_it_is_open(play: Play) -> None:
    window = """
from pynodes import app
from pynodes.app import gui
def draw(): gui.push("Go", 1, lambda number, value: print("pressed"))
app.register(draw)
"""
    log = play(
        ev("script", "w.py"),
        ev("script", "a.py"),
        ev("press", "w.py", 1),
        ev("script", "b.py"),
        ev("answer", "1"),
        texts={"w.py": window, "a.py": ASK, "b.py": "print('b')"},
    )

    assert log.lines == ["asked", "pressed", "b", "answer 1"]


def test_pop_ups_nest_and_the_innermost_is_answered(play: Play) -> None:
    log = play(
        ev("script", "a.py"), ev("script", "b.py"), ev("answer", "1"), ev("answer", "0"),
        texts={"a.py": ASK, "b.py": ASK.replace("answer", "inner")},
    )  # fmt: skip

    assert log.lines == ["asked", "asked", "inner 1", "answer 0"]


@only_alone
def test_too_many_open_pop_ups_are_refused(play: Play) -> None:
    texts = {f"a{i}.py": ASK for i in range(18)}

    log = play(*(ev("script", name, error=i > 15) for i, name in enumerate(texts)), texts=texts)

    assert len(log.errors) == 2
    assert "16 pop-ups are open" in log.errors[0]["what"]
    assert log.lines.count("answer None") == 16


def test_a_window_may_be_closed_while_its_pop_up_is_open(play: Play) -> None:
    source = """
from pynodes import app
from pynodes.app import gui
class Probe:
    def __del__(self): print("freed")
probe = Probe()
def ask(number, value):
    print("answer", app.popup_confirm("Sure?"), probe is not None)
def draw(): gui.push("Ask", 1, ask)
app.register(draw)
"""
    log = play(
        ev("script", "w.py"),
        ev("press", "w.py", 1),
        ev("key", "w.py", ord("q"), 1, "\x11"),
        ev("press", "w.py", 1),
        ev("answer", "true"),
        texts={"w.py": source},
    )

    assert log.lines == ["answer True True", "freed"]


@only_alone
def test_fields_keep_their_types(play: Play) -> None:
    source = """
from pynodes import app
print(app.popup_block("Box", {"size": 1.0, "count": 2, "name": "a", "on": True}))
print(app.popup_block("Box", {"size": 1.0}))
"""
    log = play(
        ev("script", "a.py"),
        ev("answer", '{"size": 3, "name": "b", "on": false}'),
        ev("cancel"),
        texts={"a.py": source},
    )

    assert log.lines == ["{'size': 3.0, 'count': 2, 'name': 'b', 'on': False}", "None"]


WRONG_FIELDS = (
    ('{"sze": 3}', "has no field 'sze'; did you mean 'size'?"),
    ('{"size": "big"}', "must be of type float"),
    ("3", "must be fields"),
)


@only_alone
def test_wrong_fields_are_reported(play: Play) -> None:
    source = "from pynodes import app\napp.popup_block('Box', {'size': 1.0})"
    events = []
    for answer, _ in WRONG_FIELDS:
        events += [ev("answer", answer), ev("script", "a.py", error=True)]

    log = play(*events, texts={"a.py": source})

    for error, (_, what) in zip(log.errors, WRONG_FIELDS, strict=True):
        assert what in error["what"]


def test_python_threads_go_on_while_it_is_open(play: Play) -> None:
    """It waits detached: with the interpreter held, this thread would not come to its end."""
    source = """
import threading
from pynodes import app
done = threading.Event()
thread = threading.Thread(target=lambda: (sum(range(200000)), done.set()))
thread.start()
app.popup_confirm("?")
print(done.is_set())
thread.join()
"""
    log = play(ev("script", "a.py"), ev("answer", "true", at=0.5), texts={"a.py": source})

    assert log.lines == ["True"]


@only_beside
def test_the_render_goes_on_while_it_is_open(play: Play) -> None:
    source = """
from pynodes import app
before = app.tiles_done()
app.popup_confirm("?")
print(app.tiles_done() > before + 48)
"""
    log = play(ev("script", "a.py"), ev("answer", "true", tile=150), texts={"a.py": source})

    assert log.lines == ["True"]


def test_interrupt_while_it_is_open_ends_in_order(start_play: Callable[..., Running]) -> None:
    running = start_play(
        ev("script", "b.py"), ev("script", "a.py"), ev("answer", "1", at=600),
        texts={"a.py": ASK, "b.py": "print('b')"},
    )  # fmt: skip
    running.wait_for("entry", 2)
    running.process.send_signal(signal.SIGINT)

    run = running.end()

    assert run.one("bye")["code"] == 14, str(run)
    # Cancelled, or not open yet: then the script was interrupted, or never began.
    assert run.stdout.splitlines()[-1] in ("answer None", "asked", "b")
