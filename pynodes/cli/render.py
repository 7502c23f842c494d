"""`pynodes render`."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from pynodes.cli import HELP_NAMES
from pynodes.cli.console import Console
from pynodes.cli.look import look_lines
from pynodes.cli.options import (
    Value,
    chatter_options,
    check_options,
    job_options,
    limit_option,
    make_job,
    output_options,
    path_option,
    progress_option,
)
from pynodes.cli.progress import TileProgress
from pynodes.cli.shown import HostShown
from pynodes.failures import explained
from pynodes.host import foreground
from pynodes.host.hosts import find_host_for
from pynodes.host.judge import Judgement, judge
from pynodes.look import look
from pynodes.model import event as ev
from pynodes.model.job import Job
from pynodes.model.place import describe_place
from pynodes.model.record import ErrorNote, Record
from pynodes.model.verdict import Verdict
from pynodes.options.engines import engine_of
from pynodes.options.places import Script
from pynodes.process.evidence_folder import NOT_KEPT, new_folder
from pynodes.render import Outcome, RenderRequest, default_output, render
from pynodes.words import count, duration, nanoseconds, plural

_DIED = (Verdict.CRASH, Verdict.HANG, Verdict.INTERRUPTED)


@click.command("render", context_settings=HELP_NAMES)
@click.argument("scene", type=Value(Script()))
@path_option(
    "-o",
    "--out",
    "out",
    metavar="OUT",
    help="The picture: .png, .npy, .pfm or .exr; #### becomes the frame number."
    "  [default: SCENE.png here]",
)
@job_options("render")
@click.option(
    "--python",
    metavar="P",
    help="Render with this Python, one that `pynodes hosts` lists.  [default: the package's own]",
)
@limit_option
@output_options
@chatter_options("Only warnings and errors.", "Also the host's command line and choices.")
@progress_option
def command(
    scene: Path,
    out: Path | None,
    python: str | None,
    limit_s: float | None,
    as_json: bool,
    color: str,
    quiet: bool,
    verbose: bool,
    progress: str,
    **given: Any,
) -> int:
    """Render a scene script, or a file with a node.

    SCENE.py defines build(params, frame) and is run inside the host. A file that defines a node
    but no scene is shown on a preview. The picture is written even when nodes fail. When the
    render is interrupted (Ctrl-C) or dies, what there is goes to OUT with .partial in its name.
    """
    check_options(*["quiet"] * quiet, *["verbose"] * verbose)
    job = make_job(scene, given)
    console = Console(color, quiet=quiet, verbose=verbose)
    if (job.debug or job.pixel is not None) and out is not None:
        option = "--debug" if job.debug else "--pixel"
        raise click.UsageError(f"{option} writes no picture: leave --out out")
    if job.debug:
        return _debug(console, job, python, limit_s)
    if job.pixel is not None:
        return _look(console, job, python, limit_s, as_json=as_json)
    try:
        request = RenderRequest(
            host=find_host_for(python),
            job=job,
            out=out or default_output(job),
            evidence=new_folder(job.scene.stem),
            limit_s=limit_s,
        )
        console.detail(f"$ {request.command}")
        shown = _RenderShown(console, TileProgress(console, progress), job)
        try:
            outcome = render(request, shown)
        finally:
            shown.end()
    except Exception as error:
        failure = explained(error)
        console.error(failure.what, failure.where, failure.help, failure.detail)
        if as_json:
            console.json(Record.refused(failure, job).to_json())
        return failure.exit_code
    _show_end(console, outcome)
    if as_json:
        found = [record.to_json() for record in outcome.records]
        console.json(found if given["frames"] is not None else found[0])
    elif not quiet:
        console.lines(_table(console, outcome.records))
    return outcome.verdict.exit_code


def _debug(console: Console, job: Job, python: str | None, limit_s: float | None) -> int:
    if limit_s is not None:
        raise click.UsageError("--debug waits for what is typed: leave --limit out")
    shown = _RenderShown(console, TileProgress(console, "never"), job)
    argv = [os.fspath(find_host_for(python)), *job.to_argv()]
    try:
        seen = foreground.run(argv, shown)
    finally:
        shown.end()
    return _show_judgement(console, judge(seen, job))


def _look(
    console: Console, job: Job, python: str | None, limit_s: float | None, *, as_json: bool
) -> int:
    shown = _RenderShown(console, TileProgress(console, "never"), job)
    try:
        looked = look(find_host_for(python), job, limit_s, shown)
    finally:
        shown.end()
    status = _show_judgement(console, looked.judgement)
    if as_json:
        console.json(looked.to_json())
    elif not console.quiet:
        console.lines(look_lines(console, looked))
    return status


def _show_judgement(console: Console, ended: Judgement) -> int:
    if not ended.said and ended.verdict not in (Verdict.OK, Verdict.INTERRUPTED):
        console.error(ended.text, ended.where, ended.help)
    return ended.verdict.exit_code


class _RenderShown(HostShown):
    """Shows what happens while it happens: progress, warnings, each error once."""

    def __init__(self, console: Console, progress: TileProgress, job: Job) -> None:
        super().__init__(console, "finishing the tiles in hand")
        self._progress = progress
        self._job = job
        self._engine = ""
        self._tiles: Counter[int] = Counter()

    def event(self, event: ev.Event) -> None:
        super().event(event)
        match event:
            case ev.TileDone():
                self._tiles[event.frame] += 1
                self._progress.tile_done()
            case ev.SceneBegun():
                self._begin(event)
            case ev.Interp():
                gil = "GIL on" if event.gil else "GIL off"
                self.console.detail(
                    f"Python {event.python}, {gil}, {event.executable},"
                    f" up in {duration(event.start_ns / 1e9)}"
                )
            case _:
                pass

    def picture(self, path: Path, warnings: tuple[str, ...]) -> None:
        for warning in warnings:
            self.console.warning(warning, str(path))

    def paused(self, now: bool) -> None:
        self._progress.pause(now)

    def tick(self) -> None:
        self._progress.tick()

    def end(self) -> None:
        super().end()
        self._progress.end()

    def _begin(self, event: ev.SceneBegun) -> None:
        frames = self._job.frames
        self._engine = event.engine
        # Sent a second time when `auto` goes on with another engine: then it begins anew.
        self._progress.take_back(self._tiles.pop(event.frame, 0))
        label = self._job.scene.stem
        if len(frames) > 1 and event.frame in frames:
            label += f" frame {event.frame} ({frames.index(event.frame) + 1} of {len(frames)})"
        self.console.detail(
            f"{label}: {plural(event.objects, 'object')}, {plural(event.triangles, 'triangle')},"
            f" {plural(event.lamps, 'lamp')}, nodes {', '.join(event.nodes) or 'all native'}"
        )
        unit = engine_of(event.engine).unit
        why = f" ({event.why})" if event.why else ""
        self.console.detail(
            f"{label}: engine {event.engine}{why}, {plural(event.threads, unit)},"
            f" attached per {event.attach}, {plural(event.tiles, 'tile')}"
        )
        self._progress.begin(event.tiles * len(frames), label)

    def look_help(self, event: ev.NotFinite) -> str:
        pixel = (*event.pixel, event.sample)
        again = self._job.again(event.tile, event.frame, self._engine, pixel)
        return f"all values of that sample: {again}"

    def show_error(self, event: ev.Failed) -> None:
        note = ErrorNote.from_event(event, self._job, self._engine)
        detail = event.detail
        if event.detail_file:
            detail = f"{detail.rstrip()}\n... all of it is in {event.detail_file}"
        where = event.where
        if event.kind == "node":
            place = describe_place(
                node=note.node,
                pixel=note.pixel,
                sample=note.sample,
                tile=note.tile,
                frame=note.frame if len(self._job.frames) > 1 else None,
                thread=note.thread,
                unit=engine_of(self._engine).unit,
            )
            inputs = f"with {event.inputs}" if event.inputs else ""
            where = "\n".join(filter(None, (place, inputs, where)))
        self.console.error(event.what, where, note.help, detail, note.again)


def _show_end(console: Console, outcome: Outcome) -> None:
    """What no event said: how a host ended that could not say so, and what was saved."""
    for note in outcome.notes:
        console.error(note.what, note.where, note.help, note.detail, note.again)
    for record in outcome.records:
        done, tiles = record.tiles_done, record.tiles or 0
        if record.image is not None and done < tiles:
            console.warning(
                f"a partial picture: {count(done)} of {plural(tiles, 'tile')}; the rest is empty",
                record.image,
            )
        elif record.image is None and record.verdict in _DIED:
            console.note("no tile was finished, so no picture was written")
    if outcome.trace_is_short:
        where = outcome.records[0].trace or ""
        console.warning("the timeline goes as far as the last frame that was finished", where)
    if outcome.evidence_lost:
        console.warning(NOT_KEPT, outcome.evidence_lost)
    folder = outcome.records[0].evidence
    if folder is not None and outcome.verdict in (Verdict.CRASH, Verdict.HANG):
        console.note(f"the host's last words are kept in {folder}")


def _table(console: Console, records: tuple[Record, ...]) -> Iterator[str]:
    """The short table at the end: one record in full, several as a line each.

    A render that could not start has none: its error has said it all.
    """
    if len(records) == 1 and records[0].verdict is Verdict.CANNOT_START and not records[0].image:
        return
    if len(records) == 1:
        yield from _one_record(console, records[0])
        return
    width = max(len(record.image or "-") for record in records)
    head = f"{'frame':>6}  {'picture':<{width}}  {'verdict':<12}  {'render':>9}  sha256"
    yield console.style(head, "dim")
    for record in records:
        render_s = record.figures["render_s"]
        spent = duration(render_s) if render_s is not None else "-"
        verdict = console.verdict(record.verdict, f"{record.verdict:<12}")
        yield (
            f"{record.frame or 0:>6}  {record.image or '-':<{width}}  {verdict}  {spent:>9}"
            f"  {(record.sha256 or '-')[:16]}"
        )
    first = records[0]
    yield console.row("time", duration(first.figures["wall_s"] or 0.0))
    yield console.row("threads", _threads(first))
    yield console.row("engine", _engine(first))
    yield console.row("calls", count(sum(_calls(record) for record in records)))


def _one_record(console: Console, record: Record) -> Iterator[str]:
    if record.image is not None:
        shape = f"{record.width} x {record.height}, {plural(record.samples or 0, 'sample')}"
        partial = ""
        if record.tiles_done < (record.tiles or 0):
            partial = f", {count(record.tiles_done)} of {plural(record.tiles or 0, 'tile')}"
        yield console.row("picture", f"{record.image}  ({shape}{partial})")
    yield console.verdict_row(record.verdict, record.verdict_text)
    for error in record.errors:
        if error.samples is not None:
            in_samples = f"in {plural(error.samples, 'sample')}"
            yield console.row("raised", f"{error.exception}  ({error.node}, {in_samples})")
    figures = record.figures
    parts = {"render": "render_s", "scene": "load_s", "Python": "start_s"}
    known = ((name, figures[key]) for name, key in parts.items())
    times = [f"{name} {duration(spent)}" for name, spent in known if spent is not None]
    aside = f"  ({', '.join(times)})" if times else ""
    yield console.row("time", duration(figures["wall_s"] or 0.0) + aside)
    if record.python is not None:
        yield console.row("threads", _threads(record))
    if record.why is not None:
        yield console.row("engine", _engine(record))
    if record.ns_per_node_call is not None:
        each = f"{count(_calls(record))}  ({nanoseconds(record.ns_per_node_call)} each)"
        yield console.row("calls", each)
    if (p99_s := figures["main_wait_p99_s"]) is not None:
        most = duration(figures["main_wait_max_s"] or 0.0)
        waits = f"{duration(p99_s)} at the 99th percentile, {most} at most"
        yield console.row("main", f"waits {waits}")
    if figures["handovers"]:
        yield console.row("waits", _waits(record))
    if record.trace is not None:
        yield console.row("trace", record.trace)
    if record.sha256 is not None:
        yield console.row("sha256", record.sha256)


def _threads(record: Record) -> str:
    """`8  (attached per tile, Python 3.13.0, GIL on)`, with what is not as usual."""
    engine = engine_of(record.engine)
    parts = [f"attached per {record.attach}"]
    if record.options.get("turnstile") is False:
        parts.append("no turnstile")
    interval = record.options.get("switch_interval")
    if interval is not None:
        parts.append(f"switch interval {duration(interval)}")
    if record.python:
        parts.append(f"Python {record.python}")
    if record.gil is not None:
        parts.append((engine.own_gil or "GIL on") if record.gil else "GIL off")
    units = "" if engine.unit == "thread" else f" {engine.unit}s"
    return f"{record.threads or '?'}{units}  ({', '.join(parts)})"


def _waits(record: Record) -> str:
    """How long render threads waited for the interpreter, and how often it changed hands."""
    names = ("wait_s", "wait_p50_s", "wait_max_s")
    total, half, most = (duration(record.figures[name] or 0.0) for name in names)
    handovers = int(record.figures["handovers"] or 0)
    return (
        f"{total} in all, half of them {half} or less, {most} at most"
        f"  ({plural(handovers, 'hand-over')})"
    )


def _calls(record: Record) -> int:
    return int(record.figures["node_calls"] or 0)


def _engine(record: Record) -> str:
    return f"{record.engine}: {record.why}" if record.why else f"{record.engine or '?'}"
