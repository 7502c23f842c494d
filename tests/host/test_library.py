"""`import pynodes` in scripts and notebooks: what comes back, is raised, and is left alone."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from host_runner import SCALE, find_host
from host_scenes import flat_scene
from PIL import Image

import pynodes
from pynodes.image.pixels import sha256

RED = flat_scene("self.output.Color = (1, 0, 0, 1)")
RAISES = flat_scene("if self.shi.pixel[0] > 20:\n    raise ValueError('no good')")
DIES = flat_scene(
    "if self.shi.pixel[1] > 20:\n    import os\n    os.abort()\nself.output.Color = (1, 0, 0, 1)"
)
PRINTS = flat_scene("print('hello from a node')\nself.output.Color = (1, 1, 1, 1)")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where scenes are; nothing may be left there that was not asked for."""
    scenes = {"red": RED, "raises": RAISES, "dies": DIES, "prints": PRINTS}
    for name, text in scenes.items():
        (tmp_path / f"{name}.py").write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYNODES_HOST", str(find_host()))
    yield tmp_path
    assert {path.name for path in tmp_path.iterdir()} - {f"{n}.py" for n in scenes} <= {"asked.png"}


def red(**options: object) -> pynodes.Rendered:
    given: Any = options
    found: pynodes.Rendered = pynodes.render("red.py", width=40, height=24, **given)
    return found


def test_frame_comes_back_with_its_pixels_and_record() -> None:
    found = red(samples=2, threads=2)

    assert found.verdict is pynodes.Verdict.OK
    assert (found.record.width, found.record.samples, found.record.threads) == (40, 2, 2)
    assert found.image.shape == (24, 40, 4)
    assert found.image.dtype == np.float32
    assert found.record.sha256 == sha256(found.image)
    assert found.path is None
    assert not found.is_partial
    assert repr(found).startswith("<Rendered frame 1, 40x24, 2 samples, ")
    assert repr(found).endswith(": ok>")
    json.dumps(found.record.to_json())


def test_picture_is_shown_by_notebooks_and_saved_as_the_command_does(folder: Path) -> None:
    found = red()
    shown = found._repr_png_()
    found.save("asked.png")
    saved = (folder / "asked.png").read_bytes()
    again = red(out="asked.png")

    assert shown is not None
    with Image.open(BytesIO(shown)) as image, Image.open(folder / "asked.png") as picture:
        assert image.size == (40, 24)
        assert np.array_equal(np.asarray(image), np.asarray(picture))
    assert again.path == Path("asked.png")
    assert (folder / "asked.png").read_bytes() == saved


def test_several_frames_are_those_rendered_alone() -> None:
    found = pynodes.render("red.py", frames=range(2, 5), width=16, height=8)

    assert [each.record.frame for each in found] == [2, 3, 4]
    alone = pynodes.render("red.py", frames=3, width=16, height=8)
    assert found[1].record.sha256 == alone.record.sha256


def test_node_that_raises_is_an_error_with_the_picture_in_it() -> None:
    with pytest.raises(pynodes.RenderFailedError, match="ValueError: no good") as caught:
        pynodes.render("raises.py", width=40, height=24)

    (found,) = caught.value.rendered
    assert found.verdict is caught.value.verdict is pynodes.Verdict.NODE_ERROR
    assert found.image.shape == (24, 40, 4)
    assert "raises.py" in caught.value.where
    assert any("no good" in note for note in caught.value.__notes__)
    assert "raises.py --pixel " in caught.value.help
    assert "--no-config" in caught.value.help


def test_crash_is_an_error_or_a_verdict_with_what_was_finished(
    capfd: pytest.CaptureFixture[str],
) -> None:
    options: Any = {"width": 64, "height": 64, "tile": 8, "threads": 1, "order": "scanline"}

    with pytest.raises(pynodes.RenderFailedError, match="SIGABRT"):
        pynodes.render("dies.py", **options)
    found = pynodes.render("dies.py", check=False, **options)

    assert found.verdict is pynodes.Verdict.CRASH
    assert found.is_partial
    assert found.image[:16].any()
    assert not found.image[40:].any()
    assert "Fatal Python error: Aborted" in capfd.readouterr().err


def test_scene_that_cannot_start_has_no_picture(folder: Path) -> None:
    (folder / "red.py").write_text("def build(params, frame):\n    return 1 / 0\n")

    with pytest.raises(pynodes.RenderFailedError, match="ZeroDivisionError"):
        red()
    found = red(check=False)

    assert found.verdict is pynodes.Verdict.CANNOT_START
    assert found._repr_png_() is None
    with pytest.raises(pynodes.PynodesError, match="not one tile was finished"):
        _ = found.image


def test_limit_that_is_over_is_a_hang(folder: Path) -> None:
    (folder / "red.py").write_text(flat_scene("import time\ntime.sleep(600)"))

    with pytest.raises(pynodes.RenderFailedError, match=r"not finished after 0\.5 s"):
        red(limit_s=0.5)


def test_what_nodes_print_goes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    pynodes.render("prints.py", width=2, height=2, samples=1)

    printed = capsys.readouterr()
    assert "hello from a node" in printed.err
    assert printed.out == ""


def test_progress_counts_the_tiles_of_all_frames() -> None:
    seen: list[tuple[int, int]] = []

    pynodes.render(
        "red.py",
        frames=[1, 2],
        width=16,
        height=16,
        tile=8,
        progress=lambda done, of: seen.append((done, of)),
    )

    assert seen == [(done, 8) for done in range(1, 9)]


def test_error_in_progress_ends_the_host_and_is_raised() -> None:
    def fail(done: int, of: int) -> None:
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        red(progress=fail)


def test_ctrl_c_ends_the_host_and_handlers_are_those_of_before(folder: Path) -> None:
    (folder / "red.py").write_text(
        flat_scene("import time\nif self.shi.pixel[1] > 8:\n    time.sleep(600)")
    )
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    pressed = []

    def press(done: int, of: int) -> None:
        pressed.append(done)
        signal.raise_signal(signal.SIGINT)
        if done == 1:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        red(tile=8, threads=1, order="scanline", progress=press)

    assert pressed[0] == 1
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
    assert not [child for child in children() if "pynodes-host" in child]


def children() -> list[str]:
    done = subprocess.run(
        ["ps", "-o", "args=", "--ppid", str(threading.main_thread().native_id)],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.splitlines()


def test_two_threads_render_at_once_and_touch_no_handler(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a handler was set")

    expected = red().record.sha256
    monkeypatch.setattr(signal, "signal", refuse)
    with ThreadPoolExecutor(2) as pool:
        found = [each.result() for each in [pool.submit(red) for _ in range(4)]]

    assert {each.record.sha256 for each in found} == {expected}


def test_inside_a_running_event_loop() -> None:
    async def both() -> list[pynodes.Rendered]:
        here = red()
        return [here, *await asyncio.gather(*(asyncio.to_thread(red) for _ in range(2)))]

    found = asyncio.run(both())

    assert len({each.record.sha256 for each in found}) == 1


def test_look_gives_the_values_of_a_sample() -> None:
    found = pynodes.look("red.py", 5, 6, width=40, height=24)
    image = red().image

    assert found.pixel == (5, 6, 0)
    assert found.pixel_color == pytest.approx(image[6, 5].tolist())
    with pytest.raises(pynodes.BadValueError, match="there is no pixel 99,6"):
        pynodes.look("red.py", 99, 6, width=40, height=24)
    with pytest.raises(pynodes.BadValueError, match=r"y is 1\.5, not a whole number"):
        pynodes.look("red.py", 9, 1.5)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"thread": 3}, "'thread' is not an option of a render"),
        ({"threads": "8"}, "threads is '8', not a whole number"),
        ({"threads": 0}, "0 is not a number of threads"),
        ({"seed": True}, "seed is True, not a whole number"),
        ({"frames": ["a"]}, "frames is 'a', not a whole number"),
        ({"frames": []}, "no frame is asked for"),
        ({"frames": "1..3"}, r"frames is '1\.\.3', not a whole number"),
        ({"python": 3}, "python is 3, not a text"),
        ({"progress": 3}, "progress is 3, not a function"),
        ({"params": [1]}, "params is a list of 1, not a dict with names as keys"),
        ({"params": {1: 2}}, "params is .*, not a dict with names as keys"),
        ({"engine": "shard"}, "'shard' is not one of"),
        ({"turnstile": "off"}, "turnstile is 'off', not true or false"),
        ({"trace": 7}, "trace is 7, not a path"),
        ({"limit_s": "soon"}, "limit_s is 'soon', not a number"),
        ({"limit_s": 0}, "limit_s is 0, not a number"),
        ({"out": 7}, "out is 7, not a path"),
        ({"scripts": "red.py"}, "scripts is 'red.py', not a list of paths"),
        ({"params": {"a": object}}, "cannot be a parameter"),
        ({"params": {"a": float("nan")}}, "nan cannot be a parameter"),
    ],
)
def test_value_that_is_not_accepted_is_an_error_before_anything_runs(
    options: dict[str, object], words: str
) -> None:
    with pytest.raises(pynodes.BadValueError, match=words):
        red(**options)


def test_parameters_arrive_as_they_are(folder: Path) -> None:
    (folder / "red.py").write_text(
        "def build(params, frame):\n"
        "    raise ValueError([params.get(n, None) for n in ('a', 'b', 'c', 'd')])\n"
    )
    params = {"a": 4, "b": "4", "c": (1.5, -2), "d": np.float32(0.5)}

    with pytest.raises(pynodes.RenderFailedError) as caught:
        red(params=params)

    assert "[4, '4', (1.5, -2), 0.5]" in caught.value.what


def test_page_of_the_docs_runs_as_it_stands(folder: Path) -> None:
    """Its scripts, one after the other, with the files of the README's tour."""
    root = Path(__file__).resolve().parents[2]
    block = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
    tour = (root / "README.md").read_text(encoding="utf-8").split("**Write a node.**")[1]
    rings, log = block.findall(tour)[:2]
    (folder / "rings.py").write_text(rings)
    (folder / "log.py").write_text(log)
    names: dict[str, Any] = {}
    try:
        for text in block.findall((root / "docs" / "library.md").read_text(encoding="utf-8")):
            magic, _, rest = text.partition("\n")
            if magic.startswith("%%writefile "):
                (folder / magic.split()[1]).write_text(rest)
            else:
                exec(text, names)
    finally:
        for name in ("rings.py", "log.py", "stripes.py", "log.png"):
            (folder / name).unlink()

    assert names["partial"].verdict is pynodes.Verdict.CANNOT_START
    assert len(names["look"].pixel_color) == 4


def test_without_numpy_all_but_the_array_works() -> None:
    code = (
        "import sys; sys.modules['numpy'] = None\n"
        "import pynodes\n"
        "found = pynodes.render('red.py', width=40, height=24)\n"
        "found.save('asked.png')\n"
        "print(found.record.sha256)\n"
        "try:\n    found.image\n"
        "except pynodes.PynodesError as error:\n    print(error.help)\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        timeout=60 * SCALE,
    )

    assert done.stdout.splitlines() == [red().record.sha256, "`pip install numpy`"]
