"""What a picture was made of: what must make another origin does, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pynodes.model.job import Job
from pynodes.options.table import rows_of
from pynodes.rendering.origin import about_frame, differences, origin_of
from pynodes.rendering.sources import contents, sources


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    """A script that imports from its folder and names a mesh."""
    (tmp_path / "rings.py").write_text("import parts.knot\n")
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts/__init__.py").write_text("")
    (tmp_path / "parts/knot.py").write_text("MESH = 'data/knot.obj'\nLIST = 'list.txt'\n")
    (tmp_path / "parts/list.txt").write_text("beside the module that names it")
    (tmp_path / "data").mkdir()
    (tmp_path / "data/knot.obj").write_text("v 0 0 0\n")
    (tmp_path / "other.py").write_text("")
    path = tmp_path / "log.py"
    path.write_text("from math import sin\nfrom rings import Rings\n'data'\n'a\\0b'\n'\\d'\n")
    return path


def reasons(job: Job, other: Job, **changed: Any) -> list[str]:
    """What tells a finished picture of `job` from those of another, by the file's own words."""
    found = about_frame(origin_of(job, 8), 1, finished=True, node_errors=0)
    found = json.loads(json.dumps(found)) | changed
    return list(differences(found, origin_of(other, 8), 1))


def test_sources_are_what_is_imported_from_the_folder(scene: Path) -> None:
    names = ["log.py", "parts/__init__.py", "parts/knot.py", "rings.py"]

    assert [str(path.relative_to(scene.parent)) for path in sources(scene)] == names


def test_contents_are_of_named_files_too(scene: Path) -> None:
    names = [
        "data/knot.obj",
        "log.py",
        "other.py",
        "parts/__init__.py",
        "parts/knot.py",
        "parts/list.txt",
        "rings.py",
    ]

    assert list(contents([scene], ["other.py", "gone.py", "a\0b"])) == names


def test_contents_of_a_scene_that_is_no_python_are_itself(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_bytes(b"\xff def(")

    assert list(contents([tmp_path / "bad.py"])) == ["bad.py"]


def test_same_job_has_no_difference(scene: Path) -> None:
    assert reasons(Job(scene), Job(scene)) == []


@pytest.mark.parametrize("name", ["log.py", "rings.py", "parts/knot.py", "data/knot.obj"])
def test_each_file_that_changes_is_named(scene: Path, name: str) -> None:
    found = about_frame(origin_of(Job(scene), None), 1, finished=True, node_errors=0)
    with (scene.parent / name).open("a") as file:
        file.write("#\n")

    assert list(differences(found, origin_of(Job(scene), None), 1)) == [f"{name} has changed"]


def test_file_that_is_a_parameter_is_part_of_it(scene: Path) -> None:
    job = Job(scene, defines=(("mesh", "other.py"),))

    found = about_frame(origin_of(job, None), 1, finished=True, node_errors=0)
    (scene.parent / "other.py").write_text("#")

    assert list(differences(found, origin_of(job, None), 1)) == ["other.py has changed"]


@pytest.mark.parametrize(
    "row", [row for row in rows_of() if row.example], ids=lambda row: str(row.name)
)
def test_option_makes_another_origin_when_it_changes_the_picture(scene: Path, row: Any) -> None:
    changed = Job(scene, **row.settings(row.kind.parse(row.example)))

    found = reasons(Job(scene), changed)
    (now,) = row.kind.words("", row.value(changed.values()))[1:] or [""]

    if row.changes_picture and "frames" not in row.fields:
        assert len(found) == 1
        assert found[0].startswith(f"{row.name} was ")
        assert found[0].endswith(f", is {now}")
    else:
        assert found == []


def test_define_and_script_make_another_origin(scene: Path) -> None:
    job = Job(scene)

    assert reasons(job, Job(scene, defines=(("a", "1"),))) == ["define was not given, is a=1"]
    script = Job(scene, scripts=(scene.parent / "other.py",))
    assert reasons(job, script) == ["other.py is new", "script was not given, is other.py"]


def test_origin_says_nothing_of_the_folder_that_it_was_in(scene: Path) -> None:
    job = Job(scene, scripts=(scene.parent / "other.py",))

    assert str(scene.parent) not in json.dumps(origin_of(job, 8))


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"pynodes": "0.0.1"}, "pynodes 0.0.1 made it"),
        ({"scene": "b.py"}, "it is of b.py"),
        ({"frame": 2}, "it is frame 2"),
        ({"finished": False}, "it is not finished"),
        ({"finished": "yes"}, "it is not finished"),
        ({"node_errors": 7}, "nodes raised in it"),
        ({"options": 3}, "bits was not given, is 8"),
        ({"sources": None}, "data/knot.obj is new"),
    ],
)
def test_picture_that_is_not_the_finished_one_is_told_why(
    scene: Path, changed: dict[str, Any], reason: str
) -> None:
    assert reasons(Job(scene), Job(scene), **changed)[0] == reason


def test_picture_without_a_word_is_told_so(scene: Path) -> None:
    found = list(differences({}, origin_of(Job(scene), 8), 1))

    assert found == ["it does not say what it was made of"]
