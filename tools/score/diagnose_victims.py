"""Score `pynodes diagnose` on tests/victims, on any Python and in poor surroundings.

    python3 tools/score/diagnose_victims.py [--python P] [--chroot DIR] [--in NAME]...
        [--only VICTIM]...

Builds the victims against the Python, runs them under the diagnosis and compares the findings with
the line that is marked WRONG in their source. `--in` names what is taken away:

    all           nothing: gdb, the witness, debug information
    no-gdb        there is no gdb
    no-ptrace     ptrace(2) is refused to the diagnosis, by seccomp, as some containers do
    hardened      as with kernel.yama.ptrace_scope=2: no ptrace, no memory, no system calls of
                  others (simulated in the diagnosis, for the setting is the machine's)
    unreadable    no capabilities, and a victim that is not dumpable: no maps either
    no-witness    the witness is not preloaded
    no-symbols    the victim is stripped
    stripped      libpython is stripped
    static        libpython is linked into the victim
    pid           the process hangs already and is attached to with --pid
    core          the core file of a crash

Prints a line a victim, a score a surrounding, and with --markdown one row for docs/diagnose.md.
Exit status 1 when a finding is wrong and `certain`.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

import diagnosing
import victims
from expected import VICTIMS

from pynodes.process import procfs

SURROUNDINGS = re.findall(r"^    ([a-z][a-z-]*)  ", __doc__, re.MULTILINE)
PRELOAD = """
#include <sys/prctl.h>
__attribute__((constructor)) static void begin(void) { prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }
"""
WITHOUT_PTRACE = """
import ctypes, os, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
numbers = {"x86_64": (101, 310, 311), "aarch64": (117, 270, 271)}[os.uname().machine]
code = [(0x20, 0, 0, 0)]
code += [(0x15, len(numbers) - i, 0, number) for i, number in enumerate(numbers)]
code += [(6, 0, 0, 0x7FFF0000), (6, 0, 0, 0x50000 | 1)]
program = ctypes.create_string_buffer(b"".join(struct.pack("<HBBI", *line) for line in code))
filters = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(code), ctypes.addressof(program)))
assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, filters, 0, 0) == 0, "no seccomp"
os.execvp(sys.argv[1], sys.argv[1:])
"""

HARDENED = f"""{diagnosing.FIND}
from pynodes.diagnose.collect import builtin, gdb
gdb.may_trace = lambda: False
builtin.memory_of = lambda pid: None
builtin._call = lambda pid, tid, reader: None
from pynodes.cli import main
sys.exit(main())
"""


@dataclass
class Score:
    """What was said of one victim: right, place (family right, place not), wrong, none or ended."""

    victim: str
    result: str
    confidence: str = ""
    words: str = ""
    lost: list[str] = field(default_factory=list)


@dataclass
class Setup:
    kit: victims.Kit
    surroundings: str
    limit_s: float
    root: Path

    def score(self, victim: str) -> Score:
        folder = Path(tempfile.mkdtemp(prefix=f"{Path(victim).stem}-", dir=self.root))
        try:
            report = self.report(victim, folder)
        except subprocess.CalledProcessError:
            return Score(victim, "not tried", words="it needs a newer Python, or a C++ compiler")
        except (subprocess.TimeoutExpired, OSError) as error:
            return Score(victim, "failed", words=str(error))
        if report is None:
            return Score(victim, "not tried")
        return judge(victim, report)

    def report(self, victim: str, folder: Path) -> dict[str, Any] | None:
        command = [*self.kit.prefix, *diagnosing.program(self.kit, f"broken/{victim}")]
        if self.surroundings == "pid":
            return self.of_process(command, folder)
        if self.surroundings == "core":
            return self.of_core(command, folder)
        return self.diagnose(folder, "--limit", f"{self.limit_s:g}", "--", *command)

    def diagnose(self, folder: Path, *arguments: str) -> dict[str, Any]:
        program = HARDENED if self.surroundings == "hardened" else diagnosing.RUN
        python = [sys.executable, "-c", program]
        environ = {"PYTHONDONTWRITEBYTECODE": "1"}
        if self.surroundings == "no-gdb":
            environ["PYNODES_GDB"] = "no-such-gdb"
        elif self.surroundings == "no-ptrace":
            python = [sys.executable, "-c", WITHOUT_PTRACE, *python]
        elif self.surroundings == "unreadable":
            environ["LD_PRELOAD"] = str(self.kit.folder / "unreadable.so")
            python = ["setpriv", "--inh-caps=-all", "--bounding-set=-all", *python]
        elif self.surroundings == "no-witness":
            arguments = ("--no-witness", *arguments)
        limit_s = self.limit_s + 120
        said = diagnosing.diagnose(
            folder, *arguments, timeout_s=limit_s, environ=environ, python=python
        )
        (folder / "stderr.txt").write_text(said.err)
        return said.report

    def of_process(self, command: list[str], folder: Path) -> dict[str, Any] | None:
        """What --pid says once the victim has stopped moving; None when it ended by itself."""
        with (folder / "out.txt").open("wb") as out:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
            )
        try:
            with suppress(subprocess.TimeoutExpired):
                process.wait(self.limit_s / 4)
                return None
            report = self.diagnose(folder, "--pid", str(process.pid))
            if process.poll() not in (None, 0):
                raise OSError("the process did not survive being looked at")
            return report
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def of_core(self, command: list[str], folder: Path) -> dict[str, Any] | None:
        with (folder / "out.txt").open("wb") as out:
            process = subprocess.Popen(
                ["sh", "-c", 'ulimit -c unlimited; exec "$@"', "sh", *command],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        try:
            process.wait(self.limit_s / 4)
        except subprocess.TimeoutExpired:  # of what hangs one is asked for
            for pid in [*procfs.children_of(process.pid), process.pid]:
                os.kill(pid, signal.SIGABRT)
                time.sleep(0.2)
            process.wait()
        cores = sorted(folder.glob("core*"), key=lambda path: path.stat().st_size)
        if not cores:
            return None
        at = len(self.kit.prefix)
        program = shutil.which(command[at]) or command[at]
        return self.diagnose(folder, "--core", str(cores[-1]), "--", program)


def judge(victim: str, report: dict[str, Any]) -> Score:
    lost = [loss["what"] for loss in report["lost"]]
    family = VICTIMS[victim].said
    if not report["findings"]:
        ended = report["verdict"] == "ok" and report.get("status") is not None
        return Score(victim, "ended" if ended else "none", words=report["verdict_text"], lost=lost)
    first = report["findings"][0]
    place = (Path(first["file"] or "").name, first["line"])
    result = "wrong"
    if first["family"] == family:
        marked = victims.wrong_lines(f"broken/{victim}")
        result = "right" if place in marked else "no place" if not first["line"] else "wrong place"
    words = f"{first['family']} {place[0]}:{place[1]}"
    return Score(victim, result, first["confidence"], words, lost)


def make_bench(given: argparse.Namespace, surroundings: str, folder: Path) -> Setup:
    prefix = ("chroot", given.chroot) if given.chroot else ()
    static = surroundings == "static"
    kit = victims.make_kit(given.python, folder, prefix, "static" if static else "auto")
    if kit.missing:
        what = "no static libpython" if static else "victims cannot be built"
        raise SystemExit(f"{what}: {kit.missing}")
    if surroundings == "no-symbols":
        kit = replace(kit, flags=("-s",))
    if surroundings == "stripped":
        kit = victims.with_stripped_library(kit)
    if surroundings == "unreadable":
        source = folder / "unreadable.c"
        source.write_text(PRELOAD)
        build = ["cc", "-shared", "-fPIC", "-o", str(folder / "unreadable.so"), str(source)]
        subprocess.run([*prefix, *build], check=True)
    return Setup(kit, surroundings, given.limit, folder)


def run(given: argparse.Namespace, surroundings: str, root: Path) -> list[Score]:
    folder = root / surroundings
    folder.mkdir()
    bench = make_bench(given, surroundings, folder)
    names = [name for name in VICTIMS if not given.only or name in given.only]
    with ThreadPoolExecutor(given.at_once) as pool:
        scores = list(pool.map(bench.score, names))
    print(f"--- {given.python}, {surroundings}")
    for score in scores:
        print(f"{score.victim:18} {score.result:12} {score.confidence:8} {score.words[:120]}")
    for what, count in Counter(what for score in scores for what in score.lost).items():
        print(f"  lost {count} times: {what}")
    counts = Counter(score.result for score in scores)
    tried = len(scores) - counts["ended"] - counts["not tried"]
    print(f"  {counts['right']} of {tried} right; {dict(counts)}", flush=True)
    return scores


def row(surroundings: str, scores: list[Score]) -> str:
    counts = Counter(score.result for score in scores)
    tried = len(scores) - counts["ended"] - counts["not tried"]
    sure = sum(score.result == "right" and score.confidence == "certain" for score in scores)
    wrong = counts["wrong"] + counts["wrong place"]
    cells = (surroundings, tried, counts["right"], sure, counts["no place"], wrong)
    missed = ", ".join(s.victim for s in scores if s.result in ("none", "wrong", "failed"))
    return f"| {' | '.join(map(str, cells))} | {missed or '-'} |"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--python", default=sys.executable, help="the Python to build against")
    parser.add_argument("--chroot", help="a folder in which that Python and a compiler are")
    parser.add_argument("--in", action="append", dest="surroundings", choices=SURROUNDINGS)
    parser.add_argument("--only", action="append", help="a victim, such as crowd.c")
    parser.add_argument("--limit", type=float, default=20.0, help="seconds for each")
    parser.add_argument("--at-once", type=int, default=4)
    parser.add_argument("--markdown", action="store_true")
    parser.add_argument("--keep", help="a folder for programs and evidence; else they are removed")
    given = parser.parse_args()
    if given.surroundings != ["no-witness"]:
        diagnosing.demand_witness()
    with tempfile.TemporaryDirectory(prefix="pynodes-victims-", ignore_cleanup_errors=True) as made:
        root = Path(given.keep or made)
        root.mkdir(parents=True, exist_ok=True)
        found = {name: run(given, name, root) for name in given.surroundings or ["all"]}
    if given.markdown:
        print("| in | tried | right | of them certain | without place | wrong | not reported |")
        print("|---|---|---|---|---|---|---|")
        for name, scores in found.items():
            print(row(name, scores))
    return any(
        score.result.startswith("wrong") and score.confidence == "certain"
        for scores in found.values()
        for score in scores
    )


if __name__ == "__main__":
    sys.exit(main())
