"""What was traced, as people and programs read it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pynodes.cli.console import Console
from pynodes.cli.page import terminal_width
from pynodes.holders.account import WAITING, Account, ThreadSums
from pynodes.holders.follow import Outcome, Traced
from pynodes.holders.stream import State
from pynodes.holders.summary import as_dict, cost_sites, fairness, place_text, sites
from pynodes.holders.timeline import events
from pynodes.holders.why import reasons
from pynodes.printable import command as command_line
from pynodes.trace import chrome
from pynodes.trace.svg import draw
from pynodes.words import count, duration, percent, plural, wrapped

_MOST_THREADS, _MOST_SITES, _MOST_LIVE = 20, 5, 3
_NS = 1e9
_LEAST_S = 0.0005  # of a site that is named
_NAME = 24
_HEADING = 60  # letters


def keep(outcome: Outcome, output: Path) -> None:
    """Write the timeline. Raises `CannotStartError`."""
    accounts = [each.account for each in outcome.processes if each.account.first_ns]
    names = [each.command[0] if each.command else "" for each in outcome.processes]
    found = events(accounts, names)
    heading = _heading(outcome)
    if output.suffix.lower() == ".svg":
        chrome.write_whole(draw(chrome.from_events(found), heading=heading), output)
    else:
        about = {"command": [each.command for each in outcome.processes]}
        chrome.save(found, output, about)


def json_of(outcome: Outcome) -> dict[str, Any]:
    """All of it."""
    return {
        "wall_s": outcome.wall_s,
        "status": outcome.status,
        "interrupted": outcome.was_interrupted,
        "limit_hit": outcome.limit_hit,
        "processes": [
            {
                "command": each.command,
                "python": each.target.python,
                "problem": each.target.problem,
                **as_dict(each.account),
                "why": [reason.as_dict() for reason in reasons(each.account)],
            }
            for each in outcome.processes
        ],
    }


def lines(console: Console, outcome: Outcome) -> Iterator[str]:
    """The whole report."""
    if not outcome.processes:
        yield "no Python was seen in what ran"
        return
    for number, traced in enumerate(outcome.processes):
        if number:
            yield ""
        yield from _process_lines(console, traced)


def _heading(outcome: Outcome) -> str:
    """What was started, and the Pythons in it."""
    words = list(outcome.processes[0].command)
    said = command_line([Path(words[0]).name, *words[1:]]) if words else ""
    said = said if len(said) <= _HEADING else said[: _HEADING - 1] + "…"
    pythons = dict.fromkeys(each.target.python for each in outcome.processes)
    return f"{said}, Python {', '.join(pythons)}"


def _title(traced: Traced) -> str:
    return f"{command_line(traced.command)}, Python {traced.target.python}"


def _process_lines(console: Console, traced: Traced) -> Iterator[str]:
    account, pid = traced.account, traced.target.pid
    yield console.style(f"process {pid}: {_title(traced)}", "bold")
    if traced.target.problem or not account.tick.samples:
        yield f"  nothing could be seen: {traced.target.problem or 'it ended too soon'}"
        return
    wall = account.wall / _NS
    own = account.tick.own_ns / (account.wall or 1)
    rate = account.tick.samples / wall if wall else 0.0
    yield (
        f"  traced {duration(wall)}, {rate:,.0f} samples a second, which took"
        f" {percent(own, 1)} of a core"
    )
    yield from _gil_lines(account)
    yield ""
    yield from _thread_lines(console, account)
    yield from _site_lines(console, account)
    yield from _why_lines(console, account)


def _gil_lines(account: Account) -> Iterator[str]:
    wall = account.wall or 1
    for gil in account.gils.values():
        whose = f" of interpreter {gil.interpreter}" if len(account.gils) > 1 else ""
        if not gil.is_in_use:
            yield "  no GIL is in use"
            continue
        rate = gil.handed_over / (wall / _NS)
        yield (
            f"  the GIL{whose} was held {percent(gil.held / wall)} of the time,"
            f" {percent(gil.contested / wall)} while others waited;"
            f" {plural(gil.handed_over, 'hand-over')} ({rate:,.0f} a second)"
        )
        if gil.longest_ns and gil.longest_by in account.threads:
            yield (
                f"  the longest turn that others waited for: {duration(gil.longest_ns / _NS)}, by"
                f" {name_of(account.threads[gil.longest_by])} at"
                f" {place_text(account.top(gil.longest_stack))}"
            )
    threads = list(account.threads.values())
    even = fairness(threads)
    if even is not None:
        yield f"  fairness {even:.2f} (1: all got the same part of what they wanted)"


def name_of(thread: ThreadSums) -> str:
    return f"{thread.name[:_NAME]} {thread.tid}"


_COLUMNS = ("thread", "had Python", "waited", "longest", "others waited", "native", "no core")


def _thread_lines(console: Console, account: Account) -> Iterator[str]:
    threads = sorted(account.threads.values(), key=lambda t: (-t.held, -t.waited))
    rows = [
        (
            name_of(thread),
            _share(thread.held, account.wall),
            _share(thread.waited, account.wall),
            duration(max((thread.longest.get(s, 0) for s in WAITING), default=0) / _NS),
            duration(thread.cost / _NS),
            duration(thread.in_states(State.NATIVE) / _NS),
            duration(thread.unserved / _NS),
        )
        for thread in threads[:_MOST_THREADS]
    ]
    yield from _table(console, _COLUMNS, rows)
    more = threads[_MOST_THREADS:]
    if more:
        held, waited = sum(t.held for t in more), sum(t.waited for t in more)
        yield (
            f"  {count(len(more))} more: had Python {_share(held, account.wall)},"
            f" waited {_share(waited, account.wall)}"
        )


def _share(ns: int, wall: int) -> str:
    return f"{duration(ns / _NS)} {percent(ns / (wall or 1)):>5}"


def _table(console: Console, head: Sequence[str], rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(len(row[i]) for row in (tuple(head), *rows)) for i in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        first = f"{cells[0]:<{widths[0]}}"
        rest = (f"{cell:>{width}}" for cell, width in zip(cells[1:], widths[1:], strict=True))
        return "  " + "  ".join([first, *rest])

    yield console.style(line(head), "label")
    for row in rows:
        yield line(row)


def _site_lines(console: Console, account: Account) -> Iterator[str]:
    for title, found in (
        ("kept others waiting", cost_sites(account)),
        ("waited at", sites(account, WAITING)),
    ):
        shown = [site for site in found if site.seconds >= _LEAST_S][:_MOST_SITES]
        if shown:
            yield ""
            yield console.style(f"  {title}", "label")
        for site in shown:
            by = f", called at {place_text(site.caller)}" if site.caller else ""
            who = "" if len(site.threads) < 2 else f"  ({len(site.threads)} threads)"
            yield f"  {duration(site.seconds):>9}  {site.text}{by}{who}"


def _why_lines(console: Console, account: Account) -> Iterator[str]:
    width = terminal_width()
    for reason in reasons(account):
        yield ""
        yield from _labelled(console, "why:", reason.text, width)
        if reason.help:
            yield from _labelled(console, "try:", reason.help, width)


def _labelled(console: Console, label: str, text: str, width: int) -> Iterator[str]:
    first, *rest = wrapped(text, max(40, width - 7)) or [""]
    yield f"  {console.style(label, 'label')} {first}"
    for line in rest:
        yield f"       {line}"


def live_lines(processes: list[Traced]) -> Iterator[str]:
    """Who had Python most since this was shown last."""
    for traced in processes:
        account = traced.account
        account.finish()
        before = traced.shown
        wall = account.last_ns - before.get("at", account.first_ns)
        if wall <= 0:
            continue
        threads = []
        for thread in account.threads.values():
            held = thread.held - before.get(f"held {thread.tid}", 0)
            waited = thread.waited - before.get(f"waited {thread.tid}", 0)
            threads.append((held, waited, thread))
            before[f"held {thread.tid}"] = thread.held
            before[f"waited {thread.tid}"] = thread.waited
        before["at"] = account.last_ns
        threads.sort(key=lambda each: (-each[0], -each[1]))
        said = [
            f"{name_of(thread)} had Python {percent(held / wall)}, waited {percent(waited / wall)}"
            for held, waited, thread in threads[:_MOST_LIVE]
            if held or waited
        ]
        waiting = sum(waited for _, waited, _ in threads) / wall
        yield (
            f"{duration(account.wall / _NS)}, process {account.pid}: {waiting:.1f} threads wait;"
            f" {'; '.join(said) or 'nobody has Python'}"
        )
