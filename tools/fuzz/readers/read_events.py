"""A host of any kind: its events, status page, frame file and exit status, as a render has them."""

from __future__ import annotations

import json
import os
import struct
import tempfile
from collections.abc import Sequence
from pathlib import Path
from random import Random

from damage import damaged

from pynodes.host.find import package_version
from pynodes.model.event import SCHEMA
from pynodes.model.job import Job
from pynodes.rendering.request import RenderRequest
from pynodes.rendering.run import render

_PARTS = ("events", "status", "code", "frame")
_MARK = b"\n--part--\n"
# `--events-fd N --status FILE ... --out FILE SCENE`; the folder is the script's own.
_HOST = """#!/bin/sh
here=${0%/*}
cat "$here/events" >&"$2"
cat "$here/status" >"$4"
while [ $# -gt 1 ]; do [ "$1" = --out ] && cat "$here/frame" >"$2"; shift; done
exit "$(cat "$here/code")"
"""


def seeds(folder: Path) -> Sequence[bytes]:
    """A render that went well, one with a node error, and one that stopped in the middle."""
    hello = {"ev": "hello", "schema": SCHEMA, "word": package_version() or "0", "pid": 7}
    interp = {"ev": "interp", "python": "3.13.0", "gil": True, "start_ns": 12345}
    scene = {"ev": "scene", "frame": 1, "width": 4, "height": 2, "samples": 4, "tile": 2,
             "tiles": 2, "threads": 2, "engine": "shared", "attach": "tile",
             "nodes": ["Rings", "Noise"], "load_ns": 99}  # fmt: skip
    tiles = [
        {"ev": "tile", "i": i, "frame": 1, "thread": i, "wall": 5, "wait": 1, "python": 2}
        for i in range(2)
    ]
    failed = {"ev": "error", "code": 11, "kind": "node", "what": "ValueError: x", "node": "Rings",
              "pixel": [1, 1], "sample": 0, "thread": 0, "tile": 1, "frame": 1}  # fmt: skip
    totals = {"render_ns": 1000, "native_ns": 5, "python_ns": 6, "wait_ns": 1, "waits": 2,
              "node_calls": 3, "tiles_done": 2}  # fmt: skip
    thread = {"ev": "thread", "frame": 1, "thread": 0, "at": 3, **totals}
    entry = {"ev": "entry", "n": 1, "kind": "script", "who": "a.py", "took": 7}
    frame = {"ev": "frame", "frame": 1, "tiles": 2, **totals}
    warning = {"ev": "warning", "what": "odd", "where": "here"}
    bye = {"ev": "bye", "code": 0, "wall_ns": 10**9, "start_ns": 5, "stop_ns": 6, "peak_kib": 9000}
    whole = [hello, interp, scene, *tiles, warning, thread, entry, frame, bye]
    error = [*whole[:5], failed, thread, frame, {**bye, "code": 11}]
    status = struct.pack("=8sII48x", b"PNSTAT1\0", 2, 64)
    status += struct.pack("=6iQ32x", 1, 0, 1, 1, 0, 1, 3) * 2
    head = b"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 4, 4), }"
    head = head.ljust(117) + b"\n"
    pixels = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head + bytes(4 * 4 * 2 * 4)
    return tuple(
        _MARK.join((b"\n".join(json.dumps(e).encode() for e in events), status, code, pixels))
        for events, code in ((whole, b"0"), (error, b"11"), (whole[:5], b"1"), (whole[:1], b"139"))
    )


def mutate(data: bytes, dice: Random) -> bytes:
    """One part of the four."""
    parts = data.split(_MARK)
    at = dice.choice((0, 0, 0, 0, 1, 2, 3))
    parts[at] = damaged(parts[at], dice)
    return _MARK.join(parts)


def read(data: bytes, folder: Path) -> None:
    """A render by a host that gives just this; its record must be JSON."""
    with tempfile.TemporaryDirectory(dir=folder) as made:
        here = Path(made)
        for name, part in zip(_PARTS, (*data.split(_MARK), b"", b"", b""), strict=False):
            (here / name).write_bytes(part)
        host = here / "host"
        host.write_text(_HOST)
        host.chmod(0o700)
        request = RenderRequest(
            host=host,
            job=Job(Path("scene.py"), width=4, height=2, tile=2, threads=2),
            out=here / "out.png",
            evidence=here / "evidence",
            limit_s=20.0,
            scratch=here,
        )
        outcome = render(request)
        for record in outcome.records:
            text = json.dumps(record.to_json(), allow_nan=False, ensure_ascii=False)
            os.fsencode(text)
