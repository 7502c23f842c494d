"""What `pynodes diagnose` should say of each fault case: the families that fit, and the lines.

The lines to be changed are those marked `// wrong:` in the case; where a call is missing, the call
that opened what is never closed counts as well, and of a wrong order both its ends; where the
marked line calls a function of the rig that is one call of CPython's, that call. `shows` are lines
where the mistake only comes to light: a finding there has the right family, and a reader has some
way to go yet. It is counted apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pynodes.repro.catalog import WRONG, marked_lines

Line = tuple[str, str]  # function, text on the line


@dataclass(frozen=True)
class Expected:
    """`families`: any of them fits. `lines` beside the marked ones; `shows` see above."""

    families: tuple[str, ...]
    lines: tuple[Line, ...] = ()
    shows: tuple[Line, ...] = ()


@dataclass(frozen=True)
class Place:
    file: str
    function: str
    line: int


_DANGLES = ("dangling-reference",)
_UNATTACHED = ("call-without-attaching",)
_WAITS = ("wait-while-attached",)
_OPEN = ("missing-release",)
# sets the object up and calls it; a helper of the header, or of the one file of an exported program
_HELPER = (("pixel_node_call", "PyObject_CallNoArgs(node)"),)

EXPECTED = {
    # start-stop
    "attach-finalized": Expected(("after-finalization",)),
    "attach-finalizing": Expected(("during-finalization",), (("run", "rig_finalize(r);"),)),
    "drop-finalized": Expected(("after-finalization",)),
    "finalize-detached": Expected(("finalize-detached",), (("rig_finalize", "Py_FinalizeEx()"),)),
    "finalize-elsewhere": Expected(("finalize-elsewhere",)),
    "finalize-rendering": Expected(
        ("during-finalization",), (), (("rig_finalize", "Py_FinalizeEx()"),)
    ),
    "python-before-start": Expected(("before-initialization",)),
    "release-lock": Expected(("unmatched-release", "thread-state-misuse")),
    "start-attached": Expected(_WAITS, (("run", "rig_initialize(r);"),)),
    # wrap
    "fetch-unattached": Expected(_UNATTACHED),
    "longjmp": Expected(_OPEN, (("load_texture", "PyGILState_Ensure()"),)),
    # the marked hook has come and gone; what is left is the call that lacks its attach
    "no-attach": Expected(
        _UNATTACHED,
        (
            ("pn_node_call_batch", "PyObject_"),
            ("engine_call", "pn_node_call_batch("),
            ("rig_call_node", "PyObject_CallFunction("),
            ("alone_pixel", "rig_call_node("),
        ),
    ),
    "no-release": Expected(_OPEN, (("invoke_menu", "PyGILState_Ensure()"),)),
    "no-release-early": Expected(_OPEN, (("tooltip", "PyGILState_Ensure()"),)),
    "no-release-on-error": Expected((*_OPEN, "attach-twice"), (("call", "rig_attach(thread);"),)),
    "print-after-release": Expected(("lost-exception",), (("call", "gil = PyGILState_Ensure();"),)),
    "print-released": Expected(_UNATTACHED),
    "release-elsewhere": Expected(("unmatched-release",), (("run", "gil = PyGILState_Ensure();"),)),
    "release-twice": Expected(("unmatched-release",)),
    "state-left": Expected(_OPEN, (("load_file", "PyGILState_Ensure()"),)),
    # reference-counts
    "borrowed": Expected(
        _DANGLES,
        (("call", ': PyDict_GetItemString(table, "node")'),),
        (("call", "rig_call_node(thread, node)"),),
    ),
    "drop-detached": Expected(_UNATTACHED),
    "drop-detached-del": Expected(_UNATTACHED),
    "error-left": Expected(("exception-kept",)),
    "never-dropped": Expected(("object-kept",)),
    "type-record": Expected(_DANGLES, (), (("call", "rig_call_node(thread, node)"),)),
    # deadlock
    "barrier-attached": Expected(_WAITS),
    "end-takes-lock": Expected(
        ("lock-twice",), (), (("entry_dealloc", "pthread_mutex_lock(&lock);"),)
    ),
    "fork-attached": Expected(("fork-while-attached",)),
    "join-attached": Expected(_WAITS),
    "mutex-inversion": Expected(("lock-order",), (("call", "pthread_mutex_lock(&cache);"),)),
    "once-attached": Expected((*_WAITS, "lock-order")),
    "pipe-attached": Expected(_WAITS),
    "popup-attached": Expected(_WAITS),
    # wrong-pixels
    # the interval only hides it or brings it out; the cure is where the shared object is called
    "interval-inverted": Expected(
        ("shared-object",), (("call", "pixel_node_call(shared, thread);"),), _HELPER
    ),
    "shared-node": Expected(("shared-object",), (), _HELPER),
    "shared-node-print": Expected(
        ("shared-object",), (("call", "pixel_node_call(shared, thread);"),), _HELPER
    ),
    "stale-outputs": Expected(("stale-data",)),
    # lifetime
    "callback-owner-gone": Expected(
        _DANGLES, (), (("run_callbacks", "PyObject_CallFunction(queue[i]"),)
    ),
    "freed-on-error": Expected(
        _DANGLES,
        (("call", "tree_node *node = shared;"),),
        (("call", "rig_call_node(thread, node->shader)"),),
    ),
    "kept-shi": Expected(("stale-data",)),
    # the pair around a single call; the marked line only asks the rig for it
    "thread-local-lost": Expected(
        ("locals-lost",),
        (
            ("rig_attach", "thread->gil = PyGILState_Ensure();"),
            ("rig_detach", "PyGILState_Release(thread->gil);"),
        ),
    ),
    # interpreters
    "forced-module": Expected(
        ("shared-between-interpreters",), (("keep", "Py_XSETREF(last, Py_NewRef(object));"),)
    ),
    "interpreter-ended": Expected(
        ("interpreter-in-use", "thread-state-misuse"),
        (("own_gil_end", "Py_EndInterpreter(own->state);"),),
        (("help", "PyEval_RestoreThread(state);"),),
    ),
    "lands-in-main": Expected(("lands-in-main", "wrong-interpreter")),
    "state-of-two": Expected(("thread-state-misuse",)),
    "threads-at-exit": Expected(("thread-never-ends",)),
    # signals
    "ctrl-c-lost": Expected(("lost-signal",)),
}


def places_to_change(sources: dict[str, str], expected: Expected) -> set[Place]:
    """The right lines of a program, given as file names and texts."""
    wrong = {
        (file, number)
        for file, source in sources.items()
        for number, _, _ in marked_lines(source, WRONG)
    }
    marked = {place for place, _ in _lines(sources) if (place.file, place.line) in wrong}
    return marked | set(_found(sources, expected.lines))


def places_that_show(sources: dict[str, str], expected: Expected) -> set[Place]:
    return set(_found(sources, expected.shows))


def _found(sources: dict[str, str], wanted: tuple[Line, ...]) -> Iterator[Place]:
    for place, text in _lines(sources):
        if any(function == place.function and words in text for function, words in wanted):
            yield place


_DEFINITION = re.compile(r"^(?!typedef|struct|enum|extern)[A-Za-z_][\w *]*?(\w+)\([^;]*$")


def _lines(sources: dict[str, str]) -> Iterator[tuple[Place, str]]:
    """Each line with the function around it; functions begin and end in the first column."""
    for file, source in sources.items():
        function = ""
        for number, text in enumerate(source.splitlines(), 1):
            begins = _DEFINITION.match(text)
            if begins is not None:
                function = begins[1]
            yield Place(file, function, number), text
            if text == "}":
                function = ""
