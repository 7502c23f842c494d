"""Which cluster is meant by `--on`, and how it is talked to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from pynodes import files
from pynodes.errors import BadValueError

MOST_WORKERS = 1024
_LOCAL = re.compile(r"local:(\d+)")
_SCHEDULER = re.compile(r"(tcp|tls)://\S+:\d+")


@dataclass(frozen=True, slots=True)
class Tls:
    """Certificates, as Dask names them: of the authority, and of this side with its key."""

    authority: Path
    certificate: Path
    key: Path

    def check(self) -> None:
        """Raises `BadValueError` unless all three are there."""
        for path in (self.authority, self.certificate, self.key):
            if not _is_file(path):
                raise BadValueError(f"there is no file {path}", help="name three PEM files")


@dataclass(frozen=True, slots=True)
class Address:
    """A cluster: `workers` processes of this machine, a scheduler's address, or its file."""

    text: str
    workers: int = 0
    scheduler: str = ""
    file: Path | None = None


def parse_address(text: str) -> Address:
    """Raises `BadValueError`."""
    if found := _LOCAL.fullmatch(text):
        workers = int(found[1])
        if not 1 <= workers <= MOST_WORKERS:
            raise BadValueError(f"{text} is no cluster", help=f"write local:1 to {MOST_WORKERS}")
        return Address(text, workers=workers)
    if _SCHEDULER.fullmatch(text):
        return Address(text, scheduler=text)
    if "://" in text or text.startswith("local"):
        raise BadValueError(
            f"{text!r} is no cluster",
            help="write tcp://HOST:PORT of a scheduler, local:N, or its scheduler file",
        )
    path = Path(text)
    if not text or not _is_file(path):
        raise BadValueError(
            f"there is no scheduler file {text}",
            help="start `dask scheduler --scheduler-file FILE`, or write tcp://HOST:PORT, local:N",
        )
    return Address(text, file=path)


def parse_tls(text: str) -> Tls:
    """`ca.pem,cert.pem,key.pem`. Raises `BadValueError`."""
    paths = [Path(part) for part in text.split(",")]
    if len(paths) != 3:
        help = "write three files: of the authority, the certificate and its key"
        raise BadValueError(f"{text!r} is not CA,CERT,KEY", help=help)
    return Tls(*paths)


def _is_file(path: Path) -> bool:
    """Not so either where nothing can be found by that name, such as one that is too long."""
    try:
        return files.kind_of(path) == files.FILE
    except OSError:
        return False
