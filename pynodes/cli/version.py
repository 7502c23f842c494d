"""What `pynodes --version` says."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator

from pynodes.errors import PynodesError
from pynodes.host.answers import ask
from pynodes.host.find import find_host, package_version


def version_lines() -> Iterator[str]:
    """Package, Python and the host's own words, the compiler among them."""
    yield f"pynodes {package_version() or '(run from its sources)'}"
    yield f"Python {platform.python_version()}, {gil_words()} ({sys.executable})"
    try:
        host = find_host()
        said = ask(host, "--version").strip().splitlines()
    except PynodesError as error:
        yield f"host: {error.what} (`pynodes doctor` says more)"
        return
    yield f"host {host}"
    yield from (f"  {line}" for line in said)


def gil_words() -> str:
    """`GIL on` or `GIL off` for the Python of this process."""
    enabled = getattr(sys, "_is_gil_enabled", lambda: True)()
    return "GIL on" if enabled else "GIL off"
