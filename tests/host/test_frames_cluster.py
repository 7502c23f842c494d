"""Frames and sweeps on two workers of Dask, with the real host: what one machine makes as well."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from host_runner import SCALE, find_host
from host_scenes import flat_scene

BODY = (
    "x, y, z = self.input.Coords\nself.output.Color = (x * self.shi.frame, self.shi.random(), y, 1)"
)


def render(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pynodes", "render", "scene.py", "--size", "32x24", *arguments],
        cwd=folder,
        env={
            **os.environ,
            "PYNODES_HOST": str(find_host()),
            "PYTHONPATH": os.pathsep.join(sys.path),
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120 * SCALE,
        check=False,
    )


def pictures(folder: Path, stem: str) -> dict[str, bytes]:
    return {path.name.replace(stem, ""): path.read_bytes() for path in folder.glob(f"{stem}_*.png")}


def test_frames_of_a_cluster_are_the_same_files(tmp_path: Path) -> None:
    (tmp_path / "scene.py").write_text(flat_scene(BODY))

    here = render(tmp_path, "--frames", "1..5", "-o", "here.png")
    there = render(tmp_path, "--frames", "1..5", "-o", "there.png", "--on", "local:2")

    assert here.returncode == there.returncode == 0, there.stderr
    assert len(pictures(tmp_path, "here")) == 5
    assert pictures(tmp_path, "there") == pictures(tmp_path, "here")
    assert "there_0005.png" in there.stdout


def test_what_is_left_goes_to_a_folder_that_all_see(tmp_path: Path) -> None:
    (tmp_path / "scene.py").write_text(flat_scene(BODY))
    shared = tmp_path / "shared"
    shared.mkdir()
    first = render(tmp_path, "--frames", "1..2", "-o", "shared/scene.png")

    rest = render(
        tmp_path, "--frames", "1..4", "--on", "local:2", "--shared", str(shared), "--resume"
    )

    assert first.returncode == rest.returncode == 0, rest.stderr
    assert "2 of 4 frames were finished already" in rest.stderr
    assert sorted(path.name for path in shared.iterdir()) == [
        f"scene_000{frame}.png" for frame in (1, 2, 3, 4)
    ]
