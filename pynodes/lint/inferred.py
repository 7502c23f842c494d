"""What functions ask of their thread, found by following them; as a header that clang checks."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

from pynodes.contract.table import Attach
from pynodes.lint.annotations import Says
from pynodes.lint.calls import attach_of, needs_attached
from pynodes.lint.flow import Flow, Program
from pynodes.lint.graph import Annotation, Function, Node, Unit
from pynodes.lint.judge import Judge
from pynodes.lint.reach import pointed
from pynodes.lint.state import At, Closed, Open, Root, State
from pynodes.lint.waits import WAITS

_MACROS = {
    Says.ATTACHED: "PYNODES_ATTACHED",
    Says.DETACHED: "PYNODES_DETACHED",
    Says.EITHER: "PYNODES_EITHER",
    Says.ATTACHES: "PYNODES_ATTACHES",
    Says.DETACHES: "PYNODES_DETACHES",
}
_OF_PYTHON = {
    Attach.NEEDS: Says.ATTACHED,
    Attach.ENSURES: Says.ATTACHES,
    Attach.RESTORES: Says.ATTACHES,
    Attach.RELEASES: Says.DETACHES,
    Attach.SAVES: Says.DETACHES,
}
# By how it can be called: attached, and then left as; detached, and then left as.
_SAID: dict[tuple[At | None, At | None], Says] = {
    (At.ATTACHED, At.DETACHED): Says.EITHER,
    (At.ATTACHED, None): Says.ATTACHED,
    (None, At.DETACHED): Says.DETACHED,
    (None, At.ATTACHED): Says.ATTACHES,
    (At.ATTACHED, At.ATTACHED): Says.ATTACHES,
    (At.DETACHED, None): Says.DETACHES,
}
_BY_ROOT = {Root.PYTHON: Says.ATTACHED, Root.THREAD: Says.DETACHED}  # whatever it does
_HEAD = """\
/* What functions ask of their thread, as `pynodes lint --emit-annotations` found it. Include it
 * before all else, as with `clang -include FILE -Wthread-safety`, and clang checks each function
 * that it compiles. It knows nothing of Ensure within Ensure, and names the inner one. */
"""


class _Ear:
    """Hears whether there is a mistake."""

    def __init__(self) -> None:
        self.heard = False

    def __call__(
        self, kind: str, node: Node, state: State, other: Open | Closed | None = None
    ) -> bool:
        self.heard = True
        return True


def inferred(program: Program, roots: Mapping[str, Root]) -> dict[str, Annotation]:
    """Of each function that has to do with Python, or waits, and of which nothing is said, by
    itself: callees first, so that each is followed once. `roots`: those that something outside
    calls."""
    said: dict[str, Annotation] = dict(program.says)
    program = replace(program, says=said)
    touching = _touching(program)
    found: dict[str, Annotation] = {}
    for function in _callees_first(program):
        if function.id in said:
            continue
        if (root := _BY_ROOT.get(roots.get(function.id, Root.UNKNOWN))) is not None:
            says: Says | None = root
        else:
            says = _says(program, function) if function.id in touching else Says.EITHER
        waits = function.id not in touching and any(n.name in WAITS for n in function.calls())
        if says is not None and (function.id in touching or waits):
            word = "" if waits else str(says)
            found[function.id] = said[function.id] = Annotation(word, function.place, waits)
    return found


def _says(program: Program, function: Function) -> Says | None:
    left = [_left(program, function, at) for at in (At.ATTACHED, At.DETACHED)]
    return _SAID.get((left[0], left[1]))


def _left(program: Program, function: Function, at: At) -> At | None:
    """How it leaves a thread that is so; None: not without a mistake, or in several ways."""
    ear = _Ear()
    flow = Flow(program, ear, lambda function, node, state: None)
    ends = {outcome.state.at for outcome in flow.run(function, State(Root.SAID, at))}
    (end,) = ends if len(ends) == 1 else (At.LOST,)
    is_known = end in (At.ATTACHED, At.DETACHED)
    return end if is_known and not ear.heard else None


def _callees_first(program: Program) -> Iterator[Function]:
    done: set[str] = set()
    for root in program.functions:
        waiting = [(root, False)]
        while waiting:
            each, is_after = waiting.pop()
            if is_after:
                yield program.functions[each]
            elif each not in done and each in program.functions:
                done.add(each)
                waiting.append((each, True))
                for node in program.functions[each].calls():
                    waiting += ((target, False) for target in pointed(node, program.stores))


def _touching(program: Program) -> set[str]:
    """Functions that call Python, or one that does."""
    found: set[str] = set()
    for function in _callees_first(program):
        if any(
            needs_attached(node.name)
            or attach_of(node.name) not in ("", Attach.NEEDS, Attach.EITHER, Attach.UNKNOWN)
            or not found.isdisjoint(pointed(node, program.stores))
            for node in function.calls()
        ):
            found.add(function.id)
    return found


def header(units: Sequence[Unit]) -> Iterator[str]:
    """Its text: the macros, then Python's functions that are used, then the program's own."""
    judge = Judge([unit for unit in units if unit.python])
    program = judge.program
    found = inferred(program, judge.roots)
    macros = (files("pynodes") / "_template" / "pynodes_attach.h").read_text(encoding="utf-8")
    # under names of their own: a program may have these words for something else
    macros = macros[macros.index("#ifndef") :].replace("PYNODES_ATTACH_H", "PYNODES_ANNOTATIONS_H")
    macros = re.sub(r"\bPN_(?!INTERPRETER_)", "PYNODES_", macros)
    yield f"{_HEAD}{macros}\n#include <Python.h>\n\n"
    yield "#if defined(__clang__)\n#pragma clang diagnostic push\n"
    yield '#pragma clang diagnostic ignored "-Wundefined-internal"\n'
    yield '#pragma clang diagnostic ignored "-Wunused-function"\n'
    yield '#ifdef __cplusplus\nextern "C" {\n#endif\n'
    yield from _of_python(units)
    yield "#ifdef __cplusplus\n}\n#endif\n"
    yield from _own(program, found)
    yield "#pragma clang diagnostic pop\n#endif\n"


def _of_python(units: Iterable[Unit]) -> Iterator[str]:
    used = {name: text for unit in units for name, text in unit.api.items()}
    for name, text in sorted(used.items()):
        says = _OF_PYTHON.get(Attach(attach_of(name)))
        if says is not None and (says != Says.ATTACHED or needs_attached(name)):
            yield f"{_MACROS[says]} {text};\n"


def _own(program: Program, found: dict[str, Annotation]) -> Iterator[str]:
    names = Counter(function.name for function in program.functions.values())
    chosen = [
        program.functions[each] for each in found
        if program.functions[each].prototype and names[program.functions[each].name] == 1
    ]  # fmt: skip
    for name in dict.fromkeys(each for function in chosen for each in function.headers):
        yield f'#include "{Path(os.path.relpath(name)).as_posix()}"\n'
    for function in sorted(chosen, key=lambda each: each.place):
        said = found[function.id]
        macro = "PYNODES_MAY_BLOCK" if said.may_block else _MACROS[Says(said.says)]
        yield f"{macro} {function.prototype};\n"
    left_out = len(found) - len(chosen)
    if left_out:
        yield f"/* {left_out} more have types of their own files, or are methods. */\n"
