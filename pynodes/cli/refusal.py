"""What `pynodes render --json` prints when there was no render."""

from __future__ import annotations

from pynodes.cli.console import Console
from pynodes.errors import PynodesError
from pynodes.model.job import Job
from pynodes.model.record import Record


def print_refusal(error: PynodesError, job: Job | None = None) -> None:
    """The JSON object of a render that never began."""
    Console().json(Record.refused(error, job).to_json())
