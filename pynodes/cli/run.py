"""`pynodes run`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from pynodes.app.menus import MARK, scan
from pynodes.cli import HELP_NAMES
from pynodes.cli.console import Console
from pynodes.cli.options import (
    Value,
    job_options,
    limit_option,
    make_job,
    output_options,
    path_option,
    value_option,
)
from pynodes.cli.shown import ReplayShown, show_end
from pynodes.errors import BadValueError
from pynodes.host.find import find_host
from pynodes.model.verdict import Verdict
from pynodes.options.kinds import Script
from pynodes.process.evidence_folder import new_folder
from pynodes.replay.flat import run_scripts
from pynodes.replay.play import Play, play


@click.command(
    "run",
    context_settings={
        **HELP_NAMES,
        "ignore_unknown_options": True,
        "allow_interspersed_args": False,
    },
)
@click.argument("script", metavar="SCRIPT.py", required=False, type=Value(Script("SCRIPT.py")))
@click.argument("args", nargs=-1, type=click.UNPROCESSED)
@value_option(
    Script("SCRIPT.py"),
    "-s",
    "--script",
    "before",
    multiple=True,
    help="Run this script first; repeatable, in order.",
)
@path_option(
    "--list-menus", "menus", metavar="DIR", help="Only list the menu scripts of this folder."
)
@value_option(Script(), "--scene", help="The scene that the scripts see and render.")
@path_option(
    "-o",
    "--out",
    metavar="OUT",
    help="Where frames that a script renders go; #### becomes the frame number.",
)
@click.option(
    "--ignore-status",
    is_flag=True,
    help="Leave with 0 whatever status the scripts end with; crashes and hangs still count.",
)
@job_options("run")
@limit_option
@output_options
@click.option("-v", "--verbose", is_flag=True, help="Also each entry into Python.")
def command(
    script: Path | None,
    args: tuple[str, ...],
    menus: Path | None,
    before: tuple[Path, ...],
    scene: Path | None,
    out: Path | None,
    ignore_status: bool,
    limit_s: float | None,
    as_json: bool,
    color: str,
    verbose: bool,
    **given: Any,
) -> int:
    """Run Python scripts inside the host.

    What stands after SCRIPT.py are the script's own arguments. A script runs as with
    `python SCRIPT.py`, and can use `pynodes.app`. The exit status is the script's: 0, what it gave
    to sys.exit(), or 1 after an error; of several, that of the last one that ended badly.
    """
    if menus is not None:
        _list_menus(Console(color), menus)
        return 0
    if script is None:
        raise click.UsageError("missing argument 'SCRIPT.py'")
    console = Console(color, quiet=True, verbose=verbose)
    if out is not None and scene is None:
        raise click.UsageError("--out is for a scene: add --scene SCENE.py")
    job = make_job(scene.absolute(), given, engine="shared") if scene is not None else None
    scripts = [(str(path.absolute()), ()) for path in before]
    what = Play(
        host=find_host(),
        text=run_scripts([*scripts, (str(script.absolute()), args)]),
        job=job,
        out=out,
        evidence=new_folder(job.scene.stem) if job is not None else None,
        limit_s=limit_s,
    )
    played = play(what, ReplayShown(console))
    show_end(console, played)
    windows = [entry.who for entry in played.entries if entry.kind == "draw"]
    if windows:
        words = f"{windows[0]} opened a window, and there is nobody who could use it"
        console.warning(words, help="`pynodes replay` plays what a user does, `--overlay` shows it")
    if as_json:
        console.json(played.to_json())
    if played.verdict not in (Verdict.OK, Verdict.SCRIPT_ERROR):
        return played.verdict.exit_code
    if ignore_status:
        return 0
    return played.status or played.verdict.exit_code


def _list_menus(console: Console, folder: Path) -> None:
    """The entries of a folder, by group; runs nothing. What is wrong with a header is a warning."""
    try:
        entries = scan(str(folder))
    except OSError as error:
        what = f"cannot read the folder {folder}: {error.strerror}"
        raise BadValueError(what, help="name a folder of menu scripts") from None
    for entry in entries:
        words = f" [{', '.join(label for label, _ in entry.submenus)}]" if entry.submenus else ""
        title = f"{entry.group:<12} {entry.name}{words}"
        console.out(f"{title:<40} {entry.tooltip}".rstrip())
        if entry.problem:
            console.warning(entry.problem, entry.path)
    if not entries:
        console.note(f"no menu scripts in {folder}: their first line is {MARK!r}")
