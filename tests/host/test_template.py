"""What `pynodes template` writes compiles as it is, runs, and checks what its users do.

For the Python of these tests; a compiler or build tool that is not there skips, with the reason.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from pynodes.template import source_path, write_template

ROOT = Path(__file__).resolve().parents[2]
SOURCES = Path(__file__).parent / "template"
LIMIT_S = 120 * float(os.environ.get("PYNODES_TEST_TIMEOUT_SCALE") or 1)
STRICT = ("-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Werror", "-g", "-O0")
SKIPPED = 77
CASES = ("one-thread", "many-threads", "own-gil", "error", "interrupt", "interrupt-own-gil")

# What misuse.c does by number, and what the header says of it.
MISUSES = (
    "attaching, but Python is not running",
    "detaching a thread that is not attached",
    "this thread is attached already",
    "a thread state is used on another thread than its own",
    "this thread must be detached here",
    "an exception is pending when the attachment ends",
    "a reference is dropped on a thread that is not attached",
    "threads may still attach",
    "an attachment ends on a thread that is not attached",
    "a gate is closed by a thread that is attached",
    "this thread has a thread state already",
    "attaching, but Python is not running",
)


def run(
    *command: str | Path, cwd: Path | None = None, may_fail: bool = False
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
        cwd=cwd,
        preexec_fn=no_core,
    )
    assert may_fail or done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done


def no_core() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


@pytest.fixture(scope="module")
def flags() -> list[str]:
    """What compiles and links a program with the Python of these tests."""
    said = run(sys.executable, source_path("probe_python.py"), "shared").stdout
    facts = dict(line.split("\t", 1) for line in said.splitlines())
    if facts["problem"]:
        pytest.skip(facts["problem"])
    return [
        "-pthread",
        f"-isystem{facts['include']}",
        facts["library"],
        f"-Wl,-rpath,{facts['libdir']}",
    ]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template") / "mine"
    write_template(folder, "mine")
    return folder


def compiler(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"no compiler {name}")
    return found


@pytest.fixture(scope="module")
def host(project: Path, flags: list[str]) -> Path:
    out = project / "mine"
    defines = [
        f'-DPYTHON_EXECUTABLE="{sys.executable}"',
        f'-DPLUGIN_FOLDER="{project}"',
    ]
    run(
        compiler("cc"), "-std=c11", *STRICT, "-Wstrict-prototypes", *defines,
        project / "host.c", "-o", out, *flags,
    )  # fmt: skip
    return out


@pytest.mark.parametrize("case", CASES)
def test_host_compiles_without_a_warning_and_passes_its_own_checks(
    host: Path, project: Path, case: str
) -> None:
    done = run(sys.executable, project / "check.py", host, case, may_fail=True)
    if done.returncode == SKIPPED:
        pytest.skip("an interpreter with a GIL of its own needs Python 3.12")
    assert done.returncode == 0, done.stderr


def test_host_refuses_bad_arguments(host: Path) -> None:
    for bad in (["-t", "0"], ["-t", "257"], ["-n", "x"], ["more"], ["-z"]):
        assert run(host, *bad, may_fail=True).returncode == 2


def test_host_reports_a_plug_in_that_is_not_there(host: Path) -> None:
    done = run(host, "-p", "no_such_plugin", may_fail=True)
    assert done.returncode == 1
    assert "No module named 'no_such_plugin'" in done.stderr


def test_cpp_host_compiles_without_a_warning_and_runs(project: Path, flags: list[str]) -> None:
    out = project / "mine-cpp"
    run(
        compiler("c++"), "-std=c++17", *STRICT, "-Wold-style-cast",
        f'-DPYTHON_EXECUTABLE="{sys.executable}"', f'-DPLUGIN_FOLDER="{project}"',
        project / "host_cpp.cpp", "-o", out, *flags,
    )  # fmt: skip
    run(sys.executable, project / "check.py", out, "cpp")


@pytest.mark.parametrize("define", ["-UNDEBUG", "-DNDEBUG"])
def test_guards_attach_to_what_they_say(flags: list[str], tmp_path: Path, define: str) -> None:
    out = tmp_path / "use"
    include = f"-I{ROOT / 'pynodes' / '_template'}"
    source = SOURCES / "use.c"
    run(compiler("cc"), "-std=c11", *STRICT, define, include, source, "-o", out, *flags)
    visits = 8 if sys.version_info >= (3, 12) else 2
    assert run(out).stdout == f"{visits} visits\n"


@pytest.fixture(scope="module")
def misuse(flags: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("misuse") / "misuse"
    include = f"-I{ROOT / 'pynodes' / '_template'}"
    source = SOURCES / "misuse.c"
    run(compiler("cc"), "-std=c11", *STRICT, include, source, "-o", out, *flags)
    return out


@pytest.mark.parametrize("number", range(len(MISUSES)))
def test_misuse_is_reported_with_its_place(misuse: Path, number: int) -> None:
    done = run(misuse, str(number), may_fail=True)
    assert done.returncode == -6, done
    first, second = done.stderr.splitlines()[:2]
    place, what = first.split(": ", 1)
    assert what.startswith(MISUSES[number])
    assert second.startswith("  help: ")
    if number != 6:  # a reference does not know where it was declared
        assert "misuse.c:" in place


# What docs/embedding.md says CPython does: fact, up to and with which version, status, words.
OLD, NEW = (3, 12), (3, 99)
FACTS = (
    ("save-detached", OLD, -6, "PyEval_SaveThread: the function must be called with the GIL held"),
    ("save-detached", NEW, -11, ""),
    ("release-other", OLD, -6, "PyEval_ReleaseThread: wrong thread state"),
    ("release-other", NEW, 0, "released"),
    ("attach-twice", OLD, -14, ""),
    ("attach-twice", NEW, -6, "non-NULL old thread state"),
    ("check-detached", NEW, 0, "0, then 1"),
    ("print-exit", NEW, 0, ""),
    ("ensure-on-kept-state", NEW, 0, "the same state"),
    ("view-finalized", NEW, 0, "refused"),
    ("view-finalizing", NEW, 0, "refused"),
    ("guard-holds", NEW, 0, "waited"),
)


@pytest.fixture(scope="module")
def facts(flags: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    if sysconfig.get_config_var("Py_DEBUG"):
        pytest.skip("a debug build of Python asserts first")
    out = tmp_path_factory.mktemp("facts") / "facts"
    run(compiler("cc"), "-std=c11", *STRICT, SOURCES / "facts.c", "-o", out, *flags)
    return out


@pytest.mark.parametrize("name", sorted({name for name, *_ in FACTS}))
def test_cpython_does_what_the_docs_say(facts: Path, name: str) -> None:
    if name.startswith(("view-", "guard-")) and sys.version_info < (3, 15):
        pytest.skip("views and guards of interpreters need Python 3.15")
    status, words = next(
        (status, words)
        for fact, last, status, words in FACTS
        if fact == name and sys.version_info[:2] <= last
    )
    done = run(facts, name, may_fail=True)
    assert (done.returncode, words in done.stdout + done.stderr) == (status, True), done
    if name == "print-exit":
        assert "still here" not in done.stdout  # PyErr_Print ends the process


def test_meson_builds_and_tests_it(flags: list[str], project: Path, tmp_path: Path) -> None:
    beside = Path(sys.executable).parent
    path = os.pathsep.join([str(beside), os.environ.get("PATH", "")])
    meson = shutil.which("meson", path=path)
    if meson is None or shutil.which("ninja", path=path) is None:
        pytest.skip("no meson and ninja")
    compiler("cc")
    environment = {**os.environ, "PATH": path}
    for command in (
        ["setup", "--werror", str(tmp_path / "b"), f"-Dpython={sys.executable}"],
        ["test", "-C", str(tmp_path / "b"), "--print-errorlogs"],
    ):
        done = subprocess.run(
            [meson, *command], cwd=project, env=environment, capture_output=True, text=True,
            timeout=LIMIT_S, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
    assert not (shutil.which("c++") and "cpp" not in done.stdout), done.stdout


def test_cmake_builds_and_tests_it(flags: list[str], project: Path, tmp_path: Path) -> None:
    cmake = shutil.which("cmake")
    if cmake is None or shutil.which("ctest") is None:
        pytest.skip("no cmake")
    compiler("cc")
    run(cmake, "-S", project, "-B", tmp_path / "b", f"-Dpython={sys.executable}")
    run(cmake, "--build", tmp_path / "b")
    said = run("ctest", "--output-on-failure", cwd=tmp_path / "b").stdout
    assert "100% tests passed" in said
