"""What `pynodes diagnose` should say of each program with a mistake: one table for all tests.

`broken/...` are the victims of tests/victims, where the lines to be named are marked WRONG;
`fault/...` are the fault cases of host/fault, where they are marked `// wrong:`. Of a fault case
other lines count as well: where a call is missing, the call that opened what is never closed; of a
wrong order both its ends; where the marked line calls a function of the rig that is one call of
CPython's, that call.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

Line = tuple[str, str]  # function, text on the line


@dataclass(frozen=True)
class At:
    """Where recorded evidence has the mistake: of the program as it was then, on which Pythons, and
    how sure a finding is, where not all agree."""

    function: str
    line: int
    pythons: str
    sure: str = ""


@dataclass(frozen=True)
class Expected:
    """`said`: the families that fit, with blanks between; `sure`: certain or likely, None: either.

    `lines`: right ones beside those that are marked. `shows`: lines where the mistake only shows:
    a finding there has the right family, and a reader has some way to go yet.
    """

    said: str
    sure: str | None = None
    lines: tuple[Line, ...] = ()
    shows: tuple[Line, ...] = ()
    recorded: tuple[At, ...] = ()

    @property
    def families(self) -> tuple[str, ...]:
        return tuple(self.said.split())


# sets the object up and calls it; a helper of the header, or of the one file of an exported program
_HELPER = (("pixel_node_call", "PyObject_CallNoArgs(node)"),)

EXPECTED = {
    "broken/almanac.c": Expected("wait-while-attached", "likely"),
    "broken/annex.c": Expected("attach-twice", "certain", recorded=(At("look_up", 6, "3.11"),)),
    "broken/attach_twice.c": Expected(
        "attach-twice", "certain", recorded=(At("drop_cache", 8, "3.13-stripped"),)
    ),
    "broken/barometer.c": Expected("call-without-attaching", "certain"),
    "broken/brood.c": Expected(
        "thread-never-ends", "likely", recorded=(At("run_child", 10, "3.13"),)
    ),
    "broken/catalog.cpp": Expected("wait-while-attached", "likely"),
    "broken/counters.c": Expected(
        "shared-between-interpreters", "likely", recorded=(At("count", 14, "3.12"),)
    ),
    "broken/courier.c": Expected(
        "missing-release", "likely", recorded=(At("deliver", 12, "3.13"),)
    ),
    "broken/courier_service.c": Expected("wait-while-attached", "certain"),
    "broken/crowd.c": Expected(
        "wait-while-attached", "likely", recorded=(At("wait_for_crowd", 33, "3.12"),)
    ),
    "broken/cuckoo.c": Expected("lost-exception", "certain"),
    "broken/curtain.c": Expected(
        "finalize-within", "certain", recorded=(At("draw_curtain", 10, "3.13"),)
    ),
    "broken/depot.c": Expected(
        "wait-while-attached", "likely", recorded=(At("order", 58, "3.13"),)
    ),
    "broken/dialog.c": Expected(
        "wait-while-attached", "likely", recorded=(At("pump_events", 24, "3.11"),)
    ),
    "broken/doorbell.c": Expected("wait-while-attached", "likely"),
    "broken/double_release.c": Expected(
        "unmatched-release", "certain", recorded=(At("notify", 17, "3.13"),)
    ),
    "broken/drain.cpp": Expected("wait-while-attached", "likely"),
    "broken/farm.c": Expected("lost-signal", "likely", recorded=(At("main", 50, "3.11 3.13"),)),
    "broken/ferry.c": Expected(
        "call-without-attaching", "certain", recorded=(At("ferry_cross", 15, "3.11 3.13"),)
    ),
    "broken/filter.c": Expected("shared-object", "likely", recorded=(At("apply", 40, "3.13t"),)),
    "broken/fork_worker.c": Expected(
        "fork-while-attached", "certain", recorded=(At("run_child", 20, "3.13 3.13-static"),)
    ),
    "broken/forge.c": Expected("wait-while-attached", "likely", recorded=(At("call", 26, "3.13"),)),
    "broken/full_pipe.c": Expected(
        "wait-while-attached", "likely", recorded=(At("send_result", 18, "3.13"),)
    ),
    "broken/gazette.c": Expected("lock-cycle", "likely", recorded=(At("call", 8, "3.11"),)),
    "broken/grader.c": Expected(
        "exception-kept", "likely", recorded=(At("is_refused", 12, "3.13"),)
    ),
    "broken/guard.cpp": Expected(
        "wait-while-attached", "likely", recorded=(At("collect", 39, "3.12"),)
    ),
    "broken/hatch.c": Expected(
        "fork-while-attached", "certain", recorded=(At("spawn", 11, "3.13"),)
    ),
    "broken/heirloom.c": Expected(
        "thread-state-misuse", None, recorded=(At("open_shop", 13, "3.13", "certain"),)
    ),
    "broken/interlude.c": Expected(
        "call-without-attaching", "likely", recorded=(At("fetch", 11, "3.13"),)
    ),
    "broken/jobs": Expected(
        "missing-release", "certain", recorded=(At("script_run", 23, "3.13 3.13t"),)
    ),
    "broken/intruder.c": Expected(
        "call-without-attaching", recorded=(At("sample", 13, "3.13", "certain"),)
    ),
    "broken/join_attached.c": Expected(
        "wait-while-attached",
        None,
        recorded=(
            At("wait_all", 19, "3.13", "certain"),
            At("wait_all", 19, "3.14-stripped", "likely"),
        ),
    ),  # likely where the C library has no names
    "broken/late_logger.c": Expected(
        "after-finalization", "certain", recorded=(At("say", 9, "3.13 3.13-static 3.15"),)
    ),
    "broken/launch.c": Expected(
        "wait-while-attached", "likely", recorded=(At("call", 19, "3.13"),)
    ),
    "broken/ledger.cpp": Expected(
        "lock-order", "certain", recorded=(At("Ledger::total", 29, "3.11"),)
    ),
    "broken/ledger_left_open.c": Expected(
        "thread-never-ends", "likely", recorded=(At("close_all", 8, "3.12"),)
    ),
    "broken/meter.c": Expected(
        "python-in-handler", "certain", recorded=(At("report", 16, "3.13"),)
    ),
    "broken/metronome.c": Expected("call-without-attaching", "certain"),
    "broken/minutes.c": Expected("wait-while-attached", "likely"),
    "broken/lodger.c": Expected(
        "thread-state-misuse", "certain", recorded=(At("host", 26, "3.11"),)
    ),
    "broken/pager.c": Expected("after-finalization", "certain"),
    "broken/overdraft.c": Expected(
        "unmatched-release", "likely", recorded=(At("log_line", 12, "3.13"),)
    ),
    "broken/painter.c": Expected("shared-object", "likely", recorded=(At("paint", 13, "3.13"),)),
    "broken/patience.c": Expected(
        "wait-while-attached", "likely", recorded=(At("call", 28, "3.11"),)
    ),
    "broken/pawn.c": Expected(
        "thread-state-misuse", "certain", recorded=(At("work", 14, "3.11 3.13"),)
    ),
    "broken/poller.c": Expected(
        "during-finalization", "certain", recorded=(At("main", 35, "3.13"),)
    ),
    "broken/primer.c": Expected("lock-cycle", "likely", recorded=(At("call", 8, "3.13"),)),
    "broken/recover.c": Expected("call-without-attaching", "certain"),
    "broken/relay.c": Expected(
        "thread-state-misuse", "certain", recorded=(At("begin_job", 12, "3.13 3.13-noted"),)
    ),
    "broken/rota.c": Expected("lock-cycle", "likely", recorded=(At("call", 8, "3.13"),)),
    "broken/sandbox.c": Expected(
        "thread-state-misuse", "likely", recorded=(At("close_sandbox", 29, "3.14"),)
    ),
    "broken/saver.c": Expected("during-finalization", "certain"),
    "broken/scribe.c": Expected("lost-exception", "certain"),
    "broken/scorer.c": Expected("lost-exception", "certain", recorded=(At("mark", 14, "3.13"),)),
    "broken/sensor.c": Expected(
        "wrong-interpreter", "likely", recorded=(At("report", 10, "3.13"),)
    ),
    "broken/snooze.c": Expected(
        "wait-while-attached", "likely", recorded=(At("call", 19, "3.13"),)
    ),
    "broken/stale_item.c": Expected(
        "dangling-reference", "likely", recorded=(At("describe_first", 26, "3.13 3.13-stripped"),)
    ),
    "broken/stare.c": Expected("wait-while-attached", "likely", recorded=(At("call", 17, "3.13"),)),
    "broken/stopwatch.c": Expected("python-in-handler"),
    "broken/stop_detached.c": Expected(
        "finalize-detached", "certain", recorded=(At("shut_down", 16, "3.11"),)
    ),
    "broken/stop_early.c": Expected("after-finalization", "certain"),
    "broken/tally.c": Expected("call-without-attaching", "certain"),
    "broken/thermometer.c": Expected(
        "call-without-attaching", "certain", recorded=(At("store_reading", 9, "3.12"),)
    ),
    "broken/thread_ends.c": Expected(
        "missing-release",
        "certain",
        recorded=(At("ask_python", 10, "3.11-stripped 3.13-stripped"),),
    ),
    "broken/ticker.c": Expected("wait-while-attached", None),
    "broken/tiles.cpp": Expected("wait-while-attached", "likely"),
    "broken/too_soon.c": Expected(
        "before-initialization", "certain", recorded=(At("fill_settings", 8, "3.11 3.13-static"),)
    ),
    "broken/turnstile.c": Expected("wait-while-attached", "likely"),
    "broken/unload.c": Expected(
        "finalize-elsewhere", "certain", recorded=(At("preview", 34, "3.11 3.13t"),)
    ),
    "broken/warren.c": Expected(
        "stack-overflow", "certain", recorded=(At("count_below", 11, "3.13"),)
    ),
    "broken/wardrobe.c": Expected("lock-twice", "likely", recorded=(At("hang", 27, "3.13"),)),
    "broken/whirl.c": Expected("wait-while-attached", "likely"),
    # start-stop
    "fault/attach-finalized": Expected("after-finalization"),
    "fault/attach-finalizing": Expected(
        "during-finalization", lines=(("run", "rig_finalize(r);"),)
    ),
    "fault/drop-finalized": Expected("after-finalization"),
    "fault/finalize-detached": Expected(
        "finalize-detached", lines=(("rig_finalize", "Py_FinalizeEx()"),)
    ),
    "fault/finalize-elsewhere": Expected("finalize-elsewhere"),
    "fault/finalize-rendering": Expected(
        "during-finalization", shows=(("rig_finalize", "Py_FinalizeEx()"),)
    ),
    "fault/python-before-start": Expected("before-initialization"),
    "fault/release-lock": Expected(
        "unmatched-release thread-state-misuse", recorded=(At("run", 15, "3.11 3.13", "certain"),)
    ),
    "fault/start-attached": Expected(
        "wait-while-attached",
        lines=(("run", "rig_initialize(r);"),),
        recorded=(At("run", 9, "3.13", "likely"),),
    ),
    # wrap
    "fault/fetch-unattached": Expected("call-without-attaching"),
    "fault/longjmp": Expected(
        "missing-release",
        lines=(("load_texture", "PyGILState_Ensure()"),),
        recorded=(At("load_texture", 21, "3.13", "likely"),),
    ),
    # the marked hook has come and gone; what is left is the call that lacks its attach
    "fault/no-attach": Expected(
        "call-without-attaching",
        lines=(
            ("call", "PyObject_"),
            ("call_by_sample", "call("),
            ("pn_node_call_batch", "call_by_sample("),
            ("engine_call", "pn_node_call_batch("),
            ("rig_call_node", "PyObject_CallFunction("),
            ("rig_shade", "rig_call_node("),
        ),
    ),
    "fault/no-release": Expected(
        "missing-release", lines=(("invoke_menu", "PyGILState_Ensure()"),)
    ),
    "fault/no-release-early": Expected(
        "missing-release", lines=(("tooltip", "PyGILState_Ensure()"),)
    ),
    "fault/no-release-on-error": Expected(
        "missing-release attach-twice",
        lines=(("call", "rig_attach(thread);"),),
        recorded=(At("call", 26, "3.12 3.13", "certain"),),
    ),
    "fault/print-after-release": Expected(
        "lost-exception", lines=(("call", "gil = PyGILState_Ensure();"),)
    ),
    "fault/print-released": Expected("call-without-attaching"),
    "fault/release-elsewhere": Expected(
        "unmatched-release", lines=(("run", "gil = PyGILState_Ensure();"),)
    ),
    "fault/release-twice": Expected("unmatched-release"),
    "fault/state-left": Expected("missing-release", lines=(("load_file", "PyGILState_Ensure()"),)),
    # reference-counts
    "fault/borrowed": Expected(
        "dangling-reference",
        lines=(("call", ': PyDict_GetItemString(table, "node")'),),
        shows=(("call", "rig_call_node(thread, node)"),),
        recorded=(At("call", 31, "3.13", "likely"),),
    ),
    "fault/drop-detached": Expected(
        "call-without-attaching", recorded=(At("delete_nodes", 24, "3.13", "certain"),)
    ),
    "fault/drop-detached-del": Expected("call-without-attaching"),
    "fault/error-left": Expected("exception-kept"),
    "fault/never-dropped": Expected("object-kept"),
    "fault/type-record": Expected(
        "dangling-reference",
        shows=(("call", "rig_call_node(thread, node)"),),
        recorded=(At("call", 36, "3.12", "likely"),),
    ),
    # deadlock
    "fault/barrier-attached": Expected("wait-while-attached"),
    "fault/end-takes-lock": Expected(
        "lock-twice", shows=(("entry_dealloc", "pthread_mutex_lock(&lock);"),)
    ),
    "fault/fork-attached": Expected("fork-while-attached"),
    "fault/join-attached": Expected(
        "wait-while-attached", recorded=(At("render", 13, "3.13", "likely"),)
    ),
    "fault/mutex-inversion": Expected(
        "lock-order", lines=(("call", "pthread_mutex_lock(&cache);"),)
    ),
    "fault/once-attached": Expected("wait-while-attached lock-order"),
    "fault/pipe-attached": Expected(
        "wait-while-attached", recorded=(At("call", 22, "3.13", "likely"),)
    ),
    "fault/popup-attached": Expected(
        "wait-while-attached", recorded=(At("popup", 26, "3.13 3.13-in-script", "likely"),)
    ),
    # wrong-pixels
    # the interval only hides it or brings it out; the cure is where the shared object is called
    "fault/interval-inverted": Expected(
        "shared-object", lines=(("call", "pixel_node_call(shared, thread);"),), shows=_HELPER
    ),
    "fault/shared-node": Expected("shared-object", shows=_HELPER),
    "fault/shared-node-print": Expected(
        "shared-object", lines=(("call", "pixel_node_call(shared, thread);"),), shows=_HELPER
    ),
    "fault/stale-outputs": Expected("stale-data"),
    # lifetime
    "fault/callback-owner-gone": Expected(
        "dangling-reference",
        shows=(("run_callbacks", "PyObject_CallFunction(queue[i]"),),
        recorded=(At("run_callbacks", 25, "3.11", "likely"),),
    ),
    "fault/freed-on-error": Expected(
        "dangling-reference",
        lines=(("call", "tree_node *node = shared;"),),
        shows=(("call", "rig_call_node(thread, node->shader)"),),
        recorded=(At("call", 45, "3.12", "likely"),),
    ),
    "fault/kept-shi": Expected("stale-data"),
    # the pair around a single call; the marked line only asks the rig for it
    "fault/thread-local-lost": Expected(
        "locals-lost",
        lines=(
            ("rig_attach", "thread->gil = PyGILState_Ensure();"),
            ("rig_detach", "PyGILState_Release(thread->gil);"),
        ),
    ),
    # interpreters
    "fault/forced-module": Expected(
        "shared-between-interpreters",
        lines=(("keep", "Py_XSETREF(last, Py_NewRef(object));"),),
        recorded=(At("keep", 12, "3.12", "likely"),),
    ),
    "fault/interpreter-ended": Expected(
        "interpreter-in-use thread-state-misuse",
        lines=(("own_gil_end", "Py_EndInterpreter(own->state);"),),
        shows=(("help", "PyEval_RestoreThread(state);"),),
        recorded=(At("own_gil_end", 31, "3.13", "likely"),),
    ),
    "fault/lands-in-main": Expected("lands-in-main wrong-interpreter"),
    "fault/state-of-two": Expected(
        "thread-state-misuse", recorded=(At("attach", 19, "3.13", "certain"),)
    ),
    "fault/threads-at-exit": Expected(
        "thread-never-ends", recorded=(At("run", 22, "3.11 3.13", "likely"),)
    ),
    # signals
    "fault/ctrl-c-lost": Expected("lost-signal"),
}

VICTIMS = {Path(k).name: row for k, row in EXPECTED.items() if k.startswith("broken/")}
FAULTS = {Path(k).name: row for k, row in EXPECTED.items() if k.startswith("fault/")}


def of_recordings() -> dict[str, tuple[Expected, At]]:
    """By the name of the recording: `jobs-3.13t`, `fault-longjmp-3.13`."""
    found: dict[str, tuple[Expected, At]] = {}
    for key, row in EXPECTED.items():
        name = Path(key).stem if key.startswith("broken/") else key.replace("/", "-")
        for at in row.recorded:
            found |= {f"{name}-{python}": (row, at) for python in at.pythons.split()}
    return found
