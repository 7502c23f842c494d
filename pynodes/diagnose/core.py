"""Diagnose a program that has died, from its core file."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

from pynodes import files
from pynodes.diagnose import generated
from pynodes.diagnose.collect import gdb
from pynodes.diagnose.diagnosis import Diagnosis
from pynodes.diagnose.guard import guarded_folder
from pynodes.diagnose.origins import FATAL
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
        raw = gdb.collect_core(core, program, folder, guard.collector)
        diagnosis.looks = 1
        diagnosis.collector = f"gdb {raw['collector']['version']}"
        generated.resolve(raw)
        diagnosis.snapshots.append(raw)
        fault = raw.get("fault") or {"signal": 0, "code": 0, "said": ""}
        crashed = _is_crash(raw, fault)
        raw |= {"trigger": "crash" if crashed else "asked", "fatal_text": fault["said"]}
        raw["forked"] = None  # not known of a core file
        raw["signal"] = signal_name(fault["signal"]) if fault["signal"] else ""
        if crashed:
            tid = next((t["tid"] for t in raw["threads"] if t["number"] == 1), 0)
            raw["crash"] = {"signal": fault["signal"], "address": fault["address"], "tid": tid}
        diagnosis.fatal_text = fault["said"]
        diagnosis.take_losses(raw)
        died = f"died of {raw['signal']}" if crashed else "the core of a program"
        if raw["signal"] and not crashed and fault["signal"] not in _OF_SNAPSHOTS:
            died = f"was ended from outside by {raw['signal']}"
        verdict = Verdict.CRASH if crashed else Verdict.INTERRUPTED
        report = diagnosis.report(verdict, died, [raw])
        report.verdict = Verdict.HANG if report.findings and not crashed else verdict
        report.collected = any(thread["frames"] for thread in raw["threads"])
        report.signal = raw["signal"] or None
        report.command = [str(program or core)]
        return diagnosis.kept(report, core.name)


def _is_crash(raw: dict[str, Any], fault: dict[str, Any]) -> bool:
    """Whether the program did it itself; else the signal was sent by another."""
    if fault["signal"] not in _CRASHES:
        return False
    own = fault.get("sender") in (None, raw["pid"])
    return fault["code"] > 0 or (fault["code"] == _SI_TKILL and own)
