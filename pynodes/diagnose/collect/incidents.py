"""What the witness saw go wrong, in the file that it maps into the program.

The program may be gone when this is read: places come from the files that it had mapped.
"""

from __future__ import annotations

from typing import Any

from pynodes.diagnose.collect import python_state
from pynodes.diagnose.collect.builtin import Maps
from pynodes.diagnose.collect.mapped import MappedFile, View


class Incidents:
    """What a witness's file says of that."""

    def __init__(self, file: MappedFile) -> None:
        self.file = file
        self._known: dict[int, Maps] = {}

    def pids(self) -> list[int]:
        """The processes that something was noted of, in the order of that."""
        return list(dict.fromkeys(entry["pid"] for entry in self._entries()))

    def of(self, pid: int) -> list[dict[str, Any]]:
        """What was noted of a process, with stacks as frames."""
        entries = [entry for entry in self._entries() if entry["pid"] == pid]
        if not entries:
            return []
        maps = self._maps(pid)
        places = maps.places({a for e in entries for a in (*e["stack"], *e["other_stack"])})
        for entry in entries:
            if entry["kind"] == "python-in-handler":
                for frame in places.get(entry["value"], ()):
                    frame |= {"signal": True, "number": 0}
            for key in ("stack", "other_stack"):
                entry[key] = [frame for address in entry[key] for frame in places[address]]
        return entries

    def python_of(self, pid: int) -> dict[str, Any] | None:
        """Which Python a process ran, as far as its files say."""
        maps = self._maps(pid)
        found = maps.symbol("_PyRuntime")
        if found is None:
            return None
        return python_state.unread(maps.constant(found[1], "Py_Version") or 0, found[1])

    def lost(self, pid: int) -> list[tuple[str, str, str]]:
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

    def _entries(self) -> list[dict[str, Any]]:
        page = self.file.page()
        if page is None:
            return []
        known = page.layout.words["incident"]
        seen = page.parts("incidents", page.number("taken"))
        # a kind that is not known: not written yet
        return [_entry(one) for one in seen if one.number("kind") in known]


def _entry(one: View) -> dict[str, Any]:
    return {
        "kind": one.word("kind", "incident"),
        **{name: one.number(name) for name in ("pid", "tid", "times", "value", "other_tid")},
        "phase": one.word("phase", "phase"),
        "attached": bool(one.number("attached")),
        "name": one.text("name"),
        "text": one.text("text"),
        "stack": one.numbers("stack", one.number("n_stack")),
        "other_stack": one.numbers("other", one.number("n_other")),
    }
