"""`pynodes run` and `pynodes replay` with a real host: statuses, tables, Ctrl-C, limits."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from entry_play import SCENE
from host_runner import SCALE, find_host
from PIL import Image

ROOT = Path(__file__).resolve().parents[3]
SMALL = ("--size", "48x32", "--samples", "1", "--tile", "8", "-t", "4")

Command = Callable[..., subprocess.CompletedProcess[str]]


def begin(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "pynodes", *arguments],
        cwd=folder,
        env={**os.environ, "PYNODES_HOST": str(find_host())},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def command(tmp_path: Path) -> Command:
    """Run `pynodes` with these arguments in a folder with a few scripts."""
    (tmp_path / "scene.py").write_text(SCENE)
    (tmp_path / "good.py").write_text("import sys; print('good', *sys.argv[1:])")
    (tmp_path / "three.py").write_text("import sys; sys.exit(3)")
    (tmp_path / "bad.py").write_text("1 / 0")
    (tmp_path / "loop.py").write_text("def spin():\n    while True:\n        pass\nspin()\n")

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        process = begin(tmp_path, *arguments)
        out, errors = process.communicate(timeout=40 * SCALE)
        return subprocess.CompletedProcess(arguments, process.returncode, out, errors)

    return run


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("good.py",), 0),
        (("three.py",), 3),
        (("bad.py",), 1),
        (("--ignore-status", "three.py"), 0),
        (("-s", "three.py", "good.py"), 3),
        (("none.py",), 2),
    ],
)
def test_run_leaves_with_the_status_of_the_script(
    command: Command, arguments: tuple[str, ...], status: int
) -> None:
    assert command("run", *arguments).returncode == status


def test_run_passes_what_stands_after_the_script(command: Command) -> None:
    done = command("run", "good.py", "--size", "x y", "-v")

    assert done.returncode == 0
    assert done.stdout == "good --size x y -v\n"


def test_run_renders_frames_that_a_script_asks_for(command: Command, tmp_path: Path) -> None:
    (tmp_path / "two.py").write_text("from pynodes import app; app.render(1, 2)")

    done = command(
        "run",
        "--scene",
        "scene.py",
        "-o",
        "f_##.png",
        "--size",
        "48x32",
        "--samples",
        "1",
        "two.py",
    )

    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in tmp_path.glob("*.png")) == ["f_01.png", "f_02.png"]


def test_script_that_never_returns_is_cut_with_the_stacks(command: Command) -> None:
    done = command("run", "--limit", "2", "loop.py")

    assert done.returncode == 5
    assert "in spin" in done.stderr


def test_render_with_script_that_fails_is_a_script_error(command: Command) -> None:
    done = command("render", "scene.py", *SMALL, "--script", "bad.py", "--json")

    assert done.returncode == 1
    assert json.loads(done.stdout)["verdict"] == "script-error"


def test_replay_beside_a_render_has_the_picture_of_a_render(
    command: Command, tmp_path: Path
) -> None:
    (tmp_path / "r.toml").write_text(
        '[replay]\nscripts = ["good.py"]\nlength = 0.2\n'
        '[[event]]\nat = 0.1\ndo = "script"\nname = "bad.py"\nexpect = "error"\n'
    )

    played = command("replay", "r.toml", "--render", "scene.py", *SMALL, "--repeat", "2", "--json")
    rendered = command("render", "scene.py", *SMALL, "--engine", "shared", "--json")

    assert played.returncode == 0, played.stderr
    found = json.loads(played.stdout)
    assert found["sha256"] == json.loads(rendered.stdout)["sha256"]
    assert (found["verdict"], found["expected_errors"], found["differing"]) == ("ok", 2, 0)
    assert found["passes"] > 1
    bad = next(entry for entry in found["entries"] if entry["who"] == "bad.py")
    assert (bad["times"], bad["errors"]) == (2, 2)


@pytest.mark.parametrize("place", [("--out", "nowhere/a.png"), ("--trace", "t.svg")])
def test_replay_keeps_its_result_when_a_file_cannot_be_written(
    command: Command, tmp_path: Path, place: tuple[str, str]
) -> None:
    (tmp_path / "block.py").write_text("import os; os.mkdir('t.svg')")
    (tmp_path / "r.toml").write_text('[replay]\nscripts = ["block.py"]\nlength = 0.1\n')

    done = command("replay", "r.toml", "--render", "scene.py", *SMALL, *place, "--json")

    assert done.returncode == 3
    found = json.loads(done.stdout)
    assert found["verdict"] == "cannot-start"
    assert found["passes"] > 0 and found["entries"]
    [note] = found["notes"]
    assert f"error: {note['what']}" in done.stderr


def test_replay_with_a_mistake_is_refused_with_its_line(command: Command, tmp_path: Path) -> None:
    (tmp_path / "r.toml").write_text('[[event]]\ndo = "script"\nname = "god.py"\n')

    done = command("replay", "r.toml")

    assert done.returncode == 2
    assert "r.toml:3" in done.stderr and "good.py" in done.stderr


def test_interrupt_ends_a_replay_beside_a_render_in_order(command: Command, tmp_path: Path) -> None:
    (tmp_path / "r.toml").write_text('[replay]\nscripts = ["good.py"]\nlength = 300\n')
    process = begin(tmp_path, "replay", "r.toml", "--render", "scene.py", *SMALL, "-v")
    seen = []
    assert process.stderr is not None
    for line in process.stderr:
        seen.append(line)
        if "text good.py" in line:
            break
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=30 * SCALE)

    assert process.returncode == 130, "".join(seen) + errors
    assert "cleanup quit" in errors
    assert "interrupted" in out


def test_every_replay_of_the_project_plays(command: Command) -> None:
    """A few rounds of each, beside its scene; the long runs are made by hand."""
    stage = str(ROOT / "scripts" / "scenes" / "stage.py")
    for name in ("everything", "window", "world"):
        path = ROOT / "scripts" / "replays" / f"{name}.toml"
        done = command(
            "replay", str(path), "--render", stage, *SMALL, "-D", "around=Box", "--repeat", "2",
            "--json",
        )  # fmt: skip

        found = json.loads(done.stdout)
        assert found["verdict"] == "ok", done.stderr
        assert found["differing"] == 0


def test_overlay_shows_what_scripts_drew_and_their_windows(
    command: Command, tmp_path: Path
) -> None:
    window = "from pynodes import app\nfrom pynodes.app import gui\n"
    (tmp_path / "window.py").write_text(f"{window}app.register(lambda: gui.push('Go', 1))")
    head = "# SPACEHANDLER.VIEW3D.DRAW\nfrom pynodes.app import draw2d\n"
    (tmp_path / "over.py").write_text(f"{head}draw2d.rect(0, 0, 10, 10, (1, 0, 0))")
    text = '[replay]\nscripts = ["window.py", "over.py"]\n'
    (tmp_path / "r.toml").write_text(text)

    done = command(
        "replay", "r.toml", "--render", "scene.py", *SMALL, "-o", "plain.png", "--overlay", "o.png"
    )

    assert done.returncode == 0, done.stderr
    shown, plain, view = (
        np.asarray(Image.open(tmp_path / name).convert("RGBA"))
        for name in ("o.png", "plain.png", "o.view3d.png")
    )
    assert (shown[:10, :10] == (255, 0, 0, 255)).all()
    assert (shown[10:] == plain[10:]).all()
    assert (view[10:] == 0).all()
    assert Image.open(tmp_path / "o.window.py.png").size == (320, 240)


def test_run_says_that_nobody_uses_a_window(command: Command, tmp_path: Path) -> None:
    (tmp_path / "window.py").write_text("from pynodes import app\napp.register(lambda: None)")

    done = command("run", "window.py")

    assert done.returncode == 0
    assert "window.py opened a window, and there is nobody" in done.stderr
