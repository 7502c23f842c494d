"""What each node took, in the table of a render."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from pynodes.cli.console import Console
from pynodes.model.record import NodeCost, Record
from pynodes.words import count, duration, nanoseconds, percent

_MATTERS = 0.05
_MOST = 8


def node_lines(console: Console, record: Record) -> Iterator[str]:
    """A line for each node that matters, where several do: they take 5 % or more."""
    found = [cost for cost in record.node_costs if cost.node and (cost.share or 0.0) >= _MATTERS]
    if len(found) < 2:
        return
    names = Counter(cost.node for cost in found)
    rows = [_cells(cost, is_named=names[cost.node] == 1) for cost in found[:_MOST]]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for at, (name, share, cpu, calls) in enumerate(rows):
        line = f"{name:<{widths[0]}}  {share:>{widths[1]}}  {cpu:>{widths[2]}}  {calls}"
        yield console.row("" if at else "nodes", line)


def _cells(cost: NodeCost, *, is_named: bool) -> tuple[str, str, str, str]:
    """Its name, its share of the processor time of the render threads, that time, its calls."""
    if cost.native:
        calls = "(native)"
    else:
        each = nanoseconds(cost.cpu_s * 1e9 / max(cost.samples, 1))
        by_batch = cost.samples > cost.calls
        of = f"calls for {count(cost.samples)} samples, {each} a sample"
        calls = f"({count(cost.calls)} {of if by_batch else f'calls, {each} each'})"
    name = cost.node if is_named else f"{cost.node} of {cost.tree}"
    return name, percent(cost.share or 0.0), duration(cost.cpu_s), calls
