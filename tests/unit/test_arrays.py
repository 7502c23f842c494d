"""NumPy is loaded late, with one thread, and where there is room."""

from __future__ import annotations

import subprocess
import sys

import pytest


def run(code: str, **environ: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout + done.stderr


def test_environment_of_programs_started_later_stays() -> None:
    code = (
        "import os; before = dict(os.environ); import pynodes.arrays;"
        "print(before == dict(os.environ))"
    )

    assert run(code) == "True\n"
    assert run(code, OPENBLAS_NUM_THREADS="2") == "True\n"


def test_numpy_has_one_thread() -> None:
    code = "from pynodes.arrays import np; import os; print(len(os.listdir('/proc/self/task')))"

    assert run(code) == "1\n"


@pytest.mark.parametrize("megabytes", [40, 60, 80, 100])
def test_too_little_memory_is_an_exception_and_not_the_end(megabytes: int) -> None:
    code = (
        "import resource; from pynodes import failures\n"
        f"resource.setrlimit(resource.RLIMIT_AS, ({megabytes} << 20,) * 2)\n"
        "try:\n    import pynodes.arrays\nexcept MemoryError as error:\n    print(error)"
    )

    assert run(code) == "there is no room to load NumPy\n"
