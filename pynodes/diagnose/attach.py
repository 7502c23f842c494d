"""Diagnose a process that runs already."""

from __future__ import annotations

import os
import time

from pynodes.diagnose.collect import gdb
from pynodes.diagnose.diagnosis import MOST_PROCESSES, Diagnosis
from pynodes.diagnose.guard import guarded_folder
from pynodes.diagnose.report import Report
from pynodes.diagnose.watch import Watch
from pynodes.errors import CannotStartError
from pynodes.model.verdict import Verdict
from pynodes.process import procfs

_CAP_SYS_PTRACE = 19
_WATCHED_S = 1.5  # to see which threads fall asleep again and again, and which keep others waiting


def diagnose_process(pid: int) -> Report:
    """Look at a process that runs, and at its children that run Python too; they go on."""
    check_readable(pid)
    with guarded_folder() as (folder, guard):
        diagnosis = Diagnosis(folder, guard)
        watch, end_s = Watch(), time.monotonic() + _WATCHED_S
        while time.monotonic() < end_s:
            watch.due(pid)
            time.sleep(0.05)
        snapshots = [
            diagnosis.collect(found, "asked", None, watch)
            for found in [pid, *procfs.children_of(pid)][:MOST_PROCESSES]
            if found == pid or procfs.may_run_python(found, pid)
        ]
        seen = [look for look in snapshots if look is not None]
        report = diagnosis.report(Verdict.OK, f"process {pid} was looked at", seen)
        report.command, report.pid = procfs.command_of(pid), pid
        report.verdict = Verdict.HANG if report.findings else Verdict.OK
        report.collected = any(thread.frames for look in seen for thread in look.threads)
        if not report.collected:
            gone = "" if procfs.tids_of(pid) else ": it has ended meanwhile"
            report.text = f"process {pid} could not be looked at{gone}"
        return diagnosis.kept(report, f"pid{pid}")


def check_readable(pid: int) -> None:
    """Raises CannotStartError when a process is not there, or not for this user to look at."""
    facts = procfs.status_of(pid)
    if pid <= 0 or not facts or facts["Tgid"] != str(pid):
        raise CannotStartError(f"there is no process {pid}", help="`ps -e` lists them")
    if facts["State"][0] in "ZX":
        raise CannotStartError(f"process {pid} has ended; its parent has not taken note of it yet")
    if facts.get("TracerPid", "0") != "0":
        raise CannotStartError(
            f"process {pid} is looked at by process {facts['TracerPid']} already",
            help="end that debugger first",
        )
    try:
        (procfs.PROC / f"{pid}/exe").readlink()
    except PermissionError:
        raise _refused(pid, facts["Uid"].split()[0]) from None
    except OSError:
        raise CannotStartError(f"process {pid} is one of the kernel's own") from None


def _refused(pid: int, owner: str) -> CannotStartError:
    """Why the system does not let this user look at a process."""
    what = f"process {pid} may not be looked at"
    if os.geteuid() != 0:
        whose = "" if owner == str(os.geteuid()) else f": it belongs to user {owner}"
        return CannotStartError(
            what + whose, help="do it as that user or as root" if whose else "do it as root"
        )
    if not int(procfs.status_of(os.getpid()).get("CapEff", "0"), 16) >> _CAP_SYS_PTRACE & 1:
        why = "this root has no CAP_SYS_PTRACE, as in a container"
        return CannotStartError(f"{what}: {why}", help=gdb.MEND_PTRACE)
    return CannotStartError(
        f"{what}: the system refuses it to root too",
        help="a sandbox or another user namespace keeps it apart: look from where it was started",
    )
