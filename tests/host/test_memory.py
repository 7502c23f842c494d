"""Single allocations of the host that fail end in a picture or in an error (tools/stress)."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from host_runner import SCALE, find_host

TOOL = Path(__file__).parents[2] / "tools" / "stress" / "memory.py"
COMPILER = shlex.split(os.environ.get("CC", "cc"))[0]


@pytest.mark.skipif(shutil.which(COMPILER) is None, reason="no C compiler")
@pytest.mark.skipif(sys.platform != "linux", reason="the library is for Linux")
def test_a_failed_allocation_is_never_silent() -> None:
    cases = [word for case in ("shared", "script", "nodes") for word in ("--case", case)]
    ended = subprocess.run(
        [sys.executable, str(TOOL), "--host", str(find_host()), "--points", "24", *cases],
        capture_output=True,
        text=True,
        timeout=240 * SCALE,
        check=False,
    )

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stdout.count(" allocations: ") == 3
