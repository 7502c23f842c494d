"""Which programs ran under the witness: each `exec` is one, a child of fork is its parent's."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from pynodes.diagnose import witness
from pynodes.diagnose.collect.census import Program, programs_of
from pynodes.diagnose.collect.notes import Notes

PYTHON = (sys.executable, "-S", "-E", "-c")
Census = Callable[..., list[Program]]


@pytest.fixture
def census() -> Iterator[Census]:
    """Run a command under the witness, to its end."""
    library = witness.find()
    if library is None:
        pytest.skip("no witness: it was not built here")
    notes = Notes()

    def run(*command: str) -> list[Program]:
        environ = {**os.environ, **witness.environment(library, notes.path)}
        subprocess.run(command, env=environ, timeout=60, check=False)
        return programs_of(notes)

    yield run
    notes.close()


def test_program_has_its_command_python_and_status(census: Census) -> None:
    (program,) = census(*PYTHON, "raise SystemExit(3)")

    assert program.command == [*PYTHON, "raise SystemExit(3)"]
    assert program.python == sys.version.split()[0].rstrip("+")
    assert (program.saw_python, program.status) == (True, 3)


def test_program_without_python_is_one_too(census: Census) -> None:
    (program,) = census("false")

    assert (program.python, program.saw_python, program.status) == ("", False, 1)


def test_shell_that_becomes_a_program_is_that_program(census: Census) -> None:
    (program,) = census("sh", "-c", 'exec "$0" -c "raise SystemExit(5)"', sys.executable)

    assert program.command[0] == sys.executable
    assert program.status == 5


def test_child_of_fork_is_of_its_parents_program(census: Census) -> None:
    code = "import os\nif not os.fork(): raise SystemExit(6)\nos.wait()"

    (program,) = census(*PYTHON, code)

    assert (len(program.pids), program.status) == (2, 0)


def test_programs_that_a_program_starts_are_by_themselves(census: Census) -> None:
    code = "import subprocess, sys\nsubprocess.run(['false', 'a b'])"

    python, other = census(*PYTHON, code)

    assert (python.status, other.status) == (0, 1)
    assert other.command == ["false", "a b"]


def test_program_that_ends_without_exit_has_no_status(census: Census) -> None:
    (program,) = census(*PYTHON, "import os; os._exit(8)")

    assert (program.saw_python, program.status) == (True, None)


def test_long_command_is_cut(census: Census) -> None:
    (program,) = census("sh", "-c", "exit 0", "x" * 5000)

    assert program.command[:3] == ["sh", "-c", "exit 0"]
    assert len(program.command[3]) < 300
