"""A diagnosis in the making: look at processes, note what cannot be seen, judge, keep it."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from pynodes.diagnose import explain, generated
from pynodes.diagnose.collect import builtin, gdb
from pynodes.diagnose.collect.incidents import Incidents
from pynodes.diagnose.collect.maps import maps_of, unfolded
from pynodes.diagnose.collect.notes import Crash, Notes
from pynodes.diagnose.evidence import Frame
from pynodes.diagnose.evidence.assemble import evidence_of
from pynodes.diagnose.families import judge
from pynodes.diagnose.finding import Finding
from pynodes.diagnose.guard import Guard
from pynodes.diagnose.look.form import to_json
from pynodes.diagnose.look.look import Collector, CrashLook, Look
from pynodes.diagnose.look.noted import ProcessNotes
from pynodes.diagnose.losses import Losses
from pynodes.diagnose.report import Report
from pynodes.diagnose.sources import around
from pynodes.diagnose.watch import Watch
from pynodes.errors import PynodesError
from pynodes.model.verdict import Verdict
from pynodes.process import procfs
from pynodes.process.evidence_folder import keep, new_folder
from pynodes.process.family import Family
from pynodes.process.supervise import signal_name
from pynodes.words import json_text

MOST_PROCESSES = 8
_FATAL = re.compile(r"Fatal Python error: .*(?:\n(?!\n).*){0,3}")
_WITNESS = "the witness"
_LOST_GDB = "what gdb sees: arguments, objects, stacks of threads that do not answer"


class Diagnosis:
    """One that is being made: its folder, the collector in use, what was lost so far."""

    def __init__(
        self,
        folder: Path,
        guard: Guard,
        notes: Notes | None = None,
        family: Family | None = None,
    ) -> None:
        self.folder = folder
        self._family = family
        self.guard = guard
        self.notes = notes
        self.incidents = Incidents(notes) if notes is not None else None
        self.losses = Losses(notes)
        self.collector = ""
        self.has_gdb, self.why_no_gdb = gdb.find() is not None, gdb.NO_GDB
        if self.has_gdb and not gdb.may_trace():
            self.has_gdb, self.why_no_gdb = False, gdb.NO_PTRACE
        self.snapshots: list[Look] = []
        self.ended: list[Look] = []  # of children that were ended, and the program not
        self.crashes: dict[int, str] = {}  # signals by process
        self.looks = 0
        self.fatal_text = ""

    def collect(
        self,
        pid: int,
        trigger: str,
        crash: Crash | None,
        watch: Watch | None = None,
    ) -> Look | None:
        """A look at one process, by the best collector that works; None when none does."""
        before = watch.before(pid) if watch is not None else None
        notes = self.notes.read(pid) if self.notes else None
        seen = crash.seen if crash else None
        look = self._look(pid, seen, notes)
        if not look.threads:
            return None
        held = builtin.held_calls(pid, notes) if seen else {}
        forked, parent_tids = procfs.origin_of(pid)
        look = replace(
            look,
            lost=(*look.lost, *(self.incidents.lost(pid) if self.incidents else ())),
            threads=tuple(replace(t, call=held.get(t.tid, t.call)) for t in look.threads),
            trigger=trigger,
            forked=forked,
            parent_tids=tuple(parent_tids),
            notes=notes,
            incidents=self.incidents.of(pid) if self.incidents else (),
            crash=seen,
            signal=signal_name(seen.signal) if seen else "",
            fatal_text=last_words(crash.said) if crash else "",
        )
        if watch is not None and before is not None:
            look = watch.added(look, before)
        return self.taken(look)

    def _look(self, pid: int, crash: CrashLook | None, notes: ProcessNotes | None) -> Look:
        look = None
        if self.has_gdb:
            tid = crash.tid if crash is not None else 0
            asked = sorted(notes.addresses()) if notes is not None else []
            try:
                look = gdb.collect_process(pid, tid, asked, self.folder, self.guard.collector)
                look = replace(look, places=unfolded(pid, look.places))
                self.collector = f"gdb {look.collector.version}"
            except PynodesError as error:
                self.losses.add(_LOST_GDB, _joined(error), error.help)
        if look is None:
            help = gdb.MEND_PTRACE if self.why_no_gdb == gdb.NO_PTRACE else gdb.MEND
            self.losses.add(_LOST_GDB, self.why_no_gdb, help)
            look = builtin.collect(pid, crash, self.notes, notes)
            self.collector = look.collector.name
        self.looks += 1
        return look

    def taken(self, look: Look) -> Look:
        """One that is whole, for the evidence: with the sources that code was written from."""
        look = generated.resolved(look)
        self.losses.add_of(look)
        self.snapshots.append(look)
        return look

    def amended(self, look: Look, fatal_text: str) -> Look:
        """One that was taken, with what was read only later."""
        new = replace(look, fatal_text=fatal_text)
        self.snapshots[:] = [new if each is look else each for each in self.snapshots]
        return new

    def place_of(self, crash: Crash) -> object:
        """Equal for crashes of the same code in the same state: one stands for all."""
        spans = maps_of(crash.pid).spans
        stack = [
            next(((p, a - s + at) for s, e, at, p in spans if s <= a < e), ("", a))
            for a in crash.seen.stack
        ]
        notes = self.notes.read(crash.pid) if self.notes else None
        own = notes.thread(crash.seen.tid) if notes is not None else None
        attached = own and (own.current is not None) + bool(own.current)
        unique = 0 if stack else crash.pid
        said = last_words(crash.said).partition("\n")[0]
        return (
            *(crash.seen.signal, tuple(stack), unique, said),
            *(notes and notes.running, notes and notes.initialized, attached),
        )

    def is_theirs(self, pid: int, *, ended: bool = False) -> bool:
        """Whether a process that the notes name is one of the program's, or may have been.

        The program can write anything there; what it says of others is not looked into.
        """
        family = self._family
        theirs = family is not None and (family.may_have_had if ended else family.has)(pid)
        if not theirs:
            why = "the program has no such process"
            self.losses.add(f"what the witness's notes say of process {pid}", why)
        return theirs

    def recall(self, looked_at: list[Look]) -> list[Look]:
        """Looks at processes that have ended by themselves, and went wrong before."""
        known = {look.pid for look in looked_at}
        if self.incidents is None:
            return []
        found = [
            self.taken(
                Look(
                    collector=Collector(_WITNESS, ""),
                    pid=pid,
                    lost=tuple(self.incidents.lost(pid)),
                    threads=(),
                    python=self.incidents.python_of(pid),
                    places={},
                    trigger="exit",
                    incidents=self.incidents.of(pid),
                )
            )
            for pid in self.incidents.pids()
            if pid not in known and self.is_theirs(pid, ended=True)
        ]
        if found:
            self.collector = self.collector or _WITNESS
        return found

    def report(self, verdict: Verdict, text: str, snapshots: list[Look]) -> Report:
        """Judge what was seen, the last snapshot first."""
        findings: list[Finding] = []
        observations: list[str] = []
        stacks: list[tuple[str, tuple[Frame, ...]]] = []
        python = ""
        if self.ended:
            text += f"; children that stopped moving and were ended: {len(self.ended)}"
            verdict = Verdict.HANG if verdict is Verdict.OK else verdict
        snapshots = [*self.ended, *snapshots]
        for look in snapshots:
            evidence = evidence_of(look)
            self.losses.add_lines(evidence, look.program)
            findings += [replace(found, pids=(look.pid,)) for found in judge(evidence)]
            python = python or evidence.python
            observations += explain.observe(evidence)
            stacks += [
                (thread.title, thread.python) for thread in evidence.threads if thread.python
            ]
        return Report(
            verdict,
            text,
            findings=[_with_source(found) for found in _distinct(findings)],
            observations=observations if not findings else [],
            losses=self.losses.all,
            collector=self.collector,
            python=python,
            crashes=self.crashes,
            looks=self.looks,
            fatal_text=self.fatal_text,
            python_stacks=stacks,
        )

    def kept(self, report: Report, name: str, printed: bytes = b"") -> Report:
        """Put the evidence where it stays; nothing is made when there is nothing to keep.

        Args:
            printed: what the program wrote to stderr.
        """
        self.snapshots[:0] = self.ended
        if not self.snapshots and not report.findings:
            return report
        folder = report.evidence = new_folder(name)
        numbered = enumerate(self.snapshots, 1)
        files = {
            f"evidence-{n}.json": json.dumps(to_json(look), indent=1) + "\n" for n, look in numbered
        }
        files["report.json"] = json_text(report.as_dict()) + "\n"
        said = {"stderr.txt": printed}
        with suppress(OSError):
            said["gdb.txt"] = (self.folder / "gdb.txt").read_bytes()
        try:
            keep(folder, {name: text.encode() for name, text in files.items()} | said)
        except OSError as error:
            report.evidence = folder if folder.is_dir() else None
            report.evidence_lost = f"{error.strerror or error} ({folder})"
        return report


def last_words(text: str) -> str:
    """What CPython said last when it gave up, wherever that stands in a text; empty: it did not."""
    found = _FATAL.findall(text)
    return found[-1].strip() if found else ""


def _with_source(found: Finding) -> Finding:
    place = found.place
    return found if place is None else replace(found, source=around(place.file, place.line))


def _distinct(findings: list[Finding]) -> list[Finding]:
    """Each once, with all processes in which it was seen."""
    found: dict[tuple[str, object], Finding] = {}
    for finding in findings:
        key = (finding.family, finding.place)
        first = found.setdefault(key, finding)
        found[key] = replace(first, pids=tuple(dict.fromkeys(first.pids + finding.pids)))
    return list(found.values())


def _joined(error: PynodesError) -> str:
    return f"{error.what}: {error.where}" if error.where else error.what
