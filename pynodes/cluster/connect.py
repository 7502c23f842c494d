"""Connections to a cluster of Dask, and what can be wrong with them."""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any

from pynodes import files
from pynodes.cluster.address import Address, Tls
from pynodes.errors import CannotStartError, PynodesError

if TYPE_CHECKING:
    from distributed import Client, Security

_CONNECT_S = 10.0
# Not in the terminal's process group: a Ctrl-C is for the client, which ends its workers.
_APART = "import os; os.setpgid(0, 0)"


class SchedulerLostError(PynodesError):
    """The scheduler is gone, or never was there."""


def check_installed() -> None:
    """Raises `CannotStartError` without the extra."""
    try:
        import distributed  # noqa: F401
    except ImportError:
        raise CannotStartError(
            "--on needs Dask, which is not installed",
            "distributed",
            "`pip install 'pynodes[cluster]'`, here and on all workers",
        ) from None


@contextmanager
def connected(address: Address, tls: Tls | None) -> Iterator[Client]:
    """A client of a cluster; of a local one also the cluster, which ends with the context.

    Raises:
        CannotStartError: Dask is not installed.
        SchedulerLostError: there is no scheduler.
    """
    check_installed()
    from distributed import Client

    logging.disable(logging.CRITICAL)  # what Dask says of its troubles is said here, once
    warnings.filterwarnings("ignore", module="distributed")
    security = _security(tls)
    with ExitStack() as stack:
        how: dict[str, Any] = {"timeout": _CONNECT_S, "set_as_default": False}
        if address.workers:
            place: Any = stack.enter_context(_local(address.workers, security))
        else:
            place = address.scheduler or _scheduler_of(address)
        if security is not None:
            how["security"] = security
        try:
            client = Client(place, **how)
        except (OSError, ValueError, TypeError) as error:
            raise SchedulerLostError(
                "no scheduler answers" if isinstance(error, OSError) else f"no scheduler: {error}",
                address.text,
                "start it with `dask scheduler`, look at host, port and --tls,"
                " and give the same command again",
            ) from None
        stack.callback(_close, client)
        yield client


def _close(client: Client) -> None:
    with suppress(Exception):  # it is lost, or ending by itself
        client.close(timeout=5)


@contextmanager
def _local(workers: int, security: Security | None) -> Iterator[Any]:
    """Worker processes of this machine, with one slot each."""
    from distributed import LocalCluster

    how: dict[str, Any] = {} if security is None else {"security": security}
    cluster = LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        processes=True,
        dashboard_address=None,
        silence_logs=logging.CRITICAL,
        memory_limit=0,  # hosts are processes of their own
        preload=[_APART],
        **how,
    )
    try:
        yield cluster
    finally:
        with suppress(Exception):
            cluster.close(timeout=10)


def _scheduler_of(address: Address) -> str:
    """Where the scheduler of a scheduler file is."""
    assert address.file is not None
    try:
        found = json.loads(files.read(address.file, files.DOCUMENT))["address"]
    except (OSError, ValueError, LookupError, TypeError):
        found = None
    if not isinstance(found, str):
        raise CannotStartError(
            "that is no scheduler file",
            str(address.file),
            "name the file of `dask scheduler --scheduler-file FILE`",
        )
    return found


def _security(tls: Tls | None) -> Security | None:
    if tls is None:
        return None
    from distributed import Security

    authority, certificate, key = str(tls.authority), str(tls.certificate), str(tls.key)
    roles = {
        f"tls_{role}_{what}": value
        for role in ("client", "scheduler", "worker")
        for what, value in (("cert", certificate), ("key", key))
    }
    return Security(tls_ca_file=authority, require_encryption=True, **roles)
