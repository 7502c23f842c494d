"""This process as a place: one errand after the other."""

from __future__ import annotations

from collections.abc import Iterator

from pynodes.errands.errand import Bench, Done, Office, Place, Spot


class Here(Place):
    """One errand at a time.

    Args:
        bench: that of all errands; what they keep is where it belongs already.
    """

    def __init__(self, spot: Spot, bench: Bench) -> None:
        self._spot = spot
        self._bench = bench

    def carry_out(self, office: Office) -> Iterator[Done]:
        while (errand := office.next(self._spot)) is not None:
            yield Done(errand, self._spot, errand.do(self._bench))
