"""Python is called and was never started."""

from __future__ import annotations

from pynodes.diagnose.evidence import Evidence
from pynodes.diagnose.finding import Findings
from pynodes.diagnose.rules import _not_running


def find(evidence: Evidence) -> Findings:
    yield from _not_running.find(evidence, after=False)
