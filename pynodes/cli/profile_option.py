"""`--profile [FILE]` of `pynodes render`."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import click

from pynodes.cli.command import Command
from pynodes.cli.options import path_option
from pynodes.options.table import SHOW

profile_out_option = path_option(
    "--profile-out",
    metavar="FILE",
    help="Sample as --profile does, and write a flame graph (.svg) or a profile for"
    " speedscope.app (.json).",
    group=SHOW,
)


def check_profile(path: Path | None) -> None:
    """Refuse a place where a profile cannot be written. Raises `CannotStartError`."""
    if path is not None:
        from pynodes.profile.keep import check_place

        check_place(path)


def _is_place(word: str) -> bool:
    """Whether it is where the profile goes; a scene stands there too."""
    return not word.startswith("-") and Path(word).suffix.lower() not in ("", ".py")


class ProfiledCommand(Command):
    """A command that takes `--profile FILE.svg` for `--profile-out FILE.svg`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        for at, (word, following) in enumerate(pairwise([*args, ""])):
            if word == "--":
                break
            if word == "--profile" and _is_place(following):
                args[at] = "--profile-out"
            elif word.startswith("--profile="):
                args[at] = word.replace("--profile=", "--profile-out=", 1)
        return super().parse_args(ctx, args)
