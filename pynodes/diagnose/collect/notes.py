"""The witness's notes: who attached where, and the crash that waits to be looked at."""

from __future__ import annotations

from typing import Any

from pynodes.diagnose.collect.mapped import MappedFile, View

_NOT_KNOWN = 1  # a thread state that Python was not asked for


class Notes(MappedFile):
    """The file, with what it says of calls. `loaded`: whether a witness came up at all."""

    @property
    def loaded(self) -> bool:
        return self.layout is not None

    def _crash_word(self, word: str) -> int:
        """Its number; -1 where the layout has no such word."""
        words = self.layout.words["crash"] if self.layout is not None else {}
        return next((number for number, known in words.items() if known == word), -1)

    def crash(self) -> dict[str, Any] | None:
        """The crash that waits to be looked at."""
        if not self.loaded or self.number("crash") != self._crash_word("waits"):
            return None
        page = self.page()
        if page is None:
            return None
        return {
            **{name: page.number(name) for name in ("signal", "code", "tid", "pid", "address")},
            "stack": page.numbers("stack", page.number("stack_size")),
        }

    def let_go(self) -> None:
        """The crash was looked at."""
        if self.loaded:
            self.set("crash", self._crash_word("seen"))

    def ask(self) -> int:
        """The number of a new question; answers carry it."""
        number = (self.number("question") + 1) & 0xFFFFFFFF  # as large as the field
        self.set("question", number)
        return number

    def read(self) -> dict[str, Any] | None:
        """All notes as plain values; None when no witness was loaded."""
        page = self.page()
        if page is None:
            return None
        threads = [_thread(slot) for slot in page.parts("slots") if slot.number("tid")]
        return {
            **{name: page.number(name) for name in ("initialized", "finalized", "lost")},
            "running": bool(page.number("running")),
            "starter": page.number("starter"),
            "started": _note(page.part("started")),
            "releaser": page.number("releaser"),
            "released": _note(page.part("released")),
            # a static Python, or one that is reached by dlsym, is called past the witness
            "sees": bool(page.number("sees") or page.number("initialized"))
            or any(thread["recent"] for thread in threads),
            "threads": threads,
        }


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
    }


def _note(note: View) -> dict[str, Any]:
    return {
        "call": note.word("call", "call"),
        "value": note.number("value"),
        "state": note.number("state"),
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
