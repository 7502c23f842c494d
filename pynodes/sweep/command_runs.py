"""A command as a sweep measures it: a process a run, judged by its end and by what came out."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from pynodes import files, printable
from pynodes.errands.errand import Bench
from pynodes.errors import CannotStartError, PynodesError, needed
from pynodes.model.verdict import Verdict
from pynodes.process import launched
from pynodes.process.evidence_folder import keep
from pynodes.process.supervise import signal_name
from pynodes.store.model import RunDraft, now
from pynodes.sweep import waits
from pynodes.sweep.command_plan import CommandCell, Recipe
from pynodes.sweep.outputs import Output, difference, output_of
from pynodes.sweep.subject import InterruptedSweep, ReferenceMade, Subject, SubjectMaker
from pynodes.sweep.waits import ThreadWaits
from pynodes.sweep.work_folder import WorkFolder

_KEPT = 1 << 20  # bytes of what came out wrong
_LAST_WORDS = 200  # letters of a verdict
_OF_A_SHELL = 128  # and the number of a signal: how a shell says how its last command ended


class _Seen(NamedTuple):
    """A run as it ended, before it was held against anything."""

    verdict: Verdict
    text: str
    wall_s: float
    ended: launched.Ended
    output: Output | None
    threads: list[ThreadWaits]


@dataclass(frozen=True, slots=True)
class CommandMaker(SubjectMaker[CommandCell]):
    """What all runs of a command share; `first` is the cell that the others are held against."""

    first: CommandCell
    recipe: Recipe
    limit_s: float
    cores: tuple[int, ...]

    def subject(self, bench: Bench) -> CommandRuns:
        return CommandRuns(self, bench)

    def changed(self, cell: CommandCell) -> tuple[str, str]:
        what = "what comes out of the first cell is not what it was when this sweep began"
        return what, printable.command(self.first.words)

    def check(self) -> None:
        """Raises `CannotStartError` where commands cannot be measured."""
        self.launcher()
        self.waits()

    def launcher(self) -> Path:
        """Raises `CannotStartError` where there is none."""
        launcher = launched.find()
        if launcher is None:
            raise CannotStartError(
                f"{launched.NAME} is not installed, so no command can be measured",
                help="install the package again; it is made on Linux only",
            )
        return launcher

    def waits(self) -> Path | None:
        """The library that times waits, when it is wanted; raises as `launcher`."""
        library = waits.find() if self.recipe.python_waits else None
        if self.recipe.python_waits and library is None:
            raise CannotStartError(
                f"{waits.NAME} is not installed, so waits cannot be measured",
                help="install the package again, or leave --python-waits out",
            )
        return library


class CommandRuns(Subject[CommandCell]):
    """Runs cells, and keeps what came out of the one that the others are held against."""

    def __init__(self, how: CommandMaker, bench: Bench) -> None:
        self._how = how
        self._launcher = how.launcher()
        self._waits = how.waits()
        self._folder = WorkFolder(bench.folder, bench.scratch)
        self._listener = bench.listener
        self._located = bench.located
        self._reference: Output | None = None

    def reference(self, cell: CommandCell, name: str) -> ReferenceMade:
        expect = self._how.recipe.expect
        if expect is not None:
            with needed("what is expected cannot be read", expect, "look at --expect"):
                self._reference = output_of(self._located(expect))
            return ReferenceMade(Verdict.OK, (self._reference.sha256,), None, ())
        seen = self._run(self._how.first, name)
        record = self._record(self._how.first, seen)
        if seen.verdict is Verdict.OK and seen.output is not None:
            self._reference = seen.output.moved(self._folder.scratch / "reference")
        sha256 = None if self._reference is None else self._reference.sha256
        return ReferenceMade(seen.verdict, (sha256,), None, (record,))

    def run(
        self,
        cell: CommandCell,
        name: str,
        expected: ReferenceMade | None,
        *,
        keep_wrong: bool,
        traced: bool = False,
    ) -> RunDraft:
        assert not traced
        begun = now()
        seen = self._run(cell, name)
        verdict, text = seen.verdict, seen.text
        found = seen.output
        wanted = expected.sums[0] if expected is not None else None
        if verdict is Verdict.OK and found and wanted and found.sha256 != wanted:
            found, reference = self._side_by_side(cell, name, found)
            verdict, text = Verdict.WRONG_OUTPUT, difference(found, reference)
            seen = seen._replace(output=found)
        evidence = None
        if verdict is not Verdict.OK and (keep_wrong or verdict is not Verdict.WRONG_OUTPUT):
            evidence = self._kept(name, seen)
        with suppress(OSError):
            self._output_place(name).unlink()
        return RunDraft(
            round=0,
            begun=begun,
            verdict=verdict,
            verdict_text=text,
            wall_s=seen.wall_s,
            command=printable.command(cell.words),
            records=(self._record(cell, seen),),
            evidence=evidence,
        )

    def _side_by_side(self, cell: CommandCell, name: str, found: Output) -> tuple[Output, Output]:
        """What came out and the reference, made once more where another machine has made it."""
        if self._reference is None:
            found = found.moved(self._folder.scratch / f"{name}.found")
            self.reference(cell, f"{name}-reference")
        if self._reference is None:
            raise PynodesError(
                "the first cell does not end well on all machines",
                printable.command(self._how.first.words),
                "give --expect FILE to compare with a file",
            )
        return found, self._reference

    # --- one run ---

    def _run(self, cell: CommandCell, name: str) -> _Seen:
        """Prepare, run and judge. Raises `InterruptedSweep`."""
        if cell.setup:
            before = self._launched(cell.setup, name)
            verdict, text = self._judged(before)
            if verdict is not Verdict.OK:
                what = f"what prepares it ({printable.command(cell.setup)}) failed: {text}"
                return _Seen(Verdict.CANNOT_START, what, 0.0, before, None, [])
        before_it = _trace_of(cell.check)
        began = time.monotonic()
        ended = self._launched(cell.words, name, is_measured=True)
        spent_s = time.monotonic() - began
        verdict, text = self._judged(ended)
        output = None
        if verdict is Verdict.OK and self._how.recipe.compares:
            place = Path(cell.check) if cell.check else self._output_place(name)
            verdict = Verdict.WRONG_OUTPUT
            text = f"it ended well, and did not write {place}"
            with suppress(OSError):
                if not cell.check or _trace_of(cell.check) != before_it:
                    output = output_of(place)
                    verdict, text = Verdict.OK, "finished"
        wall_s = ended.usage.wall_s if ended.usage is not None else spent_s
        threads = waits.read(self._waits_place) if self._waits is not None else []
        return _Seen(verdict, text, wall_s, ended, output, threads)

    def _launched(
        self, words: Sequence[str], name: str, *, is_measured: bool = False
    ) -> launched.Ended:
        how = self._how
        hearing = launched.Hearing(
            self._folder.host_begins, self._listener.text, self._listener.tick
        )
        with ExitStack() as stack:
            stdout: BinaryIO | None = None
            environ = None
            with needed("a command cannot be run", self._folder.scratch, "make room"):
                if is_measured and self._waits is not None:
                    environ = waits.environment(self._waits, self._waits_place)
                if is_measured and how.recipe.check_output:
                    stdout = stack.enter_context(self._output_place(name).open("wb"))
                ended = launched.run(
                    self._launcher,
                    words,
                    hearing,
                    stdout=stdout,
                    environ=environ,
                    limit_s=how.limit_s,
                    cores=how.cores,
                )
        self._folder.host_ended()
        if ended.ended_by:
            raise InterruptedSweep
        return ended

    def _judged(self, ended: launched.Ended) -> tuple[Verdict, str]:
        """The verdict by how it ended, with its words."""
        if ended.refused:
            return Verdict.CANNOT_START, f"it cannot be run: {os.strerror(ended.refused)}"
        if ended.limit_hit:
            text = f"not finished after {self._how.limit_s:g} s; it was ended with its children"
            return Verdict.HANG, text
        if ended.usage is None:
            return Verdict.CRASH, "it was ended from outside, with the program that measured it"
        status = ended.returncode
        if status in self._how.recipe.ok_status:
            return Verdict.OK, "finished"
        by_shell = status - _OF_A_SHELL if self._how.recipe.shell else 0
        number = -status if status < 0 else by_shell
        if status < 0 or number in set(signal.Signals):
            described = signal.strsignal(number)
            return Verdict.CRASH, f"ended by {signal_name(number)} ({described})"
        last = ended.tail.decode(errors="replace").strip().rpartition("\n")[2][:_LAST_WORDS]
        said = f": {printable.line(last)}" if last else ""
        return Verdict.FAILED, f"ended with status {status}{said}"

    # --- what is kept of it ---

    @property
    def _waits_place(self) -> Path:
        return self._folder.scratch / "waits"

    def _output_place(self, name: str) -> Path:
        return self._folder.scratch / f"{name}.out"

    def _kept(self, name: str, seen: _Seen) -> Path | None:
        """A folder with its last words, and the beginning of what came out."""
        found = {"stderr.txt": seen.ended.tail} if seen.ended.tail else {}
        place = seen.output.path if seen.output is not None else self._output_place(name)
        with suppress(OSError), files.opened(place) as file:
            if beginning := file.read(_KEPT):
                found["output"] = beginning
        folder = self._folder.path / name
        with suppress(OSError):
            if found:
                keep(folder, found)
                return folder
        return None

    def _record(self, cell: CommandCell, seen: _Seen) -> dict[str, Any]:
        """What is stored of a run, in the names that records of renders have."""
        usage = seen.ended.usage
        record: dict[str, Any] = {
            "verdict": seen.verdict,
            "verdict_text": seen.text,
            "command": printable.command(cell.words),
            "wall_s": seen.wall_s,
            "sha256": seen.output.sha256 if seen.output is not None else None,
            **waits.figures(seen.threads),
        }
        if usage is not None:
            record |= {
                "status": seen.ended.returncode,
                "cpu_s": usage.user_s + usage.system_s,
                "user_s": usage.user_s,
                "system_s": usage.system_s,
                "peak_mib": usage.peak_kib / 1024,
                "vcsw": usage.sleeps,
                "ivcsw": usage.taken_off,
            }
        return record


def _trace_of(path: str) -> tuple[int, ...]:
    """What tells a file from what it was before: nothing for none."""
    try:
        facts = os.stat(path)  # noqa: PTH116
    except OSError:
        return ()
    return facts.st_ino, facts.st_size, facts.st_ctime_ns
