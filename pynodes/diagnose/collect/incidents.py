"""What the witness saw go wrong, in a file that it maps into the program.

witness/incidents.c has the same layout. The program may be gone when this is read: places come from
the files that it had mapped.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

from pynodes.diagnose.collect import python_state
from pynodes.diagnose.collect.builtin import Maps
from pynodes.diagnose.collect.mapped import MappedFile

_TRACE, _INCIDENTS, _PROCESSES, _MAPS = 32, 64, 8, 32 * 1024
_HEADER = struct.Struct("<8sIIII")
_INCIDENT = struct.Struct(f"<4IqIII4x64s16s{2 * _TRACE}Q")
_PROCESS = struct.Struct(f"<II{_MAPS}s")
SIZE = _HEADER.size + _INCIDENTS * _INCIDENT.size + _PROCESSES * _PROCESS.size

KINDS = {
    1: "lost-exception",
    2: "finalized-elsewhere",
    3: "ended-by-python",
    4: "kept-by-python",
    5: "landed-in-main",
    6: "shared-object",
    7: "state-left",
    8: "exception-kept",
    9: "state-of-two",
}


class Incidents(MappedFile):
    """The file, mapped here too."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, SIZE)

    @property
    def loaded(self) -> bool:
        magic, size, *_ = _HEADER.unpack_from(self.map)
        return bool(magic == b"inciden1" and size == SIZE)

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
            for key in ("stack", "other_stack"):
                entry[key] = [frame for address in entry[key] for frame in places[address]]
        return entries

    def python_of(self, pid: int) -> dict[str, Any] | None:
        """Which Python a process ran, as far as its files say."""
        maps = self._maps(pid)
        found = maps.symbol("_PyRuntime")
        if found is None:
            return None
        number = maps.constant(found[1], "Py_Version")
        return {
            "version": python_state.version_name(number) if number else "",
            "where": found[1],
            "how": "",
            "problem": "",
            "runtime": None,
            "interpreters": [],
            "states": [],
        }

    def _maps(self, pid: int) -> Maps:
        at = _HEADER.size + _INCIDENTS * _INCIDENT.size
        for index in range(_PROCESSES):
            owner, size, text = _PROCESS.unpack_from(self.map, at + index * _PROCESS.size)
            if owner == pid:
                return Maps(text[:size].decode(errors="replace"))
        return Maps("")

    def _entries(self) -> list[dict[str, Any]]:
        if not self.loaded:
            return []
        taken = min(_HEADER.unpack_from(self.map)[3], _INCIDENTS)
        found = []
        for index in range(taken):
            kind, pid, tid, other_tid, value, times, n_stack, n_other, text, name, *words = (
                _INCIDENT.unpack_from(self.map, _HEADER.size + index * _INCIDENT.size)
            )
            if kind not in KINDS:  # not written yet
                continue
            found.append(
                {
                    "kind": KINDS[kind],
                    "pid": pid,
                    "tid": tid,
                    "name": _text(name),
                    "times": times,
                    "value": value,
                    "text": _text(text),
                    "stack": words[: min(n_stack, _TRACE)],
                    "other_tid": other_tid,
                    "other_stack": words[_TRACE : _TRACE + min(n_other, _TRACE)],
                }
            )
        return found


def _text(data: bytes) -> str:
    return data.split(b"\0")[0].decode(errors="replace")
