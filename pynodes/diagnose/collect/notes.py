"""The witness's notes: who attached where, and the crash that waits to be looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pynodes.diagnose.collect.mapped import MappedFile, View

_NOT_KNOWN = 1  # a thread state that Python was not asked for


@dataclass(frozen=True)
class Crash:
    """A process that is held at its end. `seen`: its signal and thread, as evidence has them."""

    pid: int
    said: str  # by CPython, when it gave up
    seen: dict[str, Any]
    record: View


class Notes(MappedFile):
    """The file, with what it says of calls. `loaded`: whether a witness came up at all."""

    _crashes = 0  # that were counted when it was last read

    @property
    def loaded(self) -> bool:
        return self.layout is not None

    def _crash_word(self, word: str) -> int:
        """Its number; -1 where the layout has no such word."""
        words = self.layout.words["crash"] if self.layout is not None else {}
        return next((number for number, known in words.items() if known == word), -1)

    def new_crashes(self) -> list[Crash]:
        """Those that wait to be looked at, if there are more than when this was last asked."""
        count = self.number("crashes")
        if count == self._crashes:
            return []
        self._crashes = count
        return self.crashes()

    def crashes(self) -> list[Crash]:
        """All crashes that wait to be looked at."""
        page = self.page()
        waits = self._crash_word("waits")
        records = page.parts("processes") if page is not None else ()
        return [_crash(record) for record in records if record.number("crash") == waits]

    def let_go(self, crash: Crash) -> None:
        """It was looked at."""
        self.set(crash.record, "crash", self._crash_word("seen"))

    def ask(self) -> int:
        """The number of a new question; answers carry it."""
        page = self.page()
        number = (self.number("question") + 1) & 0xFFFFFFFF  # as large as the field
        if page is not None:
            self.set(page, "question", number)
        return number

    def read(self, pid: int) -> dict[str, Any] | None:
        """All notes of a process as plain values; None when it has no witness."""
        page = self.page()
        records = page.parts("processes") if page is not None else ()
        record = next((one for one in records if one.number("pid") == pid), None)
        if page is None or record is None:
            return None
        slots = (slot for slot in page.parts("slots") if slot.number("pid") == pid)
        threads = [_thread(slot) for slot in slots if slot.number("tid")]
        return {
            **{name: record.number(name) for name in ("initialized", "finalized", "returns_to")},
            "lost": page.number("lost"),
            "running": bool(record.number("running")),
            "starter": record.number("starter"),
            "started": _note(record.part("started")),
            "releaser": record.number("releaser"),
            "released": _note(record.part("released")),
            # a static Python, or one that is reached by dlsym, is called past the witness
            "sees": bool(record.number("sees") or record.number("initialized"))
            or any(thread["recent"] for thread in threads),
            "threads": threads,
        }


def _crash(record: View) -> Crash:
    numbers = {name: record.number(name) for name in ("signal", "code", "tid", "pid", "address")}
    stack = record.numbers("stack", record.number("stack_size"))
    bounds = {name: record.number(name) for name in ("pointer", "low", "high", "guard")}
    known = bounds if bounds["pointer"] and bounds["low"] < bounds["high"] else None
    seen = {**numbers, "stack": stack, "bounds": known}
    return Crash(numbers["pid"], record.text("said"), seen, record)


def _thread(slot: View) -> dict[str, Any]:
    depth, notes, unmatched = (slot.number(name) for name in ("depth", "notes", "unmatched"))
    kept = [_note(note) for note in slot.parts("recent")]
    current = slot.number("current")
    return {
        "tid": slot.number("tid"),
        "pid": slot.number("pid"),
        "ended": bool(slot.number("ended")),
        "depth": depth,
        "unmatched": unmatched,
        "unmatched_note": _note(slot.part("unmatched_note")) if unmatched else None,
        "open": [_note(note) for note in slot.parts("open", depth)],
        # a ring: the oldest is the one that the next would replace
        "recent": [kept[i % len(kept)] for i in range(max(0, notes - len(kept)), notes)],
        "asked": slot.number("asked"),
        "current": None if current == _NOT_KNOWN else current,
        "stack": slot.numbers("stack", slot.number("stack_size")),
        "held": bool(slot.number("held")),
        "call": [slot.number("call"), *slot.numbers("arguments")],
    }


def _note(note: View) -> dict[str, Any]:
    return {
        "call": note.word("call", "call"),
        "value": note.number("value"),
        "state": note.number("state"),
        "frame": note.number("frame"),
        "callers": [caller for caller in note.numbers("callers") if caller],
    }


def addresses(notes: dict[str, Any] | None) -> list[int]:
    """Every code address in the notes, to be turned into places while the process lives."""
    found: set[int] = set()
    for thread in (notes or {}).get("threads", ()):
        for note in (*thread["open"], *thread["recent"], thread["unmatched_note"]):
            found.update((note or {}).get("callers", ()))
        found.update(thread["stack"])
    for name in ("started", "released"):
        found.update((notes or {}).get(name, {}).get("callers", ()))
    return sorted(found)
