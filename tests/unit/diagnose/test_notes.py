"""The witness's file as both sides lay it out."""

from __future__ import annotations

import os
import re
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from pynodes.diagnose import witness
from pynodes.diagnose.collect.notes import OPS, SIZE, Notes

SOURCE = Path(__file__).resolve().parents[3] / "witness" / "witness.c"


def test_calls_have_the_numbers_of_the_c_side() -> None:
    text = SOURCE.read_text(encoding="utf-8")
    names = re.search(r"enum op \{(.*?)\}", text, re.DOTALL)
    assert names is not None
    words = re.findall(r"[A-Z_0-9]+", names[1].replace("= 1", ""))

    assert words[:3] == ["ENSURE", "RELEASE", "SAVE"]
    assert OPS[1 + words.index("FINALIZE")] == "Py_FinalizeEx"
    assert OPS[1 + words.index("RELEASE_LOCK")] == "PyEval_ReleaseLock"


def test_file_without_a_witness_says_nothing(tmp_path: Path) -> None:
    notes = Notes(tmp_path / "notes")

    assert not notes.loaded
    assert notes.read() is None
    assert notes.crash() is None
    notes.close()


def test_witness_that_is_loaded_lays_out_the_same(tmp_path: Path) -> None:
    library = witness.find()
    if library is None:
        pytest.skip("no witness: it was not built here")
    notes = Notes(tmp_path / "notes")
    environ = witness.environment(library, notes.path, hold=False)

    subprocess.run([sys.executable, "-c", ""], env={**os.environ, **environ}, check=True)

    assert notes.loaded
    size = struct.unpack_from("<I", notes.path.read_bytes(), 8)[0]
    assert size == SIZE
    assert notes.read() is not None
    notes.close()
