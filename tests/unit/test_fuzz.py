"""The fuzzer finds what raises, hangs or dies."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

READER = """
import os
import time

from pynodes.errors import PynodesError


def seeds(folder):
    return [b"good"]


def mutate(data, dice):
    return dice.choice([b"refused", b"raises", b"dies"])


def read(data, folder):
    if data == b"refused":
        raise PynodesError("it is refused")
    if data == b"raises":
        [][0]
    if data == b"dies":
        os.abort()
    if data == b"hangs":
        while True:
            pass
"""


def fuzz(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "tools" / "fuzz" / "fuzz.py"), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )


def test_fuzzer_keeps_one_find_a_place_with_its_input(tmp_path: Path) -> None:
    (tmp_path / "read_made.py").write_text(READER)
    finds = tmp_path / "finds"

    done = fuzz("made", "--readers", tmp_path, "--finds", finds, "--inputs", "30")

    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stdout.startswith("made: 30 inputs, 2 finds")
    assert {path.read_bytes() for path in finds.glob("*.input")} == {b"raises", b"dies"}
    assert "IndexError" in done.stdout
    again = fuzz("made", "--readers", tmp_path, "--input", next(finds.glob("*.input")))
    assert again.returncode != 0


def test_fuzzer_finds_what_does_not_end(tmp_path: Path) -> None:
    (tmp_path / "read_made.py").write_text(READER)
    (tmp_path / "input").write_bytes(b"hangs")

    done = fuzz("made", "--readers", tmp_path, "--input", tmp_path / "input")

    assert done.returncode == 1
    assert "TooLongError" in done.stdout


def test_fuzzer_finds_damage_that_does_not_end(tmp_path: Path) -> None:
    endless = "def mutate(data, dice):\n    while True:\n        pass\n"
    (tmp_path / "read_made.py").write_text(f"{READER}\n{endless}")

    done = fuzz("made", "--readers", tmp_path, "--finds", tmp_path / "finds", "--inputs", "2")

    assert done.returncode == 1
    assert done.stdout.startswith("made: 2 inputs, 1 finds")
    assert "TooLongError at read_made.py" in done.stdout


def test_whole_input_that_is_refused_is_a_find(tmp_path: Path) -> None:
    (tmp_path / "read_made.py").write_text(READER.replace('b"good"', 'b"refused"'))

    done = fuzz("made", "--readers", tmp_path, "--finds", tmp_path / "finds", "--inputs", "1")

    assert done.returncode == 1
    assert "a whole input is refused: it is refused" in done.stdout


@pytest.mark.parametrize(
    ("reader", "inputs"),
    [
        *(("database", 20), ("trace", 60), ("events", 20), ("memory", 20)),
        *(("elf", 100), ("evidence", 40), ("replay", 60), ("values", 100)),
        *(("configuration", 60), ("scene_names", 60)),
    ],
)
def test_some_inputs_of_a_reader_give_no_find(reader: str, inputs: int, tmp_path: Path) -> None:
    done = fuzz(reader, "--inputs", str(inputs), "--finds", tmp_path)

    assert done.returncode == 0, done.stdout + done.stderr
