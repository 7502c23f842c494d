"""Why a program does not scale, in one to three sentences, and what to try.

Each rule looks at sums and says nothing unless these speak for it; what cost most is said first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from pynodes.holders.account import ATTACHED, Account, ThreadSums
from pynodes.holders.stream import State
from pynodes.holders.summary import cost_sites, place_text, sites, sites_of
from pynodes.process import procfs
from pynodes.words import duration, percent, plural

MOST = 3
_NS = 1e9
_MANY_STATES = 20  # made, for each thread there was
_STATE_S = 10e-6
_LITTLE = 0.05  # of the time traced: what costs less is not worth a sentence


# What is so of any program that is busy: said after what is special.
_GENERAL = ("one-gil", "no-core")


@dataclass(frozen=True, slots=True)
class Reason:
    """What was seen, what it cost in seconds of threads, and what may help."""

    kind: str
    text: str
    help: str
    cost_s: float

    def as_dict(self) -> dict[str, Any]:
        return {"kind": self.kind, "text": self.text, "help": self.help, "cost_s": self.cost_s}


def reasons(account: Account) -> list[Reason]:
    """At most three, the most costly first; otherwise one that says that all is well."""
    found = [each for rule in _RULES for each in rule(account)]
    found = [each for each in found if each.cost_s >= _LITTLE * account.wall / _NS]
    found.sort(key=lambda each: (each.kind in _GENERAL, -each.cost_s))
    return found[:MOST] or list(_all_is_well(account))


def _name(thread: ThreadSums) -> str:
    return f"{thread.name} {thread.tid}"


def _asleep(account: Account) -> Iterator[Reason]:
    """A thread sleeps in a system call while it has Python."""
    for thread in account.threads.values():
        asleep = thread.in_states(State.HOLDS)
        if not asleep or not thread.held or not thread.cost:
            continue
        calls = [(call, ns) for (state, call), ns in thread.spent.items() if state is State.HOLDS]
        call = procfs.CALLS.get(max(calls, key=lambda pair: pair[1])[0], "a system call")
        at = sites_of(account, thread, frozenset({State.HOLDS}))[0]
        cost = _cost_in(account, thread, State.HOLDS)
        yield Reason(
            "asleep-while-attached",
            f"{_name(thread)} sleeps in {call} while it has Python, {duration(asleep / _NS)} in"
            f" all, in a call from {at.text}; others waited {duration(cost)} for it.",
            "let go of Python around that call: Py_BEGIN_ALLOW_THREADS in C, gil_scoped_release"
            " in pybind11, `with nogil` in Cython, CDLL instead of PyDLL in ctypes",
            cost,
        )


def _cost_in(account: Account, thread: ThreadSums, state: State) -> float:
    """What part of the wait for a thread falls to a state, by where it was."""
    stacks = {stack for (which, stack) in thread.at if which is state}
    total = 0.0
    for stack in stacks:
        here = sum(ns for (s, at), ns in thread.at.items() if at == stack and s in ATTACHED)
        share = thread.at[state, stack] / here if here else 0.0
        total += account.cost_at[thread.tid, stack] * share
    return total / _NS


def _overlong(account: Account) -> Iterator[Reason]:
    """A call keeps Python past many switch intervals, while others ask for it."""
    for gil in account.gils.values():
        for (tid, stack), ns in gil.overlong.most_common(1):
            thread = account.threads[tid]
            busy = thread.in_states(State.RUNS)
            if busy < thread.held / 2 or ns < 0.3 * gil.contested:
                continue
            if thread.unserved > thread.ran / 4:
                continue  # it had no core: that keeps a turn going as well
            yield Reason(
                "long-call",
                f"{_name(thread)} keeps Python in calls that do not let go of it, at"
                f" {place_text(account.top(stack))}: {duration(ns / _NS)} in turns beyond three"
                f" switch intervals of {duration(gil.interval_us / 1e6)}, the longest"
                f" {duration(gil.longest_ns / _NS)}.",
                "detach in the C code that is called there, or make the pieces smaller",
                ns / _NS,
            )


def _collections(account: Account) -> Iterator[Reason]:
    spent = sum(t.in_states(State.COLLECTS) for t in account.threads.values()) / _NS
    stopped = sum(t.in_states(State.STOPPED) for t in account.threads.values()) / _NS
    cost = stopped + sum(_cost_in(account, t, State.COLLECTS) for t in account.threads.values())
    if not cost:
        return  # at the end of a program, for one
    thread = max(account.threads.values(), key=lambda t: t.in_states(State.COLLECTS))
    at = sites_of(account, thread, frozenset({State.COLLECTS}))
    times = sum(each.times for each in account.collected)
    freed = sum(each.objects for each in account.collected)
    yield Reason(
        "collections",
        f"Collections took {duration(spent)}, most of it on {_name(thread)} at"
        f" {at[0].text if at else 'an unknown place'}: {plural(times, 'collection')} freed"
        f" {plural(freed, 'object')}, and other threads waited {duration(cost)} meanwhile.",
        "gc.freeze() after start-up, a higher gc.set_threshold(), gc.collect() where nobody waits;"
        " avoid cycles in what is made often",
        cost + spent,
    )


def _convoy(account: Account) -> Iterator[Reason]:
    """Who lets go of Python for a moment waits a switch interval to have it back."""
    for thread in account.threads.values():
        waits = thread.stretches[State.WAITS]
        waited = thread.in_states(State.WAITS)
        gil = next((g for g in account.gils.values() if g.interval_us), None)
        if gil is None or waits < 10 or thread.held > waited / 3:
            continue
        mean, interval = waited / waits, gil.interval_us * 1000
        away = thread.in_states(State.BLOCKED, State.NATIVE)
        holder = max(account.threads.values(), key=lambda t: t.cost)
        if not 0.5 * interval < mean or away < waited / 50 or holder is thread:
            continue
        at = sites_of(account, thread, frozenset({State.WAITS}))[0]
        where = place_text(at.caller) if at.caller else at.text
        yield Reason(
            "convoy",
            f"{_name(thread)} gives Python away for short calls at {where}"
            f" and waits {duration(mean / _NS)} to have it back, {waits} times as seen: the holder,"
            f" mostly {_name(holder)}, lets go only when its switch interval of"
            f" {duration(interval / _NS)} is over.",
            "a shorter sys.setswitchinterval(), fewer and larger calls in that thread, or the long"
            " computation in a process or an own-GIL interpreter",
            waited / _NS,
        )


def _saturated(account: Account) -> Iterator[Reason]:
    """Python code is all there is, on more threads than one GIL serves."""
    for gil in account.gils.values():
        wall = account.wall or 1
        users = [
            t
            for t in account.threads.values()
            if t.held + t.waited > 0.02 * wall and t.held > 0.01 * wall
        ]
        waited = sum(t.waited for t in users) / _NS
        if not gil.is_in_use or len(users) < 2 or gil.held < 0.6 * wall:
            continue
        interpreters = {t.interpreter for t in users}
        if len(interpreters) > 1:
            yield Reason(
                "shared-gil",
                f"{len(interpreters)} interpreters share one GIL, which is held"
                f" {percent(gil.held / wall)} of the time: their threads waited {duration(waited)}"
                " for each other.",
                "give each a GIL of its own: Py_NewInterpreterFromConfig with"
                " PyInterpreterConfig_OWN_GIL, from Python 3.12 on",
                waited,
            )
        top = cost_sites(account)
        where = f", most of all at {top[0].text}" if top else ""
        yield Reason(
            "one-gil",
            f"{plural(len(users), 'thread')} share one GIL, which is held"
            f" {percent(gil.held / wall)} of the time{where}: they waited {duration(waited)} for"
            f" it in all, and more threads will not make this faster.",
            "an interpreter with a GIL of its own a thread, a free-threaded Python, or processes;"
            " or do that work outside of Python, detached",
            waited,
        )


def _locked(account: Account) -> Iterator[Reason]:
    """Several threads sleep on a lock at one place of Python code."""
    futex = next((number for number, name in procfs.CALLS.items() if name == "futex"), -1)
    spent: dict[str, list[tuple[ThreadSums, int, int]]] = {}
    for thread in account.threads.values():
        asleep = thread.spent.get((State.BLOCKED, futex), 0)
        for (state, stack), ns in thread.at.items():
            places = account.stream.stack(stack)
            if state is State.BLOCKED and asleep and places and not _is_idle(places):
                spent.setdefault(place_text(places[0]), []).append((thread, stack, ns))
    for where, found in spent.items():
        threads = {thread.tid for thread, _, _ in found}
        cost = sum(ns for _, _, ns in found) / _NS
        if len(threads) < 2 or not _is_lock(where):
            continue
        caller = max(found, key=lambda each: each[2])[1]
        users = [p for p in account.stream.stack(caller) if "/lib/python3" not in p.file]
        by = f", called from {place_text(users[0])}" if users else ""
        what = "the lock of logging" if "logging" in where or _logs(account, caller) else "a lock"
        yield Reason(
            "python-lock",
            f"{plural(len(threads), 'thread')} waited {duration(cost)} for {what}, at"
            f" {where}{by}: one at a time goes through.",
            "logging.handlers.QueueHandler, so that threads only put records into a queue; or log"
            " less in what is called often"
            if "logging" in what
            else "hold it for less, or give each thread its own",
            cost,
        )


def _is_lock(where: str) -> bool:
    name = where.split(" (")[0].rpartition(".")[2]
    return name in ("acquire", "__enter__", "handle", "flush", "emit")


def _logs(account: Account, stack: int) -> bool:
    return any("/logging/" in place.file for place in account.stream.stack(stack))


def _is_idle(places: tuple[Any, ...]) -> bool:
    """It waits for work or for another thread's end, as it should."""
    idle = ("join", "wait", "get", "_wait_for_tstate_lock", "accept", "select", "_worker")
    return any(place.function.rpartition(".")[2] in idle for place in places[:2])


def _fresh_states(account: Account) -> Iterator[Reason]:
    """A thread state is made and deleted for each call."""
    made = account.tick.made
    if made > _MANY_STATES * len(account.threads):
        most = max(account.threads.values(), key=lambda t: t.ran)
        yield Reason(
            "fresh-states",
            f"{plural(made, 'thread state')} were made while there were"
            f" {plural(len(account.threads), 'thread')}, most likely by {_name(most)}: each call"
            " attaches with a new one, which costs some 10 microseconds by itself.",
            "keep the thread's state: one PyGILState_Ensure around all of its life, and"
            " PyEval_SaveThread and PyEval_RestoreThread in between",
            made * _STATE_S,
        )


def _objects(account: Account) -> Iterator[Reason]:
    found = sites(account, frozenset({State.WAITS_FOR_OBJECT}))
    cost = sum(site.seconds for site in found)
    if found:
        yield Reason(
            "object-lock",
            f"Threads waited {duration(cost)} for the lock of an object that they share, most at"
            f" {found[0].text}.",
            "give each thread an object of its own, and put them together at the end",
            cost,
        )


def _no_core(account: Account) -> Iterator[Reason]:
    """Threads that could run have no core."""
    unserved = sum(t.unserved for t in account.threads.values()) / _NS
    ran = sum(t.ran for t in account.threads.values()) / _NS
    waited = sum(t.waited for t in account.threads.values()) / _NS
    if unserved > ran / 4 and waited < unserved:
        yield Reason(
            "no-core",
            f"Threads were ready to run for {duration(unserved)} and had no core: that is no wait"
            " for Python.",
            "fewer threads, or more cores",
            unserved,
        )


def _all_is_well(account: Account) -> Iterator[Reason]:
    waited = sum(t.waited for t in account.threads.values()) / _NS
    busy = sum(t.in_states(*ATTACHED, State.NATIVE) for t in account.threads.values()) / _NS
    held = max((g.held for g in account.gils.values()), default=0) / (account.wall or 1)
    yield Reason(
        "no-contention",
        f"Threads waited {duration(waited)} for Python beside {duration(busy)} of work, and it was"
        f" held {percent(held)} of the time: the interpreter is not what limits this.",
        "",
        0.0,
    )


_RULES: tuple[Callable[[Account], Iterator[Reason]], ...] = (
    _asleep,
    _overlong,
    _collections,
    _convoy,
    _saturated,
    _locked,
    _fresh_states,
    _objects,
    _no_core,
)
