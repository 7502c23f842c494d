"""`--on`: the options with which work is done on a cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pynodes.cli.console import Console
from pynodes.cli.options import path_option, refuse_values, value_option
from pynodes.cluster.address import Address, Tls, parse_address, parse_tls
from pynodes.errors import BadValueError
from pynodes.options.kinds import Kind
from pynodes.options.table import CLUSTER

if TYPE_CHECKING:
    from pynodes.cli.picture import Output
    from pynodes.errands.errand import Need, Place
    from pynodes.model.job import Job

    Entered = Callable[[], AbstractContextManager[Place]]


class _Address(Kind):
    metavar = "CLUSTER"

    def parse(self, text: str) -> Any:
        return parse_address(text)


class _Certificates(Kind):
    metavar = "CA,CERT,KEY"

    def parse(self, text: str) -> Any:
        return parse_tls(text)


_OPTIONS = (
    value_option(
        _Address(),
        "--on",
        help="Do it on a Dask cluster: tcp://HOST:PORT, local:N or a scheduler file.",
        group=CLUSTER,
    ),
    value_option(
        _Certificates(),
        "--tls",
        help="Certificates for a cluster that encrypts, three PEM files.",
        group=CLUSTER,
    ),
)


shared_option = path_option(
    "--shared",
    metavar="DIR",
    help="Workers write frames into this folder, which all machines see at the same place.",
    group=CLUSTER,
)


class OnCluster(NamedTuple):
    """What was given of a cluster; `address` is None when work is done here."""

    address: Address | None
    tls: Tls | None
    shared: Path | None = None

    def check(self) -> None:
        """Refuse what does not go together, and a missing extra, before any work."""
        with refuse_values():
            if self.tls is not None and self.address is None:
                what = "--tls is of clusters"
                raise BadValueError(what, help="give --on tls://HOST:PORT with it")
            if self.tls is not None:
                self.tls.check()
        if self.address is not None:
            from pynodes.cluster.connect import check_installed

            check_installed()

    def check_render(self, job: Job) -> None:
        """The same, and what of a render a cluster cannot do, or what needs one."""
        self.check()
        with refuse_values():
            if self.address is None:
                if self.shared is not None:
                    help = "give --on, or -o DIR/NAME.png"
                    raise BadValueError("--shared is of clusters", help=help)
                return
            for word, is_given in (
                ("debug", job.debug),
                ("pixel", job.pixel is not None),
                ("trace", job.trace is not None),
                ("profile", job.profile),
            ):
                if is_given:
                    what = f"--{word} looks at one host, here"
                    raise BadValueError(what, help="leave --on out")

    def shared_output(self, output: Output) -> Output:
        """Where pictures go when workers write them into a folder."""
        if self.shared is None:
            return output
        return output._replace(out=self.shared / output.out.name, create_dir=True)


def cluster_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--on` and `--tls`."""
    for each in reversed(_OPTIONS):
        function = each(function)
    return function


def on_cluster(
    console: Console,
    on: OnCluster,
    *,
    timed: bool,
    needs: Iterable[Need],
    travels: Iterable[Path] = (),
    fixed: Iterable[Path] = (),
    tick: Callable[[], None] = lambda: None,
) -> Entered | None:
    """What enters the cluster that was asked for; None: work is done here.

    Args:
        travels: files that go along.
        fixed: files that must be there already.
    """
    if on.address is None:
        return None
    from pynodes.cluster.luggage import Luggage
    from pynodes.cluster.place import Terms, cluster

    def warn(what: str, where: str) -> None:
        console.warning(what, where)

    luggage = Luggage(travels, fixed)
    terms = Terms(on.address, on.tls, timed, tuple(needs), luggage, tick, warn)
    return lambda: cluster(terms)
