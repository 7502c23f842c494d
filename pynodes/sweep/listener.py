"""What there is to hear while a sweep is carried out."""

from __future__ import annotations

from pynodes.host.listener import Listener
from pynodes.store.model import RunDraft


class SweepListener(Listener):
    """Hears how far a sweep is, and of each host that it runs."""

    def begins(self, runs: int, stored: int) -> None:
        """The runs that are about to be made; `stored` were made earlier."""

    def run_begins(self, number: int, what: str, left_s: float | None, machine: str) -> None:
        """The run of that number (from 1) begins; `what` says which cell it is."""

    def run_ended(self, what: str, sample: RunDraft, machine: str) -> None:
        """It was stored."""
