"""Options of `pynodes render` that say where its pictures go, and how."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import click

from pynodes.cli.command import Function, option
from pynodes.cli.options import path_option, value_option
from pynodes.errors import needed
from pynodes.model.job import Job
from pynodes.options.kinds import Words
from pynodes.options.table import OUTPUT

_OPTIONS = (
    path_option(
        "-o",
        "--out",
        "out",
        metavar="OUT",
        help="The picture: .png, .jpg, .npy, .pfm or .exr; #### becomes the frame number."
        "  [default: SCENE.png here]",
        group=OUTPUT,
    ),
    value_option(
        Words(("8", "16")),
        "--bits",
        help="Bits of a sample in a .png.  [default: 8]",
        group=OUTPUT,
    ),
    option(
        "--create-dir",
        is_flag=True,
        help="Make the folder of OUT where there is none.",
        group=OUTPUT,
    ),
)


def picture_options(function: Function) -> Function:
    """Add them to a command."""
    for add in reversed(_OPTIONS):
        function = add(function)
    return function


def refuse_picture(job: Job, given: Mapping[str, Any]) -> None:
    """Raises `click.UsageError` for any of them with what writes no picture."""
    if job.debug or job.pixel is not None:
        why = "--debug" if job.debug else "--pixel"
        for name in ("out", "bits", "create_dir"):
            if given[name]:
                word = name.replace("_", "-")
                raise click.UsageError(f"{why} writes no picture: leave --{word} out")


class Output(NamedTuple):
    """What they were given."""

    out: Path
    bits: int
    create_dir: bool

    @classmethod
    def of(cls, given: Mapping[str, Any], job: Job) -> Output:
        """Raises `click.UsageError` for what does not go together."""
        from pynodes.request import default_output

        out = given["out"] or default_output(job)
        if given["bits"] is not None and out.suffix.lower() != ".png":
            raise click.UsageError(f"--bits is for a .png, and {out} is none: leave it out")
        return cls(out, int(given["bits"] or "8"), given["create_dir"])

    def prepare(self) -> None:
        """Make the folder, if that is asked for. Raises `CannotStartError`."""
        if self.create_dir:
            from pynodes.outputs import make_folder

            folder = self.out.parent
            with needed(f"the folder {folder} cannot be made", help="choose another OUT"):
                make_folder(folder)
