"""File and image selectors: every way out, alone and beside a render on 8 threads."""

from __future__ import annotations

from entry_play import Play, ev, only_alone

GONE = """
class Probe:
    def __del__(self):
        print("freed")
probe = Probe()
"""

CHOOSE = f"""
from pynodes import app
{GONE}
def chosen(path, size=None):
    print("chosen", path.rpartition("/")[2], size)
app.file_selector(chosen)
print("returned at once")
"""

PPM = "P3\n3 2\n255\n" + "0 0 0 " * 6


def test_the_callback_comes_when_a_file_is_chosen(play: Play) -> None:
    log = play(
        ev("script", "s.py"),
        ev("script", "other.py"),
        ev("file", "not_there.txt"),
        ev("file", "again.txt"),
        texts={"s.py": CHOOSE, "other.py": "print('other')"},
    )

    assert log.lines == ["returned at once", "other", "chosen not_there.txt None", "freed"]
    assert log.results("file", "s.py") == ["ok"]
    assert [e["result"] for e in log.entries("file")] == ["ok", "nobody"]


def test_an_image_comes_with_its_size(play: Play) -> None:
    log = play(
        ev("script", "s.py"),
        ev("image", "picture.ppm"),
        texts={"s.py": CHOOSE.replace("file_sel", "image_sel"), "picture.ppm": PPM},
    )

    assert log.lines == ["returned at once", "chosen picture.ppm (3, 2)", "freed"]
    assert log.results("image", "s.py") == ["ok"]


@only_alone
def test_what_is_not_an_image_is_reported_and_the_selector_stays_open(play: Play) -> None:
    log = play(
        ev("script", "s.py"),
        ev("image", "s.py", error=True),
        ev("image", "nowhere.png", error=True),
        ev("image", "picture.ppm"),
        texts={"s.py": CHOOSE.replace("file_sel", "image_sel"), "picture.ppm": PPM},
    )

    assert "is not a picture that can be read" in log.errors[0]["what"]
    assert "No such file" in log.errors[1]["what"]
    assert log.lines[1] == "chosen picture.ppm (3, 2)"


def test_cancel_never_calls_and_frees_the_script(play: Play) -> None:
    log = play(
        ev("script", "s.py"),
        ev("cancel"),
        ev("file", "late.txt"),
        ev("cancel"),
        texts={"s.py": CHOOSE},
    )

    assert log.lines == ["returned at once", "freed"]
    assert [e["result"] for e in log.entries("file")] == ["cancelled", "nobody", "nobody"]


def test_an_error_in_the_callback_is_reported_at_once_and_none_stays(play: Play) -> None:
    broken = CHOOSE.replace('print("chosen"', '1 / 0, ("chosen"')

    log = play(
        ev("script", "s.py"),
        ev("file", "a.txt", error=True),
        ev("script", "next.py"),
        texts={"s.py": broken, "next.py": "import sys; print('next', sys.exc_info()[1])"},
    )

    assert log.error["what"] == "ZeroDivisionError: division by zero"
    assert "s.py:10 in chosen" in log.error["where"]
    assert log.lines == ["returned at once", "freed", "next None"]


def test_sys_exit_in_the_callback_ends_its_script_alone(play: Play) -> None:
    broken = CHOOSE.replace('print("chosen"', 'app.sys.exit(2), ("chosen"')

    log = play(
        ev("script", "s.py"),
        ev("file", "a.txt"),
        ev("script", "next.py"),
        texts={"s.py": broken, "next.py": "print('next')"},
    )

    assert log.results("file", "s.py") == ["exit"]
    assert log.lines == ["returned at once", "freed", "next"]


def test_the_callback_may_open_another_selector(play: Play) -> None:
    source = f"""
from pynodes import app
{GONE}
def first(path):
    app.file_selector(second)
    print("first")
def second(path):
    app.image_selector(third)
    print("second")
def third(path, size):
    print("third", size)
app.file_selector(first)
"""
    log = play(
        ev("script", "s.py"),
        ev("file", "a"),
        ev("file", "b"),
        ev("image", "p.ppm"),
        texts={"s.py": source, "p.ppm": PPM},
    )

    assert log.lines == ["first", "second", "third (3, 2)", "freed"]


def test_the_same_function_may_be_opened_again(play: Play) -> None:
    """The registration that the callback makes is not the one that is over."""
    source = """
from pynodes import app
count = 0
def again(path):
    global count
    count += 1
    print(count)
    app.file_selector(again)
app.file_selector(again)
"""
    log = play(
        ev("script", "s.py"), ev("file", "a"), ev("file", "b"), ev("file", "c"),
        texts={"s.py": source},
    )  # fmt: skip

    assert log.lines == ["1", "2", "3"]


@only_alone
def test_a_second_selector_of_a_script_replaces_the_first(play: Play) -> None:
    source = """
from pynodes import app
app.file_selector(lambda path: print("first"))
app.file_selector(lambda path: print("second"))
"""
    log = play(ev("script", "s.py"), ev("file", "a"), ev("file", "b"), texts={"s.py": source})

    assert log.lines == ["second"]


@only_alone
def test_the_selector_opened_last_gets_the_file(play: Play) -> None:
    source = "from pynodes import app\nimport sys\nname = sys.argv[1]\n"
    source += "app.file_selector(lambda path: print(name, app.current_script()))"

    log = play(
        ev("script", "a.py", "one"),
        ev("script", "b.py", "two"),
        ev("file", "x"),
        ev("file", "y"),
        texts={"a.py": source, "b.py": source},
    )

    assert log.lines == ["two b.py", "one a.py"]


def test_quit_in_the_callback_ends_all(play: Play) -> None:
    source = CHOOSE.replace('print("chosen"', 'app.quit(), ("chosen"')

    log = play(ev("script", "s.py"), ev("file", "a"), ev("file", "b"), texts={"s.py": source})

    assert log.lines == ["returned at once", "freed"]


def test_quit_with_an_open_selector_frees_its_script(play: Play) -> None:
    log = play(ev("script", "s.py"), ev("quit"), texts={"s.py": CHOOSE})

    assert log.lines == ["returned at once", "freed"]


def test_a_script_with_a_window_keeps_it_after_its_selector(play: Play) -> None:
    source = """
from pynodes import app
from pynodes.app import gui
def draw(): gui.push("Open", 1, lambda number, value: app.file_selector(print_it))
def print_it(path): print("file")
app.register(draw)
"""
    log = play(
        ev("script", "s.py"), ev("press", "s.py", 1), ev("file", "a"), ev("press", "s.py", 1),
        ev("file", "b"), texts={"s.py": source},
    )  # fmt: skip

    assert log.lines == ["file", "file"]


@only_alone
def test_wrong_use_is_reported(play: Play) -> None:
    log = play(
        ev("script", "s.py", error=True),
        texts={"s.py": "from pynodes import app\napp.file_selector('no function')"},
    )

    assert "must be callable, got str" in log.error["what"]
