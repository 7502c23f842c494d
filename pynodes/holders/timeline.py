"""A trace as spans, for the drawing and the viewers that timelines of renders have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pynodes.holders.account import Account, Stretch
from pynodes.holders.stream import State
from pynodes.holders.summary import place_text
from pynodes.process import procfs

CATEGORIES = {
    State.RUNS: "python",
    State.HOLDS: "asleep",
    State.COLLECTS: "collect",
    State.WAITS: "wait",
    State.STOPPED: "stopped",
    State.WAITS_FOR_OBJECT: "object",
    State.NATIVE: "native",
    State.BLOCKED: "blocked",
}
_LABEL = 12  # letters, of a lane
_NAMES = {
    State.COLLECTS: "collection",
    State.WAITS: "waits for Python",
    State.STOPPED: "stopped with all threads",
    State.WAITS_FOR_OBJECT: "waits for an object's lock",
    State.NATIVE: "native",
}


def events(accounts: Sequence[Account], names: Sequence[str]) -> list[dict[str, Any]]:
    """In the Chrome trace format; times count from the first that was seen of any process."""
    began_ns = min((account.first_ns for account in accounts if account.first_ns), default=0)
    found: list[dict[str, Any]] = []
    for account, name in zip(accounts, names, strict=True):
        own = {"ph": "M", "pid": account.pid, "tid": account.pid}
        found.append({**own, "name": "process_name", "args": {"name": name}})
        names_here = [thread.name for thread in account.threads.values()]
        for thread in account.threads.values():
            is_own = names_here.count(thread.name) == 1 and thread.name
            label = thread.name[:_LABEL] if is_own else str(thread.tid)
            shown = {"ph": "M", "pid": account.pid, "tid": thread.tid, "name": "thread_name"}
            found.append({**shown, "args": {"name": label}})
        found += _spans(account, began_ns)
    found.sort(key=lambda event: (event["ph"] != "M", event.get("ts", 0.0)))
    return found


def _spans(account: Account, began_ns: int) -> Iterator[dict[str, Any]]:
    last: dict[int, Stretch] = {}
    for stretch in account.stretches:
        before = last.get(stretch.tid)
        if before is not None and _is_same(before, stretch):
            last[stretch.tid] = before._replace(end_ns=stretch.end_ns)
            continue
        if before is not None:
            yield _span(account, before, began_ns)
        last[stretch.tid] = stretch
    for stretch in last.values():
        yield _span(account, stretch, began_ns)


def _is_same(a: Stretch, b: Stretch) -> bool:
    return (a.end_ns, a.state, a.call, a.stack) == (b.begin_ns, b.state, b.call, b.stack)


def _span(account: Account, stretch: Stretch, began_ns: int) -> dict[str, Any]:
    place = account.top(stretch.stack)
    name = _NAMES.get(stretch.state, "")
    args = {"at": place_text(place)} if place is not None else {}
    if stretch.call >= 0:
        args["call"] = procfs.CALLS.get(stretch.call, str(stretch.call))
    if not name:
        name = args.get("call") or (place.function if place is not None else "attached")
    return {
        "ph": "X",
        "pid": account.pid,
        "tid": stretch.tid,
        "name": name,
        "cat": CATEGORIES[stretch.state],
        "ts": (stretch.begin_ns - began_ns) / 1e3,
        "dur": (stretch.end_ns - stretch.begin_ns) / 1e3,
        "args": args,
    }
