"""What the witness saw go wrong, in the file that it maps into the program.

The program may be gone when this is read: places come from the files that it had mapped.
"""

from __future__ import annotations

from pynodes.diagnose.collect import python_state
from pynodes.diagnose.collect.mapped import MappedFile, View
from pynodes.diagnose.collect.maps import Maps
from pynodes.diagnose.look.frames import Frames, as_signal
from pynodes.diagnose.look.look import Lost
from pynodes.diagnose.look.noted import IncidentLook
from pynodes.diagnose.look.python import PythonLook


class Incidents:
    """What a witness's file says of that."""

    def __init__(self, file: MappedFile) -> None:
        self.file = file
        self._known: dict[int, Maps] = {}

    def pids(self) -> list[int]:
        """The processes that something was noted of, in the order of that."""
        return list(dict.fromkeys(entry.number("pid") for entry in self._entries()))

    def of(self, pid: int) -> tuple[IncidentLook, ...]:
        """What was noted of a process."""
        entries = [entry for entry in self._entries() if entry.number("pid") == pid]
        stacks = [(_stack(entry, "stack"), _stack(entry, "other")) for entry in entries]
        if not entries:
            return ()
        places = self._maps(pid).places({a for pair in stacks for stack in pair for a in stack})
        for entry in entries:
            returns_to = entry.number("value")
            if entry.word("kind", "incident") == "python-in-handler" and returns_to in places:
                places[returns_to] = as_signal(places[returns_to])
        return tuple(
            _incident(entry, *(tuple(f for a in stack for f in places[a]) for stack in pair))
            for entry, pair in zip(entries, stacks, strict=True)
        )

    def python_of(self, pid: int) -> PythonLook | None:
        """Which Python a process ran, as far as its files say."""
        maps = self._maps(pid)
        found = maps.symbol("_PyRuntime")
        if found is None:
            return None
        return python_state.unread(maps.constant(found[1], "Py_Version") or 0, found[1])

    def lost(self, pid: int) -> list[Lost]:
        """What could not be seen of a process's files, why, and how to get it."""
        return self._maps(pid).lost

    def _maps(self, pid: int) -> Maps:
        if pid not in self._known:
            page = self.file.page()
            found = page.parts("maps") if page is not None else ()
            text = next((one for one in found if one.number("pid") == pid), None)
            if text is None:
                return Maps("")  # not written yet
            self._known[pid] = Maps(text.text("text", text.number("size"), "surrogateescape"))
        return self._known[pid]

    def _entries(self) -> list[View]:
        page = self.file.page()
        if page is None:
            return []
        known = page.layout.words["incident"]
        seen = page.parts("incidents", page.number("taken"))
        # a kind that is not known: not written yet
        return [one for one in seen if one.number("kind") in known]


def _stack(entry: View, which: str) -> list[int]:
    return entry.numbers(which, entry.number(f"n_{which}"))


def _incident(entry: View, stack: Frames, other_stack: Frames) -> IncidentLook:
    return IncidentLook(
        kind=entry.word("kind", "incident"),
        **{name: entry.number(name) for name in ("pid", "tid", "times", "value", "other_tid")},
        phase=entry.word("phase", "phase"),
        attached=bool(entry.number("attached")),
        name=entry.text("name"),
        text=entry.text("text"),
        stack=stack,
        other_stack=other_stack,
    )
