"""Streams that are closed, full or read by nobody cost no work, and are said once."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from stored_sweeps import scales, store_sweep

from pynodes.cli.streams import EXIT_NO_READER
from pynodes.failures import EXIT_REFUSED
from pynodes.template import FILES

if TYPE_CHECKING:
    from tests.cli.conftest import CommandLine

# A way to call every command that gives 0 and prints to stdout.
COMMANDS = {
    "render": ("render", "scene.py", "--size", "64x64"),
    "sweep": ("sweep", "scene.py", "--size", "32x32", "-t", "1", "--repeat", "1"),
    "results list": ("results", "list"),
    "results show": ("results", "show"),
    "results export": ("results", "export"),
    "results prune": ("results", "prune", "--keep", "0"),
    "compare": ("compare", "1@threads=1", "1@threads=2"),
    "report": ("report",),
    "diagnose": ("diagnose", "--", sys.executable, "-c", "pass"),
    "nodes": ("nodes",),
    "hosts": ("hosts", "list", "--json"),
    "template": ("template", "folder"),
    "doctor": ("doctor", "--json"),
    "help": ("--help",),
    "help of a command": ("render", "--help"),
    "version": ("--version",),
}


@pytest.fixture
def project(cli: CommandLine) -> CommandLine:
    store_sweep(cli.folder / "pynodes.db", {"threads": [1, 2]}, scales)
    return cli


def run(
    cli: CommandLine, arguments: Sequence[str], prepare: Callable[[], None]
) -> subprocess.CompletedProcess[str]:
    """Run a command whose streams are put as `prepare` wants, in the child."""
    return subprocess.run(
        [sys.executable, "-m", "pynodes", *arguments],
        cwd=cli.folder,
        env=cli.environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        preexec_fn=prepare,
        timeout=cli.limit_s,
        check=False,
    )


def close(*streams: int) -> Callable[[], None]:
    def prepare() -> None:
        for stream in streams:
            os.close(stream)

    return prepare


def put(path: str, stream: int) -> Callable[[], None]:
    def prepare() -> None:
        os.dup2(os.open(path, os.O_WRONLY), stream)

    return prepare


def unread() -> None:
    """stdout is a pipe without a reader."""
    reader, writer = os.pipe()
    os.dup2(writer, 1)
    os.close(reader)


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize(
    ("prepare", "why"),
    [(close(1), "Bad file descriptor"), (put("/dev/full", 1), "No space left on device")],
    ids=["closed", "full"],
)
def test_stdout_that_takes_nothing_is_one_error_with_its_own_status(
    project: CommandLine, name: str, prepare: Callable[[], None], why: str
) -> None:
    done = run(project, COMMANDS[name], prepare)

    if name == "doctor" and done.returncode == 1:
        return  # something is missing on this machine, which its status says
    assert done.returncode == EXIT_REFUSED, done.stderr
    assert f"error: the result cannot be written: {why}" in done.stderr
    assert done.stderr.count("error: ") == 1
    assert "Traceback" not in done.stderr
    if name == "render":
        assert (project.folder / "scene.png").read_bytes().startswith(b"\x89PNG")
    if name == "template":
        assert len(list((project.folder / "folder").iterdir())) == len(FILES)


@pytest.mark.parametrize("name", COMMANDS)
def test_pipe_that_nobody_reads_is_quiet(project: CommandLine, name: str) -> None:
    done = run(project, COMMANDS[name], unread)

    assert done.returncode in (EXIT_NO_READER, *[1] * (name == "doctor"))
    assert "error" not in done.stderr
    assert "Traceback" not in done.stderr


def test_deletion_goes_on_when_nobody_reads_what_is_deleted(project: CommandLine) -> None:
    assert run(project, ("results", "prune", "--keep", "0"), unread).returncode == EXIT_NO_READER

    assert project.run("results", "list", "--json").record == []


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("how", ["closed", "full"])
def test_stderr_that_takes_nothing_changes_nothing(
    project: CommandLine, name: str, how: str
) -> None:
    done = run(project, COMMANDS[name], close(2) if how == "closed" else put("/dev/full", 2))

    assert done.returncode in (0, *[1] * (name == "doctor"))
    assert done.stdout
    if name == "render":
        assert (project.folder / "scene.png").exists()


def test_errors_keep_their_status_when_no_stream_is_open(project: CommandLine) -> None:
    assert run(project, ("render", "none.py"), close(0, 1, 2)).returncode == 2
    assert run(project, COMMANDS["render"], close(0, 1, 2)).returncode == EXIT_REFUSED
    assert (project.folder / "scene.png").read_bytes().startswith(b"\x89PNG")


def test_no_file_of_ours_gets_the_number_of_a_closed_stream(project: CommandLine) -> None:
    code = (
        "import os, sys; from pynodes.cli import main; status = main(['results', 'list']);"
        "file = os.open('scene.py', os.O_RDONLY); os._exit(file)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=project.folder,
        env=project.environ,
        preexec_fn=close(0, 1, 2),
        timeout=project.limit_s,
        check=False,
    )

    assert done.returncode > 2


def test_node_error_keeps_its_status_when_stdout_is_full(project: CommandLine) -> None:
    project.host("node_error")

    assert run(project, COMMANDS["render"], put("/dev/full", 1)).returncode == 1


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8", "utf-16"])
def test_any_encoding_of_the_streams_takes_any_name(project: CommandLine, encoding: str) -> None:
    name = "\u03b1\u4e2d\N{GRINNING FACE}.py"
    project.scene(name)
    project.environ["PYTHONIOENCODING"] = encoding

    for arguments in (("render", name, "--size", "64x64"), ("render", f"x{name}")):
        done = subprocess.run(
            [sys.executable, "-m", "pynodes", *arguments],
            cwd=project.folder,
            env=project.environ,
            capture_output=True,
            timeout=project.limit_s,
            check=False,
        )
        assert done.returncode == (2 if arguments[1].startswith("x") else 0)
        assert b"Traceback" not in done.stderr


def test_name_that_is_no_text_is_rendered(project: CommandLine) -> None:
    name = os.fsdecode(b"\xff\xfe.py")
    project.scene(name)

    for locale in ("C", "POSIX", "C.UTF-8"):
        project.environ["LC_ALL"] = locale
        assert project.run("render", name, "--size", "64x64", "--json").status == 0
        Path(project.folder, os.fsdecode(b"\xff\xfe.png")).unlink()


@pytest.mark.parametrize("descriptors", [5, 7, 9, 11, 12, 14, 20])
def test_too_few_descriptors_are_one_error_and_leave_nothing(
    cli: CommandLine, descriptors: int
) -> None:
    def prepare() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))

    done = run(cli, COMMANDS["render"], prepare)

    assert "Traceback" not in done.stderr
    if done.returncode == 0:
        assert cli.left_behind() == ["scene.png"]
        return
    assert done.returncode in (3, EXIT_REFUSED)
    assert done.stderr.count("error: ") == 1
    assert "Too many open files" in done.stderr
    assert cli.left_behind() == []


@pytest.mark.parametrize("megabytes", [24, 40, 60, 100, 150, 1000])
def test_too_little_memory_is_one_error_and_leaves_nothing(
    cli: CommandLine, megabytes: int
) -> None:
    def prepare() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))

    done = run(cli, COMMANDS["render"], prepare)

    assert "Traceback" not in done.stderr
    if done.returncode == 0:
        assert cli.left_behind() == ["scene.png"]
        return
    assert done.returncode in (3, 4, EXIT_REFUSED), done.stderr  # 4: the host had too little
    assert done.stderr.count("error: ") == 1
    assert [name for name in cli.left_behind() if name != "pynodes-runs"] == []
