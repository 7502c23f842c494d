"""A thread of the program's that Python ends, or keeps for ever, since Python is being stopped."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath

from pynodes.diagnose.evidence import Evidence, Frame, Incident, Thread
from pynodes.diagnose.finding import Finding, Findings, finding, where
from pynodes.diagnose.rules._stuck import is_frozen, was_cut_off

KINDS = {"ended-by-python": "ended", "kept-by-python": "kept"}


def find(evidence: Evidence, *, after: bool) -> Findings:
    """One finding for all threads, for there is one stop that came too early: of the family of
    those that attach `after` it, or of those that it found at work."""
    seen = [
        incident
        for incident in evidence.incidents
        if incident.kind in KINDS and _belongs_to_program(incident.thread)
    ]
    noted = {incident.thread.tid for incident in seen}
    for thread in evidence.threads:
        if evidence.crashed is None and thread.tid not in noted and was_cut_off(evidence, thread):
            stopper = _noted_stop(evidence)
            seen.append(Incident("kept-by-python", thread, 1, 0, "", stopper, attached=True))
    if seen:
        seen.sort(key=lambda one: (not _is_at_work(one), _is_after(one)))
        if _is_after(seen[0]) == after:
            yield _finding(evidence, seen)


def _noted_stop(evidence: Evidence) -> Thread | None:
    """The thread that stopped Python, as it stood then."""
    for thread in evidence.threads:
        for note in reversed(thread.recent):
            if note.call == "Py_FinalizeEx":
                return replace(thread, frames=note.callers)
    return None


def _belongs_to_program(thread: Thread) -> bool:
    """Python ended it, and did not start it: its own daemon threads are ended as they should be."""
    last = thread.frames[-1] if thread.frames else None
    if last is None or (last.origin != "system" and last.function not in ("_start", "main")):
        return False  # the stack was cut short: where the thread started is not known
    frames = [frame for frame in thread.frames if frame.origin != "system"]
    return bool(frames) and frames[0].origin == "python" and frames[-1].origin == "program"


def _call(seen: Incident) -> str:
    asked = seen.thread.asked_python
    return asked.function if asked is not None and asked.function else "a function of Python"


def _is_at_work(seen: Incident) -> bool:
    """Whether it used Python before: such a thread was cut off, another one came too late."""
    return seen.attached or _call(seen) != "PyGILState_Ensure"


def _is_after(seen: Incident) -> bool:
    """A thread that comes back with a state was in the midst of things when Python was stopped."""
    return seen.phase == "stopped" and _call(seen) == "PyGILState_Ensure"


def _finding(evidence: Evidence, all_seen: list[Incident]) -> Finding:
    seen = all_seen[0]
    thread, stopper = seen.thread, seen.other
    after, ended = _is_after(seen), KINDS[seen.kind] == "ended"
    at_work = _is_at_work(seen) and not after
    stop = _place_of_stop(evidence, stopper) if stopper is not None else None
    place = stop if at_work and stop is not None else thread.place
    others = tuple(dict.fromkeys(one.thread.title for one in all_seen))
    names = ", ".join(others[:3]) + (f" and {len(others) - 3} more" if len(others) > 3 else "")
    facts = [("was ended:" if ended else "is kept:", names, thread.chain())]
    if stopper is not None:
        facts.append(("stops Python:", stopper.title, stopper.chain(6)))
    done = "ended the thread" if ended else "keeps the thread for ever"
    stays = "may stay so" if ended else "stays so"  # C++ unwinds the stack of a thread that ends
    return finding(
        thread,
        f"a thread {'is at work with' if at_work else 'attaches to'} Python"
        f" {'after it was' if after else 'while it is being'} stopped",
        f"CPython {done} inside {thread.called}{where(thread.place)}: nothing behind that line is"
        f" done, and what the thread had locked {stays}",
        f"end and join the thread that attaches{where(thread.place)} before Py_FinalizeEx"
        + (where(stop) if stop is not None else ""),
        *facts,
        sure=True,
        stops=is_frozen(evidence),
        at=place,
    )


def _place_of_stop(evidence: Evidence, stopper: Thread) -> Frame | None:
    """Where Python was stopped; in the function that went on to wait since, where there is one."""
    now = next((t for t in evidence.threads if t.tid == stopper.tid), None)
    own = [frame for frame in stopper.frames if frame.origin == "program"]
    if now is not None and now.wait is not None:
        waits = {_name(frame): frame.line for frame in now.frames if frame.origin == "program"}
        for i, frame in enumerate(own):
            if _name(frame) in waits:
                # the same call is still under way: what it called has gone on by a tail call
                same_call = waits[_name(frame)] == frame.line
                return own[i - 1] if same_call and i > 0 else frame
    return own[0] if own else None


def _name(frame: Frame) -> tuple[str, str]:
    return frame.function, PurePosixPath(frame.file).name
