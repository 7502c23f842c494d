"""Run a script on a host as `python` would, and say what came of it. Prints nothing."""

from __future__ import annotations

import os
import signal
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pynodes.host import foreground
from pynodes.host.judge import HOST_CANCELLED, HOST_OK, Judgement, judge
from pynodes.host.listener import Listener
from pynodes.host.seen import Seen
from pynodes.model.job import Job
from pynodes.model.verdict import Verdict
from pynodes.process.supervise import signal_name
from pynodes.rendering.pipeline import HostRun, host_folder
from pynodes.replay.play import Played, judge_errors, keep_frames, played_of

CRASHES = frozenset(
    {
        signal.SIGSEGV,
        signal.SIGBUS,
        signal.SIGFPE,
        signal.SIGILL,
        signal.SIGABRT,
        signal.SIGTRAP,
        signal.SIGSYS,
    }
)
"""Who dies of one of these has crashed; of another one, somebody wanted it to end."""


@dataclass(frozen=True, slots=True)
class Program:
    """What to run.

    Args:
        command: what follows `python` on its command line: a script or `-m NAME`, and arguments.
        scripts: run before it, in order.
        job: the scene that it sees and renders, and its options; None without a scene.
        out: where frames go that it renders; None keeps none.
        host_signals: signals are the host's, as in a render; else as in `python`.
        stdout: its stdout, another descriptor than that of this process.
        evidence: the folder for what a crash leaves.
    """

    host: Path
    command: tuple[str, ...]
    scripts: tuple[Path, ...] = ()
    job: Job | None = None
    out: Path | None = None
    host_signals: bool = False
    stdout: int | None = None
    evidence: Path | None = None
    limit_s: float | None = None

    def arguments(self) -> list[str]:
        """The host's own, before those of the job."""
        argv = ["--signals", "host"] if self.host_signals else []
        if self.limit_s is not None:
            argv += ["--stacks-signal", str(int(foreground.STACKS_SIGNAL))]
        for script in self.scripts:
            argv += ["--script", os.fspath(script.absolute())]
        return argv


def run_program(what: Program, *listeners: Listener) -> Played:
    """Run it to its end, in the foreground. `status` of what is returned is that of the process: of
    one that died of a signal its number below zero.

    Raises:
        CannotStartError: the host cannot be run.
    """
    with host_folder() if what.job is not None else nullcontext() as folder:
        host = HostRun(what.host, what.job, what.evidence, folder, listeners)
        raw = folder / "frame.######.npy" if folder is not None and what.out is not None else None
        seen = host.run(
            what.arguments(),
            raw,
            _about,
            ("--main", *what.command),
            foreground.run,
            limit_s=what.limit_s,
            stdout=what.stdout,
        )
        if what.out is not None:
            keep_frames(host, seen, what.out)
    played = played_of(seen, _judge(what, seen), None, tuple(host.notes()))
    played = replace(played, status=_status(seen))
    evidence = host.keep_evidence(played.judgement.verdict, seen, played.to_json())
    return replace(played, evidence=evidence, evidence_lost=host.evidence_lost)


def _about(seen: Seen) -> dict[str, Any]:
    return {"scene": None, "host": list(seen.argv)}


def _status(seen: Seen) -> int:
    """A Ctrl-C ends what runs before the program as it would end the program."""
    cancelled = seen.bye is not None and seen.bye.code == HOST_CANCELLED
    return -signal.SIGINT if cancelled else seen.returncode


def _judge(what: Program, seen: Seen) -> Judgement:
    """Whoever ends by a status has ended as it wished, also in the middle of its work."""
    if seen.limit_hit and seen.bye is not None:
        return Judgement(Verdict.HANG, f"not finished after {seen.limit_s:g} s")
    never_began = seen.bye.code != HOST_OK if seen.bye is not None else seen.hello is None
    crashed = -seen.returncode in CRASHES
    if seen.refusal is not None or seen.limit_hit or never_began or crashed:
        judgement = judge(seen, what.job or Job(Path(what.command[-1])))
        if judgement.verdict is Verdict.HANG and not seen.frames:
            return judgement._replace(text=f"not finished after {seen.limit_s:g} s")
        if crashed and not seen.frames:
            help = "" if what.host_signals else "--signals host prints the stacks of all threads"
            return judgement._replace(where="", help=help)
        return judgement
    if seen.returncode < 0:
        text = f"ended by {signal_name(-seen.returncode)}"
        return Judgement(Verdict.INTERRUPTED, text, said=True)
    if seen.returncode > 0:
        text = f"ended with status {seen.returncode}"
        return Judgement(Verdict.SCRIPT_ERROR, text, said=True)
    return judge_errors(seen)
