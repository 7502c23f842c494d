"""Values of buttons, and expressions typed into number fields."""

from __future__ import annotations

from entry_play import Play, ev, only_alone

SOURCE = """
from pynodes import app
from pynodes.app import gui
def pushed(number, value):
    print(number, type(value).__name__, value)
def draw():
    gui.push("Push", 0, pushed)
    gui.toggle("Toggle", False, 1, pushed)
    gui.number("Whole", 4, 2, pushed, low=-10, high=10)
    gui.number("Real", 0.5, 3, pushed)
    gui.slider("Slider", 0.25, 4, pushed, low=0, high=2)
    gui.menu("Menu", ["one", "two", "three"], 1, 5, pushed)
    gui.text("Text", "abc", 6, pushed)
    gui.color("Color", (0.1, 0.2, 0.3), 7, pushed)
app.register(draw, event=lambda *a: None)
"""


VALUES = (
    ("Push", "", "0 NoneType None"),
    ("Toggle", "", "1 bool True"),
    ("Toggle", "0", "1 bool False"),
    ("Whole", "7", "2 int 7"),
    ("Whole", "2.9", "2 int 2"),
    ("Whole", "-99", "2 int -10"),
    ("Real", "0.125", "3 float 0.125"),
    ("Slider", "9", "4 float 2.0"),
    ("Menu", "three", "5 int 2"),
    ("Menu", "0", "5 int 0"),
    ("Text", "a b\tc", "6 str a b\tc"),
    ("Color", "1,0.5,2", "7 tuple (1.0, 0.5, 1.0)"),
)


WRONG_VALUES = (
    ("Toggle", "perhaps"),
    ("Whole", "2*3"),
    ("Real", "nan"),
    ("Real", ""),
    ("Menu", "four"),
    ("Menu", "3"),
    ("Color", "1,2"),
    ("Color", "red"),
)


@only_alone
def test_a_value_that_a_button_cannot_have_is_an_error_of_the_event(play: Play) -> None:
    presses = [ev("press", "w.py", *each, error=True) for each in WRONG_VALUES]

    log = play(ev("script", "w.py"), *presses, ev("press", "w.py", "Push"), texts={"w.py": SOURCE})

    for error, (button, _) in zip(log.errors, WRONG_VALUES, strict=True):
        assert f"the button {button} cannot have the value" in error["what"]
        assert error["help"]
    assert log.lines == ["0 NoneType None"]


EXPRESSIONS = (
    ("Whole", "2 * 3 + 1", "2 int 7"),
    ("Whole", "7.9", "2 int 7"),
    ("Whole", "10 ** 9", "2 int 10"),
    ("Real", "pi", "3 float 3.141592653589793"),
    ("Real", "True", "3 float 1.0"),
    ("Slider", "sqrt(2)", "4 float 1.4142135623730951"),
    ("Slider", "-1", "4 float 0.0"),
    ("Text", "1 + 1", "6 str 1 + 1"),
)


def test_a_callback_gets_the_typed_value_of_a_press_or_an_expression(play: Play) -> None:
    presses = [ev("press", "w.py", button, value) for button, value, _ in VALUES]
    typed = [ev("type", "w.py", button, text) for button, text, _ in EXPRESSIONS]

    log = play(ev("script", "w.py"), *presses, *typed, texts={"w.py": SOURCE})

    assert log.lines == [line for _, _, line in (*VALUES, *EXPRESSIONS)]


FAILING = (
    ("1 / 0", "ZeroDivisionError"),
    ("1 +", "SyntaxError"),
    ("x = 1", "SyntaxError"),
    ("nobody", "NameError"),
    ("'seven'", "TypeError"),
    ("[1]", "TypeError"),
    ("float('nan')", "finite number"),
    ("1e400", "finite number"),
    ("10 ** 400", "OverflowError"),
    ("(_ for _ in ()).throw(KeyboardInterrupt)", "KeyboardInterrupt"),
)


def test_an_expression_that_fails_leaves_the_value(play: Play) -> None:
    source = SOURCE.replace("event=lambda *a: None", "event=lambda *a: print(gui.value('Real'))")
    typed = [ev("type", "w.py", "Real", text, error=True) for text, _ in FAILING]

    log = play(
        ev("script", "w.py"),
        *typed,
        ev("key", "w.py", 97, 1),
        ev("type", "w.py", "Real", "1 + 1"),
        texts={"w.py": source},
    )

    for error, (_, what) in zip(log.errors, FAILING, strict=True):
        assert what in error["what"]
    assert log.lines == ["0.5", "3 float 2.0"]
    assert log.results("pybutton", "w.py") == ["error"] * len(FAILING) + ["ok"]


def test_sys_exit_in_an_expression_ends_nothing(play: Play) -> None:
    log = play(
        ev("script", "w.py"),
        ev("type", "w.py", "Real", "__import__('sys').exit(4)"),
        ev("press", "w.py", "Push"),
        texts={"w.py": SOURCE},
    )

    assert log.results("pybutton", "w.py") == ["exit"]
    assert log.lines == ["0 NoneType None"]


@only_alone
def test_nothing_typed_is_cancelled(play: Play) -> None:
    log = play(ev("script", "w.py"), ev("type", "w.py", "Real", "  "), texts={"w.py": SOURCE})

    assert log.results("pybutton", "w.py") == ["cancelled"]
    assert log.lines == []


@only_alone
def test_nothing_can_be_typed_into_a_push_button(play: Play) -> None:
    log = play(
        ev("script", "w.py"), ev("type", "w.py", "Push", "1", error=True), texts={"w.py": SOURCE}
    )

    assert "nothing can be typed" in log.error["what"]


@only_alone
def test_a_slider_follows_the_mouse_until_it_is_let_go(play: Play) -> None:
    log = play(
        ev("script", "w.py"),
        ev("mouse", "w.py", 5, 115),
        ev("mouse", "w.py", 4, 5),
        ev("mouse", "w.py", 1, 1),
        ev("mouse", "w.py", 4, 154),
        ev("mouse", "w.py", 4, 900),
        ev("mouse", "w.py", 1, 0),
        ev("mouse", "w.py", 4, 5),
        texts={"w.py": SOURCE},
    )

    assert log.lines == ["4 float 0.0", "4 float 2.0"]


WRONG_BUTTONS = (
    ("gui.push('A', 20000)", "must be 0 to 15382"),
    ("gui.push('A', -1)", "must be 0 to 15382"),
    ("gui.push('A', 1, 'no function')", "the callback must be a function"),
    ("gui.number('A', float('inf'))", "finite"),
    ("gui.number('A', 'one')", "TypeError"),
    ("gui.number('A', 1, low=3, high=2)", "low not above high"),
    ("gui.number('A', 1, low=float('nan'))", "must be numbers"),
    ("gui.menu('A', [])", "a menu needs choices"),
    ("gui.text('A', 3)", "TypeError"),
    ("gui.text('A', 'x\\0y')", "null"),
    ("gui.color('A', (1, 2))", "ValueError"),
    ("gui.push('A', at=(10 ** 9, 0))", "pixels at most"),
    ("gui.push('A', at=(10 ** 30, 0))", "OverflowError"),
    ("gui.push('\\udcff')", "UnicodeEncodeError"),
    ("for i in range(5000): gui.push('A', at=(0, 0))", "one draw may make"),
)


@only_alone
def test_a_button_that_cannot_be_is_reported(play: Play) -> None:
    head = "from pynodes import app\nfrom pynodes.app import gui\ndef draw():\n  {}\n"
    texts = {
        f"w{i}.py": f"{head.format(call)}app.register(draw)"
        for i, (call, _) in enumerate(WRONG_BUTTONS)
    }

    log = play(*(ev("script", name, error=True) for name in texts), texts=texts)

    for error, (_, what) in zip(log.errors, WRONG_BUTTONS, strict=True):
        assert what in error["what"], error
        assert ":4 in draw" in error["where"]
