"""`pynodes replay`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from pynodes.cli.command import cli_command, option
from pynodes.cli.console import Console
from pynodes.cli.options import (
    Value,
    chatter_options,
    check_options,
    job_options,
    limit_option,
    make_job,
    output_options,
    path_option,
    refuse_values,
    value_option,
)
from pynodes.cli.shown import ReplayShown, show_end
from pynodes.host.find import find_host
from pynodes.image.files import check_output
from pynodes.options.kinds import Number
from pynodes.options.places import Place, Script
from pynodes.options.rules import check_beside
from pynodes.options.table import OUTPUT
from pynodes.process.evidence_folder import new_folder
from pynodes.replay.flat import flat
from pynodes.replay.play import Play, Played, play
from pynodes.replay.replay import Replay, read_replay
from pynodes.replay.stats import EntryStats
from pynodes.trace.keep import check_place
from pynodes.words import count, duration, nanoseconds, plural


@cli_command(
    "replay",
    ("pynodes replay user.toml", "the events alone"),
    ("pynodes replay user.toml --render scene.py -t 4", "while a scene is rendered"),
    ("pynodes replay user.toml --overlay view.png", "and show what scripts drew"),
)
@click.argument("replay_file", metavar="REPLAY.toml", type=Value(Place("REPLAY.toml")))
@value_option(
    Script(), "--render", "scene", help="Render this scene over and over beside the replay."
)
@value_option(
    Script("SCRIPT.py"),
    "--script",
    "scripts",
    multiple=True,
    help="Run this script before anything is rendered or played; repeatable.",
)
@option("--live", is_flag=True, help="Each of those frames shows the scene as it is then.")
@value_option(
    Number("a number of rounds", 1, 1_000_000, "R"),
    "--repeat",
    default="1",
    help="Play so many rounds.",
)
@path_option(
    "-o",
    "--out",
    "out",
    metavar="OUT",
    help="Also write the picture of the render beside: .png, .jpg, .npy, .pfm or .exr.",
    group=OUTPUT,
)
@path_option(
    "--overlay",
    metavar="OUT",
    help="Write the view with what scripts drew over it, and their windows beside it.",
    group=OUTPUT,
)
@job_options("replay")
@limit_option
@output_options
@chatter_options("Only warnings and errors.", "Also each entry as it comes.")
def command(
    replay_file: Path,
    scene: Path | None,
    scripts: tuple[Path, ...],
    live: bool,
    repeat: int,
    out: Path | None,
    overlay: Path | None,
    limit_s: float | None,
    as_json: bool,
    color: str,
    quiet: bool,
    verbose: bool,
    **given: Any,
) -> int:
    """Play a list of events, also beside a render.

    REPLAY.toml lists events by time, frame or tile: keys, redraws, buttons, files, menus, frame
    changes, edits, undo, renders. They are played on the host's main thread, where scripts and
    their callbacks run, while render threads work. The options of a render are those of
    `pynodes render`; the engine is shared.
    """
    check_options(*["quiet"] * quiet, *["verbose"] * verbose)
    console = Console(color, quiet=quiet, verbose=verbose)
    replay = read_replay(replay_file)
    if scene is None:
        _check_alone(console, replay, replay_file, live or out is not None)
    if overlay is not None:
        check_output(overlay)
    what = Play(
        host=find_host(),
        text=flat(replay, repeat, given["seed"] or 0),
        scripts=(*replay.setup, *scripts),
        beside=scene is not None,
        live=live,
        out=out,
        overlay=overlay,
        limit_s=limit_s,
    )
    rendered = scene or replay.scene
    if rendered is not None:
        with refuse_values():
            check_beside(given)
        job = make_job(rendered.absolute(), given, engine="shared")
        if job.trace is not None:
            check_place(job.trace)
        what = replace(what, job=job, evidence=new_folder(job.scene.stem))
    shown = ReplayShown(console, replay.length * repeat)
    played = play(what, shown)
    shown.end()
    show_end(console, played)
    if as_json:
        console.json(played.to_json())
    elif not quiet:
        console.lines(_table(console, played))
    return played.verdict.exit_code


def _check_alone(console: Console, replay: Replay, path: Path, wants_render: bool) -> None:
    """Nothing is rendered beside: refuse what needs that, warn of what is different."""
    if wants_render:
        raise click.UsageError("--live and --out are for a render beside: add --render SCENE.py")
    if replay.needs_render:
        console.warning(
            "events that wait for a frame or a tile come at once: nothing is rendered beside",
            str(path),
            "add --render SCENE.py",
        )


def _table(console: Console, played: Played) -> Iterator[str]:
    if played.entries:
        yield from _entries(console, played.entries)
    yield console.verdict_row(played.verdict, played.text)
    yield console.row("time", duration(played.wall_s))
    wait = played.main_wait
    if wait.times:
        yield console.row(
            "waits",
            f"{_time(wait.p50_s)} median, {_time(wait.p99_s)} at the 99th percentile,"
            f" {_time(wait.max_s)} at most ({wait.longest}); {count(wait.times)} on the main"
            " thread",
        )
    if played.expected:
        yield console.row("errors", f"{played.expected} as expected")
    if played.passes:
        alike = "all alike" if not played.differing else f"{played.differing} differ"
        yield console.row(
            "beside",
            f"{plural(played.passes, 'frame')} on {played.threads}"
            f" {'thread' if played.threads == 1 else 'threads'}, {alike}",
        )
    if played.sha256 is not None:
        yield console.row("sha256", played.sha256)


def _entries(console: Console, entries: tuple[EntryStats, ...]) -> Iterator[str]:
    width = max(3, *(len(entry.who) for entry in entries))
    head = (
        f"{'entry point':<12} {'who':<{width}} {'times':>7}  {'took p50':>9} {'p99':>9}"
        f"  {'wait p99':>9} {'max':>9}  {'errors':>6}"
    )
    yield console.style(head, "dim")
    for entry in entries:
        errors = str(entry.errors) if entry.errors else "-"
        if entry.expected:
            errors += f" ({entry.expected} expected)"
        other = ", ".join(
            f"{times} {word}" for word, times in entry.results.items() if word != "error"
        )
        yield (
            f"{entry.kind:<12} {entry.who:<{width}} {count(entry.times):>7}"
            f"  {_time(entry.took_p50_s):>9} {_time(entry.took_p99_s):>9}"
            f"  {_time(entry.wait_p99_s):>9} {_time(entry.wait_max_s):>9}  {errors:>6}"
            f"  {other}".rstrip()
        )
    yield ""


def _time(seconds: float) -> str:
    return nanoseconds(seconds * 1e9) if seconds > 0 else "-"
