"""The witness's notes, a file that it maps into the program; witness/witness.c has its layout."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

from pynodes.diagnose.collect.mapped import MappedFile

_HEADER = struct.Struct("<8sIIIiiIIIIIIIIIIIQ")
_STACK, _OPEN, _RECENT, _CALLERS, _SLOTS = 48, 8, 16, 6, 1024
_NOTE = struct.Struct(f"<IiQQ{_CALLERS}Q")
_SLOT = struct.Struct("<8IQ")
_SLOT_SIZE = _SLOT.size + _NOTE.size * (1 + _OPEN + _RECENT) + 8 * _STACK
_STARTER_AT = _HEADER.size + 8 * _STACK
_RELEASER_AT = _STARTER_AT + 8 + _NOTE.size
_SLOTS_AT = _RELEASER_AT + 8 + _NOTE.size
SIZE = _SLOTS_AT + _SLOT_SIZE * _SLOTS
CRASH_AT, _QUESTION_AT = 16, 52

OPS = {
    1: "PyGILState_Ensure",
    2: "PyGILState_Release",
    3: "PyEval_SaveThread",
    4: "PyEval_RestoreThread",
    5: "PyEval_AcquireThread",
    6: "PyEval_ReleaseThread",
    7: "PyThreadState_Swap",
    8: "Py_Initialize",
    9: "Py_FinalizeEx",
    10: "Py_EndInterpreter",
    11: "PyEval_AcquireLock",
    12: "PyEval_ReleaseLock",
    13: "PyThreadState_Ensure",
    14: "PyThreadState_Release",
    15: "Py_NewInterpreterFromConfig",
}


class Notes(MappedFile):
    """The file, mapped here too. `loaded` says whether a witness came up at all."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, SIZE)

    @property
    def loaded(self) -> bool:
        header = _HEADER.unpack_from(self.map)
        return bool(header[0] == b"witness1" and header[2] == _SLOT_SIZE and header[1] == SIZE)

    def crash(self) -> dict[str, Any] | None:
        """The crash that waits to be looked at."""
        header = _HEADER.unpack_from(self.map)
        state, number, code, tid, pid, size = header[3:9]
        if state != 1 or not self.loaded:
            return None
        stack = struct.unpack_from(f"<{min(size, _STACK)}Q", self.map, _HEADER.size)
        return {
            "signal": number,
            "code": code,
            "tid": tid,
            "pid": pid,
            "address": header[-1],
            "stack": list(stack),
        }

    def let_go(self) -> None:
        """The crash was looked at."""
        struct.pack_into("<I", self.map, CRASH_AT, 2)

    def ask(self) -> int:
        """The number of a new question; answers carry it."""
        number = int(struct.unpack_from("<I", self.map, _QUESTION_AT)[0]) + 1
        struct.pack_into("<I", self.map, _QUESTION_AT, number)
        return number

    def read(self) -> dict[str, Any] | None:
        """All notes as plain values; None when no witness was loaded."""
        if not self.loaded:
            return None
        header = _HEADER.unpack_from(self.map)
        threads = []
        for index in range(_SLOTS):
            at = _SLOTS_AT + index * _SLOT_SIZE
            tid, pid, ended, depth, notes, unmatched, asked, size, current = _SLOT.unpack_from(
                self.map, at
            )
            if tid == 0:
                continue
            place = at + _SLOT.size
            bad = self._note(place)
            opened = [self._note(place + _NOTE.size * (1 + i)) for i in range(min(depth, _OPEN))]
            recent_at = place + _NOTE.size * (1 + _OPEN)
            recent = [
                self._note(recent_at + _NOTE.size * (i % _RECENT))
                for i in range(max(0, notes - _RECENT), notes)
            ]
            stack_at = recent_at + _NOTE.size * _RECENT
            threads.append(
                {
                    "tid": tid,
                    "pid": pid,
                    "ended": bool(ended),
                    "depth": depth,
                    "unmatched": unmatched,
                    "unmatched_note": bad if unmatched else None,
                    "open": opened,
                    "recent": recent,
                    "asked": asked,
                    "current": None if current == 1 else current,
                    "stack": list(struct.unpack_from(f"<{min(size, _STACK)}Q", self.map, stack_at)),
                }
            )
        return {
            "initialized": header[10],
            "finalized": header[11],
            "lost": header[13],
            "running": bool(header[14]),
            "starter": struct.unpack_from("<Q", self.map, _STARTER_AT)[0],
            "started": self._note(_STARTER_AT + 8),
            "releaser": struct.unpack_from("<Q", self.map, _RELEASER_AT)[0],
            "released": self._note(_RELEASER_AT + 8),
            # a static Python, or one that is reached by dlsym, is called past the witness
            "sees": bool(header[15] or header[10]) or any(t["recent"] for t in threads),
            "threads": threads,
        }

    def _note(self, at: int) -> dict[str, Any]:
        op, value, _, state, *callers = _NOTE.unpack_from(self.map, at)
        return {
            "call": OPS.get(op, str(op)),
            "value": value,
            "state": state,
            "callers": [caller for caller in callers if caller],
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
