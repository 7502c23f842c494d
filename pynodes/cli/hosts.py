"""`pynodes hosts`."""

from __future__ import annotations

import click

from pynodes.cli import complete
from pynodes.cli.command import cli_group
from pynodes.cli.console import Console
from pynodes.cli.options import color_option, output_options
from pynodes.cli.tables import columns
from pynodes.host import hosts


@cli_group(
    "hosts",
    ("pynodes hosts", "what --python can name"),
    ("pynodes hosts add 3.13t", "build a host for another Python"),
    ("pynodes hosts remove 3.13t", "delete it"),
    bare="list",
)
def command() -> None:
    """List the hosts there are, build one for another Python, remove it.

    Without a command they are listed. `pynodes render` and `pynodes sweep` take one of them with
    --python P.
    """


@command.command("list")
@output_options
def list_hosts(as_json: bool, color: str) -> int:
    """List the hosts that --python can name."""
    console = Console(color)
    found = hosts.installed()
    if as_json:
        console.json([{**host.identity.to_json(), "default": host.is_default} for host in found])
        return 0
    if not found:
        console.note("no host is installed; `pynodes doctor` says why")
        return 0
    table = [["Python", "", "compiler", "program"]]
    for host in found:
        default = "default" if host.is_default else ""
        table.append([host.python, default, host.identity.compiler, str(host.identity.path)])
    console.lines(columns(console, table, texts=[0, 1, 2, 3]))
    return 0


@command.command("add")
@click.argument("python", metavar="P", shell_complete=complete.pythons)
@color_option
def add(python: str, color: str) -> int:
    """Build a host for Python P into the user's cache.

    P is a version (3.13, 3.13.1, 3.13t) or an interpreter. It takes a C compiler and that Python's
    headers and libpython; meson and ninja are fetched by pip when they are missing.
    """
    console = Console(color)
    found = hosts.find_python(python)
    console.note(f"building a host for Python {found.name} ({found.executable})")
    path = hosts.add(found)
    console.out(f"{found.name}  {path}")
    return 0


@command.command("remove")
@click.argument("python", metavar="P", shell_complete=complete.built_hosts)
@color_option
def remove(python: str, color: str) -> int:
    """Delete the host for Python P from the user's cache."""
    for name in hosts.remove(python):
        Console(color).out(f"removed {name}")
    return 0
