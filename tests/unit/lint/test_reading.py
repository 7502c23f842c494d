"""`pynodes lint` as a command: its formats, statuses, comments, and what it says of bad input."""

from __future__ import annotations

import json
import sysconfig
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from pynodes.cli.lint import command
from pynodes.lint import clang

pytest.importorskip("clang.cindex", reason="libclang is not installed: pip install pynodes[lint]")

HEAD = "#include <Python.h>\n#include <pthread.h>\nint done;\n"
BODY = """static void *body(void *unused)
{
    PyGILState_STATE state = PyGILState_Ensure();%s
    if (PyRun_SimpleString("pass") < 0)
        return NULL;
    PyGILState_Release(state);
    return unused;
}
void start(pthread_t *thread) { pthread_create(thread, NULL, body, NULL); }
"""


def lint(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(command, list(words), standalone_mode=False)
    if result.exception is not None:
        raise result.exception
    return int(result.return_value), result.stdout


def source(folder: Path, comment: str = "", name: str = "body.c") -> Path:
    path = folder / name
    path.write_text(HEAD + BODY % comment, encoding="utf-8")
    return path


def test_a_finding_gives_status_1_and_its_line(tmp_path: Path) -> None:
    status, said = lint(str(source(tmp_path)))

    assert status == 1
    assert "body.c:6" in said and "a way out of body without a release" in said
    assert said.splitlines()[-1] == "result: 1, 1 finding"


def test_json_and_sarif_have_the_same_finding(tmp_path: Path) -> None:
    path = str(source(tmp_path))
    report: dict[str, Any] = json.loads(lint(path, "--json")[1])
    log: dict[str, Any] = json.loads(lint(path, "--format", "sarif")[1])

    (found,) = report["findings"]
    (result,) = log["runs"][0]["results"]
    assert found["family"] == result["ruleId"] == "missing-release"
    assert found["line"] == 6
    assert log["runs"][0]["tool"]["driver"]["name"] == "pynodes lint"


def test_sarif_and_json_have_the_path_with_whole_places(tmp_path: Path) -> None:
    path = source(tmp_path)
    report: dict[str, Any] = json.loads(lint(str(path), "--json")[1])
    log: dict[str, Any] = json.loads(lint(str(path), "--format", "sarif")[1])

    steps = report["findings"][0]["path"]
    (flow,) = log["runs"][0]["results"][0]["codeFlows"][0]["threadFlows"]
    lines = [
        each["location"]["physicalLocation"]["region"]["startLine"] for each in flow["locations"]
    ]
    assert [step["line"] for step in steps] == lines == [6, 6]
    assert steps[0]["text"] == "body, PyGILState_Ensure: attached"
    assert steps[0]["file"] == str(path)


def test_a_comment_with_a_reason_passes_a_finding_over(tmp_path: Path) -> None:
    comment = " /* pynodes-lint: allow missing-release: the process ends */"
    status, said = lint(str(source(tmp_path, comment)))

    assert status == 0
    assert "known: missing-release" in said and "the process ends" in said


@pytest.mark.parametrize("words", ["missing-release", "lock-order: not here"])
def test_a_comment_that_passes_nothing_over_is_named(tmp_path: Path, words: str) -> None:
    status, said = lint(str(source(tmp_path, f" /* pynodes-lint: allow {words} */")))

    assert status == 1
    assert f"not met: comment: {words.partition(':')[0]} at" in said


def test_a_build_is_read_by_its_list(tmp_path: Path) -> None:
    path = source(tmp_path)
    headers = sysconfig.get_path("include")
    entry = {
        "directory": str(tmp_path),
        "file": path.name,
        "command": f"ccache cc -I{headers} -MD -MF x.d -o body.o -c {path.name}",
    }
    (tmp_path / "compile_commands.json").write_text(json.dumps([entry]), encoding="utf-8")

    assert lint("-p", str(tmp_path))[0] == 1


def test_functions_of_two_files_are_one_program(tmp_path: Path) -> None:
    """The release is in another file than the attach."""
    first = tmp_path / "first.c"
    first.write_text(
        "#include <Python.h>\n#include <pthread.h>\nvoid leave(PyGILState_STATE);\n"
        "static void *body(void *unused)\n{\n"
        "    PyGILState_STATE state = PyGILState_Ensure();\n    leave(state);\n"
        "    PyErr_Clear();\n    return unused;\n}\n"
        "void start(pthread_t *thread) { pthread_create(thread, NULL, body, NULL); }\n"
    )
    second = tmp_path / "second.c"
    second.write_text(
        "#include <Python.h>\nvoid leave(PyGILState_STATE state) { PyGILState_Release(state); }\n"
    )
    report = json.loads(lint(str(tmp_path), "--json")[1])

    assert [(each["family"], each["line"]) for each in report["findings"]] == [
        ("call-without-attaching", 8)
    ]


def test_sources_without_python_give_status_6(tmp_path: Path) -> None:
    path = tmp_path / "plain.c"
    path.write_text("int main(void) { return 0; }\n")

    assert lint(str(path))[0] == 6


def test_what_is_no_source_at_all_does_not_end_it(tmp_path: Path) -> None:
    path = tmp_path / "odd.c"
    path.write_bytes(bytes(range(256)) * 64)

    assert lint(str(path), str(source(tmp_path)))[0] == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "give BUILD or FILE"),
        (("/nowhere/at/all.c",), "the source cannot be read"),
        (("-p", "/nowhere"), "the list of compilations cannot be read"),
    ],
)
def test_what_is_wrong_on_the_command_line_is_said(words: tuple[str, ...], said: str) -> None:
    with pytest.raises(Exception, match=said):
        lint(*words)


def test_without_libclang_it_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clang.cindex.cache_clear()
    monkeypatch.setitem(__import__("sys").modules, "clang", None)
    with pytest.raises(clang.NoClangError) as error:
        lint(str(source(tmp_path)))
    clang.cindex.cache_clear()

    assert "pynodes[lint]" in error.value.help
