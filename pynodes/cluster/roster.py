"""Which workers there are, on which machines, and which of them are of use."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pynodes.cluster import on_worker
from pynodes.cluster.luggage import Listed
from pynodes.cluster.on_worker import Joined
from pynodes.errands.errand import Need, Spot
from pynodes.host.find import package_version

if TYPE_CHECKING:
    from distributed import Client

RESOURCE = "pynodes-timed"


@dataclass(slots=True)
class Worker:
    """A worker that is of use: its process has an `id` of its own, also at the same address."""

    address: str
    id: str
    slots: int
    joined: Joined
    in_hand: list[Any] = field(default_factory=list)


class Roster:
    """The workers of a cluster as they come and go.

    Args:
        warn: gets a sentence for each worker that is left out, and which it is.
    """

    def __init__(
        self,
        client: Client,
        needs: Sequence[Need],
        listed: Listed,
        warn: Callable[[str, str], None],
    ) -> None:
        self.workers: dict[str, Worker] = {}
        self.left_out: dict[str, str] = {}
        self._client = client
        self._needs = pickle.dumps(tuple(needs))
        self._listed = listed
        self._warn = warn
        self._timed: dict[str, str] = {}

    def refresh(self) -> list[Worker]:
        """Look who is there; the workers that are gone since the last look. Raises `OSError`."""
        found = self._client.scheduler_info(n_workers=-1)["workers"]
        ids = {address: str(each["id"]) for address, each in found.items()}
        gone = [each for each in self.workers.values() if ids.get(each.address) != each.id]
        for each in gone:
            del self.workers[each.address]
            self._timed = {m: a for m, a in self._timed.items() if a != each.address}
        known = {each.id for each in self.workers.values()} | self.left_out.keys()
        new = {a: each for a, each in found.items() if ids[a] not in known}
        if new:
            self._join(new)
        return gone

    def _join(self, new: Mapping[str, Mapping[str, Any]]) -> None:
        versions = self._client.get_versions(packages=["pynodes"])["workers"]
        fit = []
        for address, each in new.items():
            why = _differs(versions.get(address))
            if why:
                self._leave_out(address, str(each["id"]), why)
            else:
                fit.append(address)
        said = self._client.run(
            on_worker.join, self._needs, self._listed, workers=fit, on_error="return"
        )
        for address in fit:
            joined, each = said.get(address), new[address]
            if not isinstance(joined, Joined):
                why = f"it cannot do errands: {joined}" if joined is not None else ""
                if why:
                    self._leave_out(address, str(each["id"]), why)
            elif joined.lacks:
                self._leave_out(address, str(each["id"]), "; ".join(joined.lacks), joined)
            else:
                slots = int(each["nthreads"])
                self.workers[address] = Worker(address, str(each["id"]), slots, joined)
                held = each.get("resources") or {}
                if RESOURCE in held:
                    self._timed[joined.boot] = address

    def _leave_out(self, address: str, number: str, why: str, joined: Joined | None = None) -> None:
        self.left_out[number] = why
        where = f"{address} on {joined.spot.name}" if joined is not None else address
        self._warn(f"a worker is left out: {why}", where)

    def machines(self) -> dict[str, list[Worker]]:
        """The workers of each machine that there is."""
        found: dict[str, list[Worker]] = {}
        for worker in self.workers.values():
            found.setdefault(worker.joined.boot, []).append(worker)
        return found

    def spots(self) -> Iterator[tuple[Spot, list[Worker]]]:
        """Each machine as what hands errands out sees it."""
        for workers in self.machines().values():
            spot = workers[0].joined.spot
            yield spot._replace(slots=sum(each.slots for each in workers)), workers

    def timed(self, workers: Sequence[Worker]) -> Worker:
        """The worker of a machine that makes what is timed, one at a time for all clients."""
        boot = workers[0].joined.boot
        held = self._timed.get(boot)
        found = next((each for each in workers if each.address == held), None)
        if found is None:
            found = min(workers, key=lambda each: each.address)
            self._client.run(on_worker.set_resource, RESOURCE, workers=[found.address])
            self._timed[boot] = found.address
        return found


def _differs(versions: Mapping[str, Any] | None) -> str:
    """Why the software of a worker is no use; empty when it is the same as here."""
    if not versions:
        return "it does not say what is installed there"
    theirs = str(versions["host"]["python"]).split(".")
    ours = [str(number) for number in sys.version_info[:2]]
    if theirs[:2] != ours:
        return f"it runs Python {'.'.join(theirs[:3])}, this is {'.'.join(ours)}"
    package = versions["packages"].get("pynodes")
    if package != package_version():
        there = f"pynodes {package}" if package else "no pynodes"
        return f"there is {there}, this is {package_version() or 'one that is not installed'}"
    return ""
