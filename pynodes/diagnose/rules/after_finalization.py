"""Python is called and was stopped."""

from __future__ import annotations

from pynodes.diagnose.evidence import Evidence
from pynodes.diagnose.finding import Findings
from pynodes.diagnose.rules import _cut_off, _not_running


def find(evidence: Evidence) -> Findings:
    yield from _cut_off.find(evidence, after=True)
    yield from _not_running.find(evidence, after=True)
