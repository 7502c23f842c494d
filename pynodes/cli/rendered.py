"""What `pynodes render` says of a render that has ended: how, what was saved, what is left."""

from __future__ import annotations

from collections.abc import Iterator

from pynodes.cli.compiled import compiled_lines
from pynodes.cli.console import Console
from pynodes.cli.node_costs import node_lines
from pynodes.cli.options import given_again
from pynodes.image.files import numbered
from pynodes.machine import usable_cores
from pynodes.model.record import Record
from pynodes.model.verdict import Verdict
from pynodes.options.engines import engine_of
from pynodes.options.kinds import format_ranges
from pynodes.options.places import path_word
from pynodes.process.evidence_folder import NOT_KEPT
from pynodes.rendering.outcome import Outcome
from pynodes.rendering.request import RenderRequest
from pynodes.words import count, duration, nanoseconds, plural

_DIED = (Verdict.CRASH, Verdict.HANG, Verdict.INTERRUPTED)


def show_end(console: Console, outcome: Outcome) -> None:
    """What no event said: how a host ended that could not say so, and what was saved."""
    for note in outcome.notes:
        console.error(note.what, note.where, note.help, note.detail, note.again)
    for record in outcome.records:
        done, tiles = record.tiles_done, record.tiles or 0
        if record.image is not None and done < tiles:
            console.warning(
                f"a partial picture: {count(done)} of {plural(tiles, 'tile')}; the rest is empty",
                record.image,
            )
        elif record.image is None and record.verdict in _DIED:
            what = "the picture was not" if done else "no tile was"
            console.note(f"{what} finished, so no picture was written")
    if outcome.trace_is_short:
        where = next((record.trace for record in outcome.records if record.trace), "")
        console.warning("the timeline goes as far as the last frame that was finished", where)
    if outcome.evidence_lost:
        console.warning(NOT_KEPT, outcome.evidence_lost)
    folder = next((record.evidence for record in outcome.records if record.evidence), None)
    if folder is not None and outcome.verdict in (Verdict.CRASH, Verdict.HANG):
        console.note(f"the host's last words are kept in {folder}")


def show_left(console: Console, request: RenderRequest, outcome: Outcome) -> None:
    """Which frames of several an end has left, and the command that renders them."""
    left, frames = outcome.left, request.job.frames
    if len(frames) == 1 or not left or (left == frames and outcome.verdict not in _DIED):
        return
    instead = {"frame": [], "frames": ["--frames", format_ranges(left)]}
    if len(left) == 1 and request.out is not None:  # by itself it would have no number
        instead["out"] = ["--out", path_word(numbered(request.out))]
    what = f"{len(left)} of {plural(len(frames), 'frame')} are left"
    console.warning(what, again=given_again(instead))


def table(console: Console, records: tuple[Record, ...]) -> Iterator[str]:
    """The short table at the end: one record in full, several as a line each.

    A render that could not start has none: its error has said it all.
    """
    if len(records) == 1 and records[0].verdict is Verdict.CANNOT_START and not records[0].image:
        return
    if len(records) == 1:
        yield from _one_record(console, records[0])
        return
    width = max(len(record.image or "-") for record in records)
    head = f"{'frame':>6}  {'picture':<{width}}  {'verdict':<12}  {'render':>9}  sha256"
    yield console.style(head, "dim")
    for record in records:
        render_s = record.figures["render_s"]
        spent = duration(render_s) if render_s is not None else "-"
        verdict = console.verdict(record.verdict, f"{record.verdict:<12}")
        yield (
            f"{record.frame or 0:>6}  {record.image or '-':<{width}}  {verdict}  {spent:>9}"
            f"  {(record.sha256 or '-')[:16]}"
        )
    first = next((record for record in records if record.host is not None), None)
    if first is None:  # they were finished already
        return
    yield console.row("time", duration(first.figures["wall_s"] or 0.0))
    yield console.row("threads", _threads(first))
    yield console.row("engine", _engine(first))
    yield console.row("calls", count(sum(_calls(record) for record in records)))


def _one_record(console: Console, record: Record) -> Iterator[str]:
    if record.image is not None:
        shape = f"{record.width} x {record.height}, {plural(record.samples or 0, 'sample')}"
        partial = ""
        if record.tiles_done < (record.tiles or 0):
            partial = f", {count(record.tiles_done)} of {plural(record.tiles or 0, 'tile')}"
        yield console.row("picture", f"{record.image}  ({shape}{partial})")
    yield console.verdict_row(record.verdict, record.verdict_text)
    for error in record.errors:
        if error.samples is not None:
            in_samples = f"in {plural(error.samples, 'sample')}"
            yield console.row("raised", f"{error.exception}  ({error.node}, {in_samples})")
    figures = record.figures
    parts = {"render": "render_s", "scene": "load_s", "start-up of Python": "start_s"}
    if record.compiled:
        parts["compiling"] = "compile_s"
    known = ((name, figures[key]) for name, key in parts.items())
    times = [f"{name} {duration(spent)}" for name, spent in known if spent is not None]
    aside = f"  ({', '.join(times)})" if times else ""
    if figures["wall_s"] is not None:
        yield console.row("time", duration(figures["wall_s"]) + aside)
    if record.python is not None:
        yield console.row("threads", _threads(record))
    if record.why is not None:
        yield console.row("engine", _engine(record))
    if record.ns_per_node_call is not None:
        each = f"{count(_calls(record))}  ({nanoseconds(record.ns_per_node_call)} each)"
        yield console.row("calls", each)
    yield from node_lines(console, record)
    yield from compiled_lines(console, record)
    if (p99_s := figures["main_wait_p99_s"]) is not None:
        most = duration(figures["main_wait_max_s"] or 0.0)
        waits = f"{duration(p99_s)} at the 99th percentile, {most} at most"
        yield console.row("main", f"waits {waits}")
    if figures["handovers"]:
        yield console.row("waits", _waits(record))
    if record.trace is not None:
        yield console.row("trace", record.trace)
    if record.sha256 is not None:
        yield console.row("sha256", record.sha256)


def _threads(record: Record) -> str:
    """`8  (attached per tile, Python 3.13.0, GIL on)`, with what is not as usual."""
    engine = engine_of(record.engine)
    parts = [f"attached per {record.attach}"]
    if record.options.get("turnstile") is False:
        parts.append("no turnstile")
    interval = record.options.get("switch_interval")
    if interval is not None:
        parts.append(f"switch interval {duration(interval)}")
    if record.python:
        parts.append(f"Python {record.python}")
    if record.gil is not None:
        parts.append((engine.own_gil or "GIL on") if record.gil else "GIL off")
    units = "" if engine.unit == "thread" else f" {engine.unit}s"
    cores = usable_cores()
    crowded = f" on {plural(cores, 'core')}" if (record.threads or 0) > cores else ""
    return f"{record.threads or '?'}{units}{crowded}  ({', '.join(parts)})"


def _waits(record: Record) -> str:
    """How long render threads waited for the interpreter, and how often it changed hands."""
    names = ("wait_s", "wait_p50_s", "wait_max_s")
    total, half, most = (duration(record.figures[name] or 0.0) for name in names)
    handovers = plural(int(record.figures["handovers"] or 0), "time")
    return f"{total} for the GIL, median {half}, longest {most}  (it changed threads {handovers})"


def _calls(record: Record) -> int:
    return int(record.figures["node_calls"] or 0)


def _engine(record: Record) -> str:
    return f"{record.engine}: {record.why}" if record.why else f"{record.engine or '?'}"
