"""What a host says about itself, when it is asked."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any, TypeVar

from pynodes import decode
from pynodes.decode import DecodeError
from pynodes.errors import CannotStartError, parse_form
from pynodes.host.find import ASK_DOCTOR, starting

Value = TypeVar("Value")

_ANSWER_LIMIT_S = 60.0


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
            help=ASK_DOCTOR,
        ) from None
    stderr = done.stderr.decode("utf-8", "replace")
    if done.returncode != 0:
        raise parse_form(stderr) or CannotStartError(
            f"the host gave no answer (status {done.returncode})",
            where=" ".join(command),
            help=ASK_DOCTOR,
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
