"""The smallest setting that still shows a fault."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from pynodes.model.verdict import Verdict
from pynodes.options.table import ORDERS
from pynodes.repro.catalog import Case
from pynodes.repro.check import Runner, Setting, Tally

_SIZES = ("2x1", "8x8", "16x8", "24x16", "48x32")
_THREADS = (1, 2, 3, 4, 6, 8, 12, 16, 32, 64, 128, 256)


def shrink(
    runner: Runner,
    case: Case,
    setting: Setting,
    tries: int,
    report: Callable[[Setting, Tally], None],
) -> Tally | None:
    """Look for fewer threads, then for a smaller picture, then for a life without stress.

    A setting counts when one of `tries` runs shows an expected verdict that is not `ok`. When
    `setting` shows nothing it is tried with the other orders of tiles. Returns the tally of the
    smallest setting that shows it; None when none does.
    """
    best: Tally | None = None

    def shows(candidate: Setting) -> bool:
        nonlocal best
        tally = runner.tally(case, candidate, tries, until_seen=True)
        if tally is None:
            return False
        report(candidate, tally)
        last = tally.outcomes[-1].verdict
        seen = last is not Verdict.OK and last in tally.expectation.verdicts
        if seen:
            best = tally
        return seen

    # Another order of tiles brings other pixels together: worth a look when this one shows nothing.
    others = () if setting.stress else (order for order in ORDERS if order != setting.order)
    orders = [replace(setting, order=order) for order in (setting.order, *others)]
    first = next(filter(shows, orders), None)
    if first is None:
        return None
    fewer = [replace(first, threads=threads) for threads in _THREADS if threads < first.threads]
    setting = next(filter(shows, fewer), first)
    smaller = [replace(setting, size=size) for size in _SIZES if size != setting.size]
    setting = next(filter(shows, smaller), setting)
    if setting.stress:
        shows(replace(setting, stress=False))
    return best
