"""What a host program is: the Python in it, its compiler, and a checksum of the program itself."""

from __future__ import annotations

import hashlib
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pynodes.errors import CannotStartError, needed
from pynodes.host.answers import ask

_PYTHON = re.compile(r"^python (\S+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class HostIdentity:
    """One host program. `python` is a version with `t` behind it when it is free-threaded."""

    path: Path
    word: str
    python: str
    gil: str
    compiler: str
    sha256: str

    @property
    def free_threaded(self) -> bool:
        return self.python.endswith("t")

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "path": str(self.path)}


def identify(host: Path) -> HostIdentity:
    """Ask a host what it is.

    Raises:
        CannotStartError: it cannot be run, or what it says is not understood.
    """
    said = ask(host, "--version")
    found = _PYTHON.search(said)
    if found is None:
        raise CannotStartError(
            "the host does not say which Python it holds",
            str(host),
            "`pynodes doctor` compares host and package",
            said,
        )
    facts = {
        name: value.strip()
        for name, _, value in (line.partition(" ") for line in said.splitlines())
    }
    free_threaded = "free-threaded" in said and not found[1].endswith("t")
    return HostIdentity(
        path=host,
        word=facts.get("pynodes-host", ""),
        python=found[1] + ("t" if free_threaded else ""),
        gil=facts.get("gil", ""),
        compiler=facts.get("compiler", ""),
        sha256=_checksum(host),
    )


def _checksum(host: Path) -> str:
    with needed("the host cannot be read", host, "look at its permissions"):
        return hashlib.sha256(host.read_bytes()).hexdigest()
