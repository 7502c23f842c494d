"""What one render of one frame gave: the object that `--json` prints and that later is stored."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from pynodes.errors import PynodesError
from pynodes.model.event import Failed, ThreadDone
from pynodes.model.job import Job
from pynodes.model.verdict import Verdict


@dataclass(frozen=True, slots=True)
class ErrorNote:
    """One error as told: `kind` is the host's word for it, a verdict, or host for our own side."""

    kind: str
    what: str
    where: str = ""
    mend: str = ""
    detail: str = ""
    node: str | None = None
    pixel: tuple[int, ...] | None = None
    sample: int | None = None
    thread: int | None = None
    tile: int | None = None
    frame: int | None = None
    again: str | None = None

    @classmethod
    def from_event(cls, event: Failed, job: Job, engine: str = "") -> ErrorNote:
        """The event's error, with the command that renders its tile again.

        Args:
            engine: the one that rendered it, when it is known.
        """
        in_node = event.kind == "node"
        known = in_node and event.tile >= 0
        frame = event.frame if event.frame >= 0 else job.frames[0]
        return cls(
            kind=event.kind,
            what=event.what,
            where=event.where,
            mend=_mend(event) or event.mend,
            detail=event.detail,
            node=event.node or None,
            pixel=event.pixel or None,
            sample=event.sample if in_node and event.sample >= 0 else None,
            thread=event.thread if in_node and event.thread >= 0 else None,
            tile=event.tile if known else None,
            frame=frame if in_node else None,
            again=job.again(event.tile, frame, engine) if known else None,
        )

    @classmethod
    def from_exception(cls, error: PynodesError) -> ErrorNote:
        """An error of our own side of the wire."""
        return cls("host", error.what, error.where, error.mend, error.detail)


@dataclass(frozen=True, slots=True)
class InHand:
    """What one render thread held when the host ended; of engine `process`, one worker."""

    thread: int
    tile: int
    frame: int
    node: str | None
    pixel: tuple[int, int] | None
    again: str


@dataclass(frozen=True, slots=True)
class ThreadFigures:
    """What one render thread did for a frame; of engine `process`, one worker.

    `wall_s` and `cpu_s` run from its first tile taken to its last tile done. `native_s`,
    `python_s` and `wait_s` are the parts of the time in its tiles. The quantiles are over the
    `waits` attachments that were timed. `handovers` counts the attachments before which another
    render thread had the same GIL, `vcsw` and `ivcsw` the context switches (it waited; it was
    forced off).
    """

    thread: int
    tiles: int
    node_calls: int
    wall_s: float
    cpu_s: float
    native_s: float
    python_s: float
    wait_s: float
    waits: int
    wait_p50_s: float
    wait_p99_s: float
    wait_max_s: float
    handovers: int
    vcsw: int
    ivcsw: int

    @classmethod
    def from_event(cls, event: ThreadDone) -> ThreadFigures:
        """The event's figures, in seconds."""
        return cls(
            thread=event.thread,
            tiles=event.tiles_done,
            node_calls=event.node_calls,
            wall_s=event.wall_ns / 1e9,
            cpu_s=event.cpu_ns / 1e9,
            native_s=event.native_ns / 1e9,
            python_s=event.python_ns / 1e9,
            wait_s=event.wait_ns / 1e9,
            waits=event.waits,
            wait_p50_s=event.wait_p50_ns / 1e9,
            wait_p99_s=event.wait_p99_ns / 1e9,
            wait_max_s=event.wait_max_ns / 1e9,
            handovers=event.handovers,
            vcsw=event.vcsw,
            ivcsw=event.ivcsw,
        )


@dataclass(frozen=True, slots=True)
class Record:
    """What one render of one frame gave.

    None stands for "not known", which is usual when the host ended early. `why` says why that
    engine, `switch_interval` is None when Python's own was left. `wall_s` is the whole
    command from start to picture (of a run of several frames: of all of them), `render_s` the
    frame's tiles alone. `ns_per_node_call` is the time render threads were attached, over all
    threads, divided by the calls. `main_wait_p99_s` is what a heartbeat of the main thread waited
    for the interpreter, when one was asked for. `ready_s` is from the start of the host to the
    first scene that was ready. `per_thread` has an entry a render thread, and the totals of it
    stand here (`cpu_s` to `ivcsw`); of engine `process` without the quantiles. A worker that was
    lent a frame twice has two entries. `sha256` is over the pixel bytes (linear float32
    RGBA, top row first), not over the file.
    """

    verdict: Verdict
    verdict_text: str
    image: str | None = None
    sha256: str | None = None
    frame: int | None = None
    width: int | None = None
    height: int | None = None
    samples: int | None = None
    seed: int | None = None
    tile: int | None = None
    order: str | None = None
    tiles: int | None = None
    tiles_done: int = 0
    threads: int | None = None
    engine: str | None = None
    attach: str | None = None
    why: str | None = None
    node_sharing: str | None = None
    turnstile: bool | None = None
    switch_interval: float | None = None
    python: str | None = None
    gil: bool | None = None
    compiler: str | None = None
    host: str | None = None
    wall_s: float | None = None
    start_s: float | None = None
    ready_s: float | None = None
    load_s: float | None = None
    render_s: float | None = None
    python_s: float | None = None
    wait_s: float | None = None
    native_s: float | None = None
    cpu_s: float | None = None
    waits: int | None = None
    wait_p50_s: float | None = None
    wait_p99_s: float | None = None
    wait_max_s: float | None = None
    handovers: int | None = None
    vcsw: int | None = None
    ivcsw: int | None = None
    main_wait_p99_s: float | None = None
    main_wait_max_s: float | None = None
    stop_s: float | None = None
    peak_mib: float | None = None
    node_calls: int = 0
    ns_per_node_call: float | None = None
    per_thread: tuple[ThreadFigures, ...] = ()
    signal: str | None = None
    in_hand: tuple[InHand, ...] = ()
    again: str | None = None
    node_errors: int = 0
    errors: tuple[ErrorNote, ...] = ()
    warnings: tuple[str, ...] = ()
    evidence: str | None = None
    trace: str | None = None
    command: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain values for `json.dumps`, in the order of the fields."""
        return asdict(self)

    @classmethod
    def refused(cls, error: PynodesError, job: Job | None = None) -> Record:
        """The record of a render that never began."""
        note = ErrorNote.from_exception(error)
        if job is None:
            return cls(Verdict.CANNOT_START, error.what, errors=(note,))
        return cls(
            Verdict.CANNOT_START,
            error.what,
            frame=job.frames[0],
            width=job.width,
            height=job.height,
            samples=job.samples,
            seed=job.seed,
            tile=job.tile,
            order=job.order,
            threads=job.threads,
            engine=job.engine,
            attach=job.attach,
            node_sharing=job.node_sharing,
            turnstile=job.turnstile,
            switch_interval=job.switch_interval,
            errors=(note,),
        )


def _mend(event: Failed) -> str:
    """What helps when a node imports, in its call, what only loads in the main interpreter."""
    if event.kind == "node" and "loading in subinterpreters" in event.what:
        return "that module knows one interpreter only: take --engine shared, or --engine process"
    return ""
