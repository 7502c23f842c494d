"""What went wrong before a crash comes before it, and what is said of either is true."""

from __future__ import annotations

from typing import Any

from judging import findings
from recordings import recorded


def noted(raw: dict[str, Any]) -> dict[str, Any]:
    """The notes of the thread that crashed."""
    tid = raw["crash"]["tid"]
    return next(thread for thread in raw["notes"]["threads"] if thread["tid"] == tid)


def test_incident_of_the_thread_that_crashed_comes_first() -> None:
    raw = recorded("thermometer-3.12")
    stack = next(t for t in raw["threads"] if t["tid"] == raw["crash"]["tid"])["frames"]
    incident = recorded("sensor-3.13")["incidents"][0]
    raw["incidents"] = [{**incident, "tid": raw["crash"]["tid"], "stack": stack}]

    first, second = findings(raw)

    assert (first.family, str(first.confidence)) == ("wrong-interpreter", "likely")
    assert second.family == "call-without-attaching"


def test_incident_of_another_thread_does_not() -> None:
    raw = recorded("thermometer-3.12")
    raw["incidents"] = [recorded("sensor-3.13")["incidents"][0]]

    assert findings(raw)[0].family == "call-without-attaching"


def test_call_that_began_attached_is_not_said_to_be_made_detached() -> None:
    """Python ran code in it; what has detached the thread since is not known."""
    raw = recorded("ferry-3.13")
    raw["notes"] = None

    (found,) = findings(raw)

    assert found.text == "Python code runs on a thread that is not attached any more"
    assert str(found.confidence) == "likely"


def test_function_that_may_be_to_return_detached_is_not_blamed() -> None:
    """Called by C, and never seen to attach again: a helper, for all that is known."""
    raw = recorded("overdraft-3.13")
    thread = noted(raw)
    last = thread["recent"][-1]
    thread["recent"] = [thread["recent"][0], {**last, "call": "PyEval_SaveThread"}]

    (found,) = findings(raw)

    assert found.place is not None
    assert (found.family, found.place.function) == ("call-without-attaching", "count_entries")
    assert any(what == "detached by:" and "log_line" in chain for what, _, chain in found.facts)


def test_release_that_closed_its_own_attach_is_not_blamed() -> None:
    raw = recorded("overdraft-3.13")
    thread = noted(raw)
    del thread["recent"][-1]

    assert [found.family for found in findings(raw)] == ["call-without-attaching"]


def test_state_of_nobody_is_only_likely_where_nothing_was_noted() -> None:
    raw = recorded("pawn-3.13")
    raw["notes"] = None

    (found,) = findings(raw)

    assert (found.family, str(found.confidence)) == ("thread-state-misuse", "likely")


def test_state_that_is_not_current_is_not_called_an_earlier_release() -> None:
    raw = recorded("double_release-3.13")
    words = (
        "Fatal Python error: PyGILState_Release: thread state 0x1 must be current when releasing"
    )
    raw["fatal_text"] = words

    (found,) = findings(raw)

    assert "that is not the one that is attached" in found.text
    assert "earlier release" not in found.why


def test_release_is_said_to_lack_an_attach_only_where_all_notes_are_there() -> None:
    raw = recorded("double_release-3.13")
    thread = noted(raw)
    release = thread["recent"][-1]
    thread["recent"] = [release]
    assert "did not attach" in findings(raw)[0].text

    thread["recent"] = [release] * 16
    assert "did not attach" not in findings(raw)[0].text


def test_stop_that_got_past_its_first_look_was_attached() -> None:
    raw = recorded("stop_detached-3.11")
    raw["python"]["runtime"]["finalizing"] = 1

    assert "finalize-detached" not in {found.family for found in findings(raw)}


def test_module_of_the_program_python_is_blamed_as_that_of_an_embedder_is() -> None:
    raw = recorded("ferry-3.13")
    frames = next(t for t in raw["threads"] if t["tid"] == raw["crash"]["tid"])["frames"]
    called = next(frame for frame in frames if frame["function"] == "PyRun_SimpleStringFlags")
    called["function"] = "Py_BytesMain"
    del frames[frames.index(called) + 1]  # main, which has a place in a source

    (found,) = findings(raw)

    assert found.place is not None
    assert (found.place.function, str(found.confidence)) == ("ferry_cross", "certain")


def test_python_that_detaches_by_itself_is_not_the_programs_mistake() -> None:
    """The program attached last: what has detached since is a module of Python's own."""
    raw = recorded("ferry-3.13")
    del noted(raw)["recent"][-1]

    assert findings(raw) == []


def test_line_is_the_programs_where_a_library_that_waits_has_none() -> None:
    raw = recorded("join_attached-3.13")
    frames = next(t["frames"] for t in raw["threads"] if t["number"] == 1)
    first = next(i for i, frame in enumerate(frames) if frame["function"] == "wait_all")
    library = {"function": "device_stop", "file": None, "line": 0, "module": "/opt/libdevice.so"}
    frames.insert(first, {**frames[first], **library})

    place = findings(raw)[0].place

    assert place is not None
    assert (place.function, place.line) == ("wait_all", 19)
