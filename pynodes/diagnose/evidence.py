"""What was seen of a process, in the terms that rules speak: threads, who is attached, who waits.

`Evidence.of` reads the raw values that a collector wrote; the raw values are what is kept and what
tests replay. Nothing here looks at a process, and nothing decides what is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

# Functions of CPython in which a thread waits to be attached.
ATTACHING = frozenset(
    {
        "take_gil",
        "_PyEval_AcquireLock",
        "PyEval_AcquireLock",
        "PyEval_RestoreThread",
        "PyEval_AcquireThread",
        "PyGILState_Ensure",
        "PyThreadState_Ensure",
        "PyThreadState_EnsureFromView",
        "_PyThreadState_Attach",
        "tstate_wait_attach",
        "stop_the_world",
        "_PyEval_StopTheWorld",
        "_PyEval_StopTheWorldAll",
    }
)
_WAITING = frozenset(
    {
        "PyCOND_TIMEDWAIT",
        "PyCOND_WAIT",
        "_PySemaphore_PlatformWait",
        "_PySemaphore_Wait",
        "_PyParkingLot_Park",
        "PyEvent_Wait",
        "PyEvent_WaitTimed",
        "_PyMutex_LockTimed",
        "_PyMutex_LockSlow",
        "PyMutex_Lock",
    }
)
HANGING = frozenset({"PyThread_hang_thread", "_PyThreadState_HangThread"})
_SYSTEM = re.compile(
    r"/(libc|libpthread|libm|libdl|librt|ld-linux[\w-]*|ld|libstdc\+\+|libgcc_s|libffi|linux-vdso"
    r"|libasan|libtsan|libubsan)[-.\d]*(\.so|$)|\[vdso\]|^linux-vdso|system-supplied DSO"
)
_PYTHON_HEADERS = re.compile(r"/python3\.\d+[td]*/[\w/]+\.h$")
_LIBPYTHON = re.compile(r"/libpython[\d.]+[a-z]*\.so|/lib-dynload/")
_WITNESS = "libpynodes-witness"
_PYTHON_PROGRAM = re.compile(r"/python[\d.]*[a-z]*$")
_PYTHON_SOURCE = re.compile(r"(^|/)(Python|Objects|Modules|Parser|Include)/[\w/]+\.[ch]$")
_PYTHON_NAME = re.compile(r"_?Py[A-Z_]\w*$|_Py\w+$")
_HEADERS = re.compile(r"^/usr/(include|lib/gcc)/|/c\+\+/\d+[\w/.]*$")

_KINDS = (
    (
        "join",
        re.compile(r"pthread_(clock|timed|try)?join|thrd_join|thread4joinEv|std::thread::join"),
    ),
    ("barrier", re.compile(r"barrier_wait")),
    ("condition", re.compile(r"pthread_cond_(\w+)?wait|cnd_\w*wait|condition_variable")),
    ("semaphore", re.compile(r"sem_(\w+)?wait|new_sem_wait|do_futex_wait")),
    ("mutex", re.compile(r"mutex_(\w+)?lock|lll_lock_wait|mtx_lock|rwlock_\w+lock")),
)
# What a wait is called that nothing but others end; a limit shows in the name.
_UNTIMED = re.compile(
    r"(__|___)?(pthread_(join|cond_wait|mutex_lock|barrier_wait|rwlock_[rw][dr]lock)|sem_wait)(@|$)"
)
_SLEEP = re.compile(r"^_*(GI___)?((clock_)?nanosleep|usleep|sleep)$")
_CALL_KINDS = {
    "read": "read",
    "recvfrom": "read",
    "recvmsg": "read",
    "accept": "read",
    "accept4": "read",
    "write": "write",
    "writev": "write",
    "nanosleep": "sleep",
    "clock_nanosleep": "sleep",
    "poll": "poll",
    "ppoll": "poll",
    "select": "poll",
    "pselect6": "poll",
    "epoll_wait": "poll",
    "epoll_pwait": "poll",
    "wait4": "process",
    "waitid": "process",
    "pause": "pause",
    "rt_sigsuspend": "pause",
    "rt_sigtimedwait": "pause",
    "flock": "file lock",
    "fcntl": "file lock",
}


_WAIT_BITSET = 9
_MAPPING = (1, 2)  # SEGV_MAPERR, SEGV_ACCERR
_GIL_SIZE = 128  # of what a thread waits at: its condition and mutex


@dataclass(frozen=True, slots=True)
class Frame:
    """One native frame. `origin`: python, system or program."""

    function: str
    file: str
    line: int
    origin: str

    @property
    def where(self) -> str:
        """`function (file.c:12)`; of the system's and Python's own functions the name is enough."""
        if self.origin == "system":
            return self.function.lstrip("_").removeprefix("GI_") or "??"
        if not self.file or self.origin == "python":
            return self.function or "??"
        return f"{self.function or '??'} ({PurePosixPath(self.file).name}:{self.line})"


@dataclass(frozen=True, slots=True)
class Wait:
    """What a thread sleeps for. `on`: the thread that it needs, where that is known for sure."""

    kind: str
    timed: bool
    on: int | None = None
    within: bool = False  # a pipe with its other end in the same process


@dataclass(frozen=True, slots=True)
class Note:
    """A call that the witness saw; `callers` innermost first."""

    call: str
    callers: tuple[Frame, ...]
    value: int = 0
    state: int = 0  # the thread state that it was given


@dataclass(frozen=True)
class Thread:
    """One thread.

    `attach`: attached, waits, hangs, detached, none (Python does not know it), unknown.
    """

    tid: int
    number: int
    name: str
    frames: tuple[Frame, ...]
    python: tuple[Frame, ...]
    attach: str
    wait: Wait | None
    crashed: bool = False
    naps: int = 0  # times it fell asleep within the second that was watched
    objects: tuple[dict[str, Any], ...] = ()
    open: tuple[Note, ...] = ()
    recent: tuple[Note, ...] = ()
    unmatched: Note | None = None

    @property
    def title(self) -> str:
        return f'thread {self.number} "{self.name}"' if self.name else f"thread {self.number}"

    @cached_property
    def place(self) -> Frame | None:
        """The innermost frame of the program itself."""
        return next((frame for frame in self.frames if frame.origin == "program"), None)

    @cached_property
    def asked_python(self) -> Frame | None:
        """The function of Python that the program called: the frame just inside `place`."""
        last = None
        for frame in self.frames:
            if frame.origin == "program":
                return last
            if frame.origin == "python":
                last = frame
        return last

    @cached_property
    def outer_python(self) -> Frame | None:
        """The function of Python that called the program: the first one outside `place`."""
        seen = False
        for frame in self.frames:
            if seen and frame.origin == "python":
                return frame
            seen = seen or frame.origin == "program"
        return None

    @cached_property
    def is_in_python(self) -> bool:
        """Whether the innermost frame that is not the system's is CPython's."""
        first = next((frame for frame in self.frames if frame.origin != "system"), None)
        return first is not None and first.origin == "python"

    def calls(self, names: frozenset[str] | set[str]) -> bool:
        return any(frame.function in names for frame in self.frames)

    def chain(self, most: int = 4, to: Frame | None = None) -> str:
        """`pthread_join <- render_all (render.c:212) <- main (main.c:88)`; as far as `to` at least,
        with a gap if that is far."""
        told = list(_telling(self.frames, most)) or list(self.frames[:most])
        words = [frame.where for frame in told]
        if to is not None and to in self.frames and to not in told:
            words += ["...", to.where]
        return " <- ".join(words)


@dataclass(frozen=True)
class Incident:
    """Something against Python's rules that the witness saw happen; `thread` as it stood then.

    `kind` and `phase` are words of witness/layout.h; the phase is what Python was when the thread
    attached last, `attached` whether it had done so before. `other`: the earlier call that it goes
    against, if any.
    """

    kind: str
    thread: Thread
    times: int
    value: int
    text: str
    other: Thread | None
    phase: str = ""
    attached: bool = False


@dataclass(frozen=True)
class Interpreter:
    number: int
    locked: bool
    enabled: bool  # False on a free-threaded build that runs without a GIL
    gil: int
    holder: int  # address of a thread state
    finalizing: bool


@dataclass(frozen=True)
class State:
    """A thread state of CPython's."""

    address: int
    interpreter: int
    tid: int
    alive: bool
    attached: bool | None
    counter: int


@dataclass(frozen=True)
class Evidence:
    """All that rules may know."""

    trigger: str  # crash, freeze, limit, asked (a living process), interrupt (Ctrl-C), exit
    signal: str
    fatal_text: str
    python: str  # version; empty when there is no Python
    free_threaded: bool
    how: str
    initialized: bool | None
    was_initialized: bool | None
    finalizing: bool | None
    finalizer: int
    stop_requested: bool
    threads: tuple[Thread, ...]
    interpreters: tuple[Interpreter, ...]
    states: tuple[State, ...]
    ended: tuple[Thread, ...] = ()  # threads that are gone, and left something open
    elsewhere: frozenset[int] = frozenset()  # threads of the parent process
    has_notes: bool = False
    fault: int | None = None  # the address that could not be reached; None where not known
    starter: int = 0  # the thread that started Python
    started: Note | None = None  # and where
    releaser: int = 0  # the thread that called PyEval_ReleaseLock, and has not taken it since
    released: Note | None = None
    knows_current: bool = False  # what each thread has attached, by CPython's own variable
    is_forked: bool = False  # a child of fork that has run no other program since
    origin_known: bool = True  # whether that can be told; not of a core file
    incidents: tuple[Incident, ...] = ()
    signaled: bool | None = None  # Python's handler took a signal that nobody has looked at since
    main: int = 0  # the thread that Python takes for the main one

    @cached_property
    def crashed(self) -> Thread | None:
        return next((thread for thread in self.threads if thread.crashed), None)

    @cached_property
    def waiting(self) -> tuple[Thread, ...]:
        """Threads that want to be attached and are not."""
        return tuple(thread for thread in self.threads if thread.attach == "waits")

    @cached_property
    def holders(self) -> tuple[Thread, ...]:
        return tuple(thread for thread in self.threads if thread.attach == "attached")

    def thread(self, tid: int | None) -> Thread | None:
        return next((thread for thread in self.threads if thread.tid == tid), None)

    def state(self, address: int) -> State | None:
        return next((state for state in self.states if state.address == address), None)

    def others(self, thread: Thread) -> Iterator[Thread]:
        return (other for other in self.threads if other is not thread)

    def needs_attaching(self, thread: Thread | None) -> bool:
        """Whether a thread can only go on once somebody else detaches: it waits itself, or for one
        that does."""
        seen: set[int] = set()
        while thread is not None and thread.tid not in seen:
            if thread.attach == "waits":
                return True
            seen.add(thread.tid)
            thread = self.thread(thread.wait.on) if thread.wait is not None else None
        return False

    @staticmethod
    def of(raw: dict[str, Any]) -> Evidence:
        return _Builder(raw).build()


class _Builder:
    """Raw values to evidence."""

    def __init__(self, raw: dict[str, Any]) -> None:
        self.raw = raw
        self.python: dict[str, Any] = raw.get("python") or {}
        self.runtime: dict[str, Any] = self.python.get("runtime") or {}
        self.notes: dict[str, Any] = raw.get("notes") or {}
        if not self.notes.get("sees", True):
            self.notes = {}  # that it noted nothing means nothing
        self.places: dict[str, Any] = raw.get("places") or {}
        self.states = [
            State(s["address"], s["interpreter"], s["tid"], s["alive"], s["attached"], s["counter"])
            for s in self.python.get("states", ())
        ]
        self.crashed = raw.get("crash", {}).get("tid", 0) if raw.get("crash") else 0
        self.tids = {thread["tid"] for thread in raw.get("threads", ())}

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
            finalizer=runtime.get("finalizing", 0),
            stop_requested=any(stops),
            threads=threads,
            interpreters=tuple(
                Interpreter(
                    i["id"],
                    bool(i["gil"] and i["gil"]["locked"]),
                    bool(i["gil"] and i["gil"]["enabled"]),
                    i["gil"]["address"] if i["gil"] else 0,
                    i["gil"]["holder"] if i["gil"] else 0,
                    i["finalizing"],
                )
                for i in self.python.get("interpreters", ())
            ),
            states=tuple(self.states),
            ended=tuple(
                self._ended(t)
                for t in self.notes.get("threads", ())
                if (t["ended"] or t["tid"] not in self.tids)
                and t["pid"] == raw.get("pid", t["pid"])
            ),
            elsewhere=frozenset(raw.get("parent_tids", ())),
            has_notes=bool(self.notes),
            fault=self._fault(),
            starter=self.notes.get("starter", 0),
            started=self._note(self.notes["started"]) if self.notes.get("starter") else None,
            releaser=self.notes.get("releaser", 0),
            released=self._note(self.notes["released"]) if self.notes.get("releaser") else None,
            knows_current=bool(threads)
            and all(t.get("current") is not None for t in raw["threads"]),
            is_forked=bool(raw.get("forked")),
            origin_known=raw.get("forked", False) is not None,
            incidents=tuple(map(self._incident, raw.get("incidents", ()))),
            signaled=runtime.get("signaled"),
            main=self._main(),
        )

    def _fault(self) -> int | None:
        """Known for a page that is not there; a malformed address is not told."""
        crash = self.raw.get("crash") or {}
        return crash.get("address") if crash.get("code") in _MAPPING else None

    def _was_initialized(self) -> bool | None:
        """By what a start and a stop leave behind in the runtime."""
        if not self.runtime or self.python.get("how", "").startswith("the table"):
            return None
        if self.runtime["initialized"] or self.runtime["finalizing"]:
            return True
        return None if self.runtime["main_thread"] else False

    def _thread(self, raw: dict[str, Any], noted: dict[str, Any] | None) -> Thread:
        signals = [i for i, frame in enumerate(raw["frames"]) if frame.get("signal")]
        crashed = raw["tid"] == self.crashed
        # what lies above the last handler's frame is the handler, not the program
        hidden = signals[-1] + 1 if signals else 0
        shown = raw["frames"][hidden:]
        kept = _without_witness(shown)
        frames = tuple(self._frame(shown[i]) for i in kept)
        wait = None if crashed else self._wait(raw.get("call"), frames)
        own = [s for s in self.python.get("states", ()) if s["tid"] == raw["tid"]]
        current = raw.get("current")
        chosen = [s for s in own if s["address"] == current] or own
        script: list[dict[str, Any]] = next((s["frames"] for s in chosen if s["frames"]), [])
        noted = noted or {"open": (), "recent": (), "unmatched_note": None}
        return Thread(
            tid=raw["tid"],
            number=raw["number"],
            name=raw["name"],
            frames=frames,
            python=tuple(Frame(f["function"], f["file"], f["line"], "script") for f in script),
            attach=self._attach(raw, frames, wait),
            wait=wait,
            crashed=crashed,
            naps=raw.get("naps", 0),
            objects=tuple(
                {**known, "frame": kept.index(known["frame"] - hidden)}
                for known in raw.get("objects", ())
                if known["frame"] - hidden in kept
            ),
            open=tuple(map(self._note, noted["open"])),
            recent=tuple(map(self._note, noted["recent"])),
            unmatched=self._note(noted["unmatched_note"]) if noted["unmatched_note"] else None,
        )

    def _ended(self, noted: dict[str, Any]) -> Thread:
        return Thread(
            noted["tid"],
            0,
            "",
            (),
            (),
            "unknown",
            None,
            open=tuple(map(self._note, noted["open"])),
            recent=tuple(map(self._note, noted["recent"])),
            unmatched=self._note(noted["unmatched_note"]) if noted["unmatched_note"] else None,
        )

    def _main(self) -> int:
        own = self.runtime.get("main_thread")
        states = [s["tid"] for s in self.python.get("states", ()) if s.get("pthread") == own]
        return int((own and states and states[0]) or self.raw.get("pid", 0))

    def _incident(self, raw: dict[str, Any]) -> Incident:
        def thread(tid: int, name: str, stack: list[dict[str, Any]]) -> Thread:
            seen = next((t for t in self.raw.get("threads", ()) if t["tid"] == tid), None)
            number, name = (seen["number"], seen["name"]) if seen else (tid, name)
            frames = tuple(self._frame(f) for f in stack if _WITNESS not in f["module"])
            return Thread(tid, number, name, frames, (), "unknown", None)

        other = thread(raw["other_tid"], "", raw["other_stack"]) if raw["other_stack"] else None
        own = thread(raw["tid"], raw["name"], raw["stack"])
        return Incident(
            *(raw["kind"], own, raw["times"], raw["value"], raw["text"], other),
            *(raw["phase"], raw["attached"]),
        )

    def _note(self, note: dict[str, Any]) -> Note:
        places = [f for a in note["callers"] for f in self.places.get(str(a), ())]
        callers = [self._frame(f) for f in places if _WITNESS not in f["module"]]
        return Note(note["call"], tuple(callers), note["value"], note.get("state", 0))

    def _frame(self, raw: dict[str, Any]) -> Frame:
        function, file = raw["function"] or "", raw["file"] or ""
        if raw.get("no_code"):
            return Frame("(no code)", "", 0, "system")
        function = function.split("(")[0] if not function.startswith("(") else function
        return Frame(function, file, raw["line"], self._origin(function, file, raw["module"]))

    def _origin(self, function: str, file: str, module: str) -> str:
        if _SYSTEM.search(module) or _HEADERS.search(file):
            return "system"
        if _LIBPYTHON.search(module) or _WITNESS in module or _PYTHON_HEADERS.search(file):
            return "python"
        home = self.python.get("where", "")
        if home and (module or self.raw.get("program")) == home:
            # linked into the program: its functions are told apart by source and name
            if file:
                return "python" if _PYTHON_SOURCE.search(file) else "program"
            if _PYTHON_PROGRAM.search(home) or _PYTHON_NAME.match(function):
                return "python"
        if "/nptl/" in file or "/sysdeps/" in file:
            return "system"
        return "program"

    def _wait(self, call: dict[str, Any] | None, frames: tuple[Frame, ...]) -> Wait | None:
        names = [frame.function for frame in frames[:10] if frame.origin == "system"]
        if call is None:
            timed = not any(map(_UNTIMED.match, names))
            return next(
                (
                    Wait(kind, timed)
                    for kind, pattern in (*_KINDS, ("sleep", _SLEEP))
                    if any(pattern.search(name) for name in names)
                ),
                None,
            )
        kind = _CALL_KINDS.get(call["name"])
        if call["name"] != "futex":
            if kind is None and call["name"] == "restart_syscall":
                kind = "sleep"
            if kind is None:
                return None
            return Wait(kind, kind == "sleep", within=bool(call.get("within")))
        found = next((k for k, p in _KINDS if any(p.search(name) for name in names)), "futex")
        if found == "futex" and call["args"][1] & 127 == _WAIT_BITSET:
            # a libc without names: join waits while a word still holds the number of that thread
            same = call.get("word") == call["args"][2]
            found = "join" if same and call.get("word") in self.tids else found
        on = {"join": call.get("word"), "mutex": call.get("owner")}.get(found)
        return Wait(found, call["args"][3] != 0, on if on in self.tids else None)

    def _waits_for_gil(self, call: dict[str, Any] | None) -> bool:
        """By the word that a thread waits at: it is a GIL's own."""
        if call is None or call["name"] != "futex":
            return False
        gils = [i["gil"]["address"] for i in self.python.get("interpreters", ()) if i["gil"]]
        return any(0 <= call["args"][0] - gil < _GIL_SIZE for gil in gils)

    def _attach(self, raw: dict[str, Any], frames: tuple[Frame, ...], wait: Wait | None) -> str:
        if not self.python:
            return "none"
        if any(frame.function in HANGING for frame in frames[:6]):
            return "hangs"
        in_system = raw.get("call") is None and bool(frames) and frames[0].origin == "system"
        sleeps = wait is not None or in_system  # its system call may be unknown
        if self._waits_for_gil(raw.get("call")) or (sleeps and _wants_to_attach(frames)):
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


def _without_witness(frames: list[dict[str, Any]]) -> list[int]:
    """Which frames are the program's and Python's; of the witness those that stand for a function
    of Python's, unless that comes next."""
    kept: list[int] = []
    for i, frame in enumerate(frames):
        name = (frame["function"] or "").split("@")[0]
        inner = frames[kept[-1]]["function"] if kept else ""
        if _WITNESS not in frame["module"] or (_PYTHON_NAME.match(name) and name != inner):
            kept.append(i)
    return kept


def _wants_to_attach(frames: tuple[Frame, ...]) -> bool:
    """By the stack: nothing but waiting lies between its top and a function that attaches."""
    nameless = 0
    for frame in frames:
        if frame.origin == "system":
            continue
        if frame.origin != "python":
            return False
        if frame.function in ATTACHING:
            return True
        if frame.function in _WAITING:
            continue
        if not frame.function and nameless < 4:
            nameless += 1  # a stripped libpython: take_gil and its kin have no names
            continue
        return nameless > 0 and frame.function in ("_PyEval_EvalFrameDefault", "_Py_HandlePending")
    return False


_ENTRY = ("__libc_start", "start_thread", "clone", "_start", "__clone")


def _telling(frames: tuple[Frame, ...], most: int) -> Iterator[Frame]:
    """The frames worth showing: the program's, and the outermost of each run of others."""
    told = 0
    for i, frame in enumerate(frames):
        after = frames[i + 1] if i + 1 < len(frames) else None
        if frame.origin == "system":
            # what the system does below a function of Python's that waits is Python's own affair
            show = after is not None and after.origin == "program"
        elif frame.origin == "python":
            show = after is None or after.origin != "python" or frame.function == "take_gil"
        else:
            show = True
        if show and not frame.function.startswith(_ENTRY):
            yield frame
            told += 1
            if told == most:
                return
