"""`pynodes run`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from pynodes.app.menus import MARK, scan
from pynodes.cli import complete
from pynodes.cli.command import Command, cli_command, option
from pynodes.cli.console import Console
from pynodes.cli.options import (
    job_options,
    limit_option,
    make_job,
    output_options,
    path_option,
    refuse_values,
    value_option,
)
from pynodes.cli.shown import ReplayShown, show_end
from pynodes.errors import BadValueError
from pynodes.host.find import find_host
from pynodes.model.verdict import Verdict
from pynodes.options.kinds import Names, Words
from pynodes.options.places import Script
from pynodes.options.table import OUTPUT
from pynodes.process.evidence_folder import new_folder
from pynodes.process.relay import die_by
from pynodes.replay.play import Played
from pynodes.replay.program import Program, run_program

_STDERR = 2


class _Run(Command):
    """What follows `-m NAME` belongs to the module, as with `python`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        options = [param for param in self.params if isinstance(param, click.Option)]
        takes = {name for option in options if not option.is_flag for name in option.opts}
        at = 0
        while at < len(args) and args[at].startswith("-") and args[at] != "--":
            word = args[at]
            at += 2 if word in takes else 1
            if word.startswith("-m") or word.partition("=")[0] == "--module":
                if at <= len(args):  # its name is there
                    args.insert(at, "--")
                break
        return super().parse_args(ctx, args)


@cli_command(
    "run",
    ("pynodes run script.py its arguments", "as python would, inside the host"),
    ("pynodes run --limit 60 --json script.py", "with an end, and figures"),
    ("pynodes run -m unittest", "a module"),
    cls=_Run,
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@click.argument(
    "words",
    metavar="SCRIPT.py [ARGS]...",
    nargs=-1,
    type=click.UNPROCESSED,
    shell_complete=complete.script_words,
)
@value_option(Names("NAME"), "-m", "--module", help="Run a module, not a file.")
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
    group=OUTPUT,
)
@value_option(
    Words(("python", "host")),
    "--signals",
    default="python",
    help="Signals as in python, or as in a render: a crash leaves the stacks of all threads.",
)
@option(
    "--ignore-status",
    is_flag=True,
    help="Leave with 0 whatever status the scripts end with; crashes and hangs still count.",
)
@job_options("run")
@limit_option
@output_options
@option("-v", "--verbose", is_flag=True, help="Also each entry into Python.", group=OUTPUT)
def command(
    words: tuple[str, ...],
    module: str | None,
    menus: Path | None,
    before: tuple[Path, ...],
    scene: Path | None,
    out: Path | None,
    signals: str,
    ignore_status: bool,
    limit_s: float | None,
    as_json: bool,
    color: str,
    verbose: bool,
    **given: Any,
) -> int:
    """Run Python scripts inside the host.

    What stands after SCRIPT.py, or after -m NAME, are its own arguments. It runs as with
    `python SCRIPT.py`, and can use `pynodes.app`. The run ends as the script does: by its exit
    status, or by the signal that it died of; a crash is status 4.
    """
    if menus is not None:
        _list_menus(Console(color), menus)
        return 0
    if module is None and not words:
        raise click.UsageError("missing argument 'SCRIPT.py'")
    if module is None and not os.path.lexists(words[0]):
        if words[0].startswith("--"):
            raise click.NoSuchOption(words[0], ctx=click.get_current_context())
        with refuse_values():
            Script("SCRIPT.py").parse(words[0])
    console = Console(color, quiet=True, verbose=verbose)
    if out is not None and scene is None:
        raise click.UsageError("--out is for a scene: add --scene SCENE.py")
    what = Program(
        host=find_host(),
        command=words if module is None else ("-m", module, *words),
        scripts=before,
        job=make_job(scene.absolute(), given, engine="shared") if scene is not None else None,
        out=out,
        host_signals=signals == "host",
        stdout=_STDERR if as_json else None,
        evidence=new_folder(Path(module or words[0]).stem),
        limit_s=limit_s,
    )
    shown = ReplayShown(console)
    played = run_program(what, shown)
    shown.end()
    show_end(console, played)
    windows = [entry.who for entry in played.entries if entry.kind == "draw"]
    if windows:
        text = f"{windows[0]} opened a window, and there is nobody who could use it"
        console.warning(text, help="`pynodes replay` plays what a user does, `--overlay` shows it")
    if as_json:
        console.json(played.to_json())
    return _end(played, ignore_status)


def _end(played: Played, ignore_status: bool) -> int:
    """The exit status; or end as the script did, by a signal."""
    if played.verdict in (Verdict.CRASH, Verdict.HANG, Verdict.CANNOT_START):
        return played.verdict.exit_code
    if ignore_status:
        return 0
    if played.status < 0:
        die_by(-played.status)
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
