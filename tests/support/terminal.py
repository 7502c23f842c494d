"""A command on a terminal of its own: every byte that reaches it."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from select import select

# Our styles and the bar's; what the bar needs to be drawn anew, and to hide the cursor.
_OURS = re.compile(rb"\x1b\[(?:0|1|2|1;31|3[236]|90)m|\r?(?:\x1b\[(?:\d*A|2K))+|\x1b\[\?25[lh]")
_LINES = re.compile(rb"\r?\n|\t")


def on_terminal(
    command: Sequence[str | bytes], folder: Path, environ: Mapping[str, str], limit_s: float
) -> tuple[int, bytes]:
    """Run it with a terminal as stdin, stdout and stderr.

    Returns:
        Its status, and all that the terminal got.
    """
    ours, its = pty.openpty()
    with os.fdopen(ours, "rb", buffering=0) as end:
        process = subprocess.Popen(
            command, cwd=folder, env=dict(environ), stdin=its, stdout=its, stderr=its
        )
        os.close(its)
        got = bytearray()
        end_s = time.monotonic() + limit_s
        try:
            with suppress(OSError):  # EIO: nobody has the other side any more
                while select([end], [], [], max(0.0, end_s - time.monotonic()))[0]:
                    got += end.read(65536)
            return process.wait(max(1.0, end_s - time.monotonic())), bytes(got)
        finally:
            process.kill()
            process.wait()


def raw_bytes(got: bytes) -> list[bytes]:
    """What a terminal would obey, or nobody would see, besides our own colours and bar."""
    text = _LINES.sub(b"", _OURS.sub(b"", got)).decode("utf-8", "surrogateescape")
    left = [sign for sign in text if not sign.isprintable() and sign != "\xa0"]
    return [sign.encode("utf-8", "surrogateescape") for sign in left]
