"""Verdicts are the words of the project, each with the exit status a script sees."""

from __future__ import annotations

from pynodes.model.verdict import Verdict, worst


def test_verdicts_have_the_exit_codes_decided() -> None:
    assert {str(verdict): verdict.exit_code for verdict in Verdict} == {
        "ok": 0,
        "node-error": 1,
        "script-error": 1,
        "wrong-image": 1,
        "wrong-message": 1,
        "wrong-output": 1,
        "failed": 1,
        "leak": 1,
        "cannot-start": 3,
        "crash": 4,
        "hang": 5,
        "interrupted": 130,
    }


def test_order_of_verdicts_has_all_of_them() -> None:
    left = set(Verdict)
    while (verdict := worst(left)) is not None:
        left.remove(verdict)

    assert left == set()
    assert worst([Verdict.OK, Verdict.SCRIPT_ERROR]) is Verdict.SCRIPT_ERROR
