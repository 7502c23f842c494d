"""tools/make/meshes.py and the meshes it wrote."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

REPO = Path(__file__).resolve().parents[3]
KNOT = REPO / "scripts" / "scenes" / "assets" / "knot.obj"


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    path = REPO / "tools" / "make" / "meshes.py"
    spec = importlib.util.spec_from_file_location("make_meshes", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_knot_on_disk_is_what_the_tool_writes(maker: ModuleType) -> None:
    assert KNOT.read_text(encoding="ascii").splitlines() == list(maker.knot_lines())


def test_knot_is_closed_small_and_faces_outwards(maker: ModuleType) -> None:
    lines = [line.split() for line in KNOT.read_text().splitlines()]
    points = [tuple(map(float, line[1:])) for line in lines if line[0] == "v"]
    normals = [tuple(map(float, line[1:])) for line in lines if line[0] == "vn"]
    faces = [
        [int(corner.split("/")[0]) - 1 for corner in line[1:]] for line in lines if line[0] == "f"
    ]

    edges: dict[tuple[int, int], int] = {}
    for face in faces:
        for a, b in zip(face, face[1:] + face[:1], strict=True):
            edges[a, b] = edges.get((a, b), 0) + 1

    assert KNOT.stat().st_size < 1_500_000
    assert 5_000 <= 2 * len(faces) <= 20_000
    assert all(count == 1 and (b, a) in edges for (a, b), count in edges.items())
    for face in faces:
        p, q, _, r = (points[i] for i in face)
        outwards = maker.cross(maker.minus(q, p), maker.minus(r, p))
        assert sum(x * y for x, y in zip(outwards, normals[face[0]], strict=True)) > 0
