"""`pynodes completion`."""

from __future__ import annotations

import click

from pynodes.cli.command import cli_command
from pynodes.cli.console import Console
from pynodes.cli.options import Value
from pynodes.cli.shells import SCRIPTS
from pynodes.options.kinds import Words


@cli_command(
    "completion",
    (
        "pynodes completion bash > ~/.local/share/bash-completion/completions/pynodes",
        "for good, where bash-completion is installed",
    ),
    ("pynodes completion zsh > ~/.zfunc/_pynodes", "for good; that folder belongs to fpath"),
    ("pynodes completion fish > ~/.config/fish/completions/pynodes.fish", "for good"),
)
@click.argument("shell", type=Value(Words(SCRIPTS)))
def command(shell: str) -> int:
    """Print the script that makes a shell complete pynodes.

    For a shell that runs: eval "$(pynodes completion bash)", or source it. Commands, options,
    words, cases, nodes, stored sweeps, hosts, parameters of a scene and files are completed. No
    scene is run for that.
    """
    Console().texts([SCRIPTS[shell]])
    return 0
