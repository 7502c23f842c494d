"""Python's API is called before Python was started, or after it was stopped."""

from __future__ import annotations

from collections.abc import Iterator

from pynodes.diagnose.evidence import Evidence, Thread
from pynodes.diagnose.finding import Finding, Findings, finding, where
from pynodes.diagnose.rules._let_go import runs_python_code
from pynodes.diagnose.rules._stuck import STOPPING, was_cut_off


def find(evidence: Evidence, *, after: bool) -> Findings:
    """Of the family of calls `after` the stop, or of those before the start."""
    if evidence.initialized is not False or any(t.calls(STOPPING) for t in evidence.threads):
        return
    if (evidence.was_initialized is not False) != after:
        return
    for thread in _culprits(evidence):
        asked = thread.asked_python
        if thread.place is None or asked is None or thread.calls(STOPPING | _STARTING):
            continue
        # nobody saw the start: a runtime that is empty looks the same before and after; or it may
        # have come while Python was being stopped, when nobody saw that
        open_ = evidence.was_initialized is None or (after and _is_kept(evidence, thread))
        yield _finding(evidence, thread, sure=not open_, after=after)


_STARTING = frozenset({"Py_Initialize", "Py_InitializeEx", "Py_InitializeFromConfig", "Py_RunMain"})


def _culprits(evidence: Evidence) -> Iterator[Thread]:
    if evidence.crashed is not None:
        if evidence.crashed.is_in_python or evidence.signal == "SIGABRT":
            yield evidence.crashed
        return
    for thread in evidence.threads:
        if thread.attach in ("hangs", "waits") and not was_cut_off(evidence, thread):
            yield thread


def _is_kept(evidence: Evidence, thread: Thread) -> bool:
    """Whether it waits, and may have begun to wait before Python was stopped."""
    if thread.crashed:
        return False
    kept = [i for i in evidence.incidents if i.kind == "kept-by-python"]
    own = next((i for i in kept if i.thread.tid == thread.tid), None)
    return own.phase != "stopped" if own is not None else not evidence.has_notes


def _finding(evidence: Evidence, thread: Thread, *, sure: bool, after: bool) -> Finding:
    place = thread.place
    when = "after Python was stopped" if after else "before Python was started"
    label = "crashed:" if thread.crashed else "hangs:"
    alternatives = []
    if _is_kept(evidence, thread):
        alternatives.append("it was called while Python was being stopped, and is kept since")
    elif not sure:
        alternatives.append("Python was not started yet")
    return finding(
        thread,
        # no code begins then: this began before
        f"Python code is under way {when}"
        if runs_python_code(thread)
        else f"{thread.called} is called {when}",
        "Py_FinalizeEx has freed the interpreter and its objects: there is nothing to work with"
        if after
        else "before Py_Initialize there is no interpreter to work in",
        f"end what calls Python{where(place)} before Py_FinalizeEx: join the threads, unhook the"
        " callbacks"
        if after
        else f"start Python before{where(place, ' that call')}",
        (label, thread.title, thread.chain(6)),
        sure=sure,
        unless=alternatives,
    )
