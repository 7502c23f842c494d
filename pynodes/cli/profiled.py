"""The lines that a profile found, in the table of a render."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path, PurePath

from pynodes import files
from pynodes.cli.console import Console
from pynodes.failures import explained
from pynodes.model.record import LineCost
from pynodes.options.engines import engine_of
from pynodes.profile.calls import node_profiles
from pynodes.profile.keep import keep
from pynodes.rendering.outcome import Outcome
from pynodes.words import duration, percent, plural

_MOST_NODES, _MOST_LINES = 6, 8
_MATTERS, _SHOWS = 0.01, 0.005
_FEW = 100


def show_profile(
    console: Console, outcome: Outcome, scene: str, path: Path | None, *, is_shown: bool
) -> int:
    """Print a profile, and write it if a file was named; the exit status of a failure, else 0."""
    status = _keep(console, outcome, scene, path) if path is not None else 0
    if is_shown and not console.quiet:
        console.lines(profile_lines(console, outcome, path if status == 0 else None))
    return status


def profile_lines(console: Console, outcome: Outcome, path: Path | None) -> Iterator[str]:
    """A table a node, its costliest lines first. Shares are of all that render threads used.

    Args:
        path: the file that the profile is in.
    """
    profile = node_profiles(outcome.profile) if outcome.profile is not None else []
    samples = sum(node.samples for node in profile)
    if not samples:
        yield console.row("profile", "no sample: the Python nodes took next to no time")
        return
    more = "a larger --size or more --samples give more"
    few = f"; so few give rough shares: {more}" if samples < _FEW else ""
    found = f"{plural(samples, 'stack')} sampled in Python nodes{few}"
    yield console.row("profile", f"{path}  ({found})" if path is not None else found)
    records = outcome.records
    whole_s = sum(record.figures["cpu_s"] or 0.0 for record in records)
    whole_s = whole_s or sum(node.cpu_s for node in profile)
    calls: Counter[tuple[str, str]] = Counter()
    of_calls: Counter[tuple[str, str]] = Counter()
    for cost in (cost for record in records for cost in record.node_costs):
        calls[cost.node, cost.tree] += cost.calls
        of_calls[cost.node, cost.tree] += cost.samples
    for node in profile[:_MOST_NODES]:
        share = f"{percent(node.cpu_s / whole_s)}  {duration(node.cpu_s)}"
        n_calls, n_samples = (each[node.node, node.tree] for each in (calls, of_calls))
        many = f" for {plural(n_samples, 'sample')}" if n_samples > n_calls else ""
        called = f"({plural(n_calls, 'call')}{many})"
        yield console.row("", console.style(f"{node.node}  {share}  {called}", "bold"))
        least = max(_MATTERS * node.cpu_s, _SHOWS * whole_s)
        rows = [line for line in node.lines if line.total_s >= least]
        if rows:
            yield console.row("", console.style(f"{'total':>7}{'self':>7}  line", "dim"))
        for line in rows[:_MOST_LINES]:
            yield console.row("", _line(line, whole_s))


def _line(line: LineCost, whole_s: float) -> str:
    """Shares, where it is, and what stands there."""
    shares = (percent(seconds / whole_s) for seconds in (line.total_s, line.self_s))
    source = _lines_of(line.file)
    text = source[line.line - 1].strip() if 0 < line.line <= len(source) else line.function
    place = f"{PurePath(line.file).name}:{line.line}"
    return "".join(f"{share:>7}" for share in shares) + f"  {place}  {text[:60]}"


def _keep(console: Console, outcome: Outcome, scene: str, path: Path) -> int:
    if outcome.profile is None:
        console.warning("nothing was sampled, so there is no profile to write", str(path))
        return 0
    first = outcome.records[0]
    units = plural(first.threads or 0, engine_of(first.engine).unit)
    title = f"{scene}: engine {first.engine}, {units}, Python {first.python}"
    try:
        keep(outcome.profile, path, title)
    except Exception as error:
        failure = explained(error)
        console.error(failure.what, failure.where, failure.help, failure.detail)
        return failure.exit_code
    return 0


@cache
def _lines_of(file: str) -> list[str]:
    """The lines of a source file; none where it cannot be read."""
    with suppress(OSError):
        return files.read(file, files.SCRIPT).decode("utf-8", "replace").splitlines()
    return []
