"""Which functions matter: those that change attachment, or call one that does."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping

from pynodes.contract.table import Attach
from pynodes.lint.annotations import STEADY, Says
from pynodes.lint.calls import ASKS, attach_of
from pynodes.lint.graph import Annotation, Function, Node, Value, last_name
from pynodes.lint.handed import HANDED, STORED

_OTHERS = ("", Attach.NEEDS, Attach.EITHER, Attach.UNKNOWN)
_THREADS = (name for name, (_, slot) in HANDED.items() if slot == "thread")
_MATTER = {"fork", *ASKS, *STORED, *_THREADS}


def changes(name: str) -> bool:
    """Whether a call of it changes what a thread is attached to."""
    return attach_of(name) not in _OTHERS


def pointed(node: Node, stores: Mapping[str, frozenset[str]]) -> Iterator[str]:
    """The functions that a call may reach."""
    if node.target:
        yield node.target
    elif node.choices:
        for value in node.choices:
            yield from (
                [value.text] if value.kind == "function" else stores.get(last_name(value), ())
            )
    elif node.pointer:
        yield from stores.get(last_name(Value("key", node.pointer)), ())


def changing_of(
    functions: Mapping[str, Function],
    stores: Mapping[str, frozenset[str]],
    waits: Collection[str],
    says: Mapping[str, Annotation],
    spinning: Collection[str] = (),
) -> frozenset[str]:
    """Those whose calls have to be followed.

    Args:
        waits: names of functions that wait.
        says: annotations; what is called between functions that have one is looked at by itself.
        spinning: functions that wait without a call.
    """
    callers: defaultdict[str, set[str]] = defaultdict(set)
    waiting = list(spinning)
    for function in functions.values():
        for node in function.calls():
            if changes(node.name) or node.name in _MATTER or node.name in waits:
                waiting.append(function.id)
            if node.pointer in function.parameters:
                waiting.append(function.id)  # what it calls is known to its callers alone
            said = says.get(node.target) or says.get(node.field)
            if said is not None and (said.says != Says.EITHER or said.may_block):
                waiting.append(function.id)
            for target in pointed(node, stores):
                if said is None or said.says not in STEADY:
                    callers[target].add(function.id)
    found: set[str] = set()
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.add(each)
            waiting += callers[each]
    return frozenset(found)
