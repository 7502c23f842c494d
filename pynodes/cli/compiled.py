"""Which nodes were compiled, in the table of a render, and when it would pay."""

from __future__ import annotations

from collections.abc import Iterator

from pynodes.cli.console import Console
from pynodes.model.record import Record
from pynodes.words import count, percent

_MUCH = 0.5
_LEAST_S = 1.0


def compiled_lines(console: Console, record: Record) -> Iterator[str]:
    """A line for what was compiled, and one for each node that was not, with why."""
    done = sorted({each.node for each in record.compiled if not each.why})
    if done:
        calls = int(record.figures["compiled_calls"] or 0)
        yield console.row("compiled", f"{', '.join(done)}  ({count(calls)} calls)")
    yield from _difference(console, record)
    left = {each.node: each.why for each in record.compiled if each.why}
    for node, why in left.items():
        yield console.row("not", f"{node}: {why}")
    if record.options.get("compile") == "off":
        yield from _advice(console, record)


def _difference(console: Console, record: Record) -> Iterator[str]:
    """How far off single precision was, and which nodes were computed exactly all the same."""
    compared, off = record.figures.get("compared_calls"), record.figures.get("difference_e9")
    if compared and off is not None:
        more = f"of {count(int(compared))} calls that were computed exactly as well"
        yield console.row("largest difference", f"{off / 1e9:.1e}  ({more})")
    for node, why in {each.node: each.exact for each in record.compiled if each.exact}.items():
        yield console.row("exact", f"{node}: {why} has no vectors in single precision")


def _advice(console: Console, record: Record) -> Iterator[str]:
    """Where most of a render that was not short went into Python nodes."""
    spent, all_s = record.figures["python_cpu_s"], record.figures["cpu_s"]
    if spent and all_s and spent >= _LEAST_S and spent / all_s >= _MUCH:
        share = percent(spent / all_s)
        names = sorted({each.node for each in record.node_costs if each.node and not each.native})
        text = (
            f"{share} of the time went into Python nodes; --compile exact runs them as machine code"
        )
        which = f" where it can ({', '.join(names)})" if names else ""
        yield console.row("compile?", f"{text}{which}")
