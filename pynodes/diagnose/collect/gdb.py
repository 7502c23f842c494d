"""gdb as collector: stacks with files and lines, CPython's state, on a process or a core file."""

from __future__ import annotations

import ctypes
import json
import os
import re
import shutil
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

from pynodes.errors import CannotStartError

LIMIT_S = 60.0
NO_GDB = "gdb is not installed"
NO_PTRACE = "ptrace is not allowed"
_PTRACE_SEIZE = 0x4206
_HERE = Path(__file__).resolve().parent
MEND = "sudo apt install gdb (Debian, Ubuntu), sudo dnf install gdb (Fedora)"
MEND_PTRACE = "in a container: --cap-add=SYS_PTRACE; else: sudo sysctl kernel.yama.ptrace_scope=0"
_QUIET = (
    "set pagination off",
    "set confirm off",
    "set debuginfod enabled off",
    "set auto-load off",
    "set print thread-events off",
)


def find() -> str | None:
    """The gdb to use, or None."""
    return shutil.which(os.environ.get("PYNODES_GDB", "gdb"))


def is_usable() -> tuple[bool, str]:
    """(True, version), or (False, why not)."""
    gdb = find()
    if gdb is None:
        return False, NO_GDB
    asked = ["-nx", "-batch", "-ex", "python print(gdb.VERSION)"]
    try:
        done = subprocess.run(
            [gdb, *asked], capture_output=True, text=True, timeout=LIMIT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return False, f"gdb does not run: {error}"
    if done.returncode != 0 or not done.stdout.strip() or "not supported" in done.stderr:
        return False, "gdb was built without Python"
    return True, done.stdout.strip()


def may_trace() -> bool:
    """Whether the system lets this user look into a process of his own, by trying on one."""
    libc = ctypes.CDLL(None, use_errno=True)
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as child:  # it ends when this one does
        seized: bool = libc.ptrace(_PTRACE_SEIZE, child.pid, None, None) == 0
        child.kill()
    return seized


def collect_process(
    pid: int, crashed: int, addresses: list[int], folder: Path, environ: dict[str, str]
) -> dict[str, Any]:
    """Evidence of a living process, which is stopped for that time and then goes on."""
    return _run([*_elsewhere(pid), "-p", str(pid)], crashed, addresses, folder, environ)


def collect_core(
    core: Path, program: Path | None, folder: Path, environ: dict[str, str]
) -> dict[str, Any]:
    program = program or _program_of(core)
    if program is None:
        raise CannotStartError(
            "the program that left this core file is not known",
            str(core),
            f"name it: pynodes diagnose --core {core} -- PROGRAM",
        )
    found = _run([str(program), "-c", str(core)], 0, [], folder, environ)
    fault = found.get("fault")
    if fault:
        found["crash"] = {"signal": fault["signal"], "address": fault["address"]}
    return found


def _run(
    target: list[str], crashed: int, addresses: list[int], folder: Path, environ: dict[str, str]
) -> dict[str, Any]:
    """One gdb in a session of its own: Ctrl-C is ours alone, and it never outlives this call."""
    gdb = find()
    if gdb is None:
        raise CannotStartError(NO_GDB, mend=MEND)
    out = folder / "gdb.json"
    out.unlink(missing_ok=True)
    command = [gdb, "-nx", "-q", "-batch"]
    for word in _QUIET:
        command += ["-iex", word]
    paths = f"import sys; sys.dont_write_bytecode = True; sys.path.insert(0, {str(_HERE)!r})"
    script = folder / "ask.py"
    script.write_text(f"inside_gdb.main({str(out)!r}, {crashed}, {addresses!r})\n")
    command += ["-iex", f"python {paths}", *target, "-ex", "python import inside_gdb"]
    command += ["-ex", f"python exec(open({str(script)!r}).read())"]
    with (folder / "gdb.txt").open("wb") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, **environ, "LC_ALL": "C"},
        )
        try:
            process.wait(LIMIT_S)
        except subprocess.TimeoutExpired:
            pass
        finally:
            if process.poll() is None:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    script.unlink(missing_ok=True)
    said = (folder / "gdb.txt").read_text(errors="replace")
    if not out.is_file():
        raise CannotStartError(*_why(said, target))
    found: dict[str, Any] = json.loads(out.read_text())
    out.unlink()
    return found


def _why(said: str, target: list[str]) -> tuple[str, str, str]:
    if "ptrace: Operation not permitted" in said or "Could not attach" in said:
        return (
            f"gdb may not look into the process: {NO_PTRACE}",
            " ".join(target),
            MEND_PTRACE,
        )
    if "Python scripting is not supported" in said:
        return ("gdb was built without Python", "", "install a gdb that has it")
    last = next((line for line in reversed(said.splitlines()) if line.strip()), "it said nothing")
    return ("gdb did not deliver", last, "its words are in gdb.txt beside the evidence")


def _program_of(core: Path) -> Path | None:
    gdb = find()
    if gdb is None:
        raise CannotStartError(NO_GDB, str(core), MEND)
    done = subprocess.run(
        [gdb, "-nx", "-batch", "-iex", "set debuginfod enabled off", "-c", core],
        capture_output=True,
        text=True,
        errors="replace",
        timeout=LIMIT_S,
        check=False,
    )
    if "not a core dump" in done.stderr or "not in executable format" in done.stderr:
        raise CannotStartError("that is no core file", str(core))
    told = re.search(r"Core was generated by `(\S+)", done.stdout)
    name = told[1].rstrip("'.") if told else ""
    found = shutil.which(name) if name else None
    return Path(found) if found else None


def _elsewhere(pid: int) -> list[str]:
    """For a process whose root is another folder than ours: where its files are."""
    root = f"/proc/{pid}/root"
    with suppress(OSError):
        if Path(root).readlink() != Path("/"):
            return ["-iex", f"set sysroot {root}", f"/proc/{pid}/exe"]
    return []
