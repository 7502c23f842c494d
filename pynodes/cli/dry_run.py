"""What `pynodes render --dry-run` says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pynodes.cli.console import Console
from pynodes.options.kinds import format_ranges
from pynodes.rendering.foreseen import Foreseen, foresee
from pynodes.rendering.request import RenderRequest
from pynodes.rendering.resume import Resumed
from pynodes.words import count, plural

_MIB = 1 << 20


def show_dry_run(
    console: Console, request: RenderRequest, resumed: Resumed | None, *, as_json: bool
) -> int:
    """Say what of a request would be rendered; the exit status."""
    foreseen = foresee(request.job)
    if as_json:
        console.json(_object(request, resumed, foreseen))
    else:
        console.lines(_lines(console, request, resumed, foreseen))
    return 0


def _lines(
    console: Console, request: RenderRequest, resumed: Resumed | None, foreseen: Foreseen
) -> Iterator[str]:
    job, pictures = request.job, request.pictures
    size = f"{job.width} x {job.height}, {plural(job.samples, 'sample')}"
    many = f" .. {pictures[-1].name}" if len(pictures) > 1 else ""
    yield console.row("picture", f"{pictures[0]}{many}  ({size})")
    yield console.row("frames", f"{format_ranges(job.frames)}  ({count(len(job.frames))})")
    if resumed is not None:
        finished = [record.frame for record in resumed.finished if record.frame is not None]
        if finished:
            yield console.row("finished", f"{format_ranges(finished)}  ({count(len(finished))})")
        for frames, why in resumed.reasons:
            yield console.row("anew", f"{frames} rendered anew: {why}")
    yield console.row("threads", str(foreseen.threads))
    yield console.row("engine", f"{foreseen.engine or job.engine}: {foreseen.why}")
    yield console.row("memory", f"about {count(foreseen.memory_bytes // _MIB)} MiB, besides meshes")
    yield console.row("host", str(request.host))


def _object(request: RenderRequest, resumed: Resumed | None, foreseen: Foreseen) -> dict[str, Any]:
    finished = {record.frame for record in resumed.finished} if resumed is not None else set()
    anew = resumed.anew if resumed is not None else {}
    return {
        "frames": [
            {
                "frame": frame,
                "image": str(path),
                "finished": frame in finished,
                "anew": anew.get(frame),
            }
            for frame, path in zip(request.job.frames, request.pictures, strict=True)
        ],
        "threads": foreseen.threads,
        "engine": foreseen.engine,
        "why": foreseen.why,
        "memory_bytes": foreseen.memory_bytes,
        "host": str(request.host),
        "command": request.command,
    }
