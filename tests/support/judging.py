"""What is judged of recorded looks."""

from __future__ import annotations

from typing import Any

from pynodes.diagnose.evidence import Evidence
from pynodes.diagnose.evidence.assemble import evidence_of
from pynodes.diagnose.families import judge
from pynodes.diagnose.finding import Finding
from pynodes.diagnose.look.form import from_json
from pynodes.diagnose.look.look import Look


def evidence(raw: dict[str, Any]) -> Evidence:
    """Of a recording, as JSON has it."""
    return evidence_of(from_json(Look, raw))


def findings(raw: dict[str, Any]) -> list[Finding]:
    return judge(evidence(raw))
