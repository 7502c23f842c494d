"""What `pynodes trace` says of one process, as values: its tables and JSON are made of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from pynodes.holders.account import ATTACHED, WAITING, Account, GilSums, ThreadSums
from pynodes.holders.stream import Place, State
from pynodes.process import procfs

TOP = 8
_NS = 1e9


@dataclass(frozen=True, slots=True)
class Site:
    """A line, how long it was meant, and by which threads."""

    place: Place | None
    seconds: float
    threads: tuple[int, ...]
    caller: Place | None = None

    @property
    def text(self) -> str:
        return place_text(self.place)

    def as_dict(self) -> dict[str, Any]:
        found = {"seconds": self.seconds, "threads": list(self.threads)}
        for name, place in (("place", self.place), ("caller", self.caller)):
            if place is not None:
                found[name] = place._asdict()
        return found


def place_text(place: Place | None) -> str:
    """`work (server.py:12)`."""
    if place is None:
        return "outside of Python code"
    return f"{place.function} ({place.file.rpartition('/')[2]}:{place.line})"


def sites(account: Account, states: frozenset[State]) -> list[Site]:
    """Where threads were in these states, the longest first."""
    spent: Counter[tuple[int, int]] = Counter()
    for thread in account.threads.values():
        for (state, stack), ns in thread.at.items():
            if state in states:
                spent[thread.tid, stack] += ns
    return _by_place(account, spent)


def cost_sites(account: Account) -> list[Site]:
    """Where threads had Python while others waited, by how long all of those waited."""
    return _by_place(account, account.cost_at)


def _by_place(account: Account, spent: Counter[tuple[int, int]]) -> list[Site]:
    seconds: Counter[tuple[Place | None, Place | None]] = Counter()
    threads: dict[tuple[Place | None, Place | None], dict[int, None]] = {}
    for (tid, stack), ns in spent.items():
        places = account.stream.stack(stack)
        key = (places[0] if places else None, _users(places))
        seconds[key] += ns
        threads.setdefault(key, {})[tid] = None
    return [
        Site(place, ns / _NS, tuple(threads[place, caller]), caller)
        for (place, caller), ns in seconds.most_common()
    ]


def _users(places: tuple[Place, ...]) -> Place | None:
    """The innermost line that is not of the standard library, where another one is innermost."""
    if not places or not _is_library(places[0]):
        return None
    return next((place for place in places if not _is_library(place)), None)


def _is_library(place: Place) -> bool:
    return place.file.startswith("<frozen ") or "/lib/python3" in place.file


def fairness(threads: list[ThreadSums]) -> float | None:
    """Jain's index of what part of its wish each thread got: 1 is even, 1/n is all for one.

    None: fewer than two threads wanted Python for long enough to say.
    """
    wish = [(t.held, t.held + t.waited) for t in threads if t.held + t.waited > 0.01 * _NS]
    if len(wish) < 2:
        return None
    got = [held / wanted for held, wanted in wish]
    squares = sum(x * x for x in got)
    return sum(got) ** 2 / (len(got) * squares) if squares else None


def thread_dict(account: Account, thread: ThreadSums) -> dict[str, Any]:
    """One thread, times in seconds."""
    waits = sum(thread.stretches[state] for state in WAITING)
    top = sites_of(account, thread, ATTACHED) or sites_of(account, thread, WAITING)
    return {
        "tid": thread.tid,
        "name": thread.name,
        "interpreter": thread.interpreter,
        "seen_s": thread.seen / _NS,
        "held_s": thread.held / _NS,
        "of_that": {
            "running_s": thread.in_states(State.RUNS) / _NS,
            "asleep_s": thread.in_states(State.HOLDS) / _NS,
            "collecting_s": thread.in_states(State.COLLECTS) / _NS,
        },
        "waited_s": thread.waited / _NS,
        "waits_seen": waits,
        "longest_wait_s": max((thread.longest.get(s, 0) for s in WAITING), default=0) / _NS,
        "native_s": thread.in_states(State.NATIVE) / _NS,
        "blocked_s": thread.in_states(State.BLOCKED) / _NS,
        "blocked_in": {
            procfs.CALLS.get(call, str(call)): ns / _NS
            for (state, call), ns in thread.spent.most_common()
            if state is State.BLOCKED
        },
        "others_waited_s": thread.cost / _NS,
        "cpu_s": thread.ran / _NS,
        "waited_for_core_s": thread.unserved / _NS,
        "collections": thread.collections,
        "objects_freed_by_collections": thread.freed,
        "mostly_at": top[0].text if top else "",
    }


def sites_of(account: Account, thread: ThreadSums, states: frozenset[State]) -> list[Site]:
    spent = Counter(
        {(thread.tid, stack): ns for (state, stack), ns in thread.at.items() if state in states}
    )
    return _by_place(account, spent)


def gil_dict(account: Account, gil: GilSums) -> dict[str, Any]:
    wall = account.wall or 1
    longest = account.top(gil.longest_stack)
    return {
        "interpreter": gil.interpreter,
        "in_use": gil.is_in_use,
        "switch_interval_s": gil.interval_us / 1e6,
        "held": gil.held / wall,
        "held_while_others_waited": gil.contested / wall,
        "free_while_wanted": gil.wanted / wall,
        "hand_overs": gil.handed_over,
        "longest_turn_s": gil.longest_ns / _NS,
        "longest_turn_by": gil.longest_by,
        "longest_turn_at": place_text(longest) if gil.longest_ns else "",
    }


def as_dict(account: Account) -> dict[str, Any]:
    """The sums of a process. Times are in seconds, shares are of the time that was traced."""
    threads = sorted(account.threads.values(), key=lambda t: (-t.held, -t.waited))
    return {
        "pid": account.pid,
        "free_threaded": account.is_free,
        "traced_s": account.wall / _NS,
        "rate_asked": account.rate,
        "samples": account.tick.samples,
        "thread_states_made": account.tick.made,
        "sampler_cpu_s": account.tick.own_ns / _NS,
        "fairness": fairness(threads),
        "gils": [gil_dict(account, gil) for gil in account.gils.values()],
        "threads": [thread_dict(account, thread) for thread in threads],
        "kept_others_waiting": [site.as_dict() for site in cost_sites(account)[:TOP]],
        "waited_at": [site.as_dict() for site in sites(account, WAITING)[:TOP]],
        "collections": {
            "times": sum(each.times for each in account.collected),
            "objects": sum(each.objects for each in account.collected),
            "seconds": sum(t.in_states(State.COLLECTS) for t in threads) / _NS,
        },
        "left_out_of_timeline": account.left_out,
    }
