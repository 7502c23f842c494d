"""Which of a scene's imports load in an interpreter with its own GIL, and which keep the GIL off.

Found out by doing it, with the Python that runs this, in processes of their own: a module that does
not support it may crash.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pynodes.errors import CannotStartError
from pynodes.process.supervise import signal_name

LIMIT_S = 60.0

_PROBE = Path(__file__).with_name("import_probe.py")
_ROOT = Path(__file__).parents[2]  # the folder that holds the package
_SCRIPT = "pynodes_scene"
_OURS = {"pynodes", "_pynodes", _SCRIPT}


@dataclass(frozen=True, slots=True)
class ImportFound:
    """One top-level module that a scene imports, itself or by way of others.

    `own_gil` is yes, no, crash or hang; `gil_off` says whether the GIL stays off, None where the
    question does not arise; `note` says more about what is not well.
    """

    module: str
    version: str
    asked_by: tuple[str, ...]
    own_gil: str
    gil_off: bool | None
    note: str = ""

    @property
    def is_well(self) -> bool:
        return self.own_gil == "yes" and self.gil_off is not False


@dataclass(frozen=True, slots=True)
class Scan:
    """What a script imports: by top-level module the full names that others ask of it."""

    asked: dict[str, dict[str, None]] = field(default_factory=dict)
    asked_by: dict[str, dict[str, None]] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    near: frozenset[str] = frozenset()
    missing: dict[str, str] = field(default_factory=dict)
    folder: str = ""
    problem: tuple[str, str] | None = None


def has_own_gil() -> bool:
    """Whether this Python can make interpreters with a GIL of their own."""
    return sys.version_info >= (3, 12)


def is_free_threaded() -> bool:
    """Whether this Python is built to run without the GIL."""
    return bool(sysconfig.get_config_var("Py_GIL_DISABLED"))


def scan(script: Path) -> Scan:
    """Run a script once, as the host would, and see what it imports.

    Raises:
        CannotStartError: the script ended the process, or did not end.
    """
    answers, ended = _ask("scan", str(script), str(_ROOT))
    if not answers:
        raise CannotStartError(
            f"the script could not be looked into: its run {ended.words}",
            where=str(script),
            help=f"see what the file does when it is run: {sys.executable} {script}",
            detail=ended.said,
        )
    found = answers[0]
    problem = found["problem"]
    folder = found["folder"]
    near = {name for name, file in found["files"].items() if _is_near(file, folder)}
    result = Scan(
        versions=found["versions"],
        missing=found["missing"],
        near=frozenset(near - _OURS),
        folder=folder,
        problem=(problem["what"], problem["where"]) if problem else None,
    )
    for target, asker in found["asked"]:
        name = _top(target)
        mine = asker == _SCRIPT or _top(asker) in near
        # What the standard library asks for, or is asked for by packages, is theirs to answer.
        if name in _OURS or _top(asker) in _OURS - {_SCRIPT}:
            continue
        if name in sys.stdlib_module_names and not mine:
            continue
        result.asked.setdefault(name, {})[target] = None
        by = result.asked_by.setdefault(name, {})
        if asker and _top(asker) not in sys.stdlib_module_names:
            by[script.name if asker == _SCRIPT else _top(asker)] = None
    return result


def check(found: Scan) -> Iterator[ImportFound]:
    """Try each module; those of the standard library are reported only when they refuse."""
    standard = [name for name in found.asked if name in sys.stdlib_module_names]
    yield from _check_standard(found, standard)
    for name in found.asked:
        if name not in sys.stdlib_module_names:
            yield _check_one(found, name)


def _check_standard(found: Scan, names: list[str]) -> Iterator[ImportFound]:
    """All in one process; only when that is not answered for all, each in one of its own."""
    targets = [target for name in names for target in found.asked[name]]
    if not targets:
        return
    answers, ended = _ask("own-all", found.folder, *targets)
    refused = {_top(each["name"]) for each in answers if each.get("problem")}
    if not ended.well:
        refused = set(names)
    for name in names:
        if name in refused or is_free_threaded():
            checked = _check_one(found, name)
            if not checked.is_well:
                yield checked


def _check_one(found: Scan, name: str) -> ImportFound:
    targets = list(found.asked[name])
    answers, ended = _ask("own", found.folder, *targets)
    note = next((each["problem"] for each in answers if each.get("problem")), "")
    if note:
        own_gil = "no"
    elif ended.well and any("ended" in each for each in answers):
        own_gil = "yes"
    else:
        own_gil = "hang" if ended.hung else "crash"
        imported = sum("problem" in each for each in answers) == len(targets)
        what = "it loads, but the end of the interpreter" if imported else "its import"
        note = f"{what} {ended.words}"
    gil_off = None
    if is_free_threaded():
        gil_off, why = _keeps_gil_off(found, targets)
        note = note or why
    version, asked_by = found.versions.get(name, ""), tuple(found.asked_by.get(name, ()))
    return ImportFound(name, version, asked_by, own_gil, gil_off, note)


def _keeps_gil_off(found: Scan, targets: list[str]) -> tuple[bool | None, str]:
    answers, ended = _ask("plain", found.folder, *targets)
    answer = next((each for each in answers if "gil" in each), None)
    if answer is None:
        return None, f"its import in the main interpreter {ended.words}"
    match = re.search(r"load module '([^']+)'", answer["why"])
    return not answer["gil"], f"module {match[1]} turns the GIL on" if match else ""


@dataclass(frozen=True, slots=True)
class _Ended:
    """How a probe ended, in words that follow `its import`."""

    words: str
    well: bool = False
    hung: bool = False
    said: str = ""


def _ask(what: str, *arguments: str) -> tuple[list[dict[str, Any]], _Ended]:
    """Run the probe for one question: its answers, and how it ended."""
    environ = dict(os.environ)
    environ.pop("PYTHON_GIL", None)  # would decide what is to be found out
    with tempfile.TemporaryFile() as answers, tempfile.TemporaryFile() as text:
        command = [sys.executable, "-P", os.fspath(_PROBE), what, str(answers.fileno())]
        try:
            done = subprocess.run(
                [*command, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=text,
                stderr=text,
                pass_fds=(answers.fileno(),),
                env=environ,
                timeout=LIMIT_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            ended = _Ended(f"did not end within {LIMIT_S:.0f} s", hung=True)
        else:
            text.seek(0)
            ended = _how(done.returncode, text.read())
        answers.seek(0)
        lines = answers.read().splitlines()
    return [json.loads(line) for line in lines if line.endswith(b"}")], ended


def _how(status: int, said: bytes) -> _Ended:
    text = said.decode("utf-8", "replace")[-4000:]
    if status == 0:
        return _Ended("ended", well=True, said=text)
    if status > 0:
        return _Ended(f"ended the process with status {status}", said=text)
    return _Ended(f"crashed with {signal_name(-status)}", said=text)


def _top(name: str) -> str:
    return name.partition(".")[0]


def _is_near(file: str, folder: str) -> bool:
    path = Path(file)
    return bool(file) and Path(folder) in path.parents and "site-packages" not in path.parts
