"""A program that is compiled with pynodes_check.h asks where it counts references."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import victims
from diagnosing import Begin, program

from pynodes.diagnose.header import HEADER, cflags

pytestmark = pytest.mark.usefixtures("has_collector")

USES = """
#include <Python.h>
struct kept { PyObject *object; };
PyObject *use(struct kept *kept, PyObject *a, PyTypeObject *type);
PyObject *use(struct kept *kept, PyObject *a, PyTypeObject *type)
{
    Py_INCREF(a);
    Py_DECREF(a);
    Py_INCREF(type);
    Py_XDECREF(type);
    Py_XINCREF(kept->object);
    Py_CLEAR(kept->object);
    Py_XSETREF(kept->object, Py_NewRef(a));
    if (kept->object == NULL)
        Py_INCREF(a);
    else
        Py_SETREF(kept->object, Py_XNewRef(a));
    Py_RETURN_NONE;
}
"""


def test_reference_that_is_counted_detached_is_found_with_its_line(
    kit: victims.Kit, begin: Begin
) -> None:
    answer = begin("--", *program(kit, "broken/tally.c")).result()

    assert answer.report["verdict_text"] == "ended by itself with status 0"
    (finding,) = answer.findings
    ((name, line),) = victims.wrong_lines("broken/tally.c")
    assert finding["family"] == "call-without-attaching"
    assert (Path(finding["file"]).name, finding["line"]) == (name, line)
    assert finding["text"].startswith("Py_INCREF is called")


def test_same_program_without_the_header_shows_nothing(kit: victims.Kit, begin: Begin) -> None:
    (kit.folder / "plain").mkdir(exist_ok=True)
    victims.build_library(kit, "broken/tally.c", f"plain/tally{victims.extension_suffix(kit)}")
    user = str(victims.VICTIMS / "broken" / "tally_user.py")

    answer = begin("--", kit.python, user, str(kit.folder / "plain")).result()

    assert (answer.status, answer.findings) == (0, [])


@pytest.mark.parametrize("witness", [True, False])
def test_healthy_counting_is_left_in_peace(kit: victims.Kit, begin: Begin, witness: bool) -> None:
    victims.build_library(
        kit, "healthy/abacus.c", f"abacus{victims.extension_suffix(kit)}", *cflags()
    )
    command = [kit.python, str(victims.VICTIMS / "healthy" / "abacus_user.py"), str(kit.folder)]

    if not witness:
        subprocess.run(command, check=True, timeout=60)
        return
    answer = begin("--", *command).result()
    assert (answer.report["status"], answer.findings) == (0, []), str(answer)


@pytest.mark.parametrize("language", ["c -std=c11", "c++ -std=c++17", "c++ -std=c++20"])
@pytest.mark.parametrize("first", ["", "#define PY_SSIZE_T_CLEAN\n"])
def test_it_compiles_without_a_warning(
    kit: victims.Kit, tmp_path: Path, language: str, first: str
) -> None:
    source = tmp_path / "uses.c"
    source.write_text(first + USES)
    compiler = "c++" if language.startswith("c++") else "cc"
    warnings = ["-Wall", "-Wextra", "-Werror", "-isystem", kit.facts["include"]]
    command = [compiler, *warnings, *cflags(), "-fPIC", "-c", "-o", str(tmp_path / "uses.o")]

    done = subprocess.run(
        [*command, "-x", *language.split(), str(source)], capture_output=True, text=True, timeout=60
    )

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("source", ["int main(void) { return 0; }\n"])
def test_source_that_knows_no_python_compiles_with_it(tmp_path: Path, source: str) -> None:
    path = tmp_path / "plain.c"
    path.write_text(source)

    subprocess.run(
        ["cc", *cflags(), "-o", str(tmp_path / "plain"), str(path)], check=True, timeout=60
    )

    assert subprocess.run([tmp_path / "plain"], check=False, timeout=60).returncode == 0


def test_flags_are_printed_for_a_command_line() -> None:
    said = subprocess.run(
        [sys.executable, "-m", "pynodes", "diagnose", "--print-cflags"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout

    option, path = said.split()
    assert (option, Path(path).name) == ("-include", HEADER.name)
    assert Path(path).read_bytes() == HEADER.read_bytes()


@pytest.mark.parametrize(
    ("tool", "file", "commands"),
    [
        (
            "meson",
            "meson.build",
            (["meson", "setup", "build"], ["meson", "compile", "-C", "build"]),
        ),
        ("cmake", "CMakeLists.txt", (["cmake", "-B", "build"], ["cmake", "--build", "build"])),
    ],
)
def test_recipe_of_the_docs_builds_a_module_that_asks(
    tmp_path: Path, tool: str, file: str, commands: tuple[list[str], ...]
) -> None:
    bin_folder = Path(sys.executable).parent
    path = f"{bin_folder}{os.pathsep}{os.environ['PATH']}"
    if shutil.which(tool, path=path) is None:
        pytest.skip(f"no {tool} here")
    docs = (Path(__file__).parents[2] / "docs" / "diagnose.md").read_text(encoding="utf-8")
    recipe = docs.split(f"```{tool}\n")[1].split("```")[0]
    (tmp_path / file).write_text(recipe)
    (tmp_path / "tally.c").write_bytes((victims.VICTIMS / "broken" / "tally.c").read_bytes())

    for command in commands:
        subprocess.run(
            command, cwd=tmp_path, env={**os.environ, "PATH": path}, check=True, timeout=120
        )

    (module,) = (tmp_path / "build").rglob("tally*.so")
    assert b"pynodes_ask" in module.read_bytes()
