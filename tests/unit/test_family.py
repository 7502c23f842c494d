"""Processes are looked up as they stand, before they are looked at."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator

import pytest

from pynodes.process import procfs
from pynodes.process.family import Family


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as made:  # it ends when this one does
        yield made
        made.kill()


def test_children_are_family_and_nobody_else(child: subprocess.Popen[bytes]) -> None:
    family = Family(())
    assert family.has(child.pid)
    assert not Family({child.pid}).has(child.pid)
    for pid in (os.getpid(), os.getppid(), 0, 1, -1, 2**31, 2**32 - 1):
        assert not family.has(pid)
        assert not family.may_have_had(pid)


def test_one_that_has_ended_may_have_been_family(child: subprocess.Popen[bytes]) -> None:
    child.kill()
    child.wait()
    assert not Family(()).has(child.pid)
    assert Family(()).may_have_had(child.pid)


@pytest.mark.parametrize("pid", [0, -1, 2**31, 2**32 - 1, 2**70])
def test_numbers_of_no_process_are_no_errors(pid: int) -> None:
    assert procfs.start_of(pid) == 0
    assert not Family(()).has(pid)
