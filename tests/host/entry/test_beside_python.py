"""`pynodes run SCRIPT` beside `python SCRIPT`: the same output, the same end."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

import pytest
from entry_play import SCENE
from host_runner import SCALE, find_host

PYTHON = str(Path(sysconfig.get_path("scripts")) / "python")
LIMIT_S = 60 * SCALE
STDIN = "first line\nsecond line\n"
TEXT = Path(__file__).with_name("scripts.txt").read_text(encoding="utf-8")
SCRIPTS = {
    name: source for name, _, source in (part.partition("\n") for part in TEXT.split("\n=== ")[1:])
}
VARYING = re.compile(r"0x[0-9a-f]+|\bpid=\d+|-\d{4,}|\btid=\d+")


def take_interrupts() -> None:
    """In what is started, even from a job in the background, where shells ignore them."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)


def run(folder: Path, *command: str) -> tuple[int, str]:
    """How it ended, and all that it wrote, in order."""
    (folder / "stdin").write_text(STDIN)
    with (folder / "stdin").open() as stdin:
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, "PYNODES_HOST": str(find_host()), "PYTHONHASHSEED": "0"},
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=LIMIT_S,
            preexec_fn=take_interrupts,
        )
    return done.returncode, VARYING.sub("#", done.stdout.decode(errors="replace"))


def run_both(folder: Path, *arguments: str) -> tuple[tuple[int, str], tuple[int, str]]:
    """What python gave, and what pynodes did."""
    command = [sys.executable, "-m", "pynodes", "run"]
    return run(folder, PYTHON, *arguments), run(folder, *command, *arguments)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "helper_of_tests.py").write_text("WORD = 'helped'\n")
    return tmp_path


@pytest.mark.parametrize("name", SCRIPTS)
def test_script_does_the_same_as_with_python(folder: Path, name: str) -> None:
    encoding = "latin-1" if "latin-1" in SCRIPTS[name] else "utf-8"
    (folder / "script.py").write_text(SCRIPTS[name], encoding=encoding)

    python, ours = run_both(folder, "script.py", "one", "--two")

    assert ours == python


@pytest.mark.parametrize(
    "arguments",
    [
        ("./script.py",),
        ("package",),
        ("program.zip", "-v"),
        ("-m", "package", "-m", "--limit", "3"),
        ("-m", "package.part", "--", "x"),
        ("-m", "timeit", "-n", "1", "-r", "1", "-v", "-s", "import nothing_of_that_name"),
        ("-m", "no_module_of_that_name"),
    ],
    ids=" ".join,
)
def test_whatever_python_can_run_is_run_as_it_does(
    folder: Path, arguments: tuple[str, ...]
) -> None:
    say = "import sys; print(sys.argv, __name__, __spec__ and __spec__.name, sys.path[0], __file__)"
    (folder / "package").mkdir()
    for place in ("script.py", "package/__init__.py", "package/__main__.py", "package/part.py"):
        (folder / place).write_text(say)
    subprocess.run([PYTHON, "-m", "zipfile", "-c", "program.zip", "package/__main__.py"],
                   cwd=folder, check=True)  # fmt: skip

    python, ours = run_both(folder, *arguments)

    assert ours == python


def test_descriptors_that_are_open_or_closed_stay_so(folder: Path) -> None:
    source = "import os, sys; print(sys.stdin, os.read(7, 9))"
    (folder / "script.py").write_text(source)
    shell = 'exec "$@" script.py <&- 7<stdin'

    python = run(folder, "sh", "-c", shell, "sh", PYTHON)
    ours = run(folder, "sh", "-c", shell, "sh", sys.executable, "-m", "pynodes", "run")

    assert ours == python == (0, "None b'first lin'\n")


def test_ignored_signals_stay_ignored(folder: Path) -> None:
    source = "import signal; print(signal.getsignal(1), signal.getsignal(2), signal.getsignal(15))"
    (folder / "script.py").write_text(source)
    shell = 'trap "" HUP INT; exec "$@" script.py'

    python = run(folder, "sh", "-c", shell, "sh", PYTHON)
    ours = run(folder, "sh", "-c", shell, "sh", sys.executable, "-m", "pynodes", "run")

    assert ours == python


def test_ctrl_c_and_ctrl_z_on_a_terminal_reach_the_script_once(folder: Path) -> None:
    """An interactive shell runs it: it reads from the terminal, is stopped, and goes on."""
    source = (
        "import signal, sys\nhad = []\n"
        "def handle(*_): had.append(1); print('had', len(had), flush=True)\n"
        "signal.signal(signal.SIGINT, handle)\n"
        "signal.signal(signal.SIGCONT, lambda *_: print('goes on', flush=True))\n"
        "print('ready', sys.stdin.readline().strip(), flush=True)\n"
        "print('end', sys.stdin.readline().strip(), had, flush=True)\n"
    )
    (folder / "script.py").write_text(source)
    shell = Terminal(folder, "bash", "--norc", "--noprofile", "-i")
    try:
        shell.type("PS1=shell:; stty -echo\r")
        shell.wait_for("shell:")
        shell.type(f"{sys.executable} -m pynodes run script.py\rone\r")
        shell.wait_for("ready one")
        shell.type("\x03")
        shell.wait_for("had 1")
        shell.type("\x1a")
        shell.wait_for("Stopped")
        shell.type("fg\r")
        shell.wait_for("goes on")
        shell.type("two\r")
        shell.wait_for("end two [1]")
        shell.type("echo status $?\r")
        shell.wait_for("status 0")
    finally:
        shell.close()


class Terminal:
    """A program on a terminal of its own."""

    def __init__(self, folder: Path, *command: str) -> None:
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.environ["PYNODES_HOST"] = str(find_host())
            os.execvp(command[0], command)
        self.seen = ""

    def type(self, text: str) -> None:
        os.write(self.fd, text.encode())

    def wait_for(self, text: str) -> None:
        end = time.monotonic() + LIMIT_S
        while text not in self.seen:
            left = max(0.0, end - time.monotonic())
            assert select.select([self.fd], [], [], left)[0], f"no {text!r} in {self.seen!r}"
            self.seen += os.read(self.fd, 4096).decode(errors="replace")
        self.seen = self.seen.partition(text)[2]

    def close(self) -> None:
        os.close(self.fd)  # hangs up
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


def test_interrupt_stops_a_render_that_the_script_waits_for(folder: Path) -> None:
    source = (
        "import sys\nfrom pynodes import app\n"
        "try: print('ready', flush=True); app.render(*range(1, 1000))\n"
        "except KeyboardInterrupt: print('handled', flush=True)\n"
        "app.render(2); print('rendered'); sys.exit(3)\n"
    )
    (folder / "script.py").write_text(source)
    (folder / "scene.py").write_text(SCENE)
    size = ("--size", "48x32", "--samples", "1")
    with subprocess.Popen(
        [sys.executable, "-m", "pynodes", "run", "--scene", "scene.py", *size, "script.py"],
        cwd=folder,
        env={**os.environ, "PYNODES_HOST": str(find_host())},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=take_interrupts,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGINT)

        out, _ = process.communicate(timeout=LIMIT_S)

    assert (out, process.returncode) == ("handled\nrendered\n", 3)


CRASHES = {"SIGSEGV", "SIGABRT", "SIGFPE", "SIGILL", "SIGBUS"}


@pytest.mark.parametrize("name", sorted(CRASHES))
def test_script_that_crashes_is_a_crash_with_evidence(folder: Path, name: str) -> None:
    source = f"import os, signal; print('said', flush=True); os.kill(os.getpid(), signal.{name})"
    (folder / "script.py").write_text(source)

    status, text = run(folder, sys.executable, "-m", "pynodes", "run", "script.py")

    assert status == 4
    assert text.startswith("said\n") and name in text
    [record] = folder.glob("pynodes-runs/*/record.json")
    assert '"crash"' in record.read_text()


@pytest.mark.parametrize("ends", ["pass", "os._exit(0)", "os.abort()"])
def test_what_a_run_leaves_is_nothing_but_evidence(folder: Path, ends: str) -> None:
    source = f"import os; before = os.listdir('.'); print(sorted(before)); {ends}"
    (folder / "script.py").write_text(source)

    run(folder, sys.executable, "-m", "pynodes", "run", "script.py")

    left = {path.name for path in folder.iterdir()} - {"script.py", "stdin", "helper_of_tests.py"}
    assert left == ({"pynodes-runs"} if "abort" in ends else set())


SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGQUIT", "SIGWINCH", "SIGALRM"]


@pytest.mark.parametrize("name", SIGNALS)
def test_signal_for_the_command_reaches_the_script_once(folder: Path, name: str) -> None:
    source = (
        "import signal, sys\nhad = []\n"
        "def handle(*_): had.append(1); print('had', flush=True)\n"
        f"signal.signal(signal.{name}, handle)\n"
        "signal.signal(signal.SIGCONT, lambda *a: (print(had), sys.exit(3)))\n"
        "print('ready', flush=True)\n"
        "while True: signal.pause()\n"
    )
    (folder / "script.py").write_text(source)
    with subprocess.Popen(
        [sys.executable, "-m", "pynodes", "run", "script.py"],
        cwd=folder,
        env={**os.environ, "PYNODES_HOST": str(find_host())},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=take_interrupts,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.Signals[name])
        assert process.stdout.readline() == "had\n"
        process.send_signal(signal.SIGCONT)

        out, _ = process.communicate(timeout=LIMIT_S)

    assert (out, process.returncode) == ("[1]\n", 3)
