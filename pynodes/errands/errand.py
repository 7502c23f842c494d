"""Work that is done here or on another machine, and what hands it out.

An *errand* is a piece of work as a plain value, so that it can travel. A *place* takes errands from
an *office* as machines become free, has them done, and gives what came of each. So what is done
here and what is done on a cluster are one pipeline, and only who wrote the office writes results.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Generic, NamedTuple, TypeVar

from pynodes.errands.travel import put, relocated
from pynodes.host.listener import Listener
from pynodes.machine import machine_facts, machine_key, moment_facts, usable_cores

T = TypeVar("T")


class Spot(NamedTuple):
    """A machine that does errands. `key` is equal where figures may be compared.

    Attributes:
        facts: what the machine is.
        moment: what may be otherwise in a moment, such as its load.
        slots: how many errands it does at once, when none of them is timed.
        cores: how many cores these may use together.
    """

    key: str
    name: str
    facts: Mapping[str, Any]
    moment: Mapping[str, Any]
    slots: int = 1
    cores: int = 1


def this_machine() -> Spot:
    facts = machine_facts()
    return Spot(machine_key(facts), os.uname().nodename, facts, moment_facts(), 1, usable_cores())


def _as_it_is(path: Path) -> Path:
    return path


@dataclass(slots=True)
class Bench:
    """What an errand finds where it is done.

    Attributes:
        folder: what is put there is kept; from another machine it comes back.
        scratch: for what is needed meanwhile.
        located: where a file that travels is.
        things: what an errand leaves for those that come after it.
    """

    folder: Path
    scratch: Path
    listener: Listener
    located: Callable[[Path], Path] = _as_it_is
    things: dict[Any, Any] = field(default_factory=dict)


class Errand(ABC, Generic[T]):
    """A piece of work: a value that can be pickled."""

    label: str

    @abstractmethod
    def do(self, bench: Bench) -> T:
        """Do it.

        Raises:
            PynodesError: it cannot be done, and others of its kind cannot either.
            KeyboardInterrupt: someone asked for the end.
        """


class Need(ABC):
    """What a machine must have before it gets errands: a value that can be pickled."""

    @abstractmethod
    def lacking(self) -> str:
        """Asked there: what is not as it should be, in a few words; empty when all is well."""


class Done(NamedTuple):
    """What came of an errand.

    Attributes:
        result: what it gave; None when all who tried to do it died.
        died: the workers that died while they did it.
        there: the folder of its bench, on another machine; empty when it was done here.
        kept: what it put into that folder, by name.
    """

    errand: Errand[Any]
    spot: Spot
    result: Any
    died: tuple[str, ...] = ()
    there: str = ""
    kept: Mapping[str, bytes] = MappingProxyType({})

    def settled(self, folder: Path) -> Any:
        """The result, with what was kept put into a folder here, and named so. Raises `OSError`."""
        if not self.there:
            return self.result
        put(folder, self.kept)
        return relocated(self.result, {self.there: os.fspath(folder)})


class Office(ABC):
    """Hands errands out. All is called by the thread that goes through what was done."""

    @abstractmethod
    def next(self, spot: Spot) -> Errand[Any] | None:
        """What a machine that is free does next; None: nothing, now.

        It is asked again whenever something was done, and it is the end when nothing is being done
        and there is nothing for anyone.
        """

    def lost(self, spot: Spot) -> None:  # noqa: B027 - not every office minds
        """A machine is gone; what it would have done others may do."""


class Place(ABC):
    """Where errands are done."""

    @abstractmethod
    def carry_out(self, office: Office) -> Iterator[Done]:
        """Do all that an office hands out; what came of each, in the order of their ends.

        Raises:
            PynodesError: one of them failed, or there is no place any more.
            KeyboardInterrupt: someone asked for the end; nothing is going on any more.
        """
