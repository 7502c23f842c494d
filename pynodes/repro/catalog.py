"""The cases that `pynodes-fault` holds, what each shows on which Python, and its C source."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pynodes.errors import BadValueError, CannotStartError, HostMissingError, did_you_mean
from pynodes.host.answers import ask
from pynodes.host.find import find_host, is_program
from pynodes.model.verdict import Verdict

PROGRAM = "pynodes-fault"
ENV_FAULT = "PYNODES_FAULT"

WRONG, CURE = "// wrong:", "// cure:"

_SPAN = re.compile(r"(all|\.\.3\.\d+|3\.\d+(?:\.\.(?:3\.\d+)?)?)?(t|g)?")


@dataclass(frozen=True, slots=True, order=True)
class PythonBuild:
    """What a fault program was built with; `label` is `3.13`, or `3.13t` without a GIL."""

    major: int
    minor: int
    free_threaded: bool
    version: str = ""

    @property
    def label(self) -> str:
        return f"{self.major}.{self.minor}{'t' if self.free_threaded else ''}"


@dataclass(frozen=True, slots=True)
class Expectation:
    """The verdicts that a broken run may have; without `always` some runs go well."""

    verdicts: tuple[Verdict, ...]
    always: bool

    def __str__(self) -> str:
        return " or ".join(self.verdicts) + ("" if self.always else ", at times")


@dataclass(frozen=True, slots=True)
class Program:
    """A `pynodes-fault` and the Python that is in it."""

    path: Path
    python: PythonBuild


@dataclass(frozen=True, slots=True)
class Case:
    """One entry of the table. `expected` is as it stands there; `says` is text of a right run."""

    name: str
    group: str
    story: str
    origin: str
    cure: str
    expected: str
    note: str
    says: str
    runs: bool

    def expect(self, python: PythonBuild) -> Expectation | None:
        """What a broken run shows on that Python; None when the case does not exist there."""
        fitting = [found for span, found in self.entries() if covers(span, python)]
        return fitting[-1] if fitting else None

    def entries(self) -> Iterator[tuple[str, Expectation | None]]:
        """Each span of Pythons, and what a broken run shows there; the last that fits holds."""
        for entry in self.expected.split(";"):
            span, _, words = entry.strip().rpartition(" ")
            names = words.removesuffix("?").split("|")
            verdicts = tuple(map(Verdict, names)) if names != ["none"] else ()
            yield span, Expectation(verdicts, not words.endswith("?")) if verdicts else None

    @property
    def source_name(self) -> str:
        return f"case_{self.name.replace('-', '_')}.c"


def covers(span: str, python: PythonBuild) -> bool:
    """`all`, `3.11`, `3.12..`, `..3.11`, `3.12..3.14`; with `t` (no GIL) or `g` (a GIL) behind."""
    read = _SPAN.fullmatch(span)
    if read is None or not span:
        raise ValueError(f"{span!r} names no Pythons")
    versions, build = read.groups()
    if build is not None and (build == "t") != python.free_threaded:
        return False
    if versions in (None, "all"):
        return True
    first, dots, last = versions.partition("..")
    low = int(first.removeprefix("3.") or 0)
    high = int(last.removeprefix("3.") or 99) if dots else low
    return low <= python.minor <= high


def find_program(asked: str | None = None) -> Program:
    """The fault program: the one `asked` for, `PYNODES_FAULT`, else the one next to the host.

    Args:
        asked: the program itself, a build folder, or a Python that it is installed for, by path
            or as a command.
    Raises:
        HostMissingError: there is no such program; `help` says how to get one.
    """
    named = asked or os.environ.get(ENV_FAULT)
    if named:
        path = Path(shutil.which(named) or named if os.sep not in named else named)
        folders = (path, path / "host", path / "bin", path.parent)
        tried = [path, *(folder / PROGRAM for folder in folders)]
        found = next((item for item in tried if item.name == PROGRAM and is_program(item)), None)
        if found is None:
            raise HostMissingError(
                f"there is no {PROGRAM} for {named}",
                where="--python" if asked else f"environment variable {ENV_FAULT}",
                help=f"name a {PROGRAM}, the folder of a build, or a Python that pynodes is"
                " installed for",
            )
    else:
        found = find_host().with_name(PROGRAM)
        if not is_program(found):
            raise HostMissingError(
                f"there is no {PROGRAM} next to the host",
                where=str(found.parent),
                help=f"install the package again, or set {ENV_FAULT} to one that you built",
            )
    return Program(found.absolute(), _python_of(found))


def load_cases(program: Program) -> dict[str, Case]:
    """The table of the program, by name."""
    try:
        found = [Case(**entry) for entry in json.loads(ask(program.path, "--list"))]
    except (ValueError, TypeError) as error:
        raise CannotStartError(
            f"the table of {PROGRAM} is not understood: {error}",
            where=str(program.path),
            help="install program and package from one version",
        ) from None
    return {case.name: case for case in found}


def choose(cases: Mapping[str, Case], names: Iterable[str]) -> list[Case]:
    """The cases of those names; raises `BadValueError` for an unknown name."""
    chosen = []
    for name in names:
        if name not in cases:
            near = did_you_mean(name, cases)
            raise BadValueError(
                f"there is no case {name!r}", help=near or "`pynodes repro list` lists them"
            )
        chosen.append(cases[name])
    return chosen


def source_path(name: str) -> Path:
    """A C source of the fault program, installed with the package or in the source tree."""
    here = Path(__file__).parent
    for folder in (here / "sources", here.parents[1] / "host" / "fault"):
        if (folder / name).is_file():
            return folder / name
    raise CannotStartError(
        f"the C source {name} is not here",
        where=str(here / "sources"),
        help="install the package again, or run it from its source tree",
    )


def expected_lines(case: Case) -> Iterator[tuple[str, str]]:
    """What the table says of a case in words: which Pythons, and what a broken run shows there."""
    for span, expectation in case.entries():
        where = {"all": "every Python", "t": "free-threaded", "g": "with a GIL"}.get(span, span)
        yield where, str(expectation or "does not exist")


def source_of(case: Case) -> str:
    return source_path(case.source_name).read_text(encoding="utf-8")


def marked_lines(source: str, mark: str) -> Iterator[tuple[int, str, str]]:
    """Number, code and remark of each line that the source marks as wrong, or as the cure.

    A mark stands at the end of its line or, where that would be too long, in comment lines above.
    """
    above: list[str] = []
    for number, line in enumerate(source.splitlines(), 1):
        code, found, remark = line.partition(mark)
        code, remark = code.strip(), remark.strip()
        if found and not code:
            above = [remark]
        elif above and code.startswith("//"):
            above.append(code.removeprefix("//").strip())
        elif found or above:
            yield number, code, remark or " ".join(above)
            above = []


def _python_of(program: Path) -> PythonBuild:
    text = ask(program, "--version")
    read = re.search(r"^python ((\d+)\.(\d+)\S*?)(t?)$", text, re.MULTILINE)
    if read is None:
        raise CannotStartError(
            f"{program.name} does not say its Python", where=str(program), detail=text
        )
    version, major, minor, free = read.groups()
    return PythonBuild(int(major), int(minor), bool(free), version + free)
