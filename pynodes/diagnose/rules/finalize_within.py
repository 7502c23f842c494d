"""`Py_FinalizeEx` in a function that Python has called, and that returns to it."""

from __future__ import annotations

from pynodes.diagnose.evidence import Evidence
from pynodes.diagnose.finding import Findings, finding, where
from pynodes.diagnose.rules._let_go import is_called_by_python, runs_python_code
from pynodes.diagnose.rules._stuck import STOPPING


def find_root(evidence: Evidence) -> Findings:
    """No Python code begins after the stop: what is under way on this thread began before."""
    thread = evidence.crashed
    if thread is None or evidence.initialized is not False or not runs_python_code(thread):
        return
    if thread.calls(STOPPING):
        return  # the stop itself runs code: destructors, what atexit has
    stops = [note for note in thread.recent if note.call == "Py_FinalizeEx"]
    if not stops or not is_called_by_python(stops[-1]):
        return
    place = stops[-1].place
    name = place.function if place is not None else "a function"
    yield finding(
        thread,
        "a function that Python has called stops Python, and Python code goes on behind it",
        f"{name} called Py_FinalizeEx{where(place)}, and Python code was under way further up that"
        " stack: the interpreter and the objects that it works with are freed",
        f"Py_FinalizeEx where Python is called{where(thread.place)}, once that has returned; let"
        f" {name} set a flag, or raise SystemExit",
        ("stops Python:", thread.title, stops[-1].chain(1)),
        ("crashed:", thread.title, thread.chain(6)),
        sure=True,
        at=place,
    )
