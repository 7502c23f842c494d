"""Compare CPython's own test suites in `python` with the same inside the host, or diagnosed.

    PYTHON tools/score/python_suites.py [--diagnosed [P]] [--only SUITE]... [--limit SECONDS]
        [--again]

PYTHON is one that pynodes is installed for, with CPython's `test` package. Each suite runs once in
each; a test is compared by how it ended. The other way is `pynodes run -m test`, or, with
--diagnosed, `pynodes diagnose` of the suite in P (default: PYTHON); what that found is printed. A
test that differs runs again in both, alone, with --again: what differs then too is no accident.
Prints a line a suite, then the tests that differ, and the counts. Exit status 1 when a test
differs, or a suite's exit status; that of a diagnosis is 4 where children of a suite crash, as
some are meant to, and 1 with a finding.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

SUITES = (
    *("test_thread", "test_sys", "test_queue", "test_atexit", "test_subprocess", "test_threading"),
    *("test_signal", "test_faulthandler", "test_venv", "test_asyncio.test_events"),
    *("test_asyncio.test_subprocess", "test_asyncio.test_unix_events"),
    *("test_asyncio.test_runners", "test_multiprocessing_spawn.test_processes"),
    *("test_multiprocessing_fork.test_processes", "test_multiprocessing_forkserver.test_processes"),
    *("test_interpreters", "test_site", "test_traceback", "test_inspect", "test_import"),
    *("test_importlib", "test_io", "test_gc", "test_weakref", "test_sys_settrace"),
    *("test_monitoring", "test_ctypes", "test_pickle", "test_runpy", "test_os", "test_support"),
    *("test_regrtest", "test_pdb", "test_doctest", "test_tracemalloc"),
    *("test_concurrent_futures.test_process_pool", "test_external_inspection", "test_code"),
    *("test_frame", "test_warnings", "test_logging"),
)
CUT_OFF = "not finished"
SAID = ("finding: ", "  place: ", "not seen: ", "watched: ", "result: ")  # lines of a diagnosis


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a suite ended: each test by its name, and the exit status, or `CUT_OFF`."""

    tests: dict[str, str]
    status: int | str
    seconds: float
    said: tuple[str, ...] = ()  # by the diagnosis


def read(xml: Path) -> dict[str, str]:
    """How each test ended; nothing when the suite wrote no report."""
    try:
        root = ElementTree.parse(xml).getroot()
    except (OSError, ElementTree.ParseError):
        return {}
    found: dict[str, str] = {}
    for case in root.iter("testcase"):
        marks = [child.tag for child in case if child.tag in ("error", "failure", "skipped")]
        result = marks[0] if marks else case.get("result", "completed")
        found[f"{case.get('classname', '')} {case.get('name', '')}".strip()] = result
    return found


def run(command: Sequence[str], suite: str, match: Sequence[str], limit_s: float) -> Outcome:
    """Run one suite in a folder of its own, as a session that is ended as a whole."""
    with tempfile.TemporaryDirectory(prefix="suite-", ignore_cleanup_errors=True) as name:
        xml = Path(name) / "junit.xml"
        chosen = [word for test in match for word in ("-m", test)]
        began = time.monotonic()
        with (Path(name) / "output").open("wb") as output:
            process = subprocess.Popen(
                [*command, "-m", "test", "-v", "--junit-xml", os.fspath(xml), *chosen, suite],
                cwd=name,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            status: int | str
            try:
                status = process.wait(limit_s)
            except subprocess.TimeoutExpired:
                status = CUT_OFF
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        lines = (Path(name) / "output").read_text(errors="replace").splitlines()
        said = tuple(line for line in lines if line.startswith(SAID))
        return Outcome(read(xml), status, time.monotonic() - began, said)


def differing(python: Outcome, ours: Outcome) -> list[str]:
    names = sorted(python.tests | ours.tests)
    return [name for name in names if python.tests.get(name) != ours.tests.get(name)]


def compare(commands: Sequence[Sequence[str]], suite: str, options: argparse.Namespace) -> int:
    """Print how a suite went; how many tests of it differ."""
    python, ours = (run(command, suite, (), options.limit) for command in commands)
    different = differing(python, ours)
    if different and options.again:
        match = [f"*.{name.split()[-1].rpartition('.')[2]}" for name in different]
        again, ours_again = (run(command, suite, match, options.limit) for command in commands)
        still = set(differing(again, ours_again))
        different = [name for name in different if name in still]
    same_end = python.status == ours.status
    counts = ", ".join(f"{n} {word}" for word, n in Counter(python.tests.values()).most_common())
    way = options.way
    end = "" if same_end else f"; status {python.status}, {way} {ours.status}"
    verdict = f"{len(different)} differ" if different else "same"
    times = f"{python.seconds:.0f} s, {ours.seconds:.0f} s"
    print(f"{suite:<48} {verdict:<10} {counts or 'no report'} ({times}){end}", flush=True)
    for name in different:
        print(f"    {name}: {python.tests.get(name)}, {way} {ours.tests.get(name)}")
    for line in ours.said:
        print(f"    {line}", flush=True)
    options.n_tests += len(python.tests | ours.tests)
    options.n_ends += not same_end
    return len(different)


def main() -> int:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--diagnosed", nargs="?", const=sys.executable, metavar="P")
    parser.add_argument("--only", action="append", metavar="SUITE")
    parser.add_argument("--limit", type=float, default=300.0, metavar="SECONDS")
    parser.add_argument("--again", action="store_true")
    options = parser.parse_args(namespace=argparse.Namespace(n_tests=0, n_ends=0))
    pynodes, python = [sys.executable, "-m", "pynodes"], [options.diagnosed or sys.executable]
    options.way = "diagnosed" if options.diagnosed else "in the host"
    ours = [*pynodes, "diagnose", "--", *python] if options.diagnosed else [*pynodes, "run"]
    commands = (python, ours)
    suites = options.only or SUITES
    n = sum(compare(commands, suite, options) for suite in suites)
    print(
        f"{len(suites)} suites, {options.n_tests} tests: {n} differ,"
        f" {options.n_ends} suites ended by another status"
    )
    return 1 if n or options.n_ends else 0


if __name__ == "__main__":
    sys.exit(main())
