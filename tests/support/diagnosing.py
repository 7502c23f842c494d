"""What tests of `pynodes diagnose` share: an answer, and the commands that run victims."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import victims

from pynodes.diagnose.header import cflags

_PATHS = "PYNODES_TEST_PATHS"  # not PYTHONPATH: the program may run another Python
FIND = f"""
import os, sys
sys.argv[0] = "pynodes"
sys.path[:0] = os.environ.pop({_PATHS!r}).split(os.pathsep)
"""
RUN = f"""{FIND}
from pynodes.cli import main
sys.exit(main())
"""


@dataclass(frozen=True)
class Answer:
    """What one `pynodes diagnose --json` said."""

    status: int
    err: str
    report: dict[str, Any]

    @property
    def findings(self) -> list[dict[str, Any]]:
        found = self.report["findings"]
        assert isinstance(found, list)
        return found

    def __str__(self) -> str:
        return f"status {self.status}\n{json.dumps(self.report, indent=1)}\n{self.err}"


Begin = Callable[..., "Future[Answer]"]


def diagnose(
    folder: Path,
    *arguments: str,
    timeout_s: float,
    environ: dict[str, str] | None = None,
    python: Sequence[str] = (sys.executable, "-c", RUN),
) -> Answer:
    """Run `pynodes diagnose --json` in a folder.

    Args:
        environ: besides what is there.
        python: what to run instead of `pynodes`.
    Raises:
        OSError: it printed no report.
    """
    done = subprocess.run(
        [*python, "diagnose", "--json", *arguments],
        cwd=folder,
        env={**os.environ, _PATHS: os.pathsep.join(filter(None, sys.path)), **(environ or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=timeout_s,
        check=False,
    )
    if not done.stdout.strip():
        raise OSError(f"status {done.returncode}: {done.stderr.strip()[-300:]}")
    return Answer(done.returncode, done.stderr, json.loads(done.stdout))


def program(kit: victims.Kit, source: str) -> list[str]:
    """The command that runs a victim."""
    name = Path(source).stem
    if name == "ticker":
        library = victims.build_library(kit, source, "libticker.so")
        return [kit.python, str(victims.VICTIMS / "broken" / "ticker_user.py"), str(library)]
    if name in ("crowd", "scribe", "shredder", "tally"):
        flags = cflags() if name == "tally" else ()
        victims.build_library(kit, source, f"{name}{victims.extension_suffix(kit)}", *flags)
        return [kit.python, str(victims.VICTIMS / "broken" / f"{name}_user.py"), str(kit.folder)]
    if name == "cuckoo":
        plugin = victims.build_library(kit, source, "cuckoo.so", linked=True)
        return [str(victims.build(kit, "healthy/plugin_host.c")), str(plugin), "deep"]
    return [str(victims.build(kit, source))]


def demand_witness() -> None:
    """Ends the program with a message when there is no witness: what it would find is worth little.

    The package of a source tree has none next to it; that of an installation or a build has.
    """
    from pynodes.diagnose import witness

    if witness.find() is None:
        sys.exit(
            "the witness is not there: what happens at a crash would not be seen\n"
            "  help: set PYNODES_HOST to the host of a build, such as build/dev/host/pynodes-host"
        )
