"""A cluster as a place: errands go to workers that are free, and what dies is done again.

Which worker does what is decided here, for it matters on which machine an errand is done; Dask
carries it there and back.
"""

from __future__ import annotations

import os
import pickle
import queue
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from pynodes.cluster import on_worker
from pynodes.cluster.address import Address, Tls
from pynodes.cluster.connect import SchedulerLostError, connected
from pynodes.cluster.hand import Answer
from pynodes.cluster.luggage import Luggage
from pynodes.cluster.on_worker import Sent
from pynodes.cluster.roster import RESOURCE, Roster, Worker
from pynodes.errands.errand import Done, Errand, Need, Office, Place, Spot
from pynodes.errors import CannotStartError, PynodesError
from pynodes.words import plural

if TYPE_CHECKING:
    from distributed import Client, Future

MOST_DEATHS = 3

_TURN_S = 0.1
_LOOK_S = 0.5  # how often it is looked who is there
_FIRST_S = 30.0  # until there is a worker at all
_BACK_S = 30.0  # a worker that died may be started again by its nanny
_END_S = 10.0


class Terms(NamedTuple):
    """What is asked of a cluster.

    Attributes:
        timed: one errand at a time on each machine.
        needs: what workers must have.
        tick: called a few times a second.
        warn: gets a sentence for each worker that is left out, and which it is.
    """

    address: Address
    tls: Tls | None
    timed: bool
    needs: Sequence[Need]
    luggage: Luggage
    tick: Callable[[], None]
    warn: Callable[[str, str], None]


class GoneError(PynodesError):
    """All workers are gone."""


@dataclass(slots=True)
class _InHand:
    """An errand that a worker has."""

    errand: Errand[Any]
    spot: Spot
    worker: Worker
    future: Future
    died: tuple[str, ...]


@dataclass(slots=True)
class _Again:
    """An errand whose worker died."""

    errand: Errand[Any]
    died: tuple[str, ...]
    boot: str


@contextmanager
def cluster(terms: Terms) -> Iterator[Place]:
    """A cluster while it is used; what it does for us does not outlive the context.

    Raises:
        CannotStartError: Dask is not installed.
        SchedulerLostError: there is no scheduler.
    """
    with connected(terms.address, terms.tls) as client:
        place = _Cluster(client, terms)
        try:
            yield place
        finally:
            place.end()


class _Cluster(Place):
    def __init__(self, client: Client, terms: Terms) -> None:
        self._client = client
        self._terms = terms
        self._session = f"{os.uname().nodename}-{os.getpid()}-{secrets.token_hex(4)}"
        self._roster = Roster(client, terms.needs, terms.luggage.listed, terms.warn)
        self._in_hand: dict[str, _InHand] = {}
        self._ended: queue.SimpleQueue[Future] = queue.SimpleQueue()
        self._again: list[_Again] = []
        self._failed: list[Done] = []
        self._gone: dict[str, tuple[float, Spot]] = {}
        self._looked_s = 0.0
        self._alone_s = time.monotonic()
        self._contents: Future | None = None

    def carry_out(self, office: Office) -> Iterator[Done]:
        while True:
            self._look(office)
            while self._failed:
                yield self._failed.pop()
            self._hand_out(office)
            if not self._in_hand and not self._again and self._roster.workers:
                return
            try:
                ended = self._ended.get(timeout=_TURN_S)
            except queue.Empty:
                self._terms.tick()
                continue
            done = self._taken(ended)
            if done is not None:
                yield done

    def end(self) -> None:
        """Give up what is in hand, and see that nothing of it goes on."""
        for each in self._in_hand.values():
            with suppress(Exception):  # the scheduler is lost
                each.future.cancel()
        if self._client.status != "running":
            return
        left: dict[str, int] = {}

        def retire() -> None:
            with suppress(Exception):
                found = self._client.run(
                    on_worker.retire, self._session, _END_S - 2, on_error="ignore"
                )
                left.update({worker: count for worker, count in found.items() if count})

        thread = threading.Thread(target=retire, daemon=True)
        thread.start()
        thread.join(_END_S)
        for worker, count in left.items():
            self._terms.warn(f"{plural(count, 'errand')} did not end in time", worker)

    # --- who is there ---

    def _look(self, office: Office) -> None:
        now = time.monotonic()
        if now - self._looked_s < _LOOK_S:
            return
        try:
            gone = self._roster.refresh()
        except Exception as error:  # whatever Dask raises of a scheduler that does not answer
            raise self._lost(str(error)) from None
        if self._client.status != "running":
            raise self._lost()
        self._looked_s = time.monotonic()
        for worker in gone:
            self._bury(worker)
        machines = self._roster.machines()
        for boot in self._gone.keys() & machines.keys():
            del self._gone[boot]
        for boot, (since, spot) in list(self._gone.items()):
            if now - since > _BACK_S:
                del self._gone[boot]
                office.lost(spot)
        if machines:
            self._alone_s = now
        elif self._is_hopeless(now):
            raise self._nobody()

    def _is_hopeless(self, now: float) -> bool:
        """No worker is of use, and none is likely to come."""
        if self._again:
            return now - self._alone_s > _BACK_S
        return bool(self._roster.left_out) or now - self._alone_s > _FIRST_S

    def _bury(self, worker: Worker) -> None:
        """Have done again what a worker had; what it had begun has seen a death more."""
        for at, each in enumerate(worker.in_hand):
            self._in_hand.pop(each.future.key, None)
            with suppress(Exception):  # the scheduler is lost
                each.future.cancel()
            died = each.died
            if at < worker.slots:
                died = (*died, f"{worker.address} on {worker.joined.spot.name}")
            if len(died) >= MOST_DEATHS:
                self._failed.append(Done(each.errand, each.spot, None, died))
            else:
                self._again.append(_Again(each.errand, died, worker.joined.boot))
        if worker.joined.boot not in self._roster.machines():
            self._gone[worker.joined.boot] = time.monotonic(), worker.joined.spot

    def _lost(self, detail: str = "") -> SchedulerLostError:
        return SchedulerLostError(
            "the scheduler is gone; what came until now is kept",
            self._terms.address.text,
            "start it again, with its workers, and give the same command: it goes on",
            detail,
        )

    def _nobody(self) -> PynodesError:
        if self._roster.left_out:
            reasons = list(dict.fromkeys(self._roster.left_out.values()))
            return CannotStartError(
                "no worker of the cluster is of use",
                self._terms.address.text,
                "install the same pynodes there, with the same Python and hosts",
                "\n".join(reasons),
            )
        return GoneError(
            "the cluster has no worker",
            self._terms.address.text,
            "start one with `dask worker`, and give the same command: it goes on",
        )

    # --- handing out ---

    def _hand_out(self, office: Office) -> None:
        for spot, workers in self._roster.spots():
            if self._terms.timed:
                worker = self._roster.timed(workers)
                if not any(each.in_hand for each in workers):
                    self._give(office, spot, worker)
                continue
            for worker in workers:
                while len(worker.in_hand) < worker.slots:
                    if not self._give(office, spot, worker):
                        break

    def _give(self, office: Office, spot: Spot, worker: Worker) -> bool:
        """Give a worker its next errand; whether there was one."""
        again = next((each for each in self._again if self._may_have(each, worker)), None)
        if again is not None:
            self._again.remove(again)
            errand: Errand[Any] | None = again.errand
        else:
            errand = office.next(spot)
        if errand is None:
            return False
        died = again.died if again is not None else ()
        key = f"pynodes-{self._session}-{secrets.token_hex(8)}"
        sent = Sent(self._session, key, pickle.dumps(errand), self._terms.luggage.listed)
        future = self._client.submit(
            on_worker.carry_out,
            sent,
            self._luggage(),
            key=key,
            workers=[worker.address],
            allow_other_workers=False,
            pure=False,
            resources={RESOURCE: 1} if self._terms.timed else None,
        )
        in_hand = _InHand(errand, spot, worker, future, died)
        self._in_hand[key] = in_hand
        worker.in_hand.append(in_hand)
        future.add_done_callback(self._ended.put)
        return True

    def _may_have(self, again: _Again, worker: Worker) -> bool:
        """What is timed waits for its own machine, as long as that may come back."""
        boot = worker.joined.boot
        is_there = again.boot in self._gone or again.boot in self._roster.machines()
        return boot == again.boot or not self._terms.timed or not is_there

    def _luggage(self) -> Future:
        """The contents of what travels, kept by the cluster: workers get them from each other."""
        if self._contents is None:
            luggage = self._terms.luggage
            key = f"pynodes-luggage-{self._session}-{luggage.listed.key}"
            self._contents = self._client.submit(dict, luggage.contents, key=key, pure=False)
        return self._contents

    # --- taking back ---

    def _taken(self, future: Future) -> Done | None:
        """What came of a future that ended; None when it is done again, or was given up."""
        each = self._in_hand.get(future.key)
        if each is None:
            return None
        if future.status == "finished":
            answer = self._answer(each)
            if answer is None:
                return None
        elif future.status == "error":
            raise self._failure(each, future)
        else:
            raise self._lost()
        del self._in_hand[future.key]
        each.worker.in_hand.remove(each)
        if answer.is_cancelled:  # the worker is about to end
            self._again.append(_Again(each.errand, each.died, each.worker.joined.boot))
            return None
        if answer.error is not None:
            what, where, help, detail, exit_code = answer.error
            error = PynodesError(
                what, f"{where or each.errand.label}, on {_name(each)}", help, detail
            )
            error.exit_code = exit_code
            raise error
        return Done(each.errand, each.spot, answer.result, each.died, answer.there, answer.kept)

    def _answer(self, each: _InHand) -> Answer | None:
        """Fetch it; None when its worker died with it, so that it is done again."""
        try:
            answer: Answer = each.future.result(timeout=_END_S)
        except Exception:  # Dask has many for a worker that died with a result
            if self._client.status != "running":
                raise self._lost() from None
            self._looked_s = 0.0
            self._ended.put(each.future)
            return None
        return answer

    def _failure(self, each: _InHand, future: Future) -> PynodesError:
        error = future.exception(timeout=_END_S)
        return PynodesError(
            f"an errand failed: {error}",
            f"{each.errand.label}, on {_name(each)}",
            "look at what the worker wrote to its log",
        )


def _name(each: _InHand) -> str:
    return f"{each.worker.address} on {each.spot.name}"
