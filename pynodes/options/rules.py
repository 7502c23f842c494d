"""What does not go together, each said once.

The host by itself keeps the few of these that it needs (host/wire/job.c).
"""

import operator
from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

from pynodes.errors import BadValueError


class Rule(NamedTuple):
    """`breaks` says whether a job (`Options` of the table) does; `what` and `help` may use
    fields of `job`."""

    where: str
    breaks: Callable[[Any], bool]
    what: str
    help: str


RULES = (
    Rule(
        "attach",
        lambda job: job.engine == "isolated" and job.attach == "fresh",
        "attach policy fresh belongs to one interpreter, engine isolated makes several",
        "take engine shared or process with it, or call, row, tile or thread with engine isolated",
    ),
    Rule(
        "node-sharing",
        lambda job: job.node_sharing == "shared" and job.engine in ("isolated", "process"),
        "one node for all threads needs one interpreter; engine {job.engine} has several",
        "take engine shared with it, or node sharing own",
    ),
    Rule(
        "compile",
        lambda job: job.compile != "off" and job.node_sharing == "shared",
        "one node for all threads is a race of Python objects; compiled nodes have none",
        "leave --compile or --node-sharing out",
    ),
    Rule(
        "keep-c",
        lambda job: job.keep_c is not None and job.compile == "off",
        "nothing is compiled, so there are no sources to keep",
        "add --compile exact, or leave --keep-c out",
    ),
    Rule(
        "trace-calls",
        lambda job: job.trace_calls and job.trace is None,
        "single calls are part of a trace, and none is asked for",
        "name a file with --trace, or leave --trace-calls out",
    ),
    Rule(
        "trace-calls",
        lambda job: job.trace_calls and job.trace.suffix.lower() == ".svg",
        "a drawing of a timeline has no room for single calls",
        "end the name in .json with --trace-calls",
    ),
    Rule(
        "profile",
        lambda job: job.profile and (job.debug or job.pixel is not None),
        "there is nothing to sample in one pixel, or under pdb",
        "leave --profile, or --pixel and --debug, out",
    ),
    Rule(
        "script",
        lambda job: job.engine == "process" and bool(job.scripts),
        "scripts run in one process, engine process makes several",
        "take engine shared or isolated with --script",
    ),
    Rule(
        "only-tile",
        lambda job: job.only_tile is not None and not 0 <= job.only_tile < job.tiles_per_frame,
        "there is no tile {job.only_tile}",
        "0 to {last} are accepted, with the tiles of this size",
    ),
    Rule(
        "debug",
        lambda job: job.debug and job.engine in ("isolated", "process"),
        "--debug runs on engine shared, not {job.engine}",
        "leave --engine out",
    ),
    Rule(
        "pixel",
        lambda job: job.pixel is not None and any(map(operator.gt, job.pixel, job.last_pixel)),
        "there is no pixel {job.pixel[0]},{job.pixel[1]} with a sample {job.pixel[2]}",
        "a picture of {job.width}x{job.height} has pixels 0,0 to {job.last_pixel[0]},"
        "{job.last_pixel[1]}, each with samples 0 to {job.last_pixel[2]}",
    ),
    Rule(
        "pixel",
        lambda job: job.pixel is not None and job.only_tile is not None,
        "--pixel and --only-tile contradict each other",
        "leave one of them out",
    ),
)

# Options of one command line that say the opposite of each other.
CONTRADICTIONS = (("frame", "frames"), ("quiet", "verbose"))


def check_job(job: Any) -> None:
    """Raises `BadValueError` for the first rule that a job breaks."""
    for rule in RULES:
        if rule.breaks(job):
            what = rule.what.format(job=job)
            help = rule.help.format(job=job, last=job.tiles_per_frame - 1)
            raise BadValueError(what, where=rule.where, help=help)


def check_given(given: Collection[str]) -> None:
    """Raises `BadValueError` when two options were given that contradict each other."""
    for one, other in CONTRADICTIONS:
        if one in given and other in given:
            raise BadValueError(
                f"--{one} and --{other} contradict each other", help="leave one of them out"
            )


def check_beside(given: Mapping[str, Any]) -> None:
    """Raises `BadValueError` for options of a render that mean nothing beside a replay."""
    if given.get("frames") is not None:
        raise BadValueError("one frame is rendered beside a replay", help="take --frame")
    engine = given.get("engine")
    if engine not in (None, "auto", "shared"):
        raise BadValueError(
            f"a replay runs on engine shared, not {engine}", help="leave --engine out"
        )
