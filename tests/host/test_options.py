"""Every option that sweeps reaches the host, and changes the picture only when its row says so."""

from __future__ import annotations

import pytest
from host_runner import RunHost
from host_scenes import flat_scene

from pynodes.model.job import Job
from pynodes.options.table import Row, rows_of

SMALL = ("--size", "48x32", "--samples", "2", "--tile", "8", "-t", "1", "--engine", "shared")
COLORFUL = """
x, y, z = self.input.Coords
self.output.Color = (abs(x) * self.shi.random(), abs(y), self.shi.uv[0], 1)
"""
SWEPT = [row for row in rows_of(Job) if row.sweeps is not None and row.host_arg is not None]


@pytest.mark.parametrize("row", SWEPT, ids=lambda row: row.name)
def test_option_that_sweeps_is_taken_by_the_host(run_host: RunHost, row: Row) -> None:
    scene = flat_scene(COLORFUL)
    words = row.words(row.kind.parse(row.example) if row.example else True)
    if row.name == "frames":
        words += ["--out", "f#.npy"]
    usual = run_host(*SMALL, scene=scene)
    other = run_host(*SMALL, *words, scene=scene)

    assert other.one("bye")["code"] == 0
    if not row.changes_picture:
        assert (other.pixels() == usual.pixels()).all()
