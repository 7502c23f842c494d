"""Start a program, diagnose it when it crashes, stops moving or reaches the limit, and end it.

It runs undisturbed until then. Then it is stopped for about a second and looked at. What was
started here is ended here, whatever happens.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from pynodes import printable
from pynodes.diagnose import witness
from pynodes.diagnose.collect.census import programs_of
from pynodes.diagnose.collect.notes import Crash, Notes
from pynodes.diagnose.diagnosis import MOST_PROCESSES, Diagnosis, last_words
from pynodes.diagnose.door import door
from pynodes.diagnose.evidence.assemble import evidence_of
from pynodes.diagnose.families import judge
from pynodes.diagnose.guard import guarded_folder
from pynodes.diagnose.look.look import Look
from pynodes.diagnose.report import Report
from pynodes.diagnose.watch import LOOK_AGAIN_S, Watch
from pynodes.errors import needed
from pynodes.model.verdict import Verdict
from pynodes.process import procfs
from pynodes.process.family import Family
from pynodes.process.supervise import Supervisor, adopt_orphans, end_below, signal_name

TICK_S = 0.02
REACT_S = 3.0  # what a program that handles Ctrl-C gets to do so
KEPT_TEXT = 64 * 1024
_MOST_WAIT_S = 60.0
_FROM_OUTSIDE = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL)


@dataclass(frozen=True)
class Options:
    """How a program is started and how long it may run."""

    limit_s: float | None = None
    no_witness: bool = False
    out_to_stderr: bool = False
    keep_going: bool = False
    check: bool = False  # also what goes against CPython's rules and does no harm


def diagnose_command(argv: list[str], options: Options) -> Report:
    """Run a command to its end, or to the point where it is known why it does not get there."""
    began = time.monotonic()
    ctrl_c = _CtrlC()
    with ExitStack() as stack:
        supervisor = stack.enter_context(Supervisor(own_group=False))
        ends = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        # what is ignored here is so in the program, and is meant for neither
        meant = [number for number in ends if signal.getsignal(number) is not signal.SIG_IGN]
        supervisor.catch(dict.fromkeys(meant, ctrl_c))
        wanted = witness.CHECKING if options.check else witness.NAME
        library = None if options.no_witness else witness.find(wanted)
        with needed("there is no memory for what the witness notes"):
            notes = stack.enter_context(closing(Notes())) if library is not None else None
        folder, guard = stack.enter_context(guarded_folder(notes=notes))
        others = stack.enter_context(_only_left(set(procfs.children_of(os.getpid()))))
        family = Family(others)
        diagnosis = Diagnosis(folder, guard, notes, family)
        environ: dict[str, str] = {}
        if library is not None and notes is not None:
            library = stack.enter_context(witness.for_others(library))
            name = stack.enter_context(door(notes, family))
            environ = witness.environment(library, notes.path, name)
        program = _Program(supervisor, diagnosis, ctrl_c, options, argv, others, environ)
        report = program.run()
        report.command = argv
        report.is_run, report.is_watched = True, notes is not None and notes.loaded
        report.wants_witness = not options.no_witness
        report.pid, report.is_mapped = supervisor.child.pid, program.is_mapped
        report.take_programs(programs_of(notes) if notes is not None else [])
        if notes is not None and notes.number("uncounted"):
            most = f"there were more than {len(report.programs):,}"
            diagnosis.losses.add("which programs ran, and how each ended", most)
        report.wall_s = time.monotonic() - began
        return diagnosis.kept(report, Path(argv[0]).name, bytes(program.text))


class _CtrlC:
    """The first is the program's, as it is without us; the second, or a wish to end, ends all."""

    at_s = 0.0

    def __call__(self, number: int) -> None:
        if self.at_s or number != signal.SIGINT:
            raise KeyboardInterrupt
        self.at_s = time.monotonic()


@dataclass
class _Program:
    """A program under supervision; `others`: processes that are not its."""

    _supervisor: Supervisor
    _diagnosis: Diagnosis
    _ctrl_c: _CtrlC
    _options: Options
    _argv: list[str]
    _others: set[int]
    _environ: dict[str, str]  # of the witness; empty without one
    text: bytearray = field(default_factory=bytearray)
    _crashes: list[Look] = field(default_factory=list)
    _places: set[object] = field(default_factory=set)  # of crashes, each looked at once
    _again: int = 0  # crashes at a place that had been looked at
    _suspects: set[str] = field(default_factory=set)
    is_mapped: bool = False  # a Python was seen in /proc, by who looks now and then
    _next_sample_s: float = 0.0
    _sample_s: float = TICK_S

    def __post_init__(self) -> None:
        self._watch = Watch(self._others)
        self._reader = threading.Thread(target=self._relay, daemon=True)

    def run(self) -> Report:
        """Whatever ends this ends the program too."""
        if not self._environ:
            why = "not wanted" if self._options.no_witness else "the witness is not installed"
            help = "" if self._options.no_witness else "install pynodes with its compiled parts"
            self._diagnosis.losses.add("crashes as they happen, and who attached where", why, help)
        self._start()
        child = self._supervisor.child
        self._reader.start()
        try:
            return self._follow()
        finally:
            end_below(self._others, child.pid)
            child.wait()
            self._reader.join(5)

    def _start(self) -> None:
        diagnosis, argv = self._diagnosis, self._argv
        environ = os.environ | diagnosis.guard.program | self._environ
        help = "give a program and its arguments after --"
        with needed(f"{argv[0]} cannot be started", help=help):
            self._supervisor.start(
                argv,
                stdout=sys.stderr.fileno() if self._options.out_to_stderr else None,
                stderr=subprocess.PIPE,
                env=environ,
                preexec_fn=_no_core,
            )
        diagnosis.guard.mind(self._supervisor.child.pid)

    def _relay(self) -> None:
        """The program's stderr goes on to ours, also while it is looked at; its end is kept.

        To a terminal it goes printable, like all that is said of the program.
        """
        stream = self._supervisor.child.stderr
        assert stream is not None
        shown = printable.Stream() if os.isatty(2) else None
        with stream:
            while data := os.read(stream.fileno(), 65536):
                self.text += data
                del self.text[:-KEPT_TEXT]
                with suppress(OSError):
                    os.write(2, data if shown is None else shown.text(data).encode())

    def _follow(self) -> Report:
        end_s = time.monotonic() + (self._options.limit_s or float("inf"))
        report = None
        while report is None:
            if self._supervisor.wait(TICK_S):
                report = self._ended()
            else:
                self._look_at_crashes()
                report = self._tick(time.monotonic(), end_s)
        if self._ctrl_c.at_s and not report.findings:
            raise KeyboardInterrupt  # after Ctrl-C only findings are worth a report
        return report

    def _tick(self, now_s: float, end_s: float) -> Report | None:
        """Look at the program when it is time; a report ends it."""
        pid = self._supervisor.child.pid
        if not self.is_mapped and now_s >= self._next_sample_s:
            self.is_mapped = any(map(procfs.maps_python, (pid, *procfs.children_of(pid))))
            self._next_sample_s = now_s + self._sample_s
            self._sample_s = min(_MOST_WAIT_S, 2 * self._sample_s)
        if now_s >= end_s:
            return self._out_of_time()
        if self._ctrl_c.at_s and (
            not procfs.handles(pid, signal.SIGINT) or now_s - self._ctrl_c.at_s >= REACT_S
        ):
            return self._ignored()
        due = self._watch.due(pid)
        if not due:
            return None
        snapshots = self._collect_all("freeze", due)
        findings = [f for look in snapshots for f in judge(evidence_of(look)) if f.stops]
        seen = {f"{f.family} {f.place}" for f in findings}
        if any(finding.settled for finding in findings) or seen & self._suspects:
            if not (self._options.keep_going and self._end_stuck(snapshots)):
                text = "stopped moving: its threads wait for each other; it was ended"
                return self._diagnosis.report(Verdict.HANG, text, [*snapshots, *self._crashes])
            seen = set()
        self._suspects = seen
        for looked_at in due:
            self._watch.looked(looked_at, found=bool(findings))
        self._diagnosis.snapshots[:] = self._crashes
        return None

    def _end_stuck(self, snapshots: list[Look]) -> bool:
        """End the children that do not move any more, and go on; False where it is the program."""
        stuck = [look for look in snapshots if any(f.stops for f in judge(evidence_of(look)))]
        if any(look.pid == self._supervisor.child.pid for look in stuck):
            return False
        for look in stuck:
            if self._diagnosis.is_theirs(look.pid):
                with suppress(OSError):
                    os.kill(look.pid, signal.SIGKILL)
        self._diagnosis.ended += stuck
        return True

    def _look_at_crashes(self) -> None:
        """Look at processes that are held at their end, and let them go on to it."""
        notes = self._diagnosis.notes
        for crash in notes.new_crashes() if notes is not None else ():
            try:
                self._look_at(crash)
            finally:
                if notes is not None:
                    notes.let_go(crash)

    def _look_at(self, crash: Crash) -> None:
        diagnosis = self._diagnosis
        if not diagnosis.is_theirs(crash.pid, ended=True) or not procfs.is_alive(crash.pid):
            return
        diagnosis.crashes[crash.pid] = signal_name(crash.seen.signal)
        place = diagnosis.place_of(crash)
        if place in self._places:
            self._again += 1
            return
        look = diagnosis.collect(crash.pid, "crash", crash)
        if look is not None:
            self._places.add(place)
            self._crashes.append(look)

    def _collect_all(self, trigger: str, due: Sequence[int] = ()) -> list[Look]:
        """The processes that are `due`; else the program and those below it that run Python too."""
        root = self._supervisor.child.pid
        snapshots = []
        for pid in (due or [root, *procfs.children_of(root)])[:MOST_PROCESSES]:
            if pid not in self._others and (pid == root or procfs.may_run_python(pid, root)):
                look = self._diagnosis.collect(pid, trigger, None, self._watch)
                snapshots += [look] if look is not None else []
        return snapshots

    # --- how it ended ---

    def _ended(self) -> Report:
        diagnosis, child = self._diagnosis, self._supervisor.child
        status = child.wait()
        self._look_at_crashes()  # of children that outlive it
        self._reader.join(1)
        own = [look for look in self._crashes if look.pid == child.pid][-1:]
        if own and not own[0].fatal_text:
            own = [diagnosis.amended(own[0], last_words(self._printed()))]
        crashes = [*own, *(look for look in self._crashes if look.pid != child.pid)]
        diagnosis.fatal_text = next((look.fatal_text for look in crashes), "")
        seen = [*crashes, *diagnosis.recall(crashes)]
        is_blind = diagnosis.losses.add_unnoted() | diagnosis.losses.add_setuid(self._argv[0])
        if status < 0:
            return self._died(-status, seen)
        text, verdict = f"ended by itself with status {status}", Verdict.OK
        if own:
            text, verdict = f"ended with status {status}, after {own[0].signal}", Verdict.CRASH
        elif crashes:
            text, verdict = f"ended with status {status}; {self._fallen(crashes)}", Verdict.CRASH
        report = diagnosis.report(verdict, text, seen)
        if not report.findings and not crashes:
            diagnosis.snapshots.clear()  # what was noted was all right
        if is_blind and not report.findings:
            report.observations.append("what it did with Python was not seen, or not all of it")
        report.status = status
        return report

    def _fallen(self, crashes: list[Look]) -> str:
        """`its child 2301 died of SIGABRT`, and how many more did."""
        first, more = crashes[0], len(crashes) - 1 + self._again
        others = f", and {more} more crashed" if more else ""
        return f"its child {first.pid} died of {first.signal}{others}"

    def _died(self, number: int, seen: list[Look]) -> Report:
        diagnosis, name = self._diagnosis, signal_name(number)
        if number in _FROM_OUTSIDE:
            text = f"ended from outside by {name}"
            report = diagnosis.report(Verdict.INTERRUPTED, text, seen)
        else:
            if all(look.pid != self._supervisor.child.pid for look in seen):
                diagnosis.losses.add_crash(self._supervisor.child.pid)
            where = " (Python gave up)" if diagnosis.fatal_text else ""
            report = diagnosis.report(Verdict.CRASH, f"died of {name}{where}", seen)
            report.collected = bool(seen)
        report.signal = name
        return report

    def _ignored(self) -> Report:
        """Ctrl-C had no effect: what keeps the program? Seen twice, as it may still react."""
        diagnosis, suspects = self._diagnosis, set[str]()
        for _ in range(2):
            diagnosis.snapshots[:] = self._crashes
            if not procfs.handles(self._supervisor.child.pid, signal.SIGINT):
                break
            snapshots = self._collect_all("interrupt")
            text = "did not react to Ctrl-C; it was ended"
            report = diagnosis.report(Verdict.HANG, text, snapshots)
            seen = {f"{f.family} {f.place}" for f in report.findings}
            if seen & suspects or any(f.settled for f in report.findings):
                return report
            suspects = seen
            if self._supervisor.wait(LOOK_AGAIN_S):
                return self._ended()
        raise KeyboardInterrupt

    def _out_of_time(self) -> Report:
        self._diagnosis.snapshots[:] = self._crashes
        snapshots = self._collect_all("limit")
        text = f"not finished within {self._options.limit_s:g} s; it was ended"
        report = self._diagnosis.report(Verdict.HANG, text, [*snapshots, *self._crashes])
        report.collected = bool(snapshots)
        return report

    def _printed(self) -> str:
        return self.text.decode(errors="replace")


def _no_core() -> None:
    """In the child: what a core file would hold is looked at while it lives."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


@contextmanager
def _only_left(others: set[int]) -> Iterator[set[int]]:
    """Adopt what loses its parent; at the end all are ended that descend from us, but `others`."""
    adopt_orphans()
    try:
        yield others
    finally:
        end_below(others)  # a request to end may come while it is started
        adopt_orphans(False)
