"""What a call of the C API does to a thread's state, and what is wrong with it there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from pynodes.contract.table import Attach, functions
from pynodes.lint.graph import UNKNOWN, Function, Node, Place, Value
from pynodes.lint.state import NOT_ZERO, At, Closed, Open, Root, State, Step

# What reads a field and touches no count: often done detached, with the object held.
_READS_THREAD = ("PyErr_", "PyThreadState_", "PyInterpreterState_")
_COUNTS = {"Py_INCREF", "Py_XINCREF", "Py_NewRef", "Py_XNewRef", "Py_IncRef"}

# What asks for the state that is current, and for the thread's own: of an attached thread they are
# the same one. By number, what each gives attached and detached.
_OWN_STATE = 1
ASKS: dict[str, tuple[int | None, int | None]] = {
    "PyThreadState_GetUnchecked": (_OWN_STATE, 0),
    "_PyThreadState_UncheckedGet": (_OWN_STATE, 0),
    "PyGILState_GetThisThreadState": (_OWN_STATE, None),
    "PyGILState_Check": (1, 0),
}


class Sayer(Protocol):
    """Who hears of mistakes: kind, call, state before it, and what opened or closed too early.

    Gives whether it is one.
    """

    def __call__(
        self, kind: str, node: Node, state: State, other: Open | Closed | None = None
    ) -> bool: ...


def attach_of(name: str) -> str:
    """What the contract says of a function; empty for what is not of the C API."""
    row = functions().get(name)
    return row.attach if row is not None else ""


def needs_attached(name: str) -> bool:
    """Whether it must not be called detached, by what it touches."""
    row = functions().get(name)
    if row is None or row.attach != Attach.NEEDS:
        return False
    return row.inside != "no" or name in _COUNTS or name.startswith(_READS_THREAD)


class Calls:
    """The effects of Python's own functions. `function` is which one the path is in."""

    def __init__(self, say: Sayer) -> None:
        self.say = say
        self.function = Function("", "", Place("", 0), ())
        self._effects: dict[str, Callable[[State, Node], State]] = {
            Attach.NEEDS: self._needs,
            Attach.ENSURES: self._ensure,
            Attach.RELEASES: self._release,
            Attach.SAVES: self.saved,
            Attach.RESTORES: self.restored,
            Attach.SWAPS: self._swap,
            Attach.ENTERS: self._enter,
            Attach.ENDS: self._end,
            Attach.STARTS: self._start,
            Attach.STOPS: self._stop,
            Attach.BREAKS: self._break,
        }

    def after(self, state: State, node: Node) -> State:
        """The state after a call."""
        if node.name in ASKS and state.at in (At.ATTACHED, At.DETACHED):
            attached, detached = ASKS[node.name]
            return state.knowing(node.result, attached if state.at is At.ATTACHED else detached)
        effect = self._effects.get(attach_of(node.name))
        return effect(state, node) if effect is not None else state

    def step(self, state: State, node: Node, at: At, text: str = "", **changes: object) -> State:
        said = Step(node.place, self.function.name, text or node.name or node.pointer, at)
        return state.stepped(said, at=at, **changes)

    def _lose(self, state: State) -> State:
        """Once a mistake is named, what follows from it is not."""
        return replace(state, at=At.WRONG)

    def _needs(self, state: State, node: Node) -> State:
        if not needs_attached(node.name):
            return state
        if node.name == "Py_XDECREF" and node.arguments and is_null(state, node.arguments[0]):
            return state
        if state.is_copy and node.name == "PyOS_AfterFork_Child":
            return replace(state, is_copy=False)
        if state.is_child:
            self.say("fork", node, state)
            return replace(self._lose(state), is_child=False)
        if state.root is Root.HANDLER:
            self.say("handler", node, state)
            return state
        if state.at is At.CALLER:  # it could not be called otherwise
            return replace(state, at=At.ATTACHED)
        outside = functions()[node.name].outside
        if state.at is At.DETACHED:
            self.say("detached", node, state, self._why_detached(state))
            return self._lose(state)
        if state.at is At.NOT_STARTED and not outside:
            self.say("not started", node, state)
            return self._lose(state)
        if state.at is At.STOPPED and "after" not in outside:
            self.say("stopped", node, state)
            return self._lose(state)
        return state

    def _why_detached(self, state: State) -> Open | Closed | None:
        last = state.opens[-1] if state.opens else None
        if last is not None and last.kind == "save":
            return last
        return state.closed[-1] if state.closed else None

    def _ensure(self, state: State, node: Node) -> State:
        if state.is_child:
            self.say("fork", node, state)
            state = replace(state, is_child=False)
        if state.at is At.STOPPED:
            self.say("stopped", node, state)
            return self._lose(state)
        if state.at is At.NOT_STARTED:
            return replace(state, at=At.LOST)
        made = Open("ensure", node.result, node.place, self.function.name, state.at)
        closed = tuple(each for each in state.closed if each.key != node.result)
        return self.step(state, node, At.ATTACHED, opens=(*state.opens, made), closed=closed)

    def _release(self, state: State, node: Node) -> State:
        key = node.arguments[0].text if node.arguments and node.arguments[0].kind == "key" else ""
        ensured = [each for each in state.opens if each.kind == "ensure"]
        found = next((each for each in reversed(ensured) if key and each.key == key), None)
        is_own = key in self.function.owned or key in self.function.parameters
        twice = next((each for each in state.closed if is_own and each.key == key), None)
        if found is None and twice is not None:
            self.say("twice", node, state, twice)
            return self._lose(state)
        if found is None and ensured:
            found = ensured[-1]
        if found is None:
            alone = state.root is Root.THREAD and not state.opens and state.at is not At.LOST
            if alone and state.at is At.DETACHED:
                self.say("nothing open", node, state)
                return self._lose(state)
            closed = (*state.closed, Closed(key, node.place, self.function.name, "")) if key else ()
            return self.step(state, node, At.LOST, closed=closed or state.closed)
        above = state.opens[state.opens.index(found) + 1 :]
        if state.at is At.ATTACHED and any(each.kind == "enter" for each in above):
            self.say("guest stays", node, state, above[-1])
            return self._lose(state)
        if state.at is At.DETACHED and any(
            e.kind == "save" and e.function == found.function == self.function.name for e in above
        ):
            self.say("released detached", node, state, above[-1])
        opens = tuple(each for each in state.opens if each is not found)
        at = found.before
        if found in state.opens[:-1] and state.at is not At.ATTACHED:
            at = state.at
        closed = state.closed
        if key:
            closed = (*closed, Closed(key, node.place, self.function.name, found.function))
        return self.step(state, node, at, opens=opens, closed=closed)

    def saved(self, state: State, node: Node) -> State:
        if state.at is At.DETACHED:
            self.say("detach twice", node, state, self._why_detached(state))
            return self._lose(state)
        if state.root is Root.HANDLER or state.at in (At.LOST, At.STOPPED, At.NOT_STARTED):
            made = Open("save", self._state_of(node), node.place, self.function.name, At.LOST)
            return self.step(state, node, At.LOST, opens=(*state.opens, made))
        if state.opens and state.opens[-1].kind == "restore":
            return self.step(state, node, At.DETACHED, opens=state.opens[:-1])
        made = Open("save", self._state_of(node), node.place, self.function.name, At.ATTACHED)
        return self.step(state, node, At.DETACHED, opens=(*state.opens, made))

    def _state_of(self, node: Node) -> str:
        """Where the thread state is that was current."""
        if node.name == "PyEval_ReleaseThread" and node.arguments:
            return node.arguments[0].text if node.arguments[0].kind == "key" else ""
        return node.result

    def restored(self, state: State, node: Node) -> State:
        if state.at is At.ATTACHED:
            last = state.opens[-1] if state.opens else None
            self.say("attach twice", node, state, last)
            return self._lose(state)
        saved = [each for each in state.opens if each.kind == "save"]
        key = node.arguments[0].text if node.arguments else ""
        found = next((each for each in reversed(saved) if each.key == key), None)
        if found is None and saved:
            found = saved[-1]
        if found is not None:
            opens = tuple(each for each in state.opens if each is not found)
            at = At.LOST if found.before is At.LOST else At.ATTACHED
            return self.step(state, node, at, opens=opens)
        if state.at in (At.LOST, At.STOPPED, At.NOT_STARTED):
            return self.step(state, node, At.LOST)
        made = Open("restore", key, node.place, self.function.name, state.at)
        return self.step(state, node, At.ATTACHED, opens=(*state.opens, made))

    def _swap(self, state: State, node: Node) -> State:
        given = node.arguments[0] if node.arguments else UNKNOWN
        is_null = given.kind == "number" and given.number == 0
        is_back = bool(state.opens) and state.opens[-1].kind == "save"
        if is_null and state.at is At.ATTACHED:
            return self.saved(state, node)
        if not is_null and state.at is At.DETACHED and is_back:
            return self.restored(state, node)
        return self.step(state, node, At.LOST)

    def _enter(self, state: State, node: Node) -> State:
        if state.at is not At.ATTACHED:
            return self.step(state, node, At.LOST)
        made = Open("enter", "", node.place, self.function.name, At.ATTACHED)
        return self.step(state, node, At.ATTACHED, opens=(*state.opens, made))

    def _end(self, state: State, node: Node) -> State:
        opens = state.opens
        if node.name == "Py_EndInterpreter":  # no state is attached; that of before comes back
            if state.at is not At.ATTACHED or not opens or opens[-1].kind != "enter":
                return self.step(state, node, At.LOST)
            left = opens[-1]._replace(kind="save", place=node.place)
            return self.step(state, node, At.DETACHED, opens=(*opens[:-1], left))
        if opens and opens[-1].kind in ("restore", "ensure"):
            opens = opens[:-1]
        at = At.LOST if state.at is At.LOST else At.DETACHED
        return self.step(state, node, at, opens=opens)

    def _start(self, state: State, node: Node) -> State:
        if state.at in (At.ATTACHED, At.LOST):
            return state
        root = Root.MAIN if state.root is Root.THREAD else state.root  # it may stop what it starts
        return self.step(state, node, At.ATTACHED, root=root, opens=(), closed=())

    def _stop(self, state: State, node: Node) -> State:
        if state.at is At.DETACHED:
            self.say("stop detached", node, state, self._why_detached(state))
        if state.root is Root.THREAD:
            self.say("stop elsewhere", node, state)
        if state.root is Root.PYTHON and state.at is At.ATTACHED:
            self.say("stop within", node, state)
        if state.is_copy:
            self.say("child stops", node, state)
        at = At.LOST if state.at is At.LOST else At.STOPPED
        return self.step(state, node, at, opens=(), closed=())

    def _break(self, state: State, node: Node) -> State:
        if state.at is At.ATTACHED and node.name == "PyEval_ReleaseLock":
            self.say("lock alone", node, state)
        return self.step(state, node, At.LOST)


def forked(state: State, node: Node) -> list[State]:
    """After a fork: the child, and the parent."""
    child = state.knowing(node.result, 0)
    if node.name == "vfork":  # on its parent's memory: what it may do is another question
        return [replace(child, at=At.LOST), state.knowing(node.result, NOT_ZERO)]
    detached = state.at is At.DETACHED  # the lock of whoever is attached is not let go of there
    copied = state.at is At.ATTACHED
    child = replace(child, is_child=detached, is_copy=copied)
    return [child, state.knowing(node.result, NOT_ZERO)]


def entered(state: State, node: Node) -> list[State] | None:
    """The ways in which a new interpreter comes, or not; None: another call."""
    is_last = bool(state.opens) and state.opens[-1].kind == "enter"
    if not is_last:
        return None
    without = replace(state, opens=state.opens[:-1])
    if node.name == "Py_NewInterpreter":
        return [state.knowing(node.result, NOT_ZERO), without.knowing(node.result, 0)]
    if node.name in ("PyStatus_Exception", "PyStatus_IsError"):
        return [state.knowing(node.result, 0), without.knowing(node.result, 1)]
    return None


def is_null(state: State, value: Value) -> bool:
    """Whether a pointer is known to be none."""
    return value.kind == "key" and state.fact(value.text) == 0
