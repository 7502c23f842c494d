"""What a process was doing, when there is nothing wrong to find: no judgement, no family."""

from __future__ import annotations

from pynodes.diagnose.evidence import Evidence, Thread
from pynodes.diagnose.rules._stuck import kept_ms, rivals

_MOST = 6


def observe(evidence: Evidence) -> list[str]:
    """One line for each thread worth a line, Python code first."""
    lines = []
    busy = next((t for t in evidence.threads if t.python and _is_at_work(t)), None)
    keeper = next((t for t in evidence.holders if _keeps_others(evidence, t)), None)
    if keeper is not None and evidence.crashed is None:
        lines.append(_kept(evidence, keeper))
    elif evidence.crashed is not None and _is_of_its_own(evidence, evidence.crashed):
        lines.append(
            f"Python is in order: the crash is in {evidence.crashed.chain(1)}, not in Python"
        )
    elif busy is not None and evidence.crashed is None:
        where = busy.python[0].where
        if busy.wait is None and not busy.is_in_python:
            lines.append(f"no lock is at fault: C code runs long, attached, called in {where}")
        else:
            doing = "sleeps" if busy.wait is not None else "runs long"
            lines.append(f"no lock is at fault: Python code {doing}, in {where}")
    for thread in evidence.threads[:64]:
        line = _line(evidence, thread)
        if line:
            lines.append(line)
    more = len(lines) - _MOST
    return lines[:_MOST] + ([f"and {more} more threads"] if more > 0 else [])


def _is_at_work(thread: Thread) -> bool:
    return (thread.attach == "attached" and thread.wait is None) or (
        thread.number == 1 and thread.wait is not None and thread.wait.kind == "sleep"
    )


def _is_of_its_own(evidence: Evidence, thread: Thread) -> bool:
    """It crashed outside of Python, which runs and has nothing to say against it."""
    own = next((f for f in thread.frames if f.origin != "system"), None)
    if evidence.initialized is not True or evidence.finalizing or evidence.fatal_text:
        return False
    return own is not None and own.origin == "program" and thread.attach != "unknown"


def _keeps_others(evidence: Evidence, thread: Thread) -> bool:
    """It is in C of the program's or the system's, and others wait to attach."""
    return not thread.is_in_python and thread.place is not None and bool(rivals(evidence, thread))


def _kept(evidence: Evidence, thread: Thread) -> str:
    others, ms = rivals(evidence, thread), kept_ms(evidence, thread)
    names = f"{len(others)} threads" if len(others) > 1 else others[0].title
    since = f" since {ms / 1000:.1f} s" if ms else ""
    return f"{thread.title} is attached in C and keeps {names} from Python{since}: {thread.chain()}"


def _line(evidence: Evidence, thread: Thread) -> str:
    if thread.crashed:
        return f"{thread.title} crashed: {thread.chain(6)}"
    script = thread.python[0] if thread.python else None
    if script is not None:
        if thread.attach == "attached" and thread.wait is None:
            doing = (
                "runs Python code"
                if thread.is_in_python
                else "is in C, attached, called by Python code"
            )
        elif thread.attach == "attached":
            doing = "waits in C, attached, called by Python code"
        elif thread.attach == "waits":
            doing = "waits for its turn in Python code"
        else:
            doing = f"{_WAITS.get(thread.wait.kind if thread.wait else '', 'is in C')}, detached,"
            doing += " called by Python code"
        return f"{thread.title} {doing}: {script.where}"
    if thread.wait is not None:
        doing = _WAITS.get(thread.wait.kind, "waits")
        if thread.attach in ("attached", "waits"):
            doing = "waits to attach" if thread.attach == "waits" else f"{doing}, attached"
        return f"{thread.title} {doing}: {thread.chain()}"
    return f"{thread.title} runs: {thread.chain()}"


_WAITS = {
    "sleep": "sleeps",
    "join": "waits for a thread to end",
    "condition": "waits for a condition",
    "semaphore": "waits for a lock",
    "mutex": "waits for a lock",
    "futex": "waits for a lock",
    "barrier": "waits at a barrier",
    "read": "waits for input",
    "write": "waits to write",
    "poll": "waits for events",
    "process": "waits for a child process",
    "pause": "waits for a signal",
}
