"""The result of a diagnosis: the verdict on the program, findings, and what could not be seen."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pynodes.diagnose.evidence import Frame
from pynodes.diagnose.finding import Finding
from pynodes.model.verdict import Verdict


@dataclass(frozen=True)
class Loss:
    """Something that the evidence lacks, why, and how to get it."""

    what: str
    why: str
    help: str = ""


@dataclass
class Report:
    """`text` is one sentence on how the program ended; `observations` say what it was doing.

    `evidence_lost` says why evidence could not be kept, if so.
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
            "python": self.python or None,
            "status": self.status,
            "signal": self.signal,
            "fatal_text": self.fatal_text or None,
            "evidence": str(self.evidence) if self.evidence else None,
            "command": self.command,
            "wall_s": round(self.wall_s, 3),
        }
