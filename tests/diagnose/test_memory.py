"""Objects that are made and freed by threads that are not attached, in programs as they are."""

from __future__ import annotations

import sysconfig
from pathlib import Path

import pytest
import victims
from diagnosing import Begin, program

pytestmark = [
    pytest.mark.usefixtures("has_collector"),
    pytest.mark.skipif(
        bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
        reason="without a GIL allocators stay as they are",
    ),
]
CHECKS = {"PYNODES_WITNESS_CHECK": "1"}  # as `pynodes check` has it
USER = """
import sys, threading
sys.path.insert(0, sys.argv[1])
import landfill
threads = [threading.Thread(target=landfill.fill) for _ in range(4)]
for each in threads:
    each.start()
landfill.fill()
for each in threads:
    each.join()
"""


def test_object_that_is_freed_detached_is_found_with_its_line(
    kit: victims.Kit, begin: Begin
) -> None:
    answer = begin("--", *program(kit, "broken/shredder.c"), **CHECKS).result()

    ((name, line),) = victims.wrong_lines("broken/shredder.c")
    assert answer.report["verdict_text"] == "ended by itself with status 0"
    assert answer.findings, str(answer)
    for finding in answer.findings:
        assert finding["family"] == "call-without-attaching"
        assert (Path(finding["file"]).name, finding["line"]) == (name, line)
    assert "PyObject_Free" in answer.findings[0]["text"]


def test_healthy_memory_is_left_in_peace(kit: victims.Kit, begin: Begin) -> None:
    victims.build_library(kit, "healthy/landfill.c", f"landfill{victims.extension_suffix(kit)}")

    answer = begin("--", kit.python, "-c", USER, str(kit.folder), **CHECKS).result()

    assert (answer.report["status"], answer.findings) == (0, []), str(answer)


@pytest.mark.parametrize(
    "code",
    [
        "import tracemalloc; tracemalloc.start(); x = [str(i) for i in range(10000)]",
        "import sqlite3; sqlite3.connect(':memory:').execute('select 1').fetchall()",
        "import os; os.waitpid(os.fork(), 0)",
    ],
)
def test_programs_of_python_alone_give_no_finding(
    kit: victims.Kit, begin: Begin, code: str
) -> None:
    answer = begin("--", kit.python, "-c", code, **CHECKS).result()

    assert (answer.report["status"], answer.findings) == (0, []), str(answer)


def test_without_check_nothing_is_asked(kit: victims.Kit, begin: Begin) -> None:
    answer = begin("--", *program(kit, "broken/shredder.c")).result()

    assert (answer.status, answer.findings) == (0, [])
