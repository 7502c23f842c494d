"""The system's C compiler: a source becomes a library in the cache, unless it is there."""

# ruff: noqa: PTH105, PTH108, PTH113, PTH123 -- see pynodes.nodes._record for the reason
from __future__ import annotations

import os
import subprocess
from contextlib import suppress

from pynodes.compile.cache import compiler, place, prune, surroundings
from pynodes.compile.refusal import NoCompilerError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Final

FLAGS: Final = (
    "-std=gnu11",
    "-O3",
    "-fPIC",
    "-shared",
    "-w",
    "-ffp-contract=off",
    "-fno-builtin",  # no function of the maths library is computed by the compiler
    "-fno-math-errno",
    "-fno-trapping-math",  # what is not used may be computed: that changes no result
    "-fexcess-precision=standard",
    "-fno-plt",
)
FAST_FLAGS: Final = (
    *(each for each in FLAGS if "contract" not in each and "excess" not in each),
    "-ffp-contract=fast",
    "-fassociative-math",
    "-freciprocal-math",
    "-fno-signed-zeros",
)
THIS_PROCESSOR: Final = "-march=native"
LIMIT_S: Final = 120.0


def library(source: str, flags: Sequence[str] = FLAGS) -> str:
    """The path of the shared library for a source, which is made unless it is there.

    Raises:
        NoCompilerError: there is no compiler, it failed, or there is nowhere to put the result.
    """
    path = place("\0".join([source, *flags, surroundings()]), "so")
    if not os.path.isfile(path):
        _make([*compiler(), *flags], source, path)
        prune()
    return path


def _make(command: list[str], source: str, path: str) -> None:
    """Compile into a file beside `path`, which then takes its place whole."""
    text, made = f"{path}.{os.getpid()}.c", f"{path}.{os.getpid()}.new"
    try:
        with open(text, "w", encoding="utf-8") as file:
            file.write(source)
        for more in ([THIS_PROCESSOR], []):  # not every compiler knows it
            done = subprocess.run(
                [*command, *more, "-o", made, text, "-lm"],
                check=False,
                capture_output=True,
                stdin=subprocess.DEVNULL,
                timeout=LIMIT_S,
            )
            if done.returncode == 0:
                break
        else:
            said = done.stderr.decode(errors="replace").strip().splitlines()
            last = said[0] if said else f"status {done.returncode}"
            raise NoCompilerError(f"{command[0]} failed: {last}")
        os.replace(made, path)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoCompilerError(f"{command[0]} failed: {error}") from None
    finally:
        for each in (text, made):
            with suppress(OSError):
                os.unlink(each)
