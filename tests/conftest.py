"""What all tests share: time limits that scale, and an account of what was skipped."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable

import pytest

os.environ["XDG_CONFIG_HOME"] = os.devnull  # whatever this user has configured is not tested
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in the background of a script
    signal.signal(signal.SIGINT, signal.default_int_handler)  # what is started has the usual one

TIMEOUT_SCALE = float(os.environ.get("PYNODES_TEST_TIMEOUT_SCALE", "1"))


@pytest.fixture(scope="session")
def scaled() -> Callable[[float], float]:
    """Seconds, multiplied by PYNODES_TEST_TIMEOUT_SCALE: for slow machines and sanitizers."""
    return lambda seconds: seconds * TIMEOUT_SCALE


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many tests were skipped for which reason, so that no gap stays unseen."""
    reasons = Counter(_reason(report) for report in terminalreporter.stats.get("skipped", []))
    if reasons:
        terminalreporter.section("skipped, by reason")
        for reason, times in reasons.most_common():
            terminalreporter.write_line(f"{times:5}  {reason}")


def _reason(report: pytest.TestReport) -> str:
    if isinstance(report.longrepr, tuple):
        return str(report.longrepr[2]).removeprefix("Skipped: ")
    return str(report.longrepr)
