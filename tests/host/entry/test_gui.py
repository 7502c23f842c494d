"""Draw, event and button callbacks: every way out, alone and beside a render on 8 threads."""

from __future__ import annotations

import signal
from collections.abc import Callable

from entry_play import Play, ev, only_alone
from host_runner import Running

GONE = """
class Probe:
    def __del__(self):
        print("freed")
probe = Probe()
"""

WINDOW = """
from pynodes import app
from pynodes.app import codes, draw2d, gui
def draw():
    print("draw")
    gui.push("Go", 1)
    gui.push("Own", 2, lambda number, value: print("own", number, value))
def event(code, value):
    print("event", code, value, repr(app.ascii), app.event == code, app.event_value == value)
def button(number):
    print("button", number)
"""


def test_a_window_is_drawn_when_it_is_registered(play: Play) -> None:
    log = play(ev("script", "w.py"), texts={"w.py": f"{WINDOW}\napp.register(draw)\nprint('end')"})

    assert log.lines == ["end", "draw"]
    assert log.results("draw", "w.py") == ["ok"]


def test_buttons_reach_the_script_or_their_own_callback(play: Play) -> None:
    log = play(
        ev("script", "w.py"),
        ev("press", "w.py", 1),
        ev("press", "w.py", "Own"),
        texts={"w.py": f"{WINDOW}\napp.register(draw, button=button)"},
    )

    assert log.lines == ["draw", "button 1", "own 2 None"]
    assert {e["thread"] for e in log.entries("button")} == {-1}


def test_keys_reach_the_event_callback_with_their_character(play: Play) -> None:
    log = play(
        ev("script", "w.py"),
        ev("key", "w.py", 97, 1, "a"),
        ev("key", "w.py", 97, 0, ""),
        texts={"w.py": f"{WINDOW}\napp.register(draw, event)"},
    )

    assert log.lines == ["draw", "event 97 1 'a' True True", "event 97 0 '' True True"]


@only_alone
def test_outside_of_a_call_there_is_no_event(play: Play) -> None:
    source = "from pynodes import app\nprint(app.event, app.link, app.bylink, repr(app.ascii))"

    log = play(ev("script", "a.py"), texts={"a.py": source})

    assert log.lines == ["None None False ''"]


@only_alone
def test_a_click_on_a_button_is_not_an_event(play: Play) -> None:
    log = play(
        ev("script", "w.py"),
        ev("mouse", "w.py", 4, 10),
        ev("mouse", "w.py", 5, 10),
        ev("mouse", "w.py", 1, 1),
        ev("mouse", "w.py", 5, 230),
        ev("mouse", "w.py", 1, 1),
        texts={"w.py": f"{WINDOW}\napp.register(draw, event, button)"},
    )

    kinds = [line.split()[0:2] for line in log.lines]
    assert kinds == [
        ["draw"],
        ["event", "4"],
        ["event", "5"],
        ["button", "1"],
        ["event", "5"],
        ["event", "1"],
    ]


WAYS_OUT = ("1 / 0", "raise KeyboardInterrupt", "import sys; sys.exit(3)")
BROKEN = {
    "draw": "def draw(): {}",
    "event": "def event(code, value): {}",
    "button": "def button(number): {}",
    "own": "def own(number, value): {}\ndef draw(): gui.push('Own', 2, own)",
}


def test_what_ends_a_callback_ends_the_script_and_frees_it(play: Play) -> None:
    events = []
    texts = {"next.py": "import sys; print('next', sys.exc_info()[1])"}
    for where, broken in BROKEN.items():
        for i, how in enumerate(WAYS_OUT):
            name = f"{where}{i}.py"
            texts[name] = f"{WINDOW}\n{GONE}\n{broken.format(how)}\n"
            texts[name] += "app.register(draw, event, button)"
            fails = "exit" not in how
            touch = {
                "event": ev("key", name, 97, 1, error=fails),
                "button": ev("press", name, 1, error=fails),
                "own": ev("press", name, 2, error=fails),
            }
            events += [ev("script", name, error=fails and where == "draw")]
            events += [touch[where]] if where != "draw" else []
            events += [ev("press", name, 1), ev("key", name, 97, 1), ev("redraw", name)]
            events += [ev("script", "next.py")]

    log = play(*events, texts=texts)

    said = [line for line in log.lines if line != "draw"]
    assert said == ["freed", "next None"] * len(BROKEN) * len(WAYS_OUT), str(log)
    for where in BROKEN:
        kind = "button" if where == "own" else where
        results = [log.results(kind, f"{where}{i}.py") for i in range(len(WAYS_OUT))]
        assert results == [["error", "nobody"], ["error", "nobody"], ["exit", "nobody"]]
    places = [error["where"].rpartition("/")[2].partition(":")[0] for error in log.errors]
    assert places == [f"{where}{i}.py" for where in BROKEN for i in range(2)]


def test_draw_now_draws_inside_of_a_callback(play: Play) -> None:
    source = f"""{WINDOW}
def button(number):
    print("before")
    app.draw_now()
    print("after")
app.register(draw, button=button)"""

    log = play(ev("script", "w.py"), ev("press", "w.py", 1), texts={"w.py": source})

    assert log.lines == ["draw", "before", "draw", "after"]
    nested = log.entries("draw", "w.py")[-1]
    assert (nested["depth"], nested["result"]) == (1, "ok")


def test_an_error_in_a_nested_draw_ends_the_script_after_its_callback(play: Play) -> None:
    source = f"""{WINDOW}
{GONE}
broken = False
def draw():
    gui.push("Go", 1)
    if broken: 1 / 0
def button(number):
    global broken
    broken = True
    app.draw_now()
    print("goes on", probe is not None)
app.register(draw, button=button)"""

    log = play(
        ev("script", "w.py"),
        ev("press", "w.py", 1, error=True),
        ev("press", "w.py", 1),
        texts={"w.py": source},
    )

    assert log.lines == ["goes on True", "freed"]
    assert log.results("button", "w.py") == ["ok", "nobody"]


@only_alone
def test_a_draw_cannot_draw_itself(play: Play) -> None:
    source = f"{WINDOW}\ndef draw(): app.draw_now()\napp.register(draw)"

    log = play(ev("script", "w.py", error=True), texts={"w.py": source})

    assert "is being drawn now" in log.error["what"]


@only_alone
def test_redraw_comes_after_the_callback_and_once(play: Play) -> None:
    source = f"""{WINDOW}
def button(number):
    app.redraw(); app.redraw()
    print("end")
app.register(draw, button=button)"""

    log = play(ev("script", "w.py"), ev("press", "w.py", 1), texts={"w.py": source})

    assert log.lines == ["draw", "end", "draw"]


def test_exit_in_a_callback_closes_the_window(play: Play) -> None:
    source = f"""{WINDOW}
{GONE}
def button(number):
    app.exit()
    print("still here")
app.register(draw, event, button)"""

    log = play(
        ev("script", "w.py"),
        ev("press", "w.py", 1),
        ev("press", "w.py", 1),
        ev("key", "w.py", 97, 1),
        texts={"w.py": source},
    )

    assert log.lines == ["draw", "still here", "freed"]
    assert log.results("button", "w.py") == ["ok", "nobody"]
    assert log.results("event", "w.py") == ["nobody"]


@only_alone
def test_a_callback_that_comes_after_the_window_was_closed_finds_none(play: Play) -> None:
    source = f"""{WINDOW}
def late(path):
    app.redraw(); app.draw_now(); app.exit()
    try: gui.value(1)
    except KeyError as error: print(error)
app.register(draw, event)
app.file_selector(late)"""

    log = play(
        ev("script", "w.py"),
        ev("key", "w.py", ord("q"), 1, "\x11"),
        ev("file", "a"),
        texts={"w.py": source},
    )

    assert log.lines == ["draw", "'this window has no button 1'"]


def test_exit_in_the_middle_of_a_draw_keeps_no_button(play: Play) -> None:
    source = f"""{WINDOW}
{GONE}
def draw():
    app.exit()
    gui.push("Late", 1, lambda number, value: print("never", probe))
app.register(draw)"""

    log = play(ev("script", "w.py"), ev("press", "w.py", 1), texts={"w.py": source})

    assert log.lines == ["freed"]


def test_control_q_closes_the_window(play: Play) -> None:
    log = play(
        ev("script", "w.py"),
        ev("key", "w.py", ord("q"), 1, "\x11"),
        ev("key", "w.py", ord("q"), 1, "q"),
        texts={"w.py": f"{WINDOW}\n{GONE}\napp.register(draw, event)"},
    )

    assert log.lines == ["draw", "freed"]
    assert log.results("event", "w.py") == ["nobody"]


def test_running_the_script_again_gives_a_new_window(play: Play) -> None:
    source = f"{WINDOW}\n{GONE}\napp.register(draw, button=button)"

    log = play(
        ev("script", "w.py"), ev("script", "w.py"), ev("press", "w.py", 1), texts={"w.py": source}
    )

    assert log.lines[:4] == ["draw", "freed", "draw", "button 1"]


def test_quit_in_a_callback_ends_all_and_frees_the_script(play: Play) -> None:
    source = f"{WINDOW}\n{GONE}\ndef button(number): app.quit()\napp.register(draw, button=button)"

    log = play(
        ev("script", "w.py"), ev("press", "w.py", 1), ev("redraw", "w.py"), texts={"w.py": source}
    )

    assert log.lines == ["draw", "freed"]
    assert log.results("cleanup", "quit") == ["ok"]


def test_destructors_of_a_window_may_use_the_application(play: Play) -> None:
    """What is dropped comes back: it registers, draws, asks, and is refused or served in order."""
    source = f"""{WINDOW}
class Odd:
    def __del__(self):
        from pynodes import app
        for call in (app.redraw, app.draw_now, app.exit, lambda: app.register(draw),
                     lambda: app.file_selector(print)):
            try:
                call()
            except Exception as error:
                print(type(error).__name__)
        print("del")
odd = Odd()
def draw(): gui.push("Go", 1, lambda number, value, odd=Odd(): app.exit())
app.register(draw)"""

    log = play(
        ev("script", "w.py"), ev("press", "w.py", 1), ev("redraw", "w.py"), texts={"w.py": source}
    )

    assert "del" in log.lines
    assert log.status == 0


@only_alone
def test_two_windows_keep_apart(play: Play) -> None:
    source = f"{WINDOW}\nimport sys\nname = sys.argv[1]\n"
    source += "def button(number): print(name, app.current_script())\n"
    source += "app.register(draw, button=button)"

    log = play(
        ev("script", "a.py", "one"),
        ev("script", "b.py", "two"),
        ev("press", "a.py", 1),
        ev("press", "b.py", 1),
        texts={"a.py": source, "b.py": source},
    )

    assert log.lines == ["draw", "draw", "one a.py", "two b.py"]


MISUSE = (
    ("app.register(3)", "draw must be a function"),
    ("app.register(draw, size=(0, 5))", "the size of a window"),
    ("app.redraw()", "has no window"),
    ("app.draw_now()", "has no window"),
    ("app.exit()", "has no window"),
    ("app.redraw('nowhere')", "no area nowhere"),
    ("gui.push('Go', 1)", "buttons are made while an area is drawn"),
    ("draw2d.rect(0, 0, 1, 1)", "draws while an area is drawn"),
    ("gui.value(1)", "has no window"),
    ("app.event = 1", "nothing is being called now"),
)


@only_alone
def test_wrong_use_is_reported(play: Play) -> None:
    texts = {f"w{i}.py": f"{WINDOW}\n{call}" for i, (call, _) in enumerate(MISUSE)}

    log = play(*(ev("script", name, error=True) for name in texts), texts=texts)

    for error, (_, what) in zip(log.errors, MISUSE, strict=True):
        assert what in error["what"]
    assert [error["where"].rpartition("/")[2] for error in log.errors] == [
        f"{name}:13" for name in texts
    ]


def test_a_window_belongs_to_the_main_thread(play: Play) -> None:
    source = f"""{WINDOW}
import threading
def call():
    for function in (lambda: app.register(draw), app.redraw, app.exit, lambda: app.event,
                     lambda: gui.push("x"), lambda: draw2d.line(0, 0, 1, 1),
                     lambda: app.file_selector(print), lambda: app.popup_confirm("?"),
                     app.handlers, app.menus):
        try:
            function()
        except RuntimeError as error:
            print("main thread" in str(error))
thread = threading.Thread(target=call); thread.start(); thread.join()"""

    log = play(ev("script", "w.py"), texts={"w.py": source})

    assert log.lines == ["True"] * 10


def test_interrupt_during_a_callback_ends_in_order(start_play: Callable[..., Running]) -> None:
    source = f"""{WINDOW}
{GONE}
import time
def button(number):
    for i in range(200): time.sleep(0.01)
    print("over")
app.register(draw, button=button)"""
    running = start_play(
        ev("script", "w.py"), ev("press", "w.py", 1, at=0.05), ev("redraw", "w.py"),
        texts={"w.py": source}, length=600,
    )  # fmt: skip
    running.wait_for("entry", 2)
    running.process.send_signal(signal.SIGINT)

    run = running.end()

    assert run.one("bye")["code"] == 14, str(run)
    assert run.stdout.splitlines()[-1] == "freed"
