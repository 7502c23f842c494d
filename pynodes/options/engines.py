"""The engines: where node calls run. The host has its own table, host/engine/engine.h."""

from typing import NamedTuple


class Engine(NamedTuple):
    """One of them.

    Attributes:
        name: as `--engine` has it.
        what: what it is, in the list of them that help has.
        unit: what renders a tile: a thread, or a worker.
        own_gil: what has a GIL of its own, where Python has one; empty: all share one.
        start_s: seconds to start and end what one more thread needs; a guess that runs soon
            replace.
        memory_mib: what one more thread takes, measured with CPython 3.13.
        since: the first Python that has it.
    """

    name: str
    what: str
    unit: str = "thread"
    own_gil: str = ""
    start_s: float = 0.0
    memory_mib: int = 0
    since: tuple[int, int] = (3, 11)


ENGINES = (
    Engine("shared", "is one interpreter for all threads"),
    Engine(
        "isolated",
        "one with its own GIL per thread (Python 3.12 or later)",
        own_gil="a GIL per thread",
        start_s=0.012,
        memory_mib=4,
        since=(3, 12),
    ),
    Engine(
        "process",
        "a worker process per thread",
        unit="worker",
        own_gil="a GIL per worker",
        start_s=0.03,
        memory_mib=12,
    ),
)

ENGINE_NAMES = tuple(engine.name for engine in ENGINES)

_BY_NAME = {engine.name: engine for engine in ENGINES}
_UNKNOWN = Engine("", "not chosen yet, or of another version")


def engine_of(name: str | None) -> Engine:
    """The engine of that name; for `auto`, or a name not known here, one like `shared`."""
    return _BY_NAME.get(name or "", _UNKNOWN)


def describe_engines() -> str:
    """`shared is one interpreter for all threads, isolated ...`."""
    return ", ".join(f"{engine.name} {engine.what}" for engine in ENGINES)
