"""What the witness notes of each call, though it walks no stack for most of them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import closing

import pytest
import victims

from pynodes.diagnose import witness
from pynodes.diagnose.collect.census import programs_of
from pynodes.diagnose.collect.notes import Notes
from pynodes.diagnose.look.noted import ProcessNotes

TIMES = 3 * 1000


@pytest.fixture(scope="module")
def notes() -> Iterator[Notes]:
    with closing(Notes()) as made:
        yield made


@pytest.fixture(scope="module")
def said(kit: victims.Kit, notes: Notes) -> tuple[ProcessNotes, int, int]:
    """What was noted of a program that attaches on two paths, and where each returns to."""
    library = witness.find()
    if library is None:
        pytest.skip("no witness: it was not built here")
    program = victims.build(kit, "healthy/two_paths.c")
    environ = witness.environment(library, notes.path)
    with subprocess.Popen(
        [program], env=os.environ | environ, stdout=subprocess.PIPE, text=True
    ) as running:
        out, _ = running.communicate(timeout=60)
    read = notes.read(running.pid)
    assert read is not None
    left, right = map(int, out.split())
    return read, left, right


def test_callers_of_each_call_are_those_of_its_own_path(
    said: tuple[ProcessNotes, int, int],
) -> None:
    read, left, right = said
    main = read.thread(read.threads[0].pid)
    assert main is not None
    seen = [
        "left" if left in note.callers else "right" if right in note.callers else "neither"
        for note in main.recent
    ]
    assert [note.call for note in main.recent[:2]] == ["PyGILState_Ensure", "PyGILState_Release"]
    path = [word for word in ("left", "right", "right") for _ in range(2)]
    assert seen == (path * 3)[-len(seen) :]


def test_attachments_of_a_thread_that_lives_to_the_end_are_counted(
    said: tuple[ProcessNotes, int, int], notes: Notes
) -> None:
    (program,) = (one for one in programs_of(notes) if one.saw_python)
    assert (program.threads, program.attachments) == (1, TIMES)
