"""Nodes that raise at some samples: one picture and one report, whoever meets them first."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from host_runner import run_command
from host_scenes import flat_scene

if TYPE_CHECKING:
    from host_runner import HostRun, RunHost

SMALL = ("--size", "48x32", "--samples", "2", "--tile", "8")
# Two types of exceptions: a column of pixels from a row on, and one sample of one pixel before it.
CALL = """
x, y = self.shi.pixel
if x == 20 and y >= 10:
    1 / (x - 20)
if (x, y, self.shi.sample) == (30, 5, 1):
    raise LookupError(str(x))
self.output.Color = (1, 1, 0.5, 1)
"""
SCENE = flat_scene(CALL)
DIVISIONS = 22 * 2
HERE = "from pynodes.nodes import here"
WAYS = [("1", "scanline"), ("3", "hilbert"), ("4", "spiral")]


def report(run: HostRun) -> dict[str, Any]:
    """Of each type of exception: the first sample, what is said of it, and how many there are."""
    found: dict[str, Any] = {}
    for name in {error["exception"] for error in run.of("error")}:
        errors = [error for error in run.of("error") if error["exception"] == name]
        first = min(errors, key=lambda error: (*reversed(error["pixel"]), error["sample"]))
        samples = sum(flaw["samples"] for flaw in run.of("flaw") if flaw["exception"] == name)
        found[name] = (first["pixel"], first["sample"], first["what"], first["inputs"], samples)
    return found


@pytest.mark.parametrize("mode", ["zeros", "mark"])
def test_picture_and_report_are_the_same_whoever_meets_errors_first(
    run_host: RunHost, engine: str, mode: str
) -> None:
    how = (*SMALL, "--on-error", mode)
    one = run_host(*how, "-t", "1", "--engine", "shared", scene=SCENE, status=11)
    expected = report(one)
    assert expected["ZeroDivisionError"][:2] == ([20, 10], 0)
    assert expected["LookupError"][:3] == ([30, 5], 1, "LookupError: 30")
    assert [found[-1] for _, found in sorted(expected.items())] == [1, DIVISIONS]

    for threads, order in WAYS:
        spread = ("-t", threads, "--order", order, "--engine", engine)
        run = run_host(*how, *spread, scene=SCENE, status=11)
        assert run.pixels().tobytes() == one.pixels().tobytes(), (threads, order)
        assert report(run) == expected, (threads, order)
        assert run.one("frame")["node_errors"] == DIVISIONS + 1


def test_zeros_are_opaque_and_no_other_pixel_changes(run_host: RunHost) -> None:
    picture = run_host(*SMALL, scene=SCENE, status=11).pixels()

    assert (picture[..., 3] == 1).all()
    assert (picture[10:, 20] == (0, 0, 0, 1)).all()
    assert picture[5, 30].tolist() == [0.5, 0.5, 0.25, 1], "one of two samples"
    changed = (picture != (1, 1, 0.5, 1)).any(axis=2)
    assert changed.sum() == DIVISIONS / 2 + 1


def test_marked_samples_are_magenta_whatever_later_nodes_do(run_host: RunHost) -> None:
    later = SCENE.replace(
        "tree.link(getattr(node.out, 'Color'), tree.surface)",
        "from pynodes.nodes import native\n"
        "    glow = tree.add(native.Emission, Strength=0.25)\n"
        "    tree.link(node.out.Color, glow.inp.Color)\n"
        "    tree.link(glow.out.Color, tree.surface)",
    )
    assert later != SCENE
    picture = run_host(*SMALL, "--on-error", "mark", scene=later, status=11).pixels()

    assert (picture[10:, 20] == (1, 0, 1, 1)).all()
    mixed = (np.array((1, 0, 1, 1)) + (0.25, 0.25, 0.125, 1)) / 2
    assert picture[5, 30].tolist() == mixed.tolist()
    assert ((picture == (0.25, 0.25, 0.125, 1)).all(axis=2)).sum() == 48 * 32 - DIVISIONS / 2 - 1


def test_inputs_of_the_first_failing_call_are_reported(run_host: RunHost) -> None:
    call = "if self.shi.pixel == (9, 6):\n    raise ValueError('here')"
    scene = flat_scene(call, inputs='[Socket("Coords", (1, 2, 0.1)), Socket("Gain", 0.3)]')
    error = run_host(*SMALL, scene=scene, status=11).first_error()

    assert error["inputs"] == "Coords = (1, 2, 0.1), Gain = 0.3"


def test_error_that_no_memory_is_left_to_describe_costs_no_other(run_host: RunHost) -> None:
    call = "raise type('Error%d' % (self.shi.pixel[0] % 40), (Exception,), {})()"
    run = run_host(*SMALL, "-t", "1", scene=flat_scene(call), status=11)

    assert len(run.of("flaw")) == 16, "types of exceptions are told apart up to a limit"
    assert sum(flaw["samples"] for flaw in run.of("flaw")) == 48 * 32 * 2


def test_command_shows_inputs_counts_and_a_line_that_looks_into_the_pixel(
    tmp_path: Path, engine: str
) -> None:
    (tmp_path / "scene.py").write_text(SCENE)
    command = ("render", "scene.py", *SMALL, "--engine", engine, "-t", "2")
    shown = run_command(tmp_path, *command)

    assert shown.returncode == 1
    assert shown.stderr.count("error: ZeroDivisionError") == 1
    assert shown.stderr.count("error: LookupError: 30") == 1
    assert "node Probe, pixel (20, 10), sample 0, tile 8" in shown.stderr
    assert "with Coords = (0, 0, 0)" in shown.stderr
    assert "  raised  ZeroDivisionError  (Probe, in 44 samples)\n" in shown.stdout
    assert "  raised  LookupError  (Probe, in 1 sample)\n" in shown.stdout
    record = json.loads(run_command(tmp_path, *command, "--json").stdout)
    first, second = record["errors"]
    assert (first["exception"], first["samples"], first["pixel"]) == ("LookupError", 1, [30, 5])
    assert (second["samples"], second["inputs"]) == (44, "Coords = (0, 0, 0)")
    words = shlex.split(first["again"])
    assert words[:5] == ["pynodes", "render", "scene.py", "--pixel", "30,5,1"]
    again = run_command(tmp_path, *words[1:], "--json")
    (looked,) = json.loads(again.stdout)["nodes"]
    assert looked["error"]["what"] == "LookupError: 30"


def test_marking_is_part_of_the_again_line_and_of_the_record(tmp_path: Path) -> None:
    (tmp_path / "scene.py").write_text(SCENE)
    done = run_command(tmp_path, "render", "scene.py", *SMALL, "--on-error", "mark", "--json")

    record = json.loads(done.stdout)
    assert record["on_error"] == "mark"
    assert "--on-error mark" in record["errors"][0]["again"]


def test_file_beside_the_script_is_found_by_here_and_else_named(
    run_host: RunHost, tmp_path: Path, engine: str
) -> None:
    """The host is started in another folder than that of the scene."""
    folder = tmp_path / "scenes"
    folder.mkdir()
    (folder / "bark.txt").write_text("0.5")
    how = (*SMALL, "-t", "2", "--engine", engine)
    read = "\nself.output.Color = (float(open({}).read()), 1, 1, 1)"
    good, bad = folder / "good.py", folder / "bad.py"
    good.write_text(flat_scene(read.format('here("bark.txt")'), imports=HERE))
    bad.write_text(flat_scene(read.format('"bark.txt"')))

    found = run_host(*how, scene=good)
    missed = run_host(*how, scene=bad, status=11)

    assert (found.pixels()[..., 0] == 0.5).all()
    (help,) = {error["help"] for error in missed.of("error")}
    assert help.startswith("bark.txt is beside bad.py: here('bark.txt') of pynodes.nodes finds")
