"""The host for a Python that was asked for; nothing is loaded for what was not."""

from __future__ import annotations

from pathlib import Path

from pynodes.host.find import find_host


def host_for(python: str | None) -> Path:
    """That of a version that `pynodes hosts` lists, or the default one.

    Raises:
        HostMissingError: no host is installed.
    """
    if python is None:
        return find_host()
    from pynodes.host.hosts import find_host_for

    return find_host_for(python)
