"""Drivers: expressions on the main thread and on render threads, and their ways out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from entry_play import Play, ev
from entry_world import ASKING, only_alone
from host_runner import RunHost

SMALL = ("--size", "32x32", "--samples", "1", "--tile", "4", "-t", "8")
HEAD = "from pynodes import app\nball = app.object('Ball')\n"


def test_driver_gives_a_number_of_a_channel_per_frame(play: Play) -> None:
    texts = {
        "a.py": HEAD + "ball.drivers['location.z'] = 'sin(pi / 2) * frame + self.scale[0]'\n",
        "show.py": HEAD + "print(ball.location, ball.matrix[2][3], list(ball.drivers))\n",
    }
    events = [
        ev("script", "a.py"),
        ev("script", "show.py"),
        ev("frame", 5),
        ev("script", "show.py"),
    ]

    log = play(*events, texts=texts, scene=ASKING)

    assert log.lines == [
        "(1.0, 0.0, 1.5) 1.5 ['location.z']",
        "(1.0, 0.0, 5.5) 5.5 ['location.z']",
    ]
    assert set(log.results("driver", "Ball.location.z")) == {"ok"}


def test_drivers_see_other_things_their_library_and_each_other(play: Play) -> None:
    texts = {
        "drivers.py": "def double(x): return 2 * x",
        "a.py": "from pynodes import app\napp.open_text(__file__.replace('a.py', 'drivers.py'))\n"
        "app.object('Box').drivers['location.x'] = 'p.double(ob(\"Ball\").location[0])'\n"
        "app.object('Ball').drivers['location.x'] = 'la(\"Key\").energy / 4'\n"
        "app.lamp('Key').drivers['energy'] = 'sum(n * self.location[2] for n in (1, 2))'\n"
        "print(app.object('Box').location)",
    }
    log = play(ev("script", "a.py"), texts=texts, scene=ASKING)

    assert log.lines == ["(6.0, 1.0, 0.25)"]
    depths = {entry["who"]: entry["depth"] for entry in log.entries("driver")}
    assert depths["Box.location.x"] < depths["Ball.location.x"] < depths["Key.energy"]


WRONG = {
    "1 / 0": "ZeroDivisionError: division by zero",
    "nix": "NameError: name 'nix' is not defined",
    "1 +": "SyntaxError: invalid syntax",
    "'text'": "TypeError: an expression must give a number, not str",
    "float('nan')": "ValueError: an expression must give a finite number, not nan",
    "ob('Nix').location": "KeyError: no object 'Nix'",
    "setattr(self, 'location', (0, 0, 0)) or 1": "RuntimeError: an assignment(): drivers and",
}


def test_drivers_that_fail_are_reported_once_and_leave_the_value(play: Play) -> None:
    source = HEAD + (
        "floor, box = app.object('Floor'), app.object('Box')\n"
        "names = [f'{name}.{axis}' for name in ('location', 'scale') for axis in 'xyz']\n"
        "paths = [(thing, name) for thing in (ball, box) for name in names]\n"
        f"for (thing, path), text in zip(paths, {list(WRONG)!r}):\n"
        "    thing.drivers[path] = text\n"
        "for _ in range(3): print(ball.location, ball.scale, box.location)\n"
        "print(all(t.drivers.invalid(p) for t in (ball, box) for p in t.drivers))\n"
    )
    log = play(ev("script", "a.py"), texts={"a.py": source}, scene=ASKING, status=16)

    for error, what in zip(log.errors, WRONG.values(), strict=True):
        assert error["what"].startswith(what)
    assert log.lines == ["(1.0, 0.0, 0.5) (0.5, 0.5, 0.5) (0.0, 1.0, 0.25)"] * 3 + ["True"]
    assert log.results("driver") == ["error"] * len(WRONG)


def test_exit_in_a_driver_ends_the_driver_only(play: Play) -> None:
    texts = {"a.py": HEAD + "ball.drivers['location.z'] = 'exit_()'\nprint(ball.location[2])"}
    texts["drivers.py"] = "def stop():\n    raise SystemExit(3)\n"
    texts["a.py"] = (
        "from pynodes import app\napp.open_text(__file__.replace('a.py', 'drivers.py'))\n"
        "ball = app.object('Ball')\nball.drivers['location.z'] = 'drivers.stop()'\n"
        "print(ball.location[2], ball.drivers.invalid('location.z'))\n"
    )
    log = play(ev("script", "a.py"), texts=texts, scene=ASKING)

    assert log.lines == ["0.5 True"]
    assert log.results("driver") == ["exit"]


def test_namespace_lives_on_and_is_made_anew_after_an_error(play: Play) -> None:
    texts = {
        "drivers.py": "seen = []\ndef count(): seen.append(1); return len(seen)\n",
        "a.py": "from pynodes import app\napp.open_text(__file__.replace('a.py', 'drivers.py'))\n"
        "box, ball = app.object('Box'), app.object('Ball')\n"
        "box.drivers['location.x'] = 'p.count()'\n"
        "print(box.location[0]); ball.location = 0, 0, 0; print(box.location[0])\n"
        "ball.drivers['location.x'] = '1 / 0'\n"
        "ball.location; print(box.location[0]); ball.location = 0, 0, 1; print(box.location[0])\n",
    }
    log = play(ev("script", "a.py"), texts=texts, scene=ASKING, status=16)

    assert log.lines == ["1.0", "2.0", "1.0", "2.0"]


def test_things_that_need_each_other_are_an_error_with_the_ring(play: Play) -> None:
    texts = {
        "a.py": HEAD + "box = app.object('Box')\n"
        "ball.drivers['location.x'] = 'ob(\"Box\").location[0]'\n"
        "box.drivers['location.x'] = 'ob(\"Ball\").location[0] + 1'\nprint(ball.location)\n"
    }
    log = play(ev("script", "a.py"), texts=texts, scene=ASKING, status=16)

    assert "Ball needs itself: Ball -> Box -> Ball" in log.error["what"]
    assert log.lines == ["(0.0, 0.0, 0.5)"]


@only_alone
def test_refresh_tries_a_failed_driver_again(play: Play) -> None:
    texts = {
        "a.py": HEAD + "ball.drivers['location.x'] = '1 / (frame - 1)'\nball.location\n",
        "show.py": HEAD + "print(ball.location[0])\n",
    }
    events = [ev("script", "a.py", error=True), ev("frame", 3), ev("script", "show.py")]
    events += [ev("refresh", "Ball"), ev("script", "show.py")]

    log = play(*events, texts=texts, scene=ASKING)

    assert log.lines == ["1.0", "0.5"]


@only_alone
def test_edited_library_is_used_at_once(play: Play) -> None:
    texts = {
        "drivers.py": "def f(): return 1",
        "new.py": "def f(): return 2",
        "a.py": "from pynodes import app\napp.open_text(__file__.replace('a.py', 'drivers.py'))\n"
        "app.object('Ball').drivers['location.x'] = 'p.f()'\n",
        "show.py": HEAD + "print(ball.location[0])\n",
    }
    events = [ev("script", "a.py"), ev("script", "show.py"), ev("edit", "drivers.py", "new.py")]

    log = play(*events, ev("script", "show.py"), texts=texts, scene=ASKING)

    assert log.lines == ["1.0", "2.0"]


def render(run_host: RunHost, tmp_path: Path, source: str, *options: str, **also: object) -> object:
    script = tmp_path / "setup.py"
    script.write_text(source)
    return run_host(*SMALL, "--script", str(script), *options, scene=ASKING, **also)


@pytest.mark.parametrize("engine", ["shared", "isolated"])
def test_render_threads_evaluate_drivers_for_nodes(
    run_host: RunHost, tmp_path: Path, engine: str
) -> None:
    if engine == "isolated" and "3.11" in run_host("--version").stdout:
        pytest.skip("no interpreters with a GIL of their own")
    source = HEAD + "ball.drivers['location.x'] = 'frame / 2 + 0.25'\n"
    options = ("--frames", "2,3", "--engine", engine, "--out", str(tmp_path / "f-####.npy"))

    run = render(run_host, tmp_path, source, *options)

    entries = [e for e in run.of("entry") if e["who"] == "Ball.location.x"]  # type: ignore[attr-defined]
    assert {e["thread"] for e in entries} > {-1}
    assert {e["result"] for e in entries} == {"ok"}
    last = np.load(run.of("frame")[-1]["out"])  # type: ignore[attr-defined]
    assert np.allclose(last[1, 1], [0.25 * 1.75, 0.25, 0.125, 1])


def test_driver_that_fails_on_render_threads_only_is_reported_and_the_render_goes_on(
    run_host: RunHost, tmp_path: Path
) -> None:
    source = HEAD + (
        "ball.drivers['location.x'] = "
        '\'__import__("threading").main_thread() is __import__("threading").current_thread()'
        " and 1.5 or nix'\n"
    )
    run = render(run_host, tmp_path, source, status=16)

    errors = run.of("error")  # type: ignore[attr-defined]
    assert errors
    assert all(each["what"].startswith("NameError") for each in errors)
    assert len(run.of("frame")) == 1  # type: ignore[attr-defined]
