"""Diagnose a program that has died, from its core file."""

from __future__ import annotations

import signal
from dataclasses import replace
from pathlib import Path

from pynodes import files
from pynodes.diagnose.collect import gdb
from pynodes.diagnose.diagnosis import Diagnosis
from pynodes.diagnose.evidence.origins import FATAL
from pynodes.diagnose.guard import guarded_folder
from pynodes.diagnose.look.look import CrashLook, FaultLook
from pynodes.diagnose.report import Report
from pynodes.errors import CannotStartError, needed
from pynodes.model.verdict import Verdict
from pynodes.process.supervise import signal_name

_SI_TKILL = -6  # of a signal that was raised, as abort does, or sent to one thread
_CRASHES = {*FATAL, signal.SIGSYS}
# By debuggers that made a core file of a program, which went on.
_OF_SNAPSHOTS = {signal.SIGSTOP, signal.SIGTRAP}


def diagnose_core(core: Path, program: Path | None) -> Report:
    """Look at what a core file holds."""
    with needed("the core file cannot be read", core, "name a core file with --core"):
        files.check(core)
    usable, why = gdb.is_usable()
    if not usable:
        raise CannotStartError(f"a core file needs gdb, and {why}", help=gdb.MEND)
    with guarded_folder() as (folder, guard):
        diagnosis = Diagnosis(folder, guard)
        look = gdb.collect_core(core, program, folder, guard.collector)
        diagnosis.looks = 1
        diagnosis.collector = f"gdb {look.collector.version}"
        fault = look.fault or FaultLook(signal=0)
        crashed = _is_crash(look.pid, fault)
        tid = next((thread.tid for thread in look.threads if thread.number == 1), 0)
        look = diagnosis.taken(
            replace(
                look,
                trigger="crash" if crashed else "asked",
                forked=None,  # not known of a core file
                crash=CrashLook(fault.signal, tid, address=fault.address) if crashed else None,
                signal=signal_name(fault.signal) if fault.signal else "",
                fatal_text=fault.said,
            )
        )
        diagnosis.fatal_text = fault.said
        died = f"died of {look.signal}" if crashed else "the core of a program"
        if look.signal and not crashed and fault.signal not in _OF_SNAPSHOTS:
            died = f"was ended from outside by {look.signal}"
        verdict = Verdict.CRASH if crashed else Verdict.INTERRUPTED
        report = diagnosis.report(verdict, died, [look])
        report.verdict = Verdict.HANG if report.findings and not crashed else verdict
        report.collected = any(thread.frames for thread in look.threads)
        report.signal = look.signal or None
        report.command = [str(program or core)]
        return diagnosis.kept(report, core.name)


def _is_crash(pid: int, fault: FaultLook) -> bool:
    """Whether the program did it itself; else the signal was sent by another."""
    if fault.signal not in _CRASHES:
        return False
    own = fault.sender in (None, pid)
    return fault.code > 0 or (fault.code == _SI_TKILL and own)
