"""A thread has used up its stack: it crashed in the guard below that, or beyond."""

from __future__ import annotations

from pynodes.diagnose.evidence import Evidence, Frame
from pynodes.diagnose.finding import Findings, finding, where
from pynodes.diagnose.look.look import StackLook

_RED = 256  # bytes below the stack pointer that a function may write to
_BEYOND = 1 << 20  # no frame is thought to be larger
_ENOUGH = 4 << 20  # for 1000 calls of Python through C, which the recursion limit allows


def find_root(evidence: Evidence) -> Findings:
    """The guard belongs to this stack and to nothing else; a large frame may skip it."""
    thread, stack, fault = evidence.crashed, evidence.stack, evidence.fault
    if thread is None or stack is None or fault is None:
        return
    if not max(stack.pointer - _RED, stack.low - max(stack.guard, _BEYOND)) <= fault < stack.low:
        return
    place, size = thread.place, _size(stack)
    sure = fault >= stack.low - stack.guard
    yield finding(
        thread,
        f"the stack of {thread.title} ({size}) is used up{_inside(place)}",
        f"the calls that were under way need more than {size}",
        _help(stack, where(place)),
        ("crashed:", thread.title, thread.chain(6)),
        sure=sure,
        unless=("a coroutine's stack, of the program's own, is the one used up",),
    )


def _inside(place: Frame | None) -> str:
    return f", in {place.where}" if place is not None else ""


def _size(stack: StackLook) -> str:
    kib = -(-(stack.high - stack.low) // 1024)
    return f"{kib / 1024:.4g} MiB" if kib >= 1024 else f"{kib} KiB"


def _help(stack: StackLook, at: str) -> str:
    less = f"make fewer calls within each other{at}"
    if stack.high - stack.low >= _ENOUGH:
        return f"{less}: end the recursion earlier, and keep large arrays on the heap"
    return (
        "make the thread with a larger stack: pthread_attr_setstacksize, or threading.stack_size"
        " before a thread of Python's; CPython needs 4 MiB or more for the recursion that its own"
        f" limit of 1000 calls allows. Or {less}"
    )
