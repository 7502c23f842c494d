"""`--print-cflags`: for compilers, so that a program asks where it counts references."""

from __future__ import annotations

from typing import Any

import click

from pynodes import printable
from pynodes.cli.command import Function, option


def _print(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    if value and not ctx.resilient_parsing:
        from pynodes.cli.console import Console
        from pynodes.diagnose.header import cflags

        Console().lines([printable.command(cflags())])
        ctx.exit()


def print_cflags_option(function: Function) -> Function:
    """Print them, and do nothing else."""
    return option(
        "--print-cflags",
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_print,
        help="Print what a C or C++ compiler needs, so that the program asks whether it is attached"
        " where it counts references, and exit.",
    )(function)
