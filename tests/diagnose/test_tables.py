"""Programs that preloading does not reach: their import tables are made to lead to the witness."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
import victims
from diagnosing import Answer, Begin, program

pytestmark = pytest.mark.usefixtures("has_collector")

WITHIN = "calls inside the executable itself are not seen"
PLACES = ("/usr/bin/python3", "/opt/conda/bin/python3", "/usr/local/bin/python3")


def is_static(python: str) -> bool:
    """Whether the functions of Python are in the program itself."""
    kind = "import sysconfig; print(sysconfig.get_config_var('Py_ENABLE_SHARED'))"
    try:
        said = subprocess.run([python, "-c", kind], capture_output=True, text=True, timeout=60)
        linked = subprocess.run(["ldd", python], capture_output=True, text=True, timeout=60)
    except OSError:
        return False
    return said.returncode == 0 and "libpython" not in linked.stdout


@pytest.fixture(scope="module")
def static_kit(tmp_path_factory: pytest.TempPathFactory) -> victims.Kit:
    for python in PLACES:
        if is_static(python):
            made = victims.make_kit(python, tmp_path_factory.mktemp("static"), kind="static")
            if Path(made.facts.get("include", "/nope"), "Python.h").exists():
                return made
    pytest.skip("no Python here has its functions in its executable, with headers")


def place_of(answer: Answer) -> tuple[str, str, int]:
    (finding,) = answer.findings
    return finding["family"], Path(finding["file"]).name, finding["line"]


def wrong(source: str) -> tuple[str, str, int]:
    ((name, line),) = victims.wrong_lines(source)
    return "lost-exception", name, line


def test_extension_of_a_static_python_is_seen_with_its_line(
    static_kit: victims.Kit, begin: Begin
) -> None:
    answer = begin("--", *program(static_kit, "broken/scribe.c")).result()

    assert answer.report["verdict_text"] == "ended by itself with status 0"
    assert place_of(answer) == wrong("broken/scribe.c")
    assert any(WITHIN in loss["why"] for loss in answer.report["lost"])


def test_static_python_that_does_nothing_wrong_is_left_in_peace(
    static_kit: victims.Kit, begin: Begin
) -> None:
    code = (
        "import ctypes, threading\n"
        "ctypes.pythonapi.PyGILState_Check.restype = ctypes.c_int\n"
        "done = []\n"
        "def work(): done.append(ctypes.pythonapi.PyGILState_Check())\n"
        "threads = [threading.Thread(target=work) for _ in range(4)]\n"
        "for each in threads: each.start()\n"
        "for each in threads: each.join()\n"
        "assert done == [1] * 4, done\n"
    )

    answer = begin("--", static_kit.python, "-c", code).result()

    assert (answer.report["status"], answer.findings) == (0, []), str(answer)


@pytest.mark.parametrize("how", ["", "deep"])
@pytest.mark.parametrize(
    "linked", ["-Wl,-Bsymbolic", "-fno-plt", "-Wl,-z,relro,-z,now", "-Wl,-z,lazy"]
)
def test_plugin_is_seen_however_it_is_linked_and_loaded(
    how: str, linked: str, kit: victims.Kit, begin: Begin
) -> None:
    if kit.facts["kind"] != "shared":
        pytest.skip("no shared libpython")
    name = f"cuckoo{linked.replace(',', '')}.so"
    plugin = victims.build_library(kit, "broken/cuckoo.c", name, linked, linked=True)
    host = victims.build(kit, "healthy/plugin_host.c")

    answer = begin("--", str(host), str(plugin), *filter(None, [how])).result()

    assert answer.report["verdict_text"] == "ended by itself with status 0"
    assert place_of(answer) == wrong("broken/cuckoo.c")
    assert answer.report["lost"] == []


def test_healthy_plugin_that_looks_into_itself_first_is_left_in_peace(
    kit: victims.Kit, begin: Begin
) -> None:
    if kit.facts["kind"] != "shared":
        pytest.skip("no shared libpython")
    plugin = victims.build_library(kit, "healthy/plugin.c", "plugin.so", linked=True)
    host = victims.build(kit, "healthy/plugin_host.c")

    answer = begin("--", str(host), str(plugin), "deep").result()

    assert (answer.report["status"], answer.findings, answer.report["lost"]) == (0, [], [])
    assert answer.report["programs"][0]["calls_seen"] is True


def test_program_with_python_in_it_is_said_not_to_be_seen_whole(
    static_kit: victims.Kit, begin: Begin
) -> None:
    kit = replace(static_kit, flags=("-no-pie",))  # as its libpython.a is compiled
    scorer = victims.build(kit, "broken/scorer.c")

    answer = begin("--", str(scorer)).result()

    assert any(WITHIN in loss["why"] for loss in answer.report["lost"])
    assert answer.report["observations"][-1:] == [
        "what it did with Python was not seen, or not all of it"
    ]
