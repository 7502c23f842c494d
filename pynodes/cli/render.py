"""`pynodes render`."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Any

import click

from pynodes.cli.command import cli_command, option
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
from pynodes.cli.rendered import show_end, show_left, table
from pynodes.cli.shown import HostShown
from pynodes.errors import needed
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
from pynodes.options.table import OUTPUT, RUN
from pynodes.outputs import make_folder
from pynodes.process.evidence_folder import new_folder
from pynodes.render import RenderRequest, default_output, render
from pynodes.words import duration, plural


@cli_command(
    "render",
    ("pynodes render scene.py -o out.png", "a picture, on all cores"),
    ("pynodes render scene.py -t 8 --engine isolated", "8 threads, an interpreter each"),
    ("pynodes render node.py -D Scale=4 --size 320x240", "one node, on a preview"),
)
@click.argument("scene", type=Value(Script()))
@path_option(
    "-o",
    "--out",
    "out",
    metavar="OUT",
    help="The picture: .png, .npy, .pfm or .exr; #### becomes the frame number."
    "  [default: SCENE.png here]",
    group=OUTPUT,
)
@option(
    "--create-dir",
    is_flag=True,
    help="Make the folder of OUT where there is none.",
    group=OUTPUT,
)
@job_options("render")
@option(
    "--python",
    metavar="P",
    help="Render with this Python, one that `pynodes hosts` lists.  [default: the package's own]",
    group=RUN,
)
@limit_option
@output_options
@chatter_options("Only warnings and errors.", "Also the host's command line and choices.")
@progress_option
def command(
    scene: Path,
    out: Path | None,
    create_dir: bool,
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
        if create_dir:
            _make_folder(request.out.parent)
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
    show_end(console, outcome)
    show_left(console, request, outcome)
    if as_json:
        found = [record.to_json() for record in outcome.records]
        console.json(found if given["frames"] is not None else found[0])
    elif not quiet:
        console.lines(table(console, outcome.records))
    return outcome.verdict.exit_code


def _make_folder(folder: Path) -> None:
    with needed(f"the folder {folder} cannot be made", help="choose another OUT"):
        make_folder(folder)


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
