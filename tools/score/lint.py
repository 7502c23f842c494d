"""Score `pynodes lint` on every program here that has a known mistake, and on those without.

    python3 tools/score/lint.py [--include DIR] [--misses] [NAME]...

Reads the victims of tests/victims, the fault cases as `pynodes repro export` writes them, without
what the rig says of its own functions, their cures (-DFIXED), and the healthy programs. Of a broken
one the family and a line of the table in tests/support/expected.py are to be among the findings;
what no reader can tell is listed with why in tests/support/readable.py. Of a cure and a healthy
program nothing may be said.

Prints a line a program, and the score. NAME: `ferry.c`, `no-release`, `healthy`. Exit status 1 when
less than 85 in 100 are named, or anything is said of a healthy program.
"""

from __future__ import annotations

import argparse
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

from expected import EXPECTED
from fault_places import places_that_show, places_to_change
from readable import NOT_IN_SOURCE, expected_of
from victims import VICTIMS, wrong_lines

from pynodes.lint.judge import Judge
from pynodes.lint.lower import lowered
from pynodes.lint.words import finding_of
from pynodes.repro.catalog import Case, find_program, load_cases
from pynodes.repro.export import export_text

LEAST = 0.85
SOURCES = (".c", ".cpp")
RIGHT, LINE, NONE, WELL, UNTRUE = "right", "other line", "none", "well", "untrue"


class Said(NamedTuple):
    family: str
    file: str
    line: int
    confidence: str


@dataclass(frozen=True)
class Program:
    """Sources that are read as one, and where their mistake is; no families: none is there."""

    name: str
    sources: tuple[Path, ...]
    flags: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    lines: frozenset[tuple[str, int]] = frozenset()
    shows: frozenset[tuple[str, int]] = frozenset()


def read(program: Program) -> tuple[list[Said], list[str]]:
    """What is said of it, and what kept it from being understood."""
    sys.setrecursionlimit(20_000)
    units = [lowered(source, program.flags) for source in program.sources]
    found = [finding_of(each) for each in Judge([u for u in units if u.python]).reading().mistakes]
    said = [
        Said(each.family, Path(each.place.file).name, each.place.line, each.confidence)
        for each in found
        if each.place is not None
    ]
    return said, [error for unit in units for error in unit.errors]


def grade(program: Program, said: Sequence[Said]) -> str:
    if not program.families:
        return UNTRUE if said else WELL
    fitting = [each for each in said if each.family in program.families]
    if any((each.file, each.line) in program.lines for each in fitting):
        return RIGHT
    return LINE if fitting else NONE


def victims(flags: Sequence[str]) -> Iterator[Program]:
    for name in EXPECTED:
        path = VICTIMS / name
        if not name.startswith("broken/") or name in NOT_IN_SOURCE:
            continue
        sources = sorted(path.glob("*.c")) if path.is_dir() else [path]
        row = expected_of(name)
        lines = frozenset(wrong_lines(name))
        texts = {each.name: each.read_text(encoding="utf-8") for each in sources}
        lines |= {(place.file, place.line) for place in places_to_change(texts, row)}
        yield Program(name, tuple(sources), tuple(flags), row.families, lines)


def faults(flags: Sequence[str], folder: Path) -> Iterator[Program]:
    program = find_program()
    for case in load_cases(program).values():
        path = folder / f"{case.name.replace('-', '_')}.c"
        text = export_text(case, program.python).replace("Attach:", "")  # nobody says it there
        path.write_text(text, encoding="utf-8")
        yield from _fault(case, path, text, tuple(flags))


def _fault(case: Case, path: Path, text: str, flags: tuple[str, ...]) -> Iterator[Program]:
    name = f"fault/{case.name}"
    if name not in NOT_IN_SOURCE:
        row = expected_of(name)
        lines, shows = (
            frozenset((place.file, place.line) for place in places({path.name: text}, row))
            for places in (places_to_change, places_that_show)
        )
        yield Program(name, (path,), flags, row.families, lines, shows)
    yield Program(f"cure/{case.name}", (path,), (*flags, "-DFIXED"))


def healthy(flags: Sequence[str]) -> Iterator[Program]:
    folder = VICTIMS / "healthy"
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            yield Program(f"healthy/{path.name}", tuple(sorted(path.glob("*.c"))), tuple(flags))
        elif path.suffix in SOURCES:
            yield Program(f"healthy/{path.name}", (path,), tuple(flags))
    template = sorted(each for each in (ROOT / "pynodes" / "_template").iterdir())
    for path in template:
        if path.suffix in SOURCES:
            yield Program(f"healthy/template/{path.name}", (path,), tuple(flags))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--include", default=sysconfig.get_path("include"), help="Python's headers")
    parser.add_argument("--misses", action="store_true", help="only what is not as it should be")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("names", nargs="*", metavar="NAME")
    given = parser.parse_args()
    flags = ("-isystem", given.include)
    with tempfile.TemporaryDirectory(prefix="pynodes-lint-score-") as made:
        programs = [*victims(flags), *faults(flags, Path(made)), *healthy(flags)]
        if given.names:
            programs = [each for each in programs if _is_asked(each.name, given.names)]
        with ProcessPoolExecutor(given.jobs) as pool:
            return show(programs, list(pool.map(read, programs)), is_short=given.misses)


def _is_asked(name: str, names: Sequence[str]) -> bool:
    return any(part in names for part in (name, *name.split("/")))


def show(
    programs: Sequence[Program], answers: Sequence[tuple[list[Said], list[str]]], *, is_short: bool
) -> int:
    """A line a program, and the score. The exit status."""
    grades = []
    beside = 0
    for program, (said, errors) in zip(programs, answers, strict=True):
        word = grade(program, said)
        grades.append((program, word))
        hit = (*program.lines, *program.shows)
        other = [e for e in said if (e.file, e.line) not in hit or e.family not in program.families]
        beside += len(other) if program.families else 0
        if is_short and word in (RIGHT, WELL) and not other:
            continue
        words = ", ".join(f"{e.family} {e.file}:{e.line} {e.confidence}" for e in said)
        errors = [f"errors: {errors[0]}"] if errors else []
        print("  ".join([f"{program.name:34} {word:10}", words, *errors]))
    broken = [(program, word) for program, word in grades if program.families]
    right = sum(word == RIGHT for _, word in broken)
    well = [word for program, word in grades if not program.families]
    share = right / len(broken) if broken else 1
    print(
        f"named: {right} of {len(broken)}, {share:.0%}; {beside} findings beside the marked lines"
    )
    print(f"not in the source: {len(NOT_IN_SOURCE)}, see tests/support/readable.py")
    print(f"without a mistake: {well.count(WELL)} of {len(well)} without a finding")
    return 0 if share >= LEAST and UNTRUE not in well else 1


if __name__ == "__main__":
    sys.exit(main())
