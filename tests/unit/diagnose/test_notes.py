"""The witness's file, as it describes itself."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pynodes.diagnose import witness
from pynodes.diagnose.collect.incidents import Incidents
from pynodes.diagnose.collect.mapped import Layout, LayoutError, View
from pynodes.diagnose.collect.notes import Notes

SMALL = "witness 3\nstruct page 16\nfield page head text 0 12\nfield page crash u32 12 1\nend\n"


@pytest.fixture
def notes() -> Iterator[Notes]:
    made = Notes()
    yield made
    made.close()


@pytest.fixture
def noted(notes: Notes) -> Notes:
    """What the witness leaves in a program that does nothing."""
    library = witness.find()
    if library is None:
        pytest.skip("no witness: it was not built here")
    environ = witness.environment(library, notes.path)
    subprocess.run([sys.executable, "-c", ""], env={**os.environ, **environ}, check=True)
    return notes


def process_of(notes: Notes) -> int:
    """The one that took notes."""
    page = notes.page()
    assert page is not None
    return next(filter(None, (record.number("pid") for record in page.parts("processes"))))


def test_file_without_a_witness_says_nothing(notes: Notes) -> None:
    assert not notes.loaded
    assert notes.read(os.getpid()) is None
    assert notes.new_crashes() == []
    assert Incidents(notes).pids() == []


def test_witness_that_is_loaded_describes_its_file(noted: Notes) -> None:
    read = noted.read(process_of(noted))

    assert noted.loaded
    assert read is not None
    assert noted.layout is not None
    assert noted.layout.words["call"][1] == "PyGILState_Ensure"
    assert noted.new_crashes() == []
    assert Incidents(noted).pids() == []
    assert noted.ask() == 1
    assert noted.ask() == 2


def test_file_with_nonsense_behind_its_head_is_read_within_bounds(noted: Notes) -> None:
    """The program may write anything there."""
    assert noted.layout is not None
    size = noted.layout.sizes["page"]
    head = noted.layout.fields["page"]["head"]
    with Path(noted.path).open("r+b") as file:
        file.seek(head.count)
        file.write(b"\xff" * (size - head.count))

    read = noted.read(2**32 - 1)

    assert read is not None
    assert len(read.threads) == noted.layout.fields["page"]["slots"].count
    assert len(read.threads[0].recent) == noted.layout.fields["slot"]["recent"].count
    assert Incidents(noted).of(2**32 - 1) == ()


def test_head_that_is_overwritten_later_does_no_harm(noted: Notes) -> None:
    assert noted.loaded
    with Path(noted.path).open("r+b") as file:
        file.write(b"struct page 99999999999\n")

    assert noted.read(process_of(noted)) is not None


def test_what_processes_that_ended_had_is_free_for_others(noted: Notes) -> None:
    """Of more processes, one after the other, than there is room for at once."""
    page, gone = noted.page(), process_of(noted)
    assert page is not None
    for record in page.parts("processes"):
        noted.set(record, "pid", gone)
        noted.set(record, "crash", 1)
    for slot in page.parts("slots"):
        noted.set(slot, "tid", gone)
        noted.set(slot, "pid", gone)
    noted.set(page, "used", len(list(page.parts("slots"))))
    library = witness.find()
    assert library is not None
    attach = "import ctypes; ctypes.PyDLL(None).PyGILState_Ensure(); import os; print(os.getpid())"
    environ = {**os.environ, **witness.environment(library, noted.path)}

    said = subprocess.run(
        [sys.executable, "-c", attach], env=environ, check=True, capture_output=True
    ).stdout

    page = noted.page()
    assert page is not None
    (record,) = [one for one in page.parts("processes") if one.number("pid") == int(said)]
    assert record.number("crash") == 0
    assert int(said) in [slot.number("pid") for slot in page.parts("slots")]
    assert noted.number("lost") == 0


def test_nobody_can_cut_the_file_off(noted: Notes) -> None:
    with pytest.raises(PermissionError):
        os.truncate(noted.path, 100)
    with pytest.raises(PermissionError):
        Path(noted.path).write_bytes(b"")
    assert noted.read(process_of(noted)) is not None


def test_witness_writes_to_no_file_but_its_own(tmp_path: Path) -> None:
    """The name is of a descriptor of a process that may have ended, and been replaced."""
    library = witness.find()
    if library is None:
        pytest.skip("no witness: it was not built here")
    (tmp_path / "letter").write_text("dear reader")
    environ = witness.environment(library, str(tmp_path / "letter"))
    subprocess.run([sys.executable, "-c", ""], env={**os.environ, **environ}, check=True)
    assert (tmp_path / "letter").read_text() == "dear reader"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("witness 3", "witness 2"),
        ("end\n", ""),
        ("u32 12 1", "u32 12 2"),
        ("u32 12 1", "u32 -4 1"),
        ("u32 12 1", "u32 12 0"),
        ("u32 12 1", "u128 0 1"),
        ("struct page 16", "struct page 99999999999"),
        ("field page crash u32 12 1", "field page crash u32 12"),
        ("field page crash", "feld page crash"),
    ],
)
def test_layout_that_does_not_fit_together_is_refused(old: str, new: str) -> None:
    assert old in SMALL

    with pytest.raises(LayoutError):
        Layout.parse(SMALL.replace(old, new))


def test_layout_that_lacks_what_is_read_is_no_layout(noted: Notes) -> None:
    whole = os.pread(noted.file, 8192, 0).rstrip(b"\0").decode()
    assert Layout.parse(whole).has_all()
    needless = {"field page head", "field page more"}
    for line in filter(lambda line: line.startswith("field "), whole.splitlines()):
        without = Layout.parse(whole.replace(f"{line}\n", ""))
        assert without.has_all() == (" ".join(line.split()[:3]) in needless), line


def test_field_is_read_by_its_name_and_never_past_its_end() -> None:
    text = "witness 3\nstruct page 20\nfield page word text 0 8\nfield page all u32 8 3\nend\n"
    page = View(Layout.parse(text), "page", b"name\0xyz" + struct.pack("=3I", 7, 8, 9))

    assert page.text("word") == "name"
    assert page.number("all") == 7
    assert page.numbers("all", 2) == [7, 8]
    assert page.numbers("all", 2**32 - 1) == [7, 8, 9]
    with pytest.raises(KeyError):
        page.number("other")
