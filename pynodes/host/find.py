"""Which `pynodes-host` to run, and what it says about itself."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any, TypeVar

from pynodes import decode, files
from pynodes.decode import DecodeError
from pynodes.errors import CannotStartError, HostMissingError, MismatchError, needed, parse_form

PROGRAM = "pynodes-host"
ENV_HOST = "PYNODES_HOST"

Value = TypeVar("Value")

_ANSWER_LIMIT_S = 60.0
_ASK_DOCTOR = "`pynodes doctor` says what is wrong"


def find_host(environ: Mapping[str, str] | None = None) -> Path:
    """The host program: `PYNODES_HOST`, else beside this Python, else on the PATH.

    Raises:
        HostMissingError: there is none, or `PYNODES_HOST` names something that cannot be run.
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
    places = list(_places())
    for folder in places:
        path = folder / (PROGRAM + (sysconfig.get_config_var("EXE") or ""))
        if _is_program(path):
            return path
    on_path = shutil.which(PROGRAM, path=environ.get("PATH"))
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


def ask(host: Path, *arguments: str) -> str:
    """What the host prints to stdout for a question such as `--version`.

    Raises:
        CannotStartError: it cannot be run, takes more than a minute, or says no.
    """
    command = [os.fspath(host), *arguments]
    try:
        with starting(host):
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_ANSWER_LIMIT_S,
                check=False,
            )
    except subprocess.TimeoutExpired:
        raise CannotStartError(
            f"the host did not answer within {_ANSWER_LIMIT_S:.0f} s",
            where=" ".join(command),
            help=_ASK_DOCTOR,
        ) from None
    stderr = done.stderr.decode("utf-8", "replace")
    if done.returncode != 0:
        raise parse_form(stderr) or CannotStartError(
            f"the host gave no answer (status {done.returncode})",
            where=" ".join(command),
            help=_ASK_DOCTOR,
            detail=stderr,
        )
    return done.stdout.decode("utf-8", "replace")


def _limit(value: Any) -> float | None:
    """The end of a range, which may be infinite."""
    return value if isinstance(value, float) else decode.optional(decode.number())(value)


_NAMED = {"name": decode.text()}
_SOCKETS = decode.optional(
    decode.list_of(decode.shape({**_NAMED, "min": _limit, "max": _limit}, _NAMED))
)
_CHOICES = decode.optional(decode.list_of(decode.scalar))
_WORDS = decode.optional(decode.text())
_NODES = decode.list_of(
    decode.shape(
        {
            **_NAMED,
            **dict.fromkeys(("kind", "module", "doc", "error"), _WORDS),
            **dict.fromkeys(("inputs", "outputs"), _SOCKETS),
            "params": decode.optional(
                decode.list_of(decode.shape({**_NAMED, "choices": _CHOICES}, _NAMED))
            ),
        },
        _NAMED,
    )
)
_FIGURE = dict.fromkeys(("name", "of", "unit", "adds"), decode.text())
_TABLES = decode.shape(
    {
        "options": decode.list_of(decode.shape(_NAMED, _NAMED)),
        "figures": decode.list_of(decode.shape(_FIGURE, _FIGURE)),
    }
)


def describe(host: Path) -> dict[str, Any]:
    """The host's option table."""
    return _read_json(ask(host, "--describe"), _TABLES, host, "--describe")


def list_nodes(host: Path, scene: Path | None = None) -> tuple[dict[str, Any], ...]:
    """All nodes the host knows, those of `scene` included when it is given."""
    arguments = ["--nodes"] if scene is None else ["--nodes", os.fspath(scene.absolute())]
    return _read_json(ask(host, *arguments), _NODES, host, "--nodes")


def starting(host: str | Path) -> AbstractContextManager[None]:
    """Within it the system may refuse to start a host, which is a `CannotStartError`."""
    return needed("the host cannot be run", host, _ASK_DOCTOR)


def _places() -> Iterator[Path]:
    """Folders where an installer puts programs of this very Python, without repeats."""
    folders = [sysconfig.get_path("scripts")]
    with suppress(KeyError):
        folders.append(sysconfig.get_path("scripts", sysconfig.get_preferred_scheme("user")))
    programs = [Path(program).absolute().parent for program in (sys.executable, sys.argv[0])]
    yield from dict.fromkeys([*(Path(folder) for folder in folders), *programs])


def _is_program(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)


def _read_json(text: str, of: decode.Decoder[Value], host: Path, question: str) -> Value:
    """The last JSON value that is an answer: a scene file may print before it."""
    lines = text.splitlines()
    for candidate in (text, *reversed(lines)):
        try:
            return of(json.loads(candidate))
        except (ValueError, RecursionError, DecodeError):
            continue
    raise CannotStartError(
        f"the host's answer to {question} is not understood",
        where=str(host),
        help="let PYNODES_HOST name the host of this package, or unset it",
        detail="\n".join(lines[-5:]),
    )
