"""`pynodes template`."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import click

from pynodes import printable
from pynodes.cli.command import cli_command, option
from pynodes.cli.console import Console
from pynodes.cli.options import Value, color_option
from pynodes.options.places import Place


@cli_command(
    "template",
    ("pynodes template myhost", "a program in a new folder"),
    ("pynodes template src/host --name viewer", "by another name"),
    ("pynodes template myhost --force", "overwrite what is there"),
)
@click.argument("folder", metavar="DIR", type=Value(Place("DIR")))
@option(
    "--name",
    metavar="NAME",
    help="The name of the program.  [default: that of the folder]",
)
@option("--force", is_flag=True, help="Overwrite files that are there already.")
@color_option
def command(folder: Path, name: str | None, force: bool, color: str) -> int:
    """Write a small host of your own to start from, in C and C++.

    It starts, wraps and stops Python in the order that works, and needs CPython and pthreads only.
    What is written may be copied, changed and used without any condition.
    """
    from pynodes.template import write_template

    if name is None:
        name = os.path.basename(os.path.abspath(folder))  # noqa: PTH100, PTH119 - reads no link
    written = write_template(folder, name, force=force)
    console = Console(color)
    console.out(f"wrote {', '.join(path.name for path in written)}")
    console.out()
    python = printable.command([sys.executable or "python3"])
    beside = Path(sys.executable).with_name("meson")  # of an environment that is not activated
    has_meson, is_beside = shutil.which("meson") is not None, beside.exists()
    meson = printable.command([beside]) if is_beside and not has_meson else "meson"
    steps = ("setup build -Dpython=" + python, "compile -C build", "test -C build")
    for line in (
        f"cd {printable.command([folder])}",
        " && ".join(f"{meson} {step}" for step in steps),
        f"cmake -B build -Dpython={python} && cmake --build build && ctest --test-dir build",
    ):
        console.out(f"  {line}")
    console.out()
    if not (has_meson or is_beside):
        console.note(f"meson is on no PATH; to get it: {python} -m pip install meson ninja")
    if shutil.which("cmake") is None:
        console.note("cmake is on no PATH; to get it: sudo apt install cmake (Debian, Ubuntu)")
    console.out(
        console.style("meson or CMake, either will do; README.md says what to change", "dim")
    )
    return 0
