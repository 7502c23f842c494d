"""Each kind of mistake in words: family, how sure, what, why, and what to write instead."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePath
from typing import NamedTuple

from pynodes.diagnose.evidence import Frame
from pynodes.diagnose.finding import Finding, finding
from pynodes.diagnose.sources import around
from pynodes.lint.graph import Place
from pynodes.lint.mistake import Mistake
from pynodes.lint.state import At, Closed, Open, Root, Step

_MOST_STEPS = 12


class Words(NamedTuple):
    """`why` and `help` have `{call}`, `{function}`, `{other}` (where that was), `{partner}`."""

    family: str
    text: str
    why: str
    help: str
    sure: bool = True


_ROOTS = {
    Root.PYTHON: "Python calls it",
    Root.THREAD: "a thread begins here",
    Root.MAIN: "the program begins here",
    Root.HANDLER: "a signal calls it",
    Root.UNKNOWN: "somebody calls it",
    Root.SAID: "the source says how it is called",
}

_BETWEEN = Words(
    "call-without-attaching",
    "{call} between a detach and the attach",
    "{function} detached{other}, and another thread may be attached now",
    "move {call} before the detach or after the attach",
)

WORDS = {
    "lost": Words(
        "missing-release",
        "a way out of {function} without a release",
        "what {opener} gave{other} is gone when {function} returns{end}, so no one can release it",
        "PyGILState_Release on every way out of {function}",
    ),
    "save lost": Words(
        "call-without-attaching",
        "a way out of {function} that leaves the thread detached",
        "the thread detached{other} and returns{end} to one that is attached: the next call of"
        " Python comes from a thread that is not",
        "PyEval_RestoreThread on every way out of {function}, also those before"
        " Py_END_ALLOW_THREADS",
    ),
    "thread ends attached": Words(
        "missing-release",
        "a thread ends attached",
        "it attached{other}, and its function returns without undoing that: the interpreter stays"
        " with a thread that is gone",
        "undo the attach{other} before the thread ends",
    ),
    "twice": Words(
        "unmatched-release",
        "released twice",
        "the same attachment was released{other} on this path",
        "one release for each attach; set a flag, or use a scope guard",
    ),
    "given away": Words(
        "unmatched-release",
        "a release of what the caller releases",
        "{call} releases what its caller attached, and the caller releases it again",
        "leave the release to the function that attached",
    ),
    "nothing open": Words(
        "unmatched-release",
        "a release without an attach",
        "no attach of this thread is open here",
        "PyGILState_Ensure before it, on every path",
    ),
    "released detached": Words(
        "unmatched-release",
        "a release while the thread is detached",
        "it detached{other} and has not attached again",
        "PyEval_RestoreThread before the release",
    ),
    "detach twice": Words(
        "unmatched-release",
        "a detach of a thread that is detached",
        "it detached{other} already; {call} ends the process here",
        "leave it out, or attach in between",
    ),
    "attach twice": Words(
        "attach-twice",
        "an attach of a thread that is attached",
        "the thread is attached{other}; {call} waits for a lock that the thread itself holds, or"
        " ends the process",
        "PyGILState_Ensure, which may nest, or no attach here",
    ),
    "detached": Words(
        "call-without-attaching",
        "{call} on a thread that is not attached",
        "{why_detached}",
        "PyGILState_Ensure before it, PyGILState_Release on every way out",
    ),
    "between": _BETWEEN,
    "not started": Words(
        "before-initialization",
        "{call} before Python is started",
        "nothing on the way here has started Python",
        "Py_InitializeFromConfig before it",
    ),
    "stopped": Words(
        "after-finalization",
        "{call} after Python is stopped",
        "Py_FinalizeEx has run on this path",
        "move it before Py_FinalizeEx",
    ),
    "stop detached": Words(
        "finalize-detached",
        "Python is stopped by a thread that is detached",
        "{call} needs to be attached, and the thread detached{other}",
        "PyGILState_Ensure, or PyEval_RestoreThread, before it",
    ),
    "stop elsewhere": Words(
        "finalize-elsewhere",
        "Python is stopped on a thread that did not start it",
        "{call} runs on a thread of its own here",
        "start and stop Python on one thread",
    ),
    "fork": Words(
        "fork-while-attached",
        "Python is used in a child of a thread that was detached",
        "the thread that holds the interpreter is not in the child, and never lets go of it there",
        "posix_spawn, or attach and PyOS_BeforeFork before the fork",
    ),
    "handler": Words(
        "python-in-handler",
        "a signal handler calls Python",
        "it may interrupt Python itself, or an allocation, at any instruction",
        "set a flag or write to a pipe there; PyErr_SetInterruptEx is safe in handlers",
    ),
    "lock alone": Words(
        "thread-state-misuse",
        "{call} lets go of the lock and keeps the thread state attached",
        "from 3.12 on it ends the process; before, the next attach of this thread goes wrong",
        "PyEval_SaveThread, or PyEval_ReleaseThread, which detach as well",
    ),
    "stop within": Words(
        "finalize-within",
        "Python is stopped by a function that it has called",
        "whoever called {function} goes on in Python when it returns, and that is gone",
        "set a flag here, and stop Python where nothing of it is on the stack",
    ),
    "child stops": Words(
        "thread-never-ends",
        "Python is stopped in a child of fork that it does not know of",
        "fork copied one thread alone; without PyOS_AfterFork_Child {call} waits for the others",
        "PyOS_BeforeFork before fork, PyOS_AfterFork_Child first thing in the child",
        sure=False,
    ),
    "guest stays": Words(
        "thread-state-misuse",
        "a release while another interpreter's thread state is attached",
        "the interpreter that was made{other} is still the one of this thread",
        "Py_EndInterpreter, or PyThreadState_Swap to the state of before, before the release",
    ),
    "state left": Words(
        "missing-release",
        "a thread ends and leaves its thread state behind",
        "what PyGILState_Ensure gave is used by nobody, so the state that it made is never deleted",
        "keep its result, and PyGILState_Release with it before the thread ends",
    ),
    "lands in main": Words(
        "wrong-interpreter",
        "PyGILState_Ensure on a thread that another interpreter has started",
        "on a new thread it attaches to the main interpreter, whichever interpreter started it",
        "PyThreadState_New with that interpreter, and PyEval_RestoreThread",
        sure=False,
    ),
    "ensure in guest": Words(
        "attach-twice",
        "PyGILState_Ensure on a thread that is attached to another interpreter",
        "the program makes interpreters, and in those {call} finds another thread state: it waits"
        " for the lock that the thread itself holds, or ends the process",
        "leave it out: who is called by Python is attached",
        sure=False,
    ),
    "stop with threads": Words(
        "during-finalization",
        "Python is stopped while a thread may attach again",
        "{partner_name} holds a thread state and attaches at {partner_place}; nobody has joined it:"
        " it ends there, or sleeps for ever",
        "end and join the thread before Python is stopped",
    ),
    "attach after stop": Words(
        "after-finalization",
        "a thread attaches that outlives Python",
        "nobody joins it before {partner_name} stops Python at {partner_place}",
        "join the thread before Py_FinalizeEx",
    ),
    "attach while stopping": Words(
        "during-finalization",
        "a thread attaches while Python is being stopped",
        "what it waits for comes from a function that Python calls, also when it is stopped at"
        " {partner_place}",
        "end and join the thread before Py_FinalizeEx",
        sure=False,
    ),
    "end with threads": Words(
        "thread-state-misuse",
        "an interpreter is ended while a thread has a state in it",
        "{partner_name} makes one at {partner_place}, and nobody has joined its thread",
        "join the thread before Py_EndInterpreter",
    ),
    "state of many": Words(
        "thread-state-misuse",
        "one thread state for several threads",
        "the thread's function is started more than once, and all attach with this one variable",
        "PyThreadState_New on each thread, or PyGILState_Ensure",
    ),
    "state gone": Words(
        "thread-state-misuse",
        "a thread attaches with a state that another one deletes",
        "it is deleted while this thread still runs, and comes here again",
        "delete it when the thread has been joined",
    ),
    "lock order": Words(
        "lock-order",
        "{call} while the thread is attached, of a lock under which others attach",
        "{partner_name} has the lock at {partner_place}, and waits for the interpreter there: each"
        " waits for what the other has",
        "detach before the lock is taken, or take no lock while attaching",
    ),
    "lock wait": Words(
        "wait-while-attached",
        "{call} while the thread is attached",
        "{partner_name} has what it waits for at {partner_place}, and waits for the interpreter"
        " there",
        "detach around it: Py_BEGIN_ALLOW_THREADS before, Py_END_ALLOW_THREADS after",
        sure=False,
    ),
    "lock cycle": Words(
        "lock-cycle",
        "{call} in a function that Python calls, of a lock under which code of Python's runs",
        "{partner_name} runs it at {partner_place}: that may wait for a lock of Python's, which who"
        " comes here may have",
        "hold no lock of your own while Python runs",
        sure=False,
    ),
    "lock again": Words(
        "lock-twice",
        "{call} of a lock that the thread has",
        "it was taken on this path already, and waits for itself",
        "take it once, or make it recursive",
    ),
    "drop under lock": Words(
        "lock-twice",
        "{call} under a lock that the end of an object takes",
        "{partner_name} takes it at {partner_place}, and may be called right here",
        "take the object out under the lock, and drop it after",
        sure=False,
    ),
    "wait": Words(
        "wait-while-attached",
        "{call} while the thread is attached",
        "{partner}",
        "detach around it: Py_BEGIN_ALLOW_THREADS before, Py_END_ALLOW_THREADS after",
        sure=False,
    ),
    "said attached": Words(
        "call-without-attaching",
        "{call} on a thread that is not attached",
        "the source says that it needs to be, and the thread is detached{other}",
        "attach before it, or move it to where the thread is attached",
    ),
    "said detached": Words(
        "wait-while-attached",
        "{call} on a thread that is attached",
        "the source says that it must not be: it waits, takes long or attaches",
        "detach around it; or correct what the source says of {call}",
    ),
    "may block": Words(
        "wait-while-attached",
        "{call} while the thread is attached",
        "the source says that it may block: nobody else gets to Python meanwhile",
        "detach around it: Py_BEGIN_ALLOW_THREADS before, Py_END_ALLOW_THREADS after",
        sure=False,
    ),
    "says attached": Words(
        "missing-release",
        "{function} leaves the thread attached, and the source says {call}",
        "there is a way through it after which the thread is attached",
        "detach on every way out, or correct what the source says of {function}",
    ),
    "says detached": Words(
        "call-without-attaching",
        "{function} leaves the thread detached, and the source says {call}",
        "there is a way through it after which the thread is detached",
        "attach on every way out, or correct what the source says of {function}",
    ),
}


def kind_of(made: Mistake) -> str:
    """The row of WORDS."""
    other = made.other
    if made.kind == "lost" and isinstance(other, Open) and other.kind == "save":
        return "save lost"
    if made.kind == "detached" and isinstance(other, Open):
        return "between"
    if made.kind == "twice" and isinstance(other, Closed) and made.place == other.place:
        return "given away"
    if made.kind == "says":
        return f"says {made.left}"
    return made.kind


def finding_of(made: Mistake) -> Finding:
    """The mistake as all tools of the package report it."""
    words = WORDS[kind_of(made)]
    values = {
        "call": made.call or made.function,
        "function": made.function,
        "opener": "PyGILState_Ensure",
        "other": _at(made.other, made.place),
        "end": _end_of(made),
        "why_detached": _why_detached(made),
        "partner": _partner(made),
        "partner_name": made.partner[0] if made.partner else "",
        "partner_place": _short(made.partner[1]) if made.partner else "",
    }
    steps = list(made.steps[-_MOST_STEPS:])
    facts = [("path:" if i == 0 else "", *_step(step)) for i, step in enumerate(steps)]
    place = Frame(made.function, str(PurePath(made.place.file)), made.place.line, "program")
    found = finding(
        _ROOTS[made.root],
        words.text.format(**values),
        words.why.format(**values),
        words.help.format(**values),
        *facts,
        at=place,
        sure=(words.sure and made.root is not Root.UNKNOWN) or _is_local(made),
    )
    path = tuple(
        (Frame(step.function, step.place.file, step.place.line, "program"), _step(step)[1])
        for step in made.steps
    )
    return replace(_with_source(found, words.family), path=(*path, (place, found.text)))


def _with_source(found: Finding, family: str) -> Finding:
    place = found.place
    source = around(place.file, place.line) if place is not None else ()
    return replace(found, family=family, source=source)


def _is_local(made: Mistake) -> bool:
    """Whatever called the function, it is so."""
    return made.kind in ("lost", "twice", "released detached", "detach twice", "lock alone")


def _at(other: Open | Closed | None, place: Place) -> str:
    return f" at {_short(other.place)}" if other is not None and other.place != place else ""


def _end_of(made: Mistake) -> str:
    return f" at {_short(made.end)}" if made.end is not None else ""


def _why_detached(made: Mistake) -> str:
    if isinstance(made.other, Closed):
        return f"it was released at {_short(made.other.place)}"
    if made.root is Root.THREAD:
        return "the thread was started by the system, and nothing on the way here attaches it"
    return "nothing on the way here attaches it"


def _partner(made: Mistake) -> str:
    if made.partner is None:
        return ""
    name, place = made.partner
    return f"what ends it is up to {name}, which attaches at {_short(place)} first: both wait"


def _step(step: Step) -> tuple[str, str]:
    how = "" if step.at in (At.CALLER, At.LOST) else f": {step.at}"
    return _short(step.place), f"{step.function}, {step.text}{how}"


def _short(place: Place) -> str:
    return f"{PurePath(place.file).name}:{place.line}"
