"""The host itself opens regular files only, whatever names them; it never waits for a writer."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from host_runner import SCALE, find_host
from host_scenes import flat_scene


@pytest.mark.parametrize("name", ["fifo", "folder", "/dev/zero"])
@pytest.mark.parametrize("option", ["", "--script", "--replay"])
def test_what_is_no_regular_file_is_refused_at_once(tmp_path: Path, option: str, name: str) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "folder").mkdir()
    scene = tmp_path / "scene.py"
    scene.write_text(flat_scene("self.output.Color = (1, 1, 1, 1)"))
    words = [option, name, os.fspath(scene)] if option else [name]

    done = subprocess.run(
        [find_host(), "--size", "8x8", *words],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30 * SCALE,
        check=False,
    )

    assert done.returncode in (2, 10)
    assert "not a regular file" in done.stderr
    assert done.stderr.count("error: ") == 1
