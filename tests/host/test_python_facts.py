"""What the host relies on in the Python at hand, where CPython promises nothing."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pynodes.inside.refusal import refusal

OWN_GIL = pytest.mark.skipif(sys.version_info < (3, 12), reason="needs interpreters with own GIL")

IN_ANOTHER = """
import sys
if sys.version_info >= (3, 13):
    import _interpreters as m
    own = m.create("isolated")
else:
    import _xxsubinterpreters as m
    own = m.create(isolated=True)
m.run_string(own, {code!r})
m.destroy(own)
"""


def in_an_own_gil_interpreter(code: str) -> tuple[list[str], str]:
    """The lines that code prints in such an interpreter, and stderr to its end."""
    done = subprocess.run(
        [sys.executable, "-c", IN_ANOTHER.format(code=code)],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines(), done.stderr


@OWN_GIL
def test_a_refused_import_is_an_import_error_without_a_name_in_the_words_that_are_read() -> None:
    code = """
try:
    import readline
except ImportError as error:
    print(type(error) is ImportError, error.name, error.path)
    print(error)
"""
    lines, _ = in_an_own_gil_interpreter(code)

    if not lines:
        pytest.skip("this Python has no readline, or one that loads everywhere")
    assert lines == ["True None None", refusal("readline").removeprefix("ImportError: ")]


@OWN_GIL
def test_a_second_shutdown_of_threading_repeats_what_was_to_run_once() -> None:
    # Why host/interp/attach.c leaves a function that does nothing in its place.
    code = """
import threading
ran = []
threading._register_atexit(lambda: ran.append(1))
threading._shutdown()
try:
    threading._shutdown()
    print(len(ran), "fine", flush=True)
except AssertionError:
    print(len(ran), "AssertionError", flush=True)
"""
    lines, stderr = in_an_own_gil_interpreter(code)

    raises = sys.version_info < (3, 13)
    assert lines == ["2 AssertionError" if raises else "2 fine"]
    assert ("Exception ignored" in stderr) is raises
