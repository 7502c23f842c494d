"""From what was seen of a run to a verdict, in words that name signal, tile and node."""

import signal
from typing import NamedTuple

from pynodes.host.seen import Seen
from pynodes.model.job import Job
from pynodes.model.place import describe_place
from pynodes.model.record import InHand
from pynodes.model.verdict import Verdict
from pynodes.options.engines import engine_of
from pynodes.options.kinds import format_ranges
from pynodes.process.supervise import signal_name

# The host's own statuses; 10, 12 and 13 (scene, interpreter, output) mean that it could not begin
# or not go on for a reason that is not in the nodes.
HOST_OK = 0
HOST_USAGE = 2
HOST_NODE = 11
HOST_CANCELLED = 14
HOST_LOST = 15
HOST_ENTRY = 16
_CANNOT = {HOST_USAGE, 10, 12, 13}

_SIGNAL_HINTS = {
    "SIGBUS": "look at the free space of the disk that the picture goes to",
    "SIGABRT": "something gave up on purpose, by abort(): its last words are above",
    "SIGKILL": "it was killed from outside: by a person, or by the system for want of memory",
    "SIGTERM": "it was ended from outside",
}
_EXIT_HINT = "look for os._exit() or exit() in the nodes and the libraries that they use"


class Judgement(NamedTuple):
    """The verdict on a whole run.

    `in_hand` is what the render threads held when the host ended, likeliest culprit first; `again`
    renders that tile alone, and `blamed` is its frame where that is known. `said` is true when the
    host's own error event says all of it.
    """

    verdict: Verdict
    text: str
    where: str = ""
    help: str = ""
    signal: str | None = None
    in_hand: tuple[InHand, ...] = ()
    again: str | None = None
    blamed: int | None = None
    said: bool = False


def judge(seen: Seen, job: Job) -> Judgement:
    """Name how the run ended. Nothing but `seen` and `job` is looked at."""
    if seen.refusal is not None:
        error = seen.refusal
        return Judgement(Verdict.CANNOT_START, error.what, error.where, error.help)
    if seen.limit_hit and seen.bye is None:
        return _hang(seen, job)
    if seen.stuck_after_bye:
        text = "the host finished its work but did not end; it was killed"
        return Judgement(Verdict.HANG, text, help="a thread or an exit handler of a node waits")
    if _was_interrupted(seen):
        by = seen.ended_by.name if seen.ended_by else "Ctrl-C"
        return Judgement(Verdict.INTERRUPTED, f"interrupted by {by}", said=True)
    if seen.returncode < 0:
        return _crash_by_signal(seen, job)
    if seen.bye is None:
        return _no_bye(seen, job)
    if seen.bye.code == seen.returncode == HOST_LOST:
        return _lost(seen, job)
    if seen.bye.code != seen.returncode:
        text = f"the host said {seen.bye.code} and then ended with status {seen.returncode}"
        return _crash(seen, job, text)
    return _by_code(seen, job, seen.bye.code)


def _was_interrupted(seen: Seen) -> bool:
    """Ended because someone asked for it; a crash after a Ctrl-C stays a crash."""
    if seen.bye is not None:
        return seen.bye.code == HOST_CANCELLED
    if seen.ended_by is not None:
        return True
    if seen.interrupts == 0:
        return False
    asked = {-signal.SIGINT, 128 + signal.SIGINT, HOST_CANCELLED}
    return seen.killed or seen.returncode in asked


def _hang(seen: Seen, job: Job) -> Judgement:
    age_ns = seen.last_tile_age_ns
    if not seen.frames:
        progress = "no scene was ready yet"
    elif age_ns is None:
        progress = "no tile was finished by then"
    else:
        progress = f"the last tile came {age_ns / 1e9:.1f} s before"
    moving = not seen.stalled and age_ns is not None and age_ns < 1_000_000_000
    in_hand = _in_hand(seen, job)
    return Judgement(
        Verdict.HANG,
        "every thread waits for another one"
        if seen.stalled
        else f"not finished after {seen.limit_s:g} s; {progress}",
        where=_describe_all(in_hand, _unit(seen, job)),
        help="it was still at work: give it a higher --limit"
        if moving
        else "the stacks of all threads at that moment are above",
        in_hand=in_hand,
        again=in_hand[0].again if in_hand else None,
    )


def _crash_by_signal(seen: Seen, job: Job) -> Judgement:
    number = -seen.returncode
    name = signal_name(number)
    text = f"the host was ended by {name}"
    if described := signal.strsignal(number):
        text += f" ({described})"
    if seen.bye is not None:
        text += ", after it had finished its work"
    return _crash(seen, job, text, name, _SIGNAL_HINTS.get(name, ""))


def _no_bye(seen: Seen, job: Job) -> Judgement:
    status = seen.returncode
    if seen.errors and seen.errors[-1].code == status and status in _CANNOT:
        return _by_code(seen, job, status)
    if seen.hello is None:
        return Judgement(
            Verdict.CANNOT_START,
            f"the host did not come up: it ended with status {status} and sent nothing"
            if status
            else "this program is not a pynodes-host: it ended well and sent nothing",
            where=seen.argv[0],
            help="`pynodes doctor` says what is missing",
        )
    text = f"the host ended with status {status} in the middle of its work"
    return _crash(seen, job, text, None, _EXIT_HINT)


def _lost(seen: Seen, job: Job) -> Judgement:
    """Worker processes died. Their warnings have said how; here it is what that cost."""
    lost = next((error for error in reversed(seen.errors) if error.kind == "lost"), None)
    text = lost.what if lost else "worker processes died, and the picture is not whole"
    help = lost.help if lost else ""
    for frame, of_frame in seen.frames.items():
        if of_frame.is_whole:
            continue
        most = min(of_frame.scene.tiles, job.tiles_per_frame)
        tiles = range(most) if job.only_tile is None else [job.only_tile]
        missing = [tile for tile in tiles if tile not in of_frame.tiles_seen]
        if not missing:
            continue
        where = f"frame {frame}, " if len(job.frames) > 1 else ""
        if len(missing) > 2 * of_frame.scene.threads:  # they died all over the picture
            where += f"{len(missing)} of {most} tiles are missing"
            return Judgement(Verdict.CRASH, text, where, help, blamed=frame)
        noun = "tile" if len(missing) == 1 else "tiles"
        where += f"{noun} {', '.join(map(str, missing))}"
        help = "the line below renders that tile alone, in one process"
        again = job.again(missing[0], frame, of_frame.scene.engine)
        return Judgement(Verdict.CRASH, text, where, help, again=again, blamed=frame)
    return Judgement(Verdict.CRASH, text, help=help)


def _by_code(seen: Seen, job: Job, code: int) -> Judgement:
    said = bool(seen.errors)
    last = seen.errors[-1] if seen.errors else None
    if code in _CANNOT:
        text = last.what if last else f"the host gave up with status {code}"
        return Judgement(Verdict.CANNOT_START, text, last.where if last else "", said=said)
    missing = [frame for frame in job.frames if not _is_done(seen, frame)]
    failed = list(dict.fromkeys(error.node for error in seen.errors if error.kind == "node"))
    if code == HOST_NODE or (code == HOST_OK and failed):
        names = ", ".join(name or "?" for name in failed) or "see above"
        noun = "node" if len(failed) < 2 else "nodes"
        return Judgement(Verdict.NODE_ERROR, f"error in {noun} {names}", said=said)
    if code == HOST_ENTRY:
        entry = next((error for error in seen.errors if error.entry and not error.expected), last)
        text = f"error in {entry.who}" if entry and entry.who else "error in a script"
        return Judgement(Verdict.SCRIPT_ERROR, text, said=said)
    if code == HOST_OK and not missing:
        return Judgement(Verdict.OK, "finished")
    if code == HOST_OK:
        text = f"the host said 0, but frame {format_ranges(missing)} was not finished"
        return Judgement(Verdict.CRASH, text, help="`pynodes doctor` compares host and package")
    return _crash(seen, job, f"the host ended with status {code}, which means nothing here")


def _crash(
    seen: Seen, job: Job, text: str, signal_name: str | None = None, hint: str = ""
) -> Judgement:
    in_hand = _in_hand(seen, job) if seen.bye is None else ()
    outside = seen.crash is not None and seen.crash.thread < 0
    again = in_hand[0].again if in_hand and not outside else None
    if again is not None:
        alone = "the line below renders that tile alone"
        hint = f"{hint}\n{alone}" if hint else alone
    return Judgement(
        Verdict.CRASH,
        text,
        where=_describe_all(in_hand, _unit(seen, job))
        or ("" if seen.frames else "before the scene was ready"),
        help=hint,
        signal=signal_name,
        in_hand=in_hand,
        again=again,
    )


def _in_hand(seen: Seen, job: Job) -> tuple[InHand, ...]:
    """The thread that crashed first, then those inside a Python node, then the others."""
    guilty = seen.crash.thread if seen.crash is not None else -1
    slots = sorted(seen.slots, key=lambda s: (s.thread != guilty, s.node < 0, s.thread))
    found = []
    for slot in slots:
        frame = slot.frame if slot.frame in seen.frames else job.frames[0]
        names = seen.frames[frame].scene.nodes if frame in seen.frames else ()
        node = names[slot.node] if 0 <= slot.node < len(names) else f"number {slot.node}"
        again = job.again(slot.tile, frame, seen.engine_of(frame))
        pixel = (slot.x, slot.y) if slot.sample >= 0 else None
        in_hand = InHand(slot.thread, slot.tile, frame, node, pixel, again)
        found.append(in_hand if slot.node >= 0 else in_hand._replace(node=None, pixel=None))
    if not found and seen.crash is not None and seen.crash.tile >= 0:
        frame = next(reversed(seen.frames), job.frames[0])
        crash = seen.crash
        again = job.again(crash.tile, frame, seen.engine_of(frame))
        found.append(InHand(crash.thread, crash.tile, frame, None, None, again))
    return tuple(found)


def _unit(seen: Seen, job: Job) -> str:
    """What renders a tile: a thread, or a worker process."""
    engines = {seen.engine_of(frame) for frame in seen.frames} or {job.engine}
    return max((engine_of(name).unit for name in engines), key=lambda unit: unit != "thread")


def _describe_all(in_hand: tuple[InHand, ...], unit: str, most: int = 8) -> str:
    lines = [
        describe_place(
            node=item.node, pixel=item.pixel, tile=item.tile, thread=item.thread, unit=unit
        )
        for item in in_hand[:most]
    ]
    if len(in_hand) > most:
        lines.append(f"and {len(in_hand) - most} more {unit}s")
    return "\n".join(lines)


def _is_done(seen: Seen, frame: int) -> bool:
    return frame in seen.frames and seen.frames[frame].done is not None
