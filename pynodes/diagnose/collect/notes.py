"""The witness's notes: who attached where, and the crash that waits to be looked at."""

from __future__ import annotations

from dataclasses import dataclass

from pynodes.diagnose.collect.mapped import MappedFile, View
from pynodes.diagnose.look.look import CrashLook, StackLook
from pynodes.diagnose.look.noted import CallNote, ProcessNotes, ThreadNotes

_NOT_KNOWN = 1  # a thread state that Python was not asked for


@dataclass(frozen=True)
class Crash:
    """A process that is held at its end."""

    seen: CrashLook
    said: str  # by CPython, when it gave up
    record: View

    @property
    def pid(self) -> int:
        return self.seen.pid


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

    def read(self, pid: int) -> ProcessNotes | None:
        """All notes of a process; None when it has no witness."""
        page = self.page()
        records = page.parts("processes") if page is not None else ()
        record = next((one for one in records if one.number("pid") == pid), None)
        if page is None or record is None:
            return None
        slots = (slot for slot in page.parts("slots") if slot.number("pid") == pid)
        threads = tuple(_thread(slot) for slot in slots if slot.number("tid"))
        within = bool(record.number("within"))
        names = ("initialized", "finalized", "returns_to", "starter", "releaser")
        return ProcessNotes(
            **{name: record.number(name) for name in names},
            lost=page.number("lost"),
            running=bool(record.number("running")),
            started=_note(record.part("started")),
            released=_note(record.part("released")),
            sees=not within
            and (
                bool(record.number("sees") or record.number("initialized"))
                or any(thread.recent for thread in threads)
            ),
            within=within,
            threads=threads,
        )


def _crash(record: View) -> Crash:
    names = ("signal", "code", "tid", "pid", "address")
    bounds = StackLook(*(record.number(name) for name in ("pointer", "low", "high", "guard")))
    seen = CrashLook(
        **{name: record.number(name) for name in names},
        stack=tuple(record.numbers("stack", record.number("stack_size"))),
        bounds=bounds if bounds.pointer and bounds.low < bounds.high else None,
    )
    return Crash(seen, record.text("said"), record)


def _thread(slot: View) -> ThreadNotes:
    depth, notes, unmatched = (slot.number(name) for name in ("depth", "notes", "unmatched"))
    kept = [_note(note) for note in slot.parts("recent")]
    current = slot.number("current")
    return ThreadNotes(
        tid=slot.number("tid"),
        pid=slot.number("pid"),
        ended=bool(slot.number("ended")),
        depth=depth,
        unmatched=unmatched,
        unmatched_note=_note(slot.part("unmatched_note")) if unmatched else None,
        open=tuple(_note(note) for note in slot.parts("open", depth)),
        # a ring: the oldest is the one that the next would replace
        recent=tuple(kept[i % len(kept)] for i in range(max(0, notes - len(kept)), notes)),
        asked=slot.number("asked"),
        current=None if current == _NOT_KNOWN else current,
        stack=tuple(slot.numbers("stack", slot.number("stack_size"))),
        held=bool(slot.number("held")),
        call=(slot.number("call"), *slot.numbers("arguments")),
    )


def _note(note: View) -> CallNote:
    return CallNote(
        call=note.word("call", "call"),
        value=note.number("value"),
        callers=tuple(caller for caller in note.numbers("callers") if caller),
        state=note.number("state"),
        frame=note.number("frame"),
    )
