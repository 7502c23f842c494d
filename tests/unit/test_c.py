"""The one door from pytest into the C tests: each case of each program is an item here.

The programs are built by `python3 tools/dev.py test`, or by
`meson setup build/dev -Dtests=true && meson compile -C build/dev`; PYNODES_C_TESTS names another
folder. A case runs in a process of its own.
"""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "tests" / "c"
PROGRAMS = Path(os.environ.get("PYNODES_C_TESTS") or ROOT / "build" / "dev" / "tests" / "c")
LIMIT_S = 120 * float(os.environ.get("PYNODES_TEST_TIMEOUT_SCALE") or 1)
NOT_BUILT = "(not built)"


def cases() -> list[tuple[str, str]]:
    """(program, case) for all; a program that is not there or lists nothing shows as one item."""
    found = []
    for source in sorted(SOURCES.glob("test_*.c")):
        program = PROGRAMS / source.stem
        names: list[str] = []
        if program.exists():
            listed = subprocess.run(
                [program, "--list"], capture_output=True, text=True, timeout=LIMIT_S, check=False
            )
            if listed.returncode == 0:
                names = listed.stdout.split()
        found += [(source.stem, name) for name in names or [NOT_BUILT]]
    return found


@pytest.mark.parametrize(
    ("program", "case"), cases(), ids=lambda part: str(part).removeprefix("test_")
)
def test_c(program: str, case: str) -> None:
    if case == NOT_BUILT:
        pytest.fail(
            f"{PROGRAMS / program} is not there or lists no cases; run `python3 tools/dev.py test`",
            pytrace=False,
        )
    command = [str(PROGRAMS / program), case]

    done = subprocess.run(
        command, capture_output=True, text=True, errors="replace", timeout=LIMIT_S, check=False
    )

    if done.returncode != 0:
        status = done.returncode
        how = f"signal {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"
        told = f"{how}: {' '.join(command)}\n{done.stdout}{done.stderr}"
        pytest.fail(told, pytrace=False)
