"""Starts a program, or takes one that runs or has died, and brings home a report.

The program runs undisturbed until it crashes, stops moving or reaches the limit. Then it is stopped
for about a second and looked at. What was started here is ended here, whatever happens.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from pynodes.diagnose import explain, processes, witness
from pynodes.diagnose.assemble import evidence_of
from pynodes.diagnose.collect import builtin, gdb
from pynodes.diagnose.collect.incidents import Incidents
from pynodes.diagnose.collect.notes import Notes, addresses
from pynodes.diagnose.evidence import Evidence, Frame
from pynodes.diagnose.families import judge
from pynodes.diagnose.finding import Finding
from pynodes.diagnose.guard import Guard, guarded_folder
from pynodes.diagnose.report import Loss, Report
from pynodes.errors import CannotStartError, PynodesError
from pynodes.model.verdict import Verdict

TICK_S = 0.02
SAMPLE_S = 0.25
QUIET_SAMPLES = 5  # of a program that does not move before it is looked at: a second and a bit
QUIET_TICKS = (
    3  # of processor time in all that while, for all its threads; waits for a GIL cost some
)
LOOK_AGAIN_S = 1.2
REACT_S = 3.0  # what a program that handles Ctrl-C gets to do so
MOST_PROCESSES = 8
KEPT_TEXT = 64 * 1024
_FATAL = re.compile(r"^Fatal Python error: .*(?:\n(?!\n).*){0,3}", re.MULTILINE)
_FOLDER = "pynodes-runs"
_SI_TKILL = -6  # of a signal that a program raised itself, as abort does


@dataclass
class Options:
    limit_s: float | None = None
    no_witness: bool = False
    out_to_stderr: bool = False
    tell: Callable[[str], None] = lambda line: None


def diagnose_command(argv: list[str], options: Options) -> Report:
    """Run a command to its end, or to the point where it can be told why it does not get there."""
    return _Run(argv, options).run()


def diagnose_process(pid: int, options: Options) -> Report:
    """Look at a process that runs, and at its children that run Python too; they go on."""
    processes.check_readable(pid)
    with guarded_folder() as (folder, guard):
        case = _Case(folder, None, options, guard)
        before = {
            found: processes.tasks(found)
            for found in [pid, *processes.children_of(pid)][:MOST_PROCESSES]
            if found == pid or processes.may_run_python(found, pid)
        }
        time.sleep(1.0)  # to see which threads fall asleep again and again
        looks = [case.look(found, "asked", None, tasks) for found, tasks in before.items()]
        seen = [raw for raw in looks if raw is not None]
        report = case.report(Verdict.OK, f"process {pid} was looked at", seen)
        report.command = _command_of(pid)
        report.verdict = Verdict.HANG if report.findings else Verdict.OK
        report.collected = any(thread["frames"] for raw in seen for thread in raw["threads"])
        if not report.collected:
            gone = "" if processes.tasks(pid) else ": it has ended meanwhile"
            report.text = f"process {pid} could not be looked at{gone}"
        return case.kept(report, f"pid{pid}")


def diagnose_core(core: Path, program: Path | None, options: Options) -> Report:
    """Look at what a core file holds."""
    if not core.is_file():
        raise CannotStartError("there is no such core file", str(core))
    usable, why = gdb.is_usable()
    if not usable:
        raise CannotStartError(f"a core file needs gdb, and {why}", mend=gdb.MEND)
    with guarded_folder() as (folder, guard):
        case = _Case(folder, None, options, guard)
        raw = gdb.collect_core(core, program, folder, guard.collector)
        case.collector = f"gdb {raw['collector']['version']}"
        case.looks.append(raw)
        fault = raw.get("fault") or {"signal": 0, "code": 0, "said": ""}
        crashed = fault["code"] > 0 or fault["code"] == _SI_TKILL  # else it was sent by another
        raw |= {"trigger": "crash" if crashed else "asked", "fatal_text": fault["said"]}
        raw["forked"] = None  # a core file does not tell
        raw["signal"] = _signal_name(fault["signal"]) if fault["signal"] else ""
        if crashed:
            tid = next((t["tid"] for t in raw["threads"] if t["number"] == 1), 0)
            raw["crash"] = {"signal": fault["signal"], "address": fault["address"], "tid": tid}
        case.fatal_text = fault["said"]
        case.take_losses(raw)
        died = f"died of {raw['signal']}" if crashed else "the core of a program"
        if raw["signal"] and not crashed:
            died = f"was ended from outside by {raw['signal']}"
        verdict = Verdict.CRASH if crashed else Verdict.INTERRUPTED
        report = case.report(verdict, died, [raw])
        report.verdict = Verdict.HANG if report.findings and not crashed else verdict
        report.collected = any(thread["frames"] for thread in raw["threads"])
        report.signal = raw["signal"] or None
        return case.kept(report, core.name)


class _Case:
    """One diagnosis: its folder, the collector in use, what was lost so far."""

    def __init__(
        self,
        folder: Path,
        notes: Notes | None,
        options: Options,
        guard: Guard,
    ) -> None:
        self.folder = folder
        self.guard = guard
        self.notes = notes
        self.incidents = Incidents(notes) if notes is not None else None
        self.options = options
        self.losses: list[Loss] = []
        self.collector = ""
        self.has_gdb, self.why_no_gdb = gdb.find() is not None, gdb.NO_GDB
        if self.has_gdb and not gdb.may_trace():
            self.has_gdb, self.why_no_gdb = False, gdb.NO_PTRACE
        self.looks: list[dict[str, Any]] = []
        self.fatal_text = ""

    def look(
        self,
        pid: int,
        trigger: str,
        crash: dict[str, Any] | None,
        before: dict[int, processes.Task] | None = None,
    ) -> dict[str, Any] | None:
        """Evidence of one process, by the best collector that works; None when none does."""
        noted = self.notes.read() if self.notes else None
        tid = crash["tid"] if crash else 0
        asked = addresses(noted)
        now = processes.tasks(pid)
        raw = None
        if self.has_gdb:
            try:
                raw = gdb.collect_process(pid, tid, asked, self.folder, self.guard.collector)
                self.collector = f"gdb {raw['collector']['version']}"
            except PynodesError as error:
                self.lose(_LOST_GDB, _joined(error), error.mend)
        if raw is None:
            mend = gdb.MEND_PTRACE if self.why_no_gdb == gdb.NO_PTRACE else gdb.MEND
            self.lose(_LOST_GDB, self.why_no_gdb, mend)
            raw = builtin.collect(pid, tid, self.notes, noted, crash)
            self.collector = raw["collector"]["name"]
        if not raw["threads"]:
            return None
        raw["trigger"] = trigger
        raw["forked"], raw["parent_tids"] = processes.origin(pid)
        raw["notes"] = noted
        raw["incidents"] = self.incidents.of(pid) if self.incidents else []
        raw["crash"] = crash
        raw["signal"] = _signal_name(crash["signal"]) if crash else ""
        raw["fatal_text"] = self.fatal_text
        for thread in raw["threads"]:
            task = now.get(thread["tid"])
            old = (before or {}).get(thread["tid"])
            thread["naps"] = task.sleeps - old.sleeps if task and old else 0
        self.take_losses(raw)
        self.looks.append(raw)
        return raw

    def recall(self, looked_at: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Evidence of processes that have ended by themselves, and went wrong before."""
        known = {raw["pid"] for raw in looked_at}
        looks = []
        for pid in self.incidents.pids() if self.incidents else ():
            if pid not in known and self.incidents is not None:
                raw = {
                    "collector": {"name": "the witness", "version": ""},
                    "pid": pid,
                    "trigger": "exit",
                    "threads": [],
                    "places": {},
                    "lost": [],
                    "notes": None,
                    "crash": None,
                    "signal": "",
                    "fatal_text": "",
                    "python": self.incidents.python_of(pid),
                    "incidents": self.incidents.of(pid),
                }
                self.collector = self.collector or "the witness"
                self.looks.append(raw)
                looks.append(raw)
        return looks

    def take_losses(self, raw: dict[str, Any]) -> None:
        for entry in raw.get("lost", ()):
            if isinstance(entry, str):
                self.lose(entry, "", "")
            else:
                self.lose(*entry)
        python = raw.get("python")
        if python and python.get("problem"):
            self.lose(
                "who is attached and who holds the GIL, by CPython's own state",
                python["problem"],
                "install libpython's debug symbols; until then stacks alone have to tell",
            )
        elif python and python.get("how", "").startswith("the table"):
            self.lose(
                "types of CPython",
                f"no debug symbols: read with {python['how']}, checked against the process",
                "install libpython's debug symbols, such as libpython3-dbg",
            )
        elif python is None and any(
            "libpython" in (frame["module"] or "")
            for thread in raw["threads"]
            for frame in thread["frames"]
        ):
            self.lose("CPython's own state", "no symbol _PyRuntime was found")

        notes = raw.get("notes")
        if notes and python and not notes.get("sees", True):
            self.lose(
                "who attached where",
                "Python's functions are called past the witness: libpython is linked into the"
                " program, or they are looked up by name",
                "link the program, or its Python, with the shared libpython",
            )

    def miss_lines(self, evidence: Evidence) -> None:
        """Whether the program itself can be told by function and line."""
        frames = [frame for thread in evidence.threads for frame in thread.frames]
        own = [frame for frame in frames if frame.origin == "program"]
        named = len(own) < len(frames)  # else nothing at all could be named
        if own and named and not any(frame.line for frame in own):
            self.lose(
                "functions and lines of the program",
                "it has no debug information",
                "compile it with -g, and do not strip it",
            )

    def lose(self, what: str, why: str, mend: str = "") -> None:
        if all(loss.what != what for loss in self.losses):
            self.losses.append(Loss(what, why, mend))

    def report(self, verdict: Verdict, text: str, looks: list[dict[str, Any]]) -> Report:
        """Judge what was seen, the last look first."""
        findings: list[Finding] = []
        observations: list[str] = []
        stacks: list[tuple[str, tuple[Frame, ...]]] = []
        python = ""
        for raw in looks:
            evidence = evidence_of(raw)
            self.miss_lines(evidence)
            findings += judge(evidence)
            python = python or evidence.python
            observations += explain.observe(evidence)
            stacks += [
                (thread.title, thread.python) for thread in evidence.threads if thread.python
            ]
        return Report(
            verdict,
            text,
            findings=_distinct(findings),
            observations=observations if not findings else [],
            losses=self.losses,
            collector=self.collector,
            python=python,
            fatal_text=self.fatal_text,
            python_stacks=stacks,
        )

    def kept(self, report: Report, name: str) -> Report:
        """Move the evidence to where it stays; nothing is made when there is nothing to keep."""
        if not self.looks and not report.findings:
            return report
        root = Path(_FOLDER)
        if not os.access(root if root.exists() else Path(), os.W_OK):
            root = Path(tempfile.gettempdir()) / _FOLDER
        folder = root / f"{time.strftime('%Y%m%d-%H%M%S')}-{name}-{secrets.token_hex(2)}"
        folder.mkdir(parents=True)
        report.evidence = folder
        for number, raw in enumerate(self.looks, 1):
            (folder / f"evidence-{number}.json").write_text(json.dumps(raw, indent=1) + "\n")
        (folder / "report.json").write_text(json.dumps(report.as_dict(), indent=2) + "\n")
        log = self.folder / "gdb.txt"
        if log.is_file():
            shutil.copy(log, folder / "gdb.txt")
        if (self.folder / "stderr.txt").is_file():
            shutil.copy(self.folder / "stderr.txt", folder / "stderr.txt")
        return report


@dataclass
class _Sample:
    at: float
    tasks: dict[int, dict[int, processes.Task]] = field(default_factory=dict)


class _Run:
    """A command under watch."""

    def __init__(self, argv: list[str], options: Options) -> None:
        self.argv = argv
        self.options = options
        self.text = bytearray()
        self.samples: list[_Sample] = []
        self.next_look = 0.0
        self.wait_s = LOOK_AGAIN_S
        self.others = set(processes.children_of(os.getpid()))
        self.interrupted = 0.0  # when Ctrl-C was pressed

    def run(self) -> Report:
        """Whatever ends this ends the program too."""
        before = [(number, signal.signal(number, _interrupt)) for number in _ENDING]
        before.append((signal.SIGINT, signal.signal(signal.SIGINT, self._on_ctrl_c)))
        try:
            return self._run()
        finally:
            for number, handler in before:
                signal.signal(number, handler)

    def _on_ctrl_c(self, number: int, frame: FrameType | None) -> None:
        """The first is the program's, as it is without us; the second ends all."""
        if self.interrupted:
            raise KeyboardInterrupt
        self.interrupted = time.monotonic()

    def _run(self) -> Report:
        began = time.monotonic()
        processes.adopt_orphans()
        with guarded_folder() as (folder, guard):
            self.others.add(guard.pid)
            library = None if self.options.no_witness else witness.find()
            notes = Notes(folder / "notes") if library is not None else None
            self.case = _Case(folder, notes, self.options, guard)
            if library is None:
                why = "not wanted" if self.options.no_witness else "the witness is not installed"
                mend = "" if self.options.no_witness else "install pynodes with its compiled parts"
                self.case.lose("crashes as they happen, and who attached where", why, mend)
            try:
                process = self._start(library, notes)
                try:
                    report = self._watch(process)
                finally:
                    processes.end_all(self.others, process.pid)
                    process.wait()
                    self.reader.join(5)
            finally:
                processes.end_all(self.others)  # a request to end may come while it is started
                processes.adopt_orphans(False)
                if notes is not None:
                    notes.close()
            report.command = self.argv
            report.wall_s = time.monotonic() - began
            (folder / "stderr.txt").write_bytes(bytes(self.text))
            return self.case.kept(report, re.sub(r"[^\w.-]", "_", Path(self.argv[0]).name)[:40])

    def _start(self, library: Path | None, notes: Notes | None) -> subprocess.Popen[bytes]:
        environ = os.environ | self.case.guard.program
        if library is not None and notes is not None:
            environ |= witness.environment(library, notes.path, hold=self.case.has_gdb)
        try:
            process = subprocess.Popen(
                self.argv,
                stdout=sys.stderr.fileno() if self.options.out_to_stderr else None,
                stderr=subprocess.PIPE,
                env=environ,
                preexec_fn=_no_core,
            )
        except OSError as error:
            raise CannotStartError(
                f"{self.argv[0]} cannot be started: {error.strerror}",
                mend="give a program and its arguments after --",
            ) from error
        self.case.guard.mind(process.pid)
        self.reader = threading.Thread(target=self._relay, args=(process.stderr,), daemon=True)
        self.reader.start()
        return process

    def _relay(self, stream: Any) -> None:
        """The program's stderr goes on to ours; its end is kept."""
        with stream:
            while data := os.read(stream.fileno(), 65536):
                self.text += data
                del self.text[:-KEPT_TEXT]
                with suppress(OSError):
                    os.write(2, data)

    def _watch(self, process: subprocess.Popen[bytes]) -> Report:
        end = time.monotonic() + (self.options.limit_s or 1e9)
        suspects: tuple[str, ...] = ()
        crashes: list[dict[str, Any]] = []
        while True:
            try:
                process.wait(TICK_S)
            except subprocess.TimeoutExpired:
                pass
            else:
                return self._unless_interrupted(self._ended(process, crashes))
            if self.case.notes is not None and (crash := self.case.notes.crash()):
                raw = self._look_at_crash(crash)
                if raw is not None:
                    crashes.append(raw)
                continue
            now = time.monotonic()
            if now >= end:
                return self._out_of_time(process)
            if self.interrupted and self._has_ignored_it(process.pid, now):
                return self._unless_interrupted(self._ignored(process))
            if not self._is_quiet(process.pid, now) or now < self.next_look:
                continue
            looks = self._look_at_all(process.pid, "freeze")
            findings = [f for raw in looks for f in judge(evidence_of(raw)) if f.stops]
            seen = tuple(f"{f.family} {f.place}" for f in findings)
            sure = any(finding.settled for finding in findings)
            if findings and (sure or set(seen) & set(suspects)):
                return self._frozen(looks)
            suspects = seen
            self.next_look = time.monotonic() + (LOOK_AGAIN_S if findings else self.wait_s)
            self.wait_s = self.wait_s if findings else min(60.0, self.wait_s * 2)
            self.samples.clear()
            self.case.looks.clear()

    # --- what is done about it ---

    def _look_at_crash(self, crash: dict[str, Any]) -> dict[str, Any] | None:
        assert self.case.notes is not None
        time.sleep(0.05)  # the last words come through a pipe
        self.case.fatal_text = self._fatal_text()
        raw = self.case.look(crash["pid"], "crash", crash)
        self.case.notes.let_go()
        with suppress(ProcessLookupError):
            os.kill(crash["pid"], signal.SIGCONT)
        return raw

    def _look_at_all(self, root: int, trigger: str) -> list[dict[str, Any]]:
        """The program and those of its children that run Python too."""
        before = self.samples[0].tasks if self.samples else {}
        looks = []
        for pid in [root, *processes.children_of(root)][:MOST_PROCESSES]:
            if pid in self.others or (pid != root and not processes.may_run_python(pid, root)):
                continue
            raw = self.case.look(pid, trigger, None, before.get(pid))
            if raw is not None:
                looks.append(raw)
        return looks

    def _ended(self, process: subprocess.Popen[bytes], crashes: list[dict[str, Any]]) -> Report:
        self.reader.join(1)
        self.case.fatal_text = self._fatal_text()
        code = process.returncode
        for raw in crashes:
            raw["fatal_text"] = self.case.fatal_text
        if code < 0:
            name = _signal_name(-code)
            if -code in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL):
                text = f"ended from outside by {name}"
                report = self.case.report(Verdict.INTERRUPTED, text, self.case.recall([]))
            else:
                where = " (Python gave up)" if self.case.fatal_text else ""
                cause = _first_to_fall(crashes)
                looks = [*cause, *self.case.recall(cause)]
                report = self.case.report(Verdict.CRASH, f"died of {name}{where}", looks)
                report.collected = bool(looks)
            report.signal = name
            return report
        child = next((raw for raw in crashes if raw["pid"] != process.pid), None)
        if child is not None:
            text = f"ended with status {code}; its child {child['pid']} died of {child['signal']}"
            report = self.case.report(Verdict.CRASH, text, [child, *self.case.recall([child])])
        else:
            if crashes:
                self.case.looks.clear()
            text = f"ended by itself with status {code}"
            report = self.case.report(Verdict.OK, text, self.case.recall([]))
        if not report.findings and not crashes:
            self.case.looks.clear()  # what was noted was all right
        report.status = code
        return report

    def _has_ignored_it(self, pid: int, now: float) -> bool:
        """A program that does not handle Ctrl-C, or did not get it, is not waited for."""
        handles = processes.handles(pid, signal.SIGINT)
        return not handles or now - self.interrupted >= REACT_S

    def _ignored(self, process: subprocess.Popen[bytes]) -> Report:
        """Ctrl-C had no effect: what keeps the program? Seen twice, as it may still react."""
        text = "did not react to Ctrl-C; it was ended"
        suspects: set[str] = set()
        for _ in range(2):
            self.case.looks.clear()
            if not processes.handles(process.pid, signal.SIGINT):
                break
            looks = self._look_at_all(process.pid, "interrupt")
            report = self.case.report(Verdict.HANG, text, looks)
            seen = {f"{f.family} {f.place}" for f in report.findings}
            if seen & suspects or any(f.settled for f in report.findings):
                return report
            suspects = seen
            with suppress(subprocess.TimeoutExpired):
                process.wait(LOOK_AGAIN_S)
                return self._ended(process, [])
        raise KeyboardInterrupt

    def _unless_interrupted(self, report: Report) -> Report:
        """After Ctrl-C only findings are worth a report."""
        if self.interrupted and not report.findings:
            raise KeyboardInterrupt
        return report

    def _frozen(self, looks: list[dict[str, Any]]) -> Report:
        return self.case.report(
            Verdict.HANG, "stopped moving: its threads wait for each other; it was ended", looks
        )

    def _out_of_time(self, process: subprocess.Popen[bytes]) -> Report:
        self.case.looks.clear()
        self.case.fatal_text = self._fatal_text()
        looks = self._look_at_all(process.pid, "limit")
        report = self.case.report(
            Verdict.HANG, f"not finished within {self.options.limit_s:g} s; it was ended", looks
        )
        report.collected = bool(looks)
        return report

    # --- watching ---

    def _is_quiet(self, root: int, now: float) -> bool:
        """Hardly any processor time for a second, and a lock being waited for."""
        if self.samples and now - self.samples[-1].at < SAMPLE_S:
            return False
        sample = _Sample(now)
        for pid in [root, *processes.children_of(root)]:
            if pid not in self.others:
                sample.tasks[pid] = processes.tasks(pid)
        self.samples = [*self.samples[-QUIET_SAMPLES + 1 :], sample]
        if len(self.samples) < QUIET_SAMPLES:
            return False
        first, last = self.samples[0].tasks, self.samples[-1].tasks
        count = sum(map(len, last.values()))
        spent = _ticks(last) - _ticks(first)
        if first.keys() != last.keys() or spent > QUIET_TICKS + count:
            return False
        seen = [
            processes.waits_for_lock(pid, tid)
            for pid, found in last.items()
            for tid in list(found)[:64]
        ]
        return any(found is not False for found in seen)

    def _fatal_text(self) -> str:
        found = _FATAL.findall(self.text.decode(errors="replace"))
        return found[-1].strip() if found else ""


def _first_to_fall(crashes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The first crash that its thread did not survive; threads that follow fall over its debris."""
    tids = [raw["crash"]["tid"] for raw in crashes]
    return next(([raw] for i, raw in enumerate(crashes) if tids[i] not in tids[i + 1 :]), [])


_LOST_GDB = "what gdb sees: arguments, objects, stacks of threads that do not answer"


_ENDING = (signal.SIGTERM, signal.SIGHUP)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _no_core() -> None:
    """In the child: what a core file would hold is looked at while it lives."""
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def _ticks(tasks: dict[int, dict[int, processes.Task]]) -> int:
    return sum(task.ticks for found in tasks.values() for task in found.values())


def _distinct(findings: list[Finding]) -> list[Finding]:
    found: dict[tuple[str, object], Finding] = {}
    for finding in findings:
        found.setdefault((finding.family, finding.place), finding)
    return list(found.values())


def _joined(error: PynodesError) -> str:
    return f"{error.what}: {error.where}" if error.where else error.what


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _command_of(pid: int) -> list[str]:
    with suppress(OSError):
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        return [word.decode(errors="replace") for word in words if word]
    return []
