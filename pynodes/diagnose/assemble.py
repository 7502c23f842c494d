"""Evidence out of the raw values that a collector wrote.

The raw values are what is kept of a diagnosis, and what tests replay.
"""

from __future__ import annotations

from typing import Any

from pynodes.diagnose.evidence import (
    HANDLED,
    Evidence,
    Frame,
    Incident,
    Interpreter,
    Note,
    Stack,
    State,
    Thread,
    Wait,
)
from pynodes.diagnose.functions import name_of
from pynodes.diagnose.generated import function_of
from pynodes.diagnose.libraries import library_of
from pynodes.diagnose.origins import (
    WITNESS,
    below_handlers,
    in_users_terms,
    origin_of,
    without_witness,
)
from pynodes.diagnose.recorded import checked
from pynodes.diagnose.waits import HANGING, spins, wait_of, waits_at, wants_to_attach

_MAPPING = (1, 2)  # SEGV_MAPERR, SEGV_ACCERR
_NO_GIL: dict[str, Any] = {"locked": False, "enabled": False, "address": 0, "holder": 0}


def evidence_of(raw: dict[str, Any]) -> Evidence:
    """What rules may know of one process. Raises RecordedError."""
    return _Assembly(checked(raw)).build()


class _Assembly:
    """Raw values to evidence."""

    def __init__(self, raw: dict[str, Any]) -> None:
        self.raw = raw
        self.python: dict[str, Any] = raw.get("python") or {}
        self.runtime: dict[str, Any] = self.python.get("runtime") or {}
        self.notes: dict[str, Any] = raw.get("notes") or {}
        if not self.notes.get("sees", True):
            self.notes = {}  # that it noted nothing means nothing
        self.places: dict[str, Any] = raw.get("places") or {}
        self.crashed = (raw.get("crash") or {}).get("tid", 0)
        self.tids = {thread["tid"] for thread in raw.get("threads", ())}
        self.raw_states = list(map(self._of_copy, self.python.get("states", ())))
        self.states = [
            State(s["address"], s["interpreter"], s["tid"], s["alive"], s["attached"])
            for s in self.raw_states
        ]
        interpreters = self.python.get("interpreters", ())
        self.gils = [i["gil"]["address"] for i in interpreters if i["gil"]]

    def build(self) -> Evidence:
        raw, runtime = self.raw, self.runtime
        stops = [runtime.get("stop"), *(i["stop"] for i in self.python.get("interpreters", ()))]
        noted = {t["tid"]: t for t in self.notes.get("threads", ()) if not t["ended"]}
        threads = tuple(self._thread(t, noted.get(t["tid"])) for t in raw.get("threads", ()))
        started = self.notes.get("initialized")
        was_initialized = bool(started) if self.notes else self._was_initialized()
        initialized = runtime.get("initialized")
        if initialized is None and self.notes:
            initialized = self.notes.get("running")
        return Evidence(
            trigger=raw.get("trigger", ""),
            signal=raw.get("signal", ""),
            fatal_text=raw.get("fatal_text", ""),
            python=self.python.get("version", ""),
            free_threaded=bool(self.python.get("free_threaded")),
            how=self.python.get("how", ""),
            initialized=initialized,
            was_initialized=was_initialized,
            finalizing=bool(runtime["finalizing"]) if "finalizing" in runtime else None,
            stop_requested=any(stops),
            threads=threads,
            interpreters=tuple(
                Interpreter(i["id"], gil["locked"], gil["enabled"], gil["address"], gil["holder"])
                for i in self.python.get("interpreters", ())
                for gil in [i["gil"] or _NO_GIL]
            ),
            states=tuple(self.states),
            ended=tuple(
                Thread(t["tid"], 0, "", (), (), "unknown", None, **self._noted(t))
                for t in self.notes.get("threads", ())
                if (t["ended"] or t["tid"] not in self.tids)
                and t["pid"] == raw.get("pid", t["pid"])
            ),
            elsewhere=frozenset(raw.get("parent_tids", ())),
            has_notes=bool(self.notes),
            fault=self._fault(),
            stack=self._stack(),
            starter=self.notes.get("starter", 0),
            started=self._noted_at("starter", "started"),
            releaser=self.notes.get("releaser", 0),
            released=self._noted_at("releaser", "released"),
            knows_current=bool(threads)
            and all(t.get("current") is not None for t in raw["threads"]),
            is_forked=bool(raw.get("forked")),
            origin_known=raw.get("forked", False) is not None,
            incidents=tuple(map(self._incident, raw.get("incidents", ()))),
            signaled=runtime.get("signaled"),
            main=self._main(),
            kept=tuple((kept["gil"], kept["ms"]) for kept in raw.get("kept", ())),
        )

    def _of_copy(self, state: dict[str, Any]) -> dict[str, Any]:
        """A thread state whose thread fork has copied still has the number that it had there."""
        if not self.raw.get("forked") or state["alive"]:
            return state
        same = (t["tid"] for t in self.raw["threads"] if t.get("pthread") == state["pthread"])
        tid = next(same, 0) if state["pthread"] else 0
        return {**state, "tid": tid, "alive": True} if tid else state

    def _fault(self) -> int | None:
        """Known for a page that is not there; a malformed address is not reported."""
        crash = self.raw.get("crash") or {}
        return crash.get("address") if crash.get("code") in _MAPPING else None

    def _stack(self) -> Stack | None:
        bounds = (self.raw.get("crash") or {}).get("bounds")
        return Stack(**bounds) if bounds else None

    def _was_initialized(self) -> bool | None:
        """By what a start and a stop leave behind in the runtime."""
        if not self.runtime or self.python.get("how", "").startswith("the table"):
            return None
        if self.runtime["initialized"] or self.runtime["finalizing"]:
            return True
        return None if self.runtime["main_thread"] else False

    def _thread(self, raw: dict[str, Any], noted: dict[str, Any] | None) -> Thread:
        crashed = raw["tid"] == self.crashed
        has_witness = self.raw.get("notes") is not None
        hidden = below_handlers(raw["frames"], witness=has_witness, crashed=crashed)
        shown = raw["frames"][hidden:]
        kept = without_witness(shown)
        frames = self._frames([shown[i] for i in kept])
        wait = None if crashed else wait_of(raw.get("call"), frames, self.tids)
        if wait is None and not crashed and spins(raw, frames):
            wait = Wait("spin", timed=False)
        own = [s for s in self.raw_states if s["tid"] == raw["tid"]]
        current = raw.get("current")
        chosen = [s for s in own if s["address"] == current] or own
        script: list[dict[str, Any]] = next((s["frames"] for s in chosen if s["frames"]), [])
        return Thread(
            tid=raw["tid"],
            number=raw["number"],
            name=raw["name"],
            frames=frames,
            python=tuple(Frame(f["function"], f["file"], f["line"], "script") for f in script),
            attach=self._attach(raw, frames, wait),
            wait=wait,
            crashed=crashed,
            current=current or 0,
            naps=raw.get("naps", 0),
            same_ms=raw.get("same_ms", 0),
            objects=tuple(
                {**known, "frame": kept.index(known["frame"] - hidden)}
                for known in raw.get("objects", ())
                if known["frame"] - hidden in kept
            ),
            **self._noted(noted),
        )

    def _noted(self, noted: dict[str, Any] | None) -> dict[str, Any]:
        """What the witness noted of a thread, as arguments of Thread."""
        if noted is None:
            return {}
        unmatched = noted["unmatched_note"]
        return {
            "open": tuple(map(self._note, noted["open"])),
            "recent": tuple(map(self._note, noted["recent"])),
            "unmatched": self._note(unmatched) if unmatched else None,
        }

    def _noted_at(self, who: str, where: str) -> Note | None:
        """Where a thread did what is noted of the whole process; None when none did."""
        note = self.notes.get(where)
        return self._note(note) if note is not None and self.notes.get(who) else None

    def _main(self) -> int:
        own = self.runtime.get("main_thread")
        states = [s["tid"] for s in self.python.get("states", ()) if s.get("pthread") == own]
        return int((own and states and states[0]) or self.raw.get("pid", 0))

    def _incident(self, raw: dict[str, Any]) -> Incident:
        def thread(tid: int, name: str, stack: list[dict[str, Any]]) -> Thread:
            seen = next((t for t in self.raw.get("threads", ()) if t["tid"] == tid), None)
            number, name = (seen["number"], seen["name"]) if seen else (tid, name)
            frames = self._frames([f for f in stack if WITNESS not in f["module"]])
            return Thread(tid, number, name, frames, (), "unknown", None)

        other = thread(raw["other_tid"], "", raw["other_stack"]) if raw["other_stack"] else None
        own = thread(raw["tid"], raw["name"], raw["stack"])
        return Incident(
            *(raw["kind"], own, raw["times"], raw["value"], raw["text"], other),
            *(raw["phase"], raw["attached"]),
        )

    def _note(self, note: dict[str, Any]) -> Note:
        places = [f for a in note["callers"] for f in self.places.get(str(a), ())]
        callers = tuple(self._frame(f) for f in places if WITNESS not in f["module"])
        known = (note["value"], note.get("state", 0), note.get("frame", 0))
        return Note(note["call"], callers, *known)

    def _frames(self, raws: list[dict[str, Any]]) -> tuple[Frame, ...]:
        return in_users_terms([self._frame(raw) for raw in raws])

    def _frame(self, raw: dict[str, Any]) -> Frame:
        function, file = raw["function"] or "", raw["file"] or ""
        if raw.get("signal"):
            return Frame(HANDLED, "", 0, "system")
        if raw.get("no_code"):
            return Frame("(no code)", "", 0, "system")
        home, program = self.python.get("where", ""), self.raw.get("program", "")
        origin = origin_of(function, file, raw["module"], home=home, program=program)
        library = library_of(function, file, raw["module"])
        guarded = "call_guard<" in function and "gil_scoped_release" in function
        written = raw.get("written") or {}
        name = written.get("function") or function_of(name_of(function), file)
        return Frame(
            *(name, written.get("file") or file, written.get("line") or raw["line"], origin),
            *(library.name if library is not None else "", guarded),
        )

    def _attach(self, raw: dict[str, Any], frames: tuple[Frame, ...], wait: Wait | None) -> str:
        if not self.python:
            return "none"
        if any(frame.function in HANGING for frame in frames[:6]):
            return "hangs"
        if waits_at(raw.get("call"), self.gils) or wants_to_attach(raw.get("call"), frames):
            # no wait of Python's ends in pause but that for ever
            return "hangs" if wait is not None and wait.kind == "pause" else "waits"
        if raw.get("current") is not None:
            if raw["current"]:
                return "attached"
            return "detached" if any(s.tid == raw["tid"] for s in self.states) else "none"
        if self.python.get("problem") or not self.runtime:
            return "unknown"
        own = [s for s in self.states if s.tid == raw["tid"]]
        if any(s.attached for s in own):
            return "attached"
        return "detached" if own else "none"
