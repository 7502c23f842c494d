"""Evidence out of a look."""

from __future__ import annotations

from dataclasses import replace
from typing import TypedDict

from pynodes.diagnose.evidence.evidence import Evidence, Interpreter
from pynodes.diagnose.evidence.frames import HANDLED, Frame, Note
from pynodes.diagnose.evidence.origins import (
    WITNESS,
    below_handlers,
    in_users_terms,
    origin_of,
    without_witness,
)
from pynodes.diagnose.evidence.threads import Attachment, Incident, Thread, Wait
from pynodes.diagnose.evidence.waits import HANGING, spins, wait_of, waits_at, wants_to_attach
from pynodes.diagnose.functions import name_of
from pynodes.diagnose.generated import function_of
from pynodes.diagnose.libraries import library_of
from pynodes.diagnose.look.frames import FrameLook, Frames
from pynodes.diagnose.look.look import Look
from pynodes.diagnose.look.noted import CallNote, IncidentLook, ThreadNotes
from pynodes.diagnose.look.python import InterpreterLook, StateLook
from pynodes.diagnose.look.threads import ThreadLook

_MAPPING = (1, 2)  # SEGV_MAPERR, SEGV_ACCERR


class _Noted(TypedDict, total=False):
    """What the witness noted of a thread, as arguments of Thread."""

    open: tuple[Note, ...]
    recent: tuple[Note, ...]
    unmatched: Note | None


def evidence_of(look: Look) -> Evidence:
    """What rules may know of one process."""
    return _Assembly(look).build()


class _Assembly:
    """A look to evidence."""

    def __init__(self, look: Look) -> None:
        self.look = look
        self.python = look.python
        self.runtime = look.python.runtime if look.python is not None else None
        # that the witness noted nothing means nothing where it does not see the calls
        self.notes = look.notes if look.notes is not None and look.notes.sees else None
        self.crashed = look.crash.tid if look.crash is not None else 0
        self.tids = {thread.tid for thread in look.threads}
        python = look.python
        self.states = tuple(map(self._of_copy, python.states if python is not None else ()))
        self.interpreters = python.interpreters if python is not None else ()
        self._known: dict[FrameLook, Frame] = {}
        self.gils = [one.gil.address for one in self.interpreters if one.gil is not None]

    def build(self) -> Evidence:
        look, python, runtime, notes = self.look, self.python, self.runtime, self.notes
        noted = notes.threads if notes is not None else ()
        lives = {thread.tid: thread for thread in noted if not thread.ended}
        stops = [runtime.stop if runtime else None, *(one.stop for one in self.interpreters)]
        initialized = runtime.initialized if runtime is not None else None
        if initialized is None and notes is not None:
            initialized = notes.running
        crash = look.crash
        return Evidence(
            trigger=look.trigger,
            signal=look.signal,
            fatal_text=look.fatal_text,
            python=python.version if python is not None else "",
            free_threaded=python is not None and python.free_threaded,
            how=python.how if python is not None else "",
            initialized=initialized,
            was_initialized=bool(notes.initialized) if notes else self._was_initialized(),
            finalizing=bool(runtime.finalizing) if runtime is not None else None,
            stop_requested=any(stops),
            threads=tuple(self._thread(each, lives.get(each.tid)) for each in look.threads),
            interpreters=tuple(map(_interpreter, self.interpreters)),
            states=self.states,
            ended=tuple(
                Thread(each.tid, 0, "", (), (), "unknown", None, **self._noted(each))
                for each in noted
                if (each.ended or each.tid not in self.tids) and each.pid == look.pid
            ),
            elsewhere=frozenset(look.parent_tids),
            has_notes=notes is not None,
            # known for a page that is not there; a malformed address is not reported
            fault=crash.address if crash is not None and crash.code in _MAPPING else None,
            stack=crash.bounds if crash is not None else None,
            starter=notes.starter if notes is not None else 0,
            started=self._noted_at(notes.starter, notes.started) if notes else None,
            releaser=notes.releaser if notes is not None else 0,
            released=self._noted_at(notes.releaser, notes.released) if notes else None,
            knows_current=bool(look.threads)
            and all(thread.current is not None for thread in look.threads),
            is_forked=bool(look.forked),
            origin_known=look.forked is not None,
            incidents=tuple(map(self._incident, look.incidents)),
            signaled=runtime.signaled if runtime is not None else None,
            main=self._main(),
            kept=tuple((kept.gil, kept.ms) for kept in look.kept),
        )

    def _of_copy(self, state: StateLook) -> StateLook:
        """A thread state whose thread fork has copied still has the number that it had there."""
        if not self.look.forked or state.alive or not state.pthread:
            return state
        same = (each.tid for each in self.look.threads if each.pthread == state.pthread)
        tid = next(same, 0)
        return replace(state, tid=tid, alive=True) if tid else state

    def _was_initialized(self) -> bool | None:
        """By what a start and a stop leave behind in the runtime."""
        python, runtime = self.python, self.runtime
        if python is None or runtime is None or python.how.startswith("the table"):
            return None
        if runtime.initialized or runtime.finalizing:
            return True
        return None if runtime.main_thread else False

    def _thread(self, look: ThreadLook, noted: ThreadNotes | None) -> Thread:
        crashed = look.tid == self.crashed
        has_witness = self.look.notes is not None
        hidden = below_handlers(look.frames, witness=has_witness, crashed=crashed)
        shown = look.frames[hidden:]
        kept = without_witness(shown)
        frames = self._frames(tuple(shown[i] for i in kept))
        wait = None if crashed else wait_of(look.call, frames, self.tids)
        if wait is None and not crashed and spins(look, frames):
            wait = Wait("spin", timed=False)
        own = [state for state in self.states if state.tid == look.tid]
        chosen = [state for state in own if state.address == look.current] or own
        script = next((state.frames for state in chosen if state.frames), ())
        return Thread(
            tid=look.tid,
            number=look.number,
            name=look.name,
            frames=frames,
            python=tuple(Frame(each.function, each.file, each.line, "script") for each in script),
            attach=self._attach(look, frames, wait),
            wait=wait,
            crashed=crashed,
            current=look.current or 0,
            naps=look.naps,
            same_ms=look.same_ms,
            objects=tuple(
                replace(known, frame=kept.index(known.frame - hidden))
                for known in look.objects
                if known.frame - hidden in kept
            ),
            **self._noted(noted),
        )

    def _noted(self, noted: ThreadNotes | None) -> _Noted:
        if noted is None:
            return {}
        return {
            "open": tuple(map(self._note, noted.open)),
            "recent": tuple(map(self._note, noted.recent)),
            "unmatched": self._note(noted.unmatched_note) if noted.unmatched_note else None,
        }

    def _noted_at(self, tid: int, note: CallNote | None) -> Note | None:
        """Where a thread did what is noted of the whole process; None when none did."""
        return self._note(note) if tid and note is not None else None

    def _main(self) -> int:
        own = self.runtime.main_thread if self.runtime is not None else 0
        states = self.python.states if self.python is not None else ()
        first = next((state.tid for state in states if own and state.pthread == own), 0)
        return first or self.look.pid

    def _incident(self, look: IncidentLook) -> Incident:
        def thread(tid: int, name: str, stack: Frames) -> Thread:
            seen = next((each for each in self.look.threads if each.tid == tid), None)
            number, name = (seen.number, seen.name) if seen is not None else (tid, name)
            frames = self._frames(tuple(f for f in stack if WITNESS not in f.module))
            return Thread(tid, number, name, frames, (), "unknown", None)

        other = thread(look.other_tid, "", look.other_stack) if look.other_stack else None
        own = thread(look.tid, look.name, look.stack)
        return Incident(
            *(look.kind, own, look.times, look.value, look.text, other),
            *(look.phase, look.attached),
        )

    def _note(self, note: CallNote) -> Note:
        places = [f for a in note.callers for f in self.look.places.get(a, ())]
        callers = tuple(self._frame(f) for f in places if WITNESS not in f.module)
        return Note(note.call, callers, note.value, note.state, note.frame)

    def _frames(self, looks: Frames) -> tuple[Frame, ...]:
        return in_users_terms([self._frame(look) for look in looks])

    def _frame(self, look: FrameLook) -> Frame:
        """Many threads stand in the same places."""
        if look not in self._known:
            self._known[look] = self._frame_of(look)
        return self._known[look]

    def _frame_of(self, look: FrameLook) -> Frame:
        function, file = look.function or "", look.file or ""
        if look.signal:
            return Frame(HANDLED, "", 0, "system")
        if look.no_code:
            return Frame("(no code)", "", 0, "system")
        home = self.python.where if self.python is not None else ""
        origin = origin_of(function, file, look.module, home=home, program=self.look.program)
        library = library_of(function, file, look.module)
        guarded = "call_guard<" in function and "gil_scoped_release" in function
        name, line = function_of(name_of(function), file), look.line
        if look.written is not None:
            written = look.written
            name = written.function or name
            file, line = written.file or file, written.line or line
        return Frame(name, file, line, origin, library.name if library else "", guarded)

    def _attach(self, look: ThreadLook, frames: tuple[Frame, ...], wait: Wait | None) -> Attachment:
        if self.python is None:
            return "none"
        if any(frame.function in HANGING for frame in frames[:6]):
            return "hangs"
        if waits_at(look.call, self.gils) or wants_to_attach(look.call, frames):
            # no wait of Python's ends in pause but that for ever
            return "hangs" if wait is not None and wait.kind == "pause" else "waits"
        own = [state for state in self.states if state.tid == look.tid]
        if look.current is not None:
            if look.current:
                return "attached"
            return "detached" if own else "none"
        if self.python.problem or self.runtime is None:
            return "unknown"
        if any(state.attached for state in own):
            return "attached"
        return "detached" if own else "none"


def _interpreter(look: InterpreterLook) -> Interpreter:
    gil = look.gil
    if gil is None:
        return Interpreter(look.id, locked=False, enabled=False, gil=0, holder=0)
    return Interpreter(look.id, gil.locked, gil.enabled, gil.address, gil.holder)
