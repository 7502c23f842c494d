"""One row of the table, and the flags that several groups run hosts with."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field

HUGE = ("--size", "2048x2048", "--samples", "1")
BIG = ("--size", "768x768", "--samples", "1")
MIDDLE = ("--size", "256x256", "--samples", "1")
DEFAULT = ("--size", "1024x1024", "--samples", "4")
SMALL = ("--size", "96x96", "--samples", "1")
SHARED = ("--engine", "shared")
ISOLATED = ("--engine", "isolated")
PROCESS = ("--engine", "process")


def threads(n: int) -> tuple[str, str]:
    """The flags for n render threads."""
    return ("-t", str(n))


@dataclass
class Row:
    """One line of the table."""

    name: str
    what: str
    goal: str = ""
    ratios: list[float] = field(default_factory=list)
    unit: str = "x"
    note: str = ""

    def shown(self) -> tuple[str, str]:
        """The median with its unit, and the range; or a dash and the reason."""
        if not self.ratios:
            return ("-", self.note or "not run")
        digits = 1 if self.unit == "MiB" or statistics.median(self.ratios) >= 10 else 3
        middle = f"{statistics.median(self.ratios):.{digits}f} {self.unit}"
        spread = f"{min(self.ratios):.{digits}f} to {max(self.ratios):.{digits}f}"
        return (middle, spread)
