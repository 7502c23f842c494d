"""Play a replay on a host and say what came of it. Prints nothing."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from pynodes.host.judge import HOST_ENTRY, HOST_OK, Judgement, judge
from pynodes.host.listener import Listener
from pynodes.host.seen import Seen
from pynodes.image.files import frame_path, open_frame
from pynodes.image.overlay import as_frame, over
from pynodes.model.event import Failed
from pynodes.model.job import Job
from pynodes.model.record import ErrorNote
from pynodes.model.verdict import Verdict
from pynodes.rendering.pipeline import HostRun, host_folder
from pynodes.replay.stats import EntryStats, MainWait, main_wait, summarise


@dataclass(frozen=True, slots=True)
class Play:
    """What to play, and what is rendered meanwhile.

    Args:
        text: flat lines, see `pynodes.replay.flat`.
        job: the scene and its options; None without a scene. Its engine is shared.
        scripts: run before anything is rendered or played.
        beside: render that scene over and over in the background.
        live: each of those frames shows the scene as it is then.
        out: where the picture of the background render goes; None keeps none.
        overlay: where that picture goes with what scripts drew over the view; what they drew alone
            goes next to it, with `.view3d` before the suffix, and their windows with their names.
    """

    host: Path
    text: str
    job: Job | None = None
    scripts: tuple[Path, ...] = ()
    beside: bool = False
    live: bool = False
    out: Path | None = None
    overlay: Path | None = None
    evidence: Path | None = None
    limit_s: float | None = None

    def arguments(self, flat: Path, drawn: Path) -> list[str]:
        """The host's own, before those of the job."""
        argv = ["--replay", os.fspath(flat)]
        for script in self.scripts:
            argv += ["--script", os.fspath(script.absolute())]
        argv += ["--beside"] * self.beside
        if self.overlay is not None:
            argv += ["--overlay", os.fspath(drawn)]
        return argv + ["--live"] * self.live


@dataclass(frozen=True, slots=True)
class Played:
    """What came of it.

    `main_wait` is how long entries on the main thread waited for the interpreter while a render
    went on in the background (or all of them, without one). `status` is that of the last text
    script that ended badly. `passes` are the frames of the background render, `differing` those
    whose pixels were not as in the first one, which was rendered before anything was played;
    `sha256` is over its pixels. `notes` are of what could not be written, `evidence` is the
    folder of what a host that died or hung left, `evidence_lost` why it could not be kept.
    """

    verdict: Verdict
    text: str
    judgement: Judgement
    entries: tuple[EntryStats, ...]
    main_wait: MainWait
    errors: tuple[Failed, ...]
    expected: int
    status: int
    passes: int
    differing: int
    sha256: str | None
    threads: int
    python: str
    gil: bool | None
    wall_s: float
    notes: tuple[ErrorNote, ...] = ()
    evidence: Path | None = None
    evidence_lost: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain values for `json.dumps`."""
        errors = [
            {"entry": error.entry, "who": error.who, "what": error.what, "where": error.where}
            for error in self.errors
        ]
        return {
            "verdict": str(self.verdict),
            "verdict_text": self.text,
            "status": self.status,
            "wall_s": self.wall_s,
            "python": self.python,
            "gil": self.gil,
            "threads": self.threads,
            "passes": self.passes,
            "differing": self.differing,
            "sha256": self.sha256,
            "main_wait": asdict(self.main_wait),
            "entries": [asdict(entry) for entry in self.entries],
            "errors": errors,
            "expected_errors": self.expected,
            "notes": [note._asdict() for note in self.notes],
            "evidence": os.fspath(self.evidence) if self.evidence is not None else None,
        }


def play(what: Play, *listeners: Listener) -> Played:
    """Play to the end. What cannot be written is in the notes of what is returned.

    Raises:
        CannotStartError: the host cannot be run.
    """
    with host_folder() as folder:
        host = HostRun(what.host, what.job, what.evidence, folder, listeners)
        flat, drawn = folder / "replay.txt", folder / "drawn.npy"
        flat.write_text(what.text, encoding="utf-8")
        raw = _raw_frame(what, folder)
        arguments = what.arguments(flat, drawn)
        seen = host.run(arguments, raw, partial(_about, what), limit_s=what.limit_s)
        digest = _keep_pictures(what, host, seen, raw)
        if what.overlay is not None and drawn.exists():
            _keep_drawings(host, drawn, what.overlay, raw if digest is not None else None)
    played = played_of(seen, _judge(what, seen), digest, tuple(host.notes()))
    evidence = host.keep_evidence(played.judgement.verdict, seen, played.to_json())
    return replace(played, evidence=evidence, evidence_lost=host.evidence_lost)


def _about(what: Play, seen: Seen) -> dict[str, Any]:
    scene = what.job.scene.name if what.job is not None else None
    return {"scene": scene, "host": list(seen.argv)}


def _raw_frame(what: Play, folder: Path) -> Path | None:
    """Where the host puts frames: one file for the background, else one a frame number."""
    if what.beside:
        return folder / "frame.npy"
    return folder / "frame.######.npy" if what.job is not None and what.out is not None else None


def _keep_pictures(what: Play, host: HostRun, seen: Seen, raw: Path | None) -> str | None:
    """Write the pictures that were asked for; the checksum of the background."""
    if raw is None:
        return None
    if what.beside:
        if not seen.passes or not raw.exists():
            return None
        whole = seen.bye is not None and not all(done.cancelled for done in seen.passes)
        return host.keep_picture(raw, what.out, whole=whole).sha256
    assert what.out is not None
    keep_frames(host, seen, what.out)
    return None


def keep_frames(host: HostRun, seen: Seen, out: Path) -> None:
    """Write the frames that a script rendered."""
    done = [each for each in seen.frames.values() if each.done is not None and each.done.out]
    for frame in done:
        assert frame.done is not None
        path = frame_path(out, frame.done.frame, several=len(done) > 1)
        host.keep_picture(Path(frame.done.out), path, whole=frame.is_whole)


def _keep_drawings(host: HostRun, drawn: Path, out: Path, raw: Path | None) -> None:
    """The view with what was drawn over it, that alone, and the windows of scripts."""
    if raw is not None:
        host.keep_picture(raw, out, lambda pixels: over(pixels, open_frame(drawn)))
    host.keep_picture(
        drawn, out if raw is None else out.with_suffix(f".view3d{out.suffix}"), as_frame
    )
    for window in drawn.parent.glob(f"{drawn.stem}.*.npy"):
        name = window.stem.removeprefix(f"{drawn.stem}.")
        host.keep_picture(window, out.with_suffix(f".{name}{out.suffix}"), as_frame)


def played_of(
    seen: Seen, judgement: Judgement, digest: str | None, notes: tuple[ErrorNote, ...]
) -> Played:
    """What came of a run that was judged; `digest` is of the background's pixels."""
    verdict, text = judgement.verdict, judgement.text
    if notes and verdict is Verdict.OK:
        verdict, text = Verdict.CANNOT_START, notes[0].what
    scenes = [frame.scene for frame in seen.frames.values()]
    errors = tuple(error for error in seen.errors if not error.expected)
    statuses = [entry.status for entry in seen.entries if entry.status > 0]
    whole = [done for done in seen.passes if not done.cancelled]
    return Played(
        verdict=verdict,
        text=text,
        judgement=judgement,
        entries=tuple(summarise(seen.entries)),
        main_wait=main_wait(seen.entries),
        errors=errors,
        expected=len(seen.errors) - len(errors),
        status=statuses[-1] if statuses else 0,
        passes=len(whole),
        differing=sum(done.differs > 0 for done in whole),
        sha256=digest,
        threads=scenes[0].threads if scenes else 0,
        python=seen.interp.python if seen.interp is not None else "",
        gil=seen.interp.gil if seen.interp is not None else None,
        wall_s=seen.wall_ns / 1e9,
        notes=notes,
    )


def _judge(what: Play, seen: Seen) -> Judgement:
    bye = seen.bye
    ended = bye is not None and bye.code == seen.returncode and not seen.stuck_after_bye
    if not ended or bye is None or bye.code not in (HOST_OK, HOST_ENTRY):
        judgement = judge(seen, what.job or Job(Path("replay")))
        if judgement.verdict is Verdict.HANG and not seen.frames and seen.limit_hit:
            return judgement._replace(text=f"not finished after {seen.limit_s:g} s")
        return judgement
    differing = sum(done.differs > 0 for done in seen.passes)
    if differing:
        text = f"{differing} of {len(seen.passes)} frames of the render beside are not as the first"
        return Judgement(Verdict.WRONG_IMAGE, text)
    return judge_errors(seen)


def judge_errors(seen: Seen) -> Judgement:
    """The verdict on a run that came to its end, by the errors that events have reported."""
    errors = [error for error in seen.errors if not error.expected]
    if errors:
        noun = "error" if len(errors) == 1 else "errors"
        nodes = all(error.kind == "node" for error in errors)
        verdict = Verdict.NODE_ERROR if nodes else Verdict.SCRIPT_ERROR
        return Judgement(verdict, f"{len(errors)} {noun}", said=True)
    return Judgement(Verdict.OK, "finished")
