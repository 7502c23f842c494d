"""Text scripts: every way out, alone and beside a render on 8 threads."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from entry_play import SCENE, Play, ev, only_beside
from host_runner import Running, wait_for_file


def test_script_runs_as_main_with_its_arguments(play: Play) -> None:
    source = "import sys; print(__name__, __file__.endswith('a.py'), sys.argv[1:])"

    log = play(ev("script", "a.py", "x", "y z"), texts={"a.py": source})

    assert log.lines == ["__main__ True ['x', 'y z']"]
    assert log.results("text") == ["ok"]


def test_scripts_run_in_order_in_namespaces_of_their_own(play: Play) -> None:
    texts = {"a.py": "mine = 1; print('a')", "b.py": "print('mine' in globals())"}

    log = play(ev("script", "a.py"), ev("script", "b.py"), ev("script", "a.py"), texts=texts)

    assert log.lines == ["a", "False", "a"]


def test_script_can_be_imported_by_others(play: Play) -> None:
    texts = {"tools/helper.py": "VALUE = 42", "a.py": "import helper; print(helper.VALUE)"}

    log = play(ev("script", "tools/helper.py"), ev("script", "a.py"), texts=texts)

    assert log.lines == ["42"]


def test_import_comes_from_the_text_and_not_from_the_file(play: Play) -> None:
    """The source that the application has counts, also when the file is gone."""
    remove = "import os; os.unlink(__file__); print('gone')"
    texts = {"helper.py": f"VALUE = 42\nif __name__ == '__main__':\n    {remove}"}
    texts["a.py"] = "import helper; print(helper.VALUE)"

    log = play(ev("script", "helper.py"), ev("script", "a.py"), texts=texts)

    assert log.lines == ["gone", "42"]


def test_files_of_one_name_are_each_run_as_they_are(play: Play) -> None:
    texts = {"one/a.py": "print('one')", "two/a.py": "print('two')"}

    log = play(
        ev("script", "one/a.py"), ev("script", "two/a.py"), ev("script", "one/a.py"), texts=texts
    )

    assert log.lines == ["one", "two", "one"]


def test_very_many_entries_inside_one_are_sent_in_sum(play: Play) -> None:
    source = (
        "from pynodes import app\n"
        "if app.bylink: pass\n"
        "else:\n"
        "    ball = app.object('Ball')\n"
        "    ball.add_link('a.py', 'FrameChanged')\n"
        "    for frame in range(1000): app.set_frame(frame)\n"
    )

    log = play(ev("script", "a.py"), texts={"a.py": source}, scene=SCENE)

    links = log.entries("link")
    assert sum(entry["times"] for entry in links) == 1000
    assert len(links) < 600


def test_error_is_reported_with_script_and_line_and_the_next_script_runs(play: Play) -> None:
    texts = {"bad.py": "\n\n1 / 0\n", "good.py": "print('good')"}

    log = play(ev("script", "bad.py"), ev("script", "good.py"), texts=texts, status=16)

    assert log.error["what"] == "ZeroDivisionError: division by zero"
    assert log.error["where"].endswith("bad.py:3")
    assert "1 / 0" in log.error["detail"]
    assert log.lines == ["good"]
    assert log.results("text") == ["error", "ok"]


def test_expected_error_is_no_failure(play: Play) -> None:
    log = play(ev("script", "bad.py", error=True), texts={"bad.py": "1 / 0"}, status=0)

    assert log.error["expected"]


def test_missing_error_is_a_failure(play: Play) -> None:
    log = play(ev("script", "a.py", error=True), texts={"a.py": ""}, status=16)

    assert "expects an error" in log.error["what"]


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("def f(:\n", "SyntaxError"),
        ("raise KeyboardInterrupt\n", "KeyboardInterrupt"),
        ("raise BaseException('odd')\n", "BaseException: odd"),
        ("def f(): f()\nf()\n", "RecursionError"),
        ("import no_such_module_at_all\n", "ModuleNotFoundError"),
    ],
    ids=["syntax", "keyboard", "base", "recursion", "import"],
)
def test_every_exception_is_reported_and_none_stays(play: Play, source: str, what: str) -> None:
    texts = {"bad.py": source, "good.py": "import sys; print(sys.exc_info()[1])"}

    log = play(ev("script", "bad.py", error=True), ev("script", "good.py"), texts=texts)

    assert log.error["what"].startswith(what)
    assert log.lines == ["None"]


@pytest.mark.parametrize(
    ("call", "status"),
    [("exit()", 0), ("exit(3)", 3), ("exit('no luck')", 1), ("exit(None)", 0), ("exit(2**70)", 1)],
)
def test_exit_ends_the_script_alone_and_gives_its_status(
    play: Play, call: str, status: int
) -> None:
    texts = {"a.py": f"import sys; sys.{call}; print('not here')", "b.py": "print('b')"}

    log = play(ev("script", "a.py"), ev("script", "b.py"), texts=texts)

    assert log.lines == ["b"]
    assert log.entries("text", "a.py")[0]["status"] == status
    assert log.results("text") == ["exit", "ok"]
    assert ("no luck" in log.run.stderr) == (status == 1 and "luck" in call)


def test_script_that_runs_another_gets_its_status(play: Play) -> None:
    texts = {
        "outer.py": (
            "import sys\nfrom pynodes import app\n"
            "status = app.run(__file__.replace('outer', 'inner'), 'x')\n"
            "print(status, sys.argv[0].endswith('outer.py'), app.current_script())"
        ),
        "inner.py": "import sys; print(sys.argv[1:]); sys.exit(5)",
    }

    log = play(ev("script", "outer.py"), texts=texts)

    assert log.lines == ["['x']", "5 True outer.py"]
    inner = log.entries("text", "inner.py")[0]
    assert (inner["depth"], inner["result"]) == (1, "exit")


def test_error_of_a_nested_script_does_not_end_the_outer_one(play: Play) -> None:
    texts = {
        "outer.py": ("from pynodes import app\nprint(app.run(__file__.replace('outer', 'inner')))"),
        "inner.py": "1 / 0",
    }

    log = play(ev("script", "outer.py", error=True), texts=texts)

    assert log.lines == ["1"]
    assert log.results("text") == ["error", "ok"]


def test_scripts_that_run_each_other_for_ever_end_in_an_error(play: Play) -> None:
    source = "from pynodes import app\nif app.run(__file__): raise SystemExit(1)"

    log = play(ev("script", "a.py", error=True), texts={"a.py": source})

    assert any("deep" in error["what"] or "Recursion" in error["what"] for error in log.errors)


@pytest.mark.parametrize("daemon", [True, False])
def test_thread_that_a_script_leaves_running_is_reported_at_the_end(
    play: Play, daemon: bool
) -> None:
    source = (
        "import threading, time\n"
        f"threading.Thread(target=time.sleep, args=(0.5,), name='left', daemon={daemon}).start()\n"
    )

    log = play(ev("script", "a.py"), texts={"a.py": source})

    assert "left" in log.run.one("warning")["what"]


def test_quit_in_a_script_ends_the_replay_in_order(play: Play) -> None:
    texts = {"a.py": "from pynodes import app; app.quit(); print('quit')", "b.py": "print('b')"}

    log = play(ev("script", "a.py"), ev("script", "b.py"), texts=texts)

    assert log.lines == ["quit"]
    assert log.results("cleanup", "quit") == ["ok"]


def test_quit_event_ends_the_replay(play: Play) -> None:
    log = play(ev("quit"), ev("script", "a.py"), texts={"a.py": "print('a')"})

    assert log.lines == []


def test_functions_of_the_application_refuse_other_threads(play: Play) -> None:
    source = (
        "import threading\nfrom pynodes import app\n"
        "def call():\n"
        "    for name in ('quit', 'render', 'wait', 'run', 'current_frame'):\n"
        "        try:\n            getattr(app, name)()\n"
        "        except RuntimeError as error:\n"
        "            print(name, 'main thread' in str(error))\n"
        "        except TypeError:\n            print(name, 'type')\n"
        "thread = threading.Thread(target=call); thread.start(); thread.join()\n"
    )

    log = play(ev("script", "a.py"), texts={"a.py": source})

    assert [line for line in log.lines if not line.endswith("True")] == ["run type"]


def test_text_that_is_not_there_is_an_error_of_the_event(play: Play) -> None:
    log = play(ev("script", "none.py"), status=16)

    assert "cannot read the script" in log.error["what"]
    assert log.error["entry"] == "replay"


def test_interrupt_while_it_waits_ends_in_order(
    start_play: Callable[..., Running],
) -> None:
    running = start_play(
        ev("script", "a.py"), ev("script", "a.py", at=600), texts={"a.py": "print('a')"}
    )
    running.wait_for("entry", 2)
    running.process.send_signal(signal.SIGINT)

    run = running.end()

    assert run.status == 14, str(run)
    assert run.one("bye")["code"] == 14
    assert [e["who"] for e in run.of("entry") if e["kind"] == "cleanup"][-1] == "quit"


@pytest.mark.parametrize("never", ["while True: pass", "time.sleep(3600)"])
def test_interrupt_ends_a_script_that_never_returns(
    start_play: Callable[..., Running], tmp_path: Path, never: str
) -> None:
    source = f"import pathlib, time\npathlib.Path({str(tmp_path / 'there')!r}).touch()\n{never}\n"
    running = start_play(
        ev("script", "a.py"), ev("script", "b.py"), texts={"a.py": source, "b.py": "print('b')"}
    )
    wait_for_file(tmp_path / "there")
    running.process.send_signal(signal.SIGINT)

    run = running.end()

    assert run.status == 14, str(run)
    assert run.stdout == "", "no event is played after it"
    sent = next(error for error in run.of("error") if error["kind"] == "entry")
    assert (sent["who"], sent["what"]) == ("a.py", "KeyboardInterrupt")
    assert "a.py:" in sent["where"]


def test_interrupt_that_a_script_handles_ends_nothing(
    start_play: Callable[..., Running], tmp_path: Path
) -> None:
    source = (
        "import pathlib, time\ntry:\n"
        f"    pathlib.Path({str(tmp_path / 'there')!r}).touch()\n"
        "    time.sleep(3600)\n"
        "except KeyboardInterrupt: print('handled')\n"
    )
    running = start_play(
        ev("script", "a.py"), ev("script", "b.py"), texts={"a.py": source, "b.py": "print('b')"}
    )
    wait_for_file(tmp_path / "there")
    running.process.send_signal(signal.SIGINT)

    run = running.end()

    assert (run.status, run.stdout) == (0, "handled\nb\n"), str(run)


def test_handler_of_stacks_can_be_taken_and_put_back(play: Play) -> None:
    source = (
        "import os, signal\n"
        "before = signal.signal(signal.SIGUSR1, lambda *a: print('mine'))\n"
        "os.kill(os.getpid(), signal.SIGUSR1)\n"
        "signal.signal(signal.SIGUSR1, before)\n"
        "os.kill(os.getpid(), signal.SIGUSR1)\n"
    )

    log = play(ev("script", "a.py"), texts={"a.py": source})

    assert log.lines == ["mine"]
    assert "a.py" in log.run.stderr and "line 5" in log.run.stderr


def test_script_is_the_main_module_while_it_runs(play: Play) -> None:
    texts = {
        "a.py": (
            "import pickle, sys\nfrom pynodes import app\n"
            "class Point: x = 1\n"
            "print(pickle.loads(pickle.dumps(Point)) is Point, __spec__, __doc__)\n"
            "app.run(__file__.replace('a.py', 'b.py'))\n"
            "print(vars(sys.modules['__main__']) is globals())\n"
        ),
        "b.py": "import __main__; print(__main__.__file__)",
    }

    log = play(ev("script", "a.py"), texts=texts)

    assert log.lines[0] == "True None None"
    assert log.lines[1].endswith("b.py")
    assert log.lines[2] == "True"


@only_beside
def test_script_that_sleeps_lets_a_render_go_on(play: Play) -> None:
    source = (
        "import time\nfrom pynodes import app\nbefore = app.tiles_done()\n"
        "deadline = time.monotonic() + 20\n"
        "while app.tiles_done() < before + 20 and time.monotonic() < deadline: time.sleep(0.01)\n"
        "print(app.tiles_done() >= before + 20)"
    )

    log = play(ev("script", "a.py"), texts={"a.py": source})

    assert log.lines == ["True"]


@only_beside
def test_events_wait_for_tiles_and_frames_of_the_render(play: Play) -> None:
    source = "from pynodes import app; print(app.tiles_done())"

    log = play(
        ev("script", "a.py"), ev("script", "a.py", tile=30), ev("script", "a.py", frame=2),
        texts={"a.py": source},
    )  # fmt: skip

    first, second, third = map(int, log.lines)
    assert second >= first + 30 - 8  # tiles that were done before the round began count not
    assert third >= 2 * 48


def test_wait_returns_when_the_frame_is_done(play: Play) -> None:
    source = "from pynodes import app; app.wait(); print(app.tiles_done() % 48)"

    log = play(ev("script", "a.py"), texts={"a.py": source})

    assert log.lines == ["0"]


def test_render_from_a_script_detaches_and_the_background_goes_on(play: Play, beside: bool) -> None:
    source = "from pynodes import app; app.render(); print('rendered'); app.render(2, 3)"

    log = play(ev("script", "a.py"), texts={"a.py": source}, scene=SCENE, length=0.3)

    rendered = [e["frame"] for e in log.run.of("frame") if not e.get("pass_number")]
    assert rendered == [1, 2, 3]
    passes = [e for e in log.run.of("frame") if e.get("pass_number")]
    assert (len(passes) > 1) == beside


def test_render_inside_a_render_is_refused(play: Play) -> None:
    texts = {
        "add.py": "from pynodes import app; app.scene.add_link('link.py', 'Render')",
        "link.py": (
            "from pynodes import app\n"
            "try:\n    app.render()\n"
            "except RuntimeError as error:\n    print('inside a render' in str(error))"
        ),
    }

    log = play(
        ev("script", "link.py"), ev("script", "add.py"), ev("render"),
        texts=texts, scene=SCENE,
    )  # fmt: skip

    assert log.lines == ["True"]


@only_beside
def test_quit_while_threads_are_in_python_joins_them_first(play: Play) -> None:
    log = play(ev("quit", tile=10))

    last = [e for e in log.run.of("frame") if e.get("pass_number")][-1]
    assert last["cancelled"] or last["tiles_done"] == last["tiles"]
    assert log.run.one("bye")["code"] == 0
