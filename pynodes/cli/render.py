"""`pynodes render`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pynodes.cli import complete
from pynodes.cli.command import cli_command
from pynodes.cli.console import Console
from pynodes.cli.on import OnCluster, cluster_options, shared_option
from pynodes.cli.options import (
    Value,
    chatter_options,
    check_options,
    job_options,
    limit_option,
    make_job,
    output_options,
    progress_option,
    refuse_values,
    value_option,
)
from pynodes.cli.picture import Output, picture_options, refuse_picture
from pynodes.cli.profile_option import ProfiledCommand, check_profile, profile_out_option
from pynodes.cli.settings import again_words
from pynodes.errors import BadValueError
from pynodes.failures import explained
from pynodes.host.chosen import host_for
from pynodes.host.early import EarlyHost
from pynodes.model.job import Job
from pynodes.options.kinds import Names
from pynodes.options.places import Script
from pynodes.options.table import RUN

if TYPE_CHECKING:
    from pynodes.cli.render_shown import RenderShown
    from pynodes.host.judge import Judgement
    from pynodes.rendering.outcome import Outcome
    from pynodes.rendering.request import RenderRequest
    from pynodes.rendering.resume import Resumed


@cli_command(
    "render",
    ("pynodes render scene.py -o out.png", "a picture, on all cores"),
    ("pynodes render scene.py -t 8 --engine process", "8 worker processes"),
    ("pynodes render node.py -D Scale=4 --size 320x240", "one node, on a preview"),
    ("pynodes render scene.py --frames 1..24 --resume", "an animation, or what is left of it"),
    ("pynodes render scene.py --profile slow.svg", "which line is slow, as a flame graph too"),
    cls=ProfiledCommand,
)
@click.argument("scene", type=Value(Script()))
@picture_options
@job_options("render")
@profile_out_option
@cluster_options
@shared_option
@value_option(
    Names("P"),
    "--python",
    shell_complete=complete.hosts,
    help="Render with this Python, one that `pynodes hosts` lists.  [default: the package's own]",
    group=RUN,
)
@limit_option
@output_options
@chatter_options("Only warnings and errors.", "Also the host's command line and choices.")
@progress_option
def command(
    scene: Path,
    python: str | None,
    limit_s: float | None,
    as_json: bool,
    color: str,
    quiet: bool,
    verbose: bool,
    progress: str,
    profile_out: Path | None,
    **given: Any,
) -> int:
    """Render a scene script, or a file with a node.

    SCENE.py defines build(params, frame) and is run inside the host. A file that defines a node
    but no scene is shown on a preview. The picture is written even when nodes fail. When the
    render is interrupted (Ctrl-C) or dies, what there is goes to OUT with .partial in its name.
    """
    check_options(*["quiet"] * quiet, *["verbose"] * verbose)
    aside = again_words(click.get_current_context())
    if python is not None:
        aside += ["--python", python]
    given["profile"] = given["profile"] or profile_out is not None
    job = make_job(scene, given, aside=tuple(aside))
    console = Console(color, quiet=quiet, verbose=verbose)
    refuse_picture(job, given)
    cluster = OnCluster(given["on"], given["tls"], given["shared"])
    cluster.check_render(job)
    early = _early_host(job, python, is_here=cluster.address is None)
    if job.debug:
        return _debug(console, job, python, limit_s)
    if job.pixel is not None:
        return _look(console, job, python, limit_s, as_json=as_json)
    with cluster.shared_output(Output.of(given, job, as_json=as_json)).in_place() as output:
        try:
            request = _request(job, python, output, limit_s)
            output.prepare(request)
            check_profile(profile_out)
            resumed = _resume(request) if output.resume else None
            if output.dry_run:
                return _dry_run(console, request, resumed, as_json=as_json)
            outcome = output.named(_render(console, request, early, cluster, resumed, progress))
        except Exception as error:
            failure = explained(error)
            console.error(failure.what, failure.where, failure.help, failure.detail)
            if as_json:
                from pynodes.model.record import Record

                console.json(Record.refused(failure, job).to_json())
            return failure.exit_code
        _show(console, request, outcome, as_json=as_json, as_list=given["frames"] is not None)
        status = 0
        if job.profile:
            from pynodes.cli.profiled import show_profile

            status = show_profile(console, outcome, scene.name, profile_out, is_shown=not as_json)
        if resumed is not None:
            console.note(resumed.summary)
        return status or outcome.verdict.exit_code


def _request(job: Job, python: str | None, output: Output, limit_s: float | None) -> RenderRequest:
    from pynodes.process.evidence_folder import new_folder
    from pynodes.rendering.request import RenderRequest

    return RenderRequest(
        host=host_for(python),
        job=job,
        out=output.out,
        evidence=new_folder(job.scene.stem),
        limit_s=limit_s,
        bits=output.bits,
    )


def _resume(request: RenderRequest) -> Resumed:
    from pynodes.rendering.resume import resume

    return resume(request)


def _dry_run(
    console: Console, request: RenderRequest, resumed: Resumed | None, *, as_json: bool
) -> int:
    from pynodes.cli.dry_run import show_dry_run

    return show_dry_run(console, request, resumed, as_json=as_json)


def _early_host(job: Job, python: str | None, *, is_here: bool) -> EarlyHost | None:
    """The host that was started before all this, if it fits; else it ends."""
    early = click.get_current_context().find_object(EarlyHost)
    if early is not None and (python is not None or not is_here or not early.fits(job)):
        early.close()
        return None
    return early


def _render(
    console: Console,
    request: RenderRequest,
    early: EarlyHost | None,
    cluster: OnCluster,
    resumed: Resumed | None,
    progress: str,
) -> Outcome:
    """Start the host, and load what is needed to show it while it starts."""
    if resumed is not None:
        left = _left(console, resumed)
        if left is None:
            return resumed.outcome()
        return resumed.outcome(_render(console, left, early, cluster, None, progress))
    if cluster.address is not None:
        from pynodes.cli.render_on import render_on

        return render_on(console, request, cluster, progress)
    from pynodes.rendering.run import rendering

    if console.verbose:
        console.detail(f"$ {request.command}")
    with rendering(request, early) as work:
        import pynodes.cli.rendered  # noqa: F401 -- for the end
        from pynodes.cli.progress import TileProgress
        from pynodes.cli.render_shown import RenderShown

        shown = RenderShown(console, TileProgress(console, progress), request.job)
        try:
            return work.outcome(shown)
        finally:
            shown.end()


def _left(console: Console, resumed: Resumed) -> RenderRequest | None:
    """What is left to render, once it is said why of frames that have a picture."""
    resumed.remove_partial()
    for frames, why in resumed.reasons:
        console.note(f"{frames} rendered anew: {why}")
    return resumed.request


def _show(
    console: Console, request: RenderRequest, outcome: Outcome, *, as_json: bool, as_list: bool
) -> None:
    from pynodes.cli.rendered import show_end, show_left, table

    show_end(console, outcome)
    show_left(console, request, outcome)
    if as_json:
        found = [record.to_json() for record in outcome.records]
        console.json(found if as_list else found[0])
    elif not console.quiet:
        console.lines(table(console, outcome.records))


def _debug(console: Console, job: Job, python: str | None, limit_s: float | None) -> int:
    if limit_s is not None:
        with refuse_values():
            raise BadValueError("--debug waits for what is typed", help="leave --limit out")
    from pynodes.host import foreground
    from pynodes.host.judge import judge

    shown = _plainly_shown(console, job)
    argv = [os.fspath(host_for(python)), *job.to_argv()]
    try:
        seen = foreground.run(argv, shown)
    finally:
        shown.end()
    return _show_judgement(console, judge(seen, job))


def _look(
    console: Console, job: Job, python: str | None, limit_s: float | None, *, as_json: bool
) -> int:
    from pynodes.cli.look import look_lines
    from pynodes.rendering.look import look

    shown = _plainly_shown(console, job)
    try:
        looked = look(host_for(python), job, limit_s, shown)
    finally:
        shown.end()
    status = _show_judgement(console, looked.judgement)
    if as_json:
        console.json(looked.to_json())
    elif not console.quiet:
        console.lines(look_lines(console, looked))
    return status


def _plainly_shown(console: Console, job: Job) -> RenderShown:
    """What shows a host without progress."""
    from pynodes.cli.progress import TileProgress
    from pynodes.cli.render_shown import RenderShown

    return RenderShown(console, TileProgress(console, "never"), job)


def _show_judgement(console: Console, ended: Judgement) -> int:
    from pynodes.model.verdict import Verdict

    if not ended.said and ended.verdict not in (Verdict.OK, Verdict.INTERRUPTED):
        console.error(ended.text, ended.where, ended.help)
    return ended.verdict.exit_code
