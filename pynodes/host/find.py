"""Which `pynodes-host` to run."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from pathlib import Path

from pynodes import files
from pynodes.errors import HostMissingError, MismatchError, needed

PROGRAM = "pynodes-host"
ENV_HOST = "PYNODES_HOST"

ASK_DOCTOR = "`pynodes doctor` says what is wrong"


def find_host(environ: Mapping[str, str] | None = None) -> Path:
    """The host program: `PYNODES_HOST`, else beside this Python, else on the PATH.

    Raises:
        HostMissingError: no host is installed, or `PYNODES_HOST` names what cannot be run.
    """
    environ = os.environ if environ is None else environ
    asked = environ.get(ENV_HOST)
    if asked:
        path = Path(asked)
        where = f"environment variable {ENV_HOST}"
        help = f"let it name a {PROGRAM}, or unset it to take the installed one"
        with needed("the host cannot be looked at", where, help, HostMissingError):
            kind = files.kind_of(path)
        if kind != files.FILE or not os.access(path, os.X_OK):
            what = f"{asked} is not a program" if kind else f"there is no {asked}"
            raise HostMissingError(what, where, help)
        return path.absolute()
    places = []
    for folder in _places():
        if is_program(folder / PROGRAM):
            return folder / PROGRAM
        places.append(folder)
    from shutil import which

    on_path = which(PROGRAM, path=environ.get("PATH"))
    if on_path is not None:
        return Path(on_path).absolute()
    raise HostMissingError(
        f"{PROGRAM} is not installed for this Python",
        where=f"looked in {', '.join(map(str, places))} and on the PATH",
        help=f"install the package again (`{sys.executable} -m pip install --force-reinstall"
        f" pynodes`), or set {ENV_HOST} to a host that you built",
    )


def package_version() -> str | None:
    """The version word of this build, also its version; None for a package that was not built."""
    from importlib import import_module

    try:
        word: str = import_module("pynodes._build_info").VERSION_WORD
    except ImportError:
        return None
    return word


def check_word(word: str, host: Path) -> None:
    """Raise `MismatchError` unless the host's version word is ours.

    A package that runs from its sources has no version: then any host is taken.
    """
    ours = package_version()
    if ours is not None and word != ours:
        raise MismatchError(
            f"host and package do not match: the host is {word}, the package is {ours}",
            where=str(host),
            help="install both from one version (`pip install --force-reinstall pynodes`)"
            + (f", or unset {ENV_HOST}" if os.environ.get(ENV_HOST) else ""),
        )


def starting(host: str | Path) -> AbstractContextManager[None]:
    """Within it the system may refuse to start a host, which is a `CannotStartError`."""
    return needed("the host cannot be run", host, ASK_DOCTOR)


def _places() -> Iterator[Path]:
    """Folders where an installer puts programs of this very Python, without repeats."""
    own, called = (Path(program).absolute().parent for program in (sys.executable, sys.argv[0]))
    is_virtual = sys.prefix != sys.base_prefix
    if is_virtual:  # that is where all scripts are
        yield own
    import sysconfig

    folders = [sysconfig.get_path("scripts")]
    with suppress(KeyError):
        folders.append(sysconfig.get_path("scripts", sysconfig.get_preferred_scheme("user")))
    found = dict.fromkeys([*map(Path, folders), own, called])
    yield from (folder for folder in found if not (is_virtual and folder == own))


def is_program(path: Path) -> bool:
    """Whether it can be run; False too for what no file can be called."""
    with suppress(OSError, ValueError):
        return path.is_file() and os.access(path, os.X_OK)
    return False
