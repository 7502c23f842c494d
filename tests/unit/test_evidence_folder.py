"""Evidence is private, and kept only where nobody else could have laid the folder."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

from pynodes.diagnose.diagnosis import Diagnosis
from pynodes.diagnose.guard import Guard
from pynodes.diagnose.look.look import Collector, Look
from pynodes.diagnose.report import Report
from pynodes.host.seen import Seen
from pynodes.model.verdict import Verdict
from pynodes.process.evidence_folder import RUNS, keep, new_folder, own_folder
from pynodes.rendering.pipeline import HostRun

NOBODY = 65534
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives folders away")


@pytest.fixture(autouse=True, params=[0o000, 0o077, 0o777], ids=oct)
def here(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """A folder to work in, with a temporary one; under each umask."""
    (tmp_path / "work").mkdir()
    (tmp_path / "spare").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "spare"))
    before = os.umask(request.param)
    yield tmp_path / "work"
    os.umask(before)


@pytest.fixture
def nowhere(here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no folder that evidence can go to."""
    (here / RUNS).touch()
    monkeypatch.setattr(tempfile, "tempdir", str(here / RUNS))


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_naming_a_folder_makes_nothing(here: Path) -> None:
    new_folder("jobs")
    assert not list(here.iterdir())


def test_what_is_kept_is_for_this_user_alone() -> None:
    folder = new_folder("jobs")
    keep(folder, {"output.txt": b"secret"})
    assert folder.parent == Path(RUNS)
    assert (folder / "output.txt").read_bytes() == b"secret"
    assert (mode(folder), mode(folder / "output.txt")) == (0o700, 0o600)
    assert mode(folder.parent) == 0o700


@pytest.mark.parametrize("name", ["x" * 300, "ö" * 300, "a/b\n\x1b]0;", "\udc80", ""])
def test_every_name_makes_a_folder(name: str) -> None:
    folder = new_folder(name)
    keep(folder, {"a": b""})
    assert folder.parent == Path(RUNS)
    assert str(folder).isprintable()


@pytest.mark.parametrize("laid", ["file", "link", "fifo"])
def test_what_is_no_folder_of_ours_is_not_used(laid: str, here: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(0o700)
    if laid == "file":
        (here / RUNS).touch()
    elif laid == "fifo":
        os.mkfifo(here / RUNS)
    else:
        (here / RUNS).symlink_to(tmp_path / "elsewhere")
    folder = new_folder("jobs")
    keep(folder, {"a": b"1"})
    assert folder.parent.parent == tmp_path / "spare"
    assert not list((tmp_path / "elsewhere").iterdir())


@as_root
def test_a_folder_of_somebody_else_is_not_used(here: Path, tmp_path: Path) -> None:
    (here / RUNS).mkdir(0o777)
    os.chown(here / RUNS, NOBODY, NOBODY)
    assert new_folder("jobs").parent.parent == tmp_path / "spare"
    with pytest.raises(PermissionError, match="another user"):
        own_folder(here / RUNS)


def test_the_place_in_the_temporary_folder_is_another_each_time(here: Path) -> None:
    (here / RUNS).touch()
    assert len({new_folder("jobs").parent for _ in range(20)}) == 20


def test_a_folder_that_was_laid_between_is_not_followed(here: Path, tmp_path: Path) -> None:
    folder = new_folder("jobs")
    folder.parent.mkdir()
    folder.parent.chmod(0o700)
    folder.symlink_to(tmp_path)
    with pytest.raises(NotADirectoryError):
        keep(folder, {"a": b"1"})
    assert not (tmp_path / "a").exists()


def test_a_file_that_is_not_written_whole_is_not_left() -> None:
    folder = new_folder("jobs")
    with pytest.raises(OSError, match="too long"):
        keep(folder, {"x" * 300: b"1"})
    assert not folder.exists()
    assert not folder.parent.exists()


@pytest.mark.usefixtures("nowhere")
def test_a_render_keeps_its_record_when_evidence_cannot_be_kept() -> None:
    run = HostRun(Path("host"), None, new_folder("jobs"), Path(), ())
    assert run.keep_evidence(Verdict.CRASH, Seen(()), {}) is None
    assert "Not a directory" in run.evidence_lost


@pytest.mark.usefixtures("nowhere")
def test_a_diagnosis_keeps_its_report_when_evidence_cannot_be_kept(tmp_path: Path) -> None:
    with patch.object(Guard, "__init__", return_value=None):
        diagnosis = Diagnosis(tmp_path, Guard(tmp_path))
    look = Look(Collector("", ""), 1, lost=(), threads=(), python=None, places={})
    diagnosis.snapshots.append(look)
    report = diagnosis.kept(Report(Verdict.CRASH, "died"), "jobs", b"last words")
    assert (report.text, report.evidence) == ("died", None)
    assert "Not a directory" in report.evidence_lost
