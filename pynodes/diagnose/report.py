"""The result of a diagnosis: the verdict on the program, findings, and what could not be seen."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from pynodes.diagnose.collect.census import Program
from pynodes.diagnose.evidence import Frame
from pynodes.diagnose.finding import Finding
from pynodes.model.verdict import Verdict


@dataclass(frozen=True)
class Loss:
    """Something that the evidence lacks, why, and how to get it."""

    what: str
    why: str
    help: str = ""


@dataclass(frozen=True)
class Known:
    """A finding that is to be passed over, and why."""

    finding: Finding
    reason: str

    def as_dict(self) -> dict[str, Any]:
        return {**self.finding.as_dict(), "reason": self.reason}


@dataclass(frozen=True)
class Subject:
    """What a report is about: the tool that made it, what happened to the program for a result
    without a finding, and what to do where no Python was seen."""

    tool: str
    looked: str
    without_python: str


DIAGNOSED = Subject(
    "pynodes diagnose",
    "the program was looked at",
    "name the program that embeds Python, or a command that starts it",
)


@dataclass
class Report:
    """`text` is one sentence on how the program ended; `observations` say what it was doing.

    Attributes:
        evidence_lost: why evidence could not be kept, if so.
        pid: of what was started, or looked at.
        programs: those that ran, as far as the witness was loaded into them.
        crashes: signals by process.
        is_run: the program was started here, not looked into.
        is_watched: there was a witness in it; is_mapped: a Python was seen in /proc.
        wants_witness: it was to be watched.
        known, unused: findings that are passed over, and words for what passes nothing over.
    """

    verdict: Verdict
    text: str
    command: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    observations: list[str] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)
    collector: str = ""
    python: str = ""
    status: int | None = None
    signal: str | None = None
    fatal_text: str = ""
    evidence: Path | None = None
    evidence_lost: str = ""
    wall_s: float = 0.0
    collected: bool = True
    python_stacks: list[tuple[str, tuple[Frame, ...]]] = field(default_factory=list)
    pid: int = 0
    programs: list[Program] = field(default_factory=list)
    crashes: dict[int, str] = field(default_factory=dict)
    looks: int = 0
    is_run: bool = False
    is_watched: bool = True
    is_mapped: bool = False
    wants_witness: bool = True
    known: list[Known] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)
    subject: Subject = DIAGNOSED

    @property
    def root(self) -> Program:
        """What was started, or looked at, by the command that was given."""
        mine = [program for program in self.programs if program.pid == self.pid]
        return replace(mine[-1], command=self.command) if mine else Program(self.pid, self.command)

    def take_programs(self, programs: list[Program]) -> None:
        """Those that ran, each with the signal that it or a child of fork died of."""
        self.programs = programs
        for program in programs:
            died = (self.crashes[pid] for pid in self.crashes if pid in program.pids)
            program.signal = next(died, "")

    @property
    def saw_python(self) -> bool:
        """Whether any process ran Python, as far as could be seen."""
        return bool(self.python) or any(program.saw_python for program in self.programs)

    @property
    def has_unwatched_python(self) -> bool:
        """Whether a Python was there that no witness knows of."""
        known = bool(self.python) or any(program.python for program in self.programs)
        return self.is_mapped and not known

    @property
    def pythons(self) -> list[str]:
        """Its versions."""
        seen = [program.python for program in self.programs if program.saw_python]
        return list(dict.fromkeys(filter(None, (*seen, self.python))))

    def as_dict(self) -> dict[str, Any]:
        return {
            "verdict": str(self.verdict),
            "verdict_text": self.text,
            "findings": [finding.as_dict() for finding in self.findings],
            "observations": self.observations,
            "python_stacks": [
                {"thread": title, "frames": [frame.as_dict() for frame in frames]}
                for title, frames in self.python_stacks
            ],
            "collector": self.collector or None,
            "lost": [asdict(loss) for loss in self.losses],
            "python": next(iter(self.pythons), None),
            "programs": [program.as_dict() for program in self.programs],
            "looks": self.looks,
            "known": [known.as_dict() for known in self.known],
            "unused": self.unused,
            "status": self.status,
            "signal": self.signal,
            "fatal_text": self.fatal_text or None,
            "evidence": str(self.evidence) if self.evidence else None,
            "command": self.command,
            "wall_s": round(self.wall_s, 3),
        }
