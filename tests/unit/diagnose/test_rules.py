"""The rules on recorded evidence. All names of the programs are changed: no rule may know one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from expected import of_recordings
from judging import findings
from recordings import FOLDER, names, recorded, text_of

EXPECTED = of_recordings()
HEALTHY = [name for name in names() if name.startswith("healthy-")]


def renamed(raw: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """The same evidence of a program whose functions, files and threads have other names."""
    new: dict[str, str] = {}

    def other(name: str) -> str:
        return new.setdefault(name, f"zz{len(new)}q")

    def change(frame: dict[str, Any]) -> None:
        if re.search(r"\.so|^/usr/", frame["module"]) and "crowd" not in frame["module"]:
            return
        if re.match(r"/usr/(include|src)/|\./", frame["file"] or ""):
            return  # a static libpython is not a file of its own
        if "/include/python3." in (frame["file"] or ""):
            return
        if frame["function"]:
            full = frame["function"].split("(")[0]
            new[full] = frame["function"] = "::".join(map(other, full.split("::")))
        if frame["file"]:
            frame["file"] = f"/x/{other(frame['file'])}{Path(frame['file']).suffix}"

    for thread in raw["threads"]:
        thread["name"] = other(thread["name"])
        for frame in thread["frames"]:
            change(frame)
    for frames in raw["places"].values():
        for frame in frames:
            change(frame)
    for incident in raw.get("incidents", ()):
        incident["name"] = other(incident["name"])
        incident["text"] = other(incident["text"])
        for frame in (*incident["stack"], *incident["other_stack"]):
            change(frame)
    return raw, new


def test_every_recording_has_its_expectation() -> None:
    assert set(names()) == {*EXPECTED, *HEALTHY}


@pytest.mark.parametrize("name", names())
def test_recording_is_in_the_form_that_a_reader_can_compare(name: str) -> None:
    """`python3 tests/support/recordings.py` writes it."""
    text = (FOLDER / f"{name}.json").read_text(encoding="utf-8")

    assert text == text_of(recorded(name)) + "\n"


@pytest.mark.parametrize("name", EXPECTED)
def test_fault_is_found_whatever_the_names(name: str) -> None:
    expected, at = EXPECTED[name]
    raw, new = renamed(recorded(name))

    first = findings(raw)[0]

    assert first.family in expected.families
    assert str(first.confidence) == (at.sure or expected.sure)
    assert first.place is not None
    assert (first.place.function, first.place.line) == (new[at.function], at.line)
    assert first.help
    assert first.why


@pytest.mark.parametrize("name", EXPECTED)
def test_fault_gives_one_finding(name: str) -> None:
    assert len({finding.family for finding in findings(recorded(name))}) == 1


@pytest.mark.parametrize(("times", "in_a_row"), [(7, 7), (40, 3)])
def test_few_threads_or_those_of_one_pool_may_leave_their_states(times: int, in_a_row: int) -> None:
    raw = recorded("courier-3.13")
    raw["incidents"][0].update(times=times, value=in_a_row)

    assert findings(raw) == []


def test_thread_whose_start_is_not_known_may_be_a_daemon_of_python() -> None:
    raw = recorded("poller-3.13")
    for incident in raw["incidents"]:
        own = next(i for i, f in enumerate(incident["stack"]) if f["module"].startswith("/app/p"))
        incident["stack"] = incident["stack"][: own + 1]

    assert findings(raw) == []


@pytest.mark.parametrize("owner", [0, 1])
def test_lock_of_another_thread_or_of_nobody_is_not_taken_twice(owner: int) -> None:
    raw = recorded("wardrobe-3.13")
    for thread in raw["threads"]:
        if thread["call"]:
            thread["call"]["owner"] = owner

    assert findings(raw) == []


@pytest.mark.parametrize("name", HEALTHY)
def test_healthy_program_gives_no_finding(name: str) -> None:
    assert findings(recorded(name)) == []


@pytest.mark.parametrize("name", EXPECTED)
def test_nothing_is_certain_once_the_python_state_is_unreadable(name: str) -> None:
    """Without CPython's state and the witness no lock can be proven to be held by anyone."""
    raw = recorded(name)
    raw["python"] |= {"interpreters": [], "states": [], "runtime": None, "problem": "unreadable"}
    raw["notes"] = None
    (raw["crash"] or {}).pop("bounds", None)
    raw["incidents"] = []
    for thread in raw["threads"]:
        thread["current"] = None

    found = findings(raw)

    said_by_python = raw["fatal_text"] != ""
    assert said_by_python or all(str(finding.confidence) != "certain" for finding in found)


@pytest.mark.parametrize("name", EXPECTED)
def test_witness_that_was_passed_by_proves_nothing(name: str) -> None:
    """A static libpython is called past the witness, whose empty notes mean nothing then."""
    raw = recorded(name)
    blind = {"initialized": 0, "finalized": 0, "lost": 0, "running": False, "threads": []}
    raw["notes"] = {**blind, "sees": False}
    raw["incidents"] = []

    found = findings(raw)

    # of an open attach nothing is left but its alternative, of a release what it led to
    families = EXPECTED[name][0].families
    assert {f.family for f in found} <= {
        *families,
        "after-finalization",
        "call-without-attaching",
        "wait-while-attached",
    }
    if not (raw["python"]["runtime"] or {"finalizing": 0})["finalizing"]:
        assert all(str(f.confidence) == "likely" for f in found if f.family == "after-finalization")


def test_join_of_a_thread_that_does_not_want_python_is_no_finding() -> None:
    raw = recorded("join_attached-3.13")
    joined = raw["threads"][0]["call"]["word"]
    worker = next(thread for thread in raw["threads"] if thread["tid"] == joined)
    worker["call"] = {"name": "clock_nanosleep", "args": [0] * 6}
    worker["frames"] = worker["frames"][-3:]

    assert findings(raw) == []


def test_timed_join_is_not_certain() -> None:
    raw = recorded("join_attached-3.13")
    raw["threads"][0]["call"]["args"][3] = 0x7FFF0000

    assert [str(finding.confidence) for finding in findings(raw)] == ["likely"]


def test_mutex_whose_owner_works_on_is_no_finding() -> None:
    raw = recorded("ledger-3.11")
    owner = raw["threads"][1]
    owner["call"] = None
    owner["frames"] = owner["frames"][-4:]

    assert findings(raw) == []


def test_one_long_sleep_while_attached_is_no_finding() -> None:
    raw = recorded("dialog-3.11")
    for thread in raw["threads"]:
        thread["naps"] = 0

    assert findings(raw) == []


def test_gil_of_a_thread_that_is_gone_but_lent_its_state_is_no_finding() -> None:
    """A thread state may be made on one thread and used on another, when the first has ended."""
    raw = recorded("jobs-3.13")
    holder = raw["python"]["interpreters"][0]["gil"]["holder"]
    borrower = raw["threads"][0]
    borrower |= {"current": holder, "call": None, "frames": borrower["frames"][-2:]}

    assert findings(raw) == []


def test_holder_left_behind_by_fork_is_not_a_missing_release() -> None:
    raw = recorded("fork_worker-3.13")
    raw["parent_tids"] = []

    found = findings(raw)

    assert [(f.family, str(f.confidence)) for f in found] == [("fork-while-attached", "likely")]


def test_thread_that_is_kept_may_have_come_before_the_end_of_the_stop() -> None:
    raw = recorded("late_logger-3.15")
    raw["notes"] = None

    found = findings(raw)

    assert [(f.family, str(f.confidence)) for f in found] == [("after-finalization", "likely")]
    assert "while Python was being stopped" in found[0].alternatives[0]


def test_missing_release_may_be_a_fork_where_that_is_not_known() -> None:
    raw = recorded("jobs-3.13")
    raw["notes"] = None
    raw["forked"] = None  # not known of a core file

    found = findings(raw)

    assert [(f.family, str(f.confidence)) for f in found] == [("missing-release", "likely")]
    assert "child of a fork" in found[0].alternatives[0]


def test_late_call_without_the_witness_is_only_likely() -> None:
    raw = recorded("late_logger-3.13")
    raw["notes"] = None
    before = findings(raw)
    raw["python"]["runtime"]["finalizing"] = 0  # nor a trace of the stop

    found = findings(raw)

    assert [(f.family, str(f.confidence)) for f in before] == [("after-finalization", "certain")]
    assert [(f.family, str(f.confidence)) for f in found] == [("after-finalization", "likely")]
    assert found[0].alternatives


def test_pipe_to_another_process_is_no_finding() -> None:
    raw = recorded("full_pipe-3.13")
    for thread in raw["threads"]:
        if thread["call"]["name"] == "write":
            thread["call"]["within"] = False

    assert findings(raw) == []


def test_crash_in_a_function_of_the_program_is_no_finding() -> None:
    raw = recorded("thermometer-3.12")
    crashed = next(t for t in raw["threads"] if t["tid"] == raw["crash"]["tid"])
    last = max(i for i, frame in enumerate(crashed["frames"]) if "libpython" in frame["module"])
    crashed["frames"] = crashed["frames"][last + 1 :]

    assert findings(raw) == []


def test_thread_of_pythons_own_that_ends_with_python_is_no_finding() -> None:
    """A daemon thread of a script is ended as it should be."""
    raw = recorded("poller-3.13")
    stack = raw["incidents"][0]["stack"]
    stack[:] = [frame for frame in stack if "libpython" in frame["module"]]

    assert findings(raw) == []


def test_thread_that_ends_by_itself_while_python_stops_is_no_finding() -> None:
    raw = recorded("poller-3.13")
    stack = raw["incidents"][0]["stack"]
    stack[:] = [frame for frame in stack if "libpython" not in frame["module"]]

    assert findings(raw) == []


def test_signal_that_was_looked_at_is_no_finding() -> None:
    raw = recorded("farm-3.13")
    raw["python"]["runtime"]["signaled"] = False

    assert findings(raw) == []


def test_signal_while_a_worker_takes_its_time_is_no_finding() -> None:
    raw = recorded("farm-3.13")
    raw["threads"][1]["call"] = {"name": "clock_nanosleep", "args": [0] * 6}

    assert findings(raw) == []


def test_ctrl_c_that_has_no_effect_needs_no_freeze() -> None:
    raw = recorded("farm-3.13") | {"trigger": "interrupt"}
    raw["threads"][1]["call"] = {"name": "clock_nanosleep", "args": [0] * 6}

    assert [finding.family for finding in findings(raw)] == ["lost-signal"]


def test_signal_in_a_deadlock_is_not_what_is_reported() -> None:
    raw = recorded("join_attached-3.13")
    raw["python"]["runtime"]["signaled"] = True

    assert [finding.family for finding in findings(raw)] == ["wait-while-attached"]


def test_incident_of_a_stripped_program_is_told_without_a_place_or_not_at_all() -> None:
    raw = recorded("scorer-3.13")
    for frame in raw["incidents"][0]["stack"]:
        frame |= {"function": None, "file": None, "line": 0}

    assert all(finding.place is None or not finding.place.line for finding in findings(raw))


def test_state_that_was_given_back_is_not_shared() -> None:
    raw = recorded("relay-3.13")
    for noted in raw["notes"]["threads"]:
        if noted["tid"] != raw["crash"]["tid"]:
            noted["recent"].append({"call": "PyEval_SaveThread", "value": 0, "callers": []})

    assert "thread-state-misuse" not in {finding.family for finding in findings(raw)}


def test_lock_that_was_taken_back_is_no_misuse() -> None:
    raw = recorded("heirloom-3.13")
    raw["notes"]["releaser"] = 0

    assert "thread-state-misuse" not in {finding.family for finding in findings(raw)}


def test_thread_that_another_one_may_wake_does_end() -> None:
    raw = recorded("ledger_left_open-3.12")
    feeder = dict(raw["threads"][1], tid=1, number=9, current=0)
    feeder["call"] = {"name": "clock_nanosleep", "args": [0] * 6}
    feeder["frames"] = feeder["frames"][-2:]
    raw["threads"].append(feeder)

    assert findings(raw) == []


def test_bad_free_in_one_interpreter_is_no_sharing() -> None:
    raw = recorded("counters-3.12")
    raw["python"]["interpreters"] = raw["python"]["interpreters"][:1]

    assert "shared-between-interpreters" not in {finding.family for finding in findings(raw)}


def test_guard_whose_scope_has_been_left_is_a_missing_release() -> None:
    """What attached is on the stack no more: neither the guard nor who made it."""
    raw = recorded("guard-3.12")
    for noted in raw["notes"]["threads"]:
        for note in (*noted["open"], *noted["recent"]):
            note["callers"] = note["callers"][:1]

    assert [finding.family for finding in findings(raw)] == ["missing-release"]


def test_null_that_is_handed_over_is_no_dangling_reference() -> None:
    raw = recorded("fault-type-record-3.12")
    raw["crash"] |= {"code": 1, "address": 8}
    for thread in raw["threads"]:
        thread["objects"] = []

    assert findings(raw) == []
