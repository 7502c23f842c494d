"""From a job to a host at work: find the places, start the host, hear it to its end.

What comes of it is put together by `outcome`, which is loaded while the host starts.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pynodes.host.launch import Launch
from pynodes.process.scratch import guarded
from pynodes.rendering.pipeline import HostRun, host_folder
from pynodes.rendering.request import RenderRequest

if TYPE_CHECKING:
    from pynodes.host.early import EarlyHost
    from pynodes.host.listener import Listener
    from pynodes.rendering.outcome import Outcome


def render(request: RenderRequest, *listeners: Listener) -> Outcome:
    """Render all frames of a request; `listeners` hear of it, in order.

    Raises:
        CannotStartError: a picture cannot be written where it should, or the host cannot be run.
    """
    with rendering(request) as work:
        return work.outcome(*listeners)


@contextmanager
def rendering(request: RenderRequest, early: EarlyHost | None = None) -> Iterator[Rendering]:
    """A host at work for a request, from here on; it does not outlive the context.

    It needs a while until there is something to hear: who has more to load should do so inside.
    One that was started `early`, and fits, is given the job.
    Raises:
        CannotStartError: a picture cannot be written where it should, or the host cannot be run.
    """
    began_ns = time.monotonic_ns() if early is None else early.begin_ns
    request.check()
    with ExitStack() as stack:
        # Beside the picture, which may take a frame's place.
        beside = request.out.parent if request.out is not None else None
        where = beside if request.scratch is None else request.scratch
        folder = stack.enter_context(host_folder(where, guard=False))
        host = HostRun(request.host, request.job, request.evidence, folder)
        raw = folder / ("frame.######.npy" if request.several else "frame.npy")
        launch = stack.enter_context(
            Launch(
                host.argv([], raw),
                status=host.status,
                limit_s=request.limit_s,
                cores=request.cores,
                early=early,
            )
        )
        if request.scratch is None:
            stack.enter_context(guarded(folder))
        yield Rendering(request, host, launch, raw, began_ns)


class Rendering(NamedTuple):
    """A render that goes on."""

    request: RenderRequest
    host: HostRun
    launch: Launch
    raw: Path
    began_ns: int

    def outcome(self, *listeners: Listener) -> Outcome:
        """Hear it to its end; `listeners` hear of it, in order.

        Pictures are converted as their frames are done. When the host dies, hangs or is
        interrupted, the frame it was at is kept too, as far as it got.
        """
        from pynodes.rendering.outcome import outcome_of

        return outcome_of(*self, listeners)
