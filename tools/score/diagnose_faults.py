"""Diagnose every fault case without saying which it is, and count what is reported right.

    python3 tools/score/diagnose_faults.py [--python P]... [--times N]
        [--exported | --fixed] [CASE...]

Copies `pynodes-fault` to a neutral name, runs `pynodes diagnose --json` on each case by its number,
and compares family, function and line of the first finding with the table in
tests/support/expected.py. Cases that go well on a Python are left out there. With --exported
the programs are those of `pynodes repro export`, compiled after every name of theirs was changed.
With --fixed the cures are run, and any finding is wrong.

Exit status 1 when anything was reported wrong and certain, or, with --fixed, reported at all.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

import diagnosing
from expected import FAULTS
from fault_places import Place, places_that_show, places_to_change
from victims import build, make_kit

from pynodes.diagnose.witness import NAME as WITNESS
from pynodes.errors import PynodesError
from pynodes.model.verdict import Verdict
from pynodes.repro.catalog import Case, Program, find_program, load_cases, source_of
from pynodes.repro.export import export_text

RIGHT, SHOWS, NONE, WRONG = "right", "shows", "none", "wrong"
WELL = "went well"  # the mistake did nothing this time
WORDS = {
    RIGHT: "family and line to change",
    SHOWS: "family, and a line where it shows",
    NONE: "no finding",
    WRONG: "another family or line",
}
RIG = (
    "host/fault/rig_engine.c",
    "host/fault/own_gil.h",
    "host/fault/pixel_node.h",
    "host/fault/rig.h",
    "host/fault/rig_both.h",
    "host/node/call.c",
)
OWN = re.compile(r"\b(?:rig|alone|pn_fault|own_gil|pixel_node)(?:_\w+)?\b|\bRIG_\w+")
DEFINED = re.compile(r"^static\s+(?:inline\s+)?[\w *]*?\b(\w+)(?:\(|\[|;| =)", re.MULTILINE)
LITERAL = re.compile(r'("(?:\\.|[^"\\])*"|//[^\n]*|/\*.*?\*/|#include [^\n]*)', re.DOTALL)
KEPT = {"main", "void", "int", "bool", "char", "const", "struct", "inline", "static", "_Atomic"}


@dataclass
class Target:
    """A command to be diagnosed, and where its mistake is."""

    case: Case
    command: list[str]
    change: set[Place]
    show: set[Place]


@dataclass
class Scored:
    python: str
    case: str
    grade: str
    certain: bool  # reported as certain, and wrong
    family: str
    confidence: str
    place: str
    verdict: str
    wall_s: float


def target(
    case: Case, command: list[str], sources: dict[str, str], names: Mapping[str, str]
) -> Target:
    """`names`: what functions are called in the program, where that is not as in the sources."""
    change, show = (
        {
            Place(place.file, names.get(place.function, place.function), place.line)
            for place in places(sources, FAULTS[case.name])
        }
        for places in (places_to_change, places_that_show)
    )
    return Target(case, command, change, show)


def targets(
    program: Program, cases: list[tuple[int, Case]], folder: Path, *, fixed: bool
) -> Iterator[Target]:
    neutral = folder / f"program-{program.python.label}"
    shutil.copy2(program.path, neutral)
    rig = {Path(name).name: (ROOT / name).read_text(encoding="utf-8") for name in RIG}
    for number, case in cases:
        command = [str(neutral), str(number), *(["--fixed"] if fixed else [])]
        yield target(case, command, {case.source_name: source_of(case), **rig}, {})


def exported(
    program: Program, cases: list[tuple[int, Case]], folder: Path, python: str
) -> Iterator[Target]:
    kit = make_kit(python, folder)
    if kit.missing:
        sys.exit(f"nothing can be built for {python}: {kit.missing}")
    for number, case in cases:
        text = export_text(case, program.python)
        changed, names = rename(text)
        path = folder / f"w{number}-{program.python.label}.c"
        path.write_text(changed, encoding="utf-8")
        yield target(case, [str(build(kit, str(path)))], {path.name: text}, names)


def rename(text: str) -> tuple[str, dict[str, str]]:
    """The same program in which no function, type or variable of its own has its name."""
    parts = LITERAL.split(text)
    code = "".join(parts[::2])
    own = set(OWN.findall(code)) | set(DEFINED.findall(code)) - KEPT
    names = {name: f"u{number}" for number, name in enumerate(sorted(own), 1)}
    # not the stories; the words by which scripts and C code know each other stay
    for i in range(0, len(parts), 2):
        parts[i] = re.sub(r"\b[A-Za-z_]\w*", lambda word: names.get(word[0], word[0]), parts[i])
    for i in range(1, len(parts), 2):
        if parts[i].startswith(("//", "/*")):
            parts[i] = "\n" * parts[i].count("\n")
    return "".join(parts), names


def judge(target: Target, report: dict[str, Any], python: str, *, fixed: bool) -> Scored:
    findings = report["findings"]
    grades = [grade_of(target, finding) for finding in findings]
    first = findings[0] if findings else {}
    grade = grades[0] if grades else NONE
    if fixed:
        grade = WRONG if findings else WELL
    elif not findings and went_well(target, report):
        grade = WELL
    certain = any(
        finding["confidence"] == "certain" and (fixed or grade_of_one == WRONG)
        for finding, grade_of_one in zip(findings, grades, strict=True)
    )
    place = f"{first.get('function')} {Path(first.get('file') or '?').name}:{first.get('line')}"
    return Scored(
        python,
        target.case.name,
        grade,
        certain,
        first.get("family", "-"),
        first.get("confidence", "-"),
        place if first else "-",
        report["verdict"],
        report["wall_s"],
    )


def grade_of(target: Target, finding: dict[str, Any]) -> str:
    place = Place(Path(finding["file"] or "").name, finding["function"] or "", finding["line"] or 0)
    if finding["family"] not in FAULTS[target.case.name].families:
        return WRONG
    return RIGHT if place in target.change else SHOWS if place in target.show else WRONG


def went_well(target: Target, report: dict[str, Any]) -> bool:
    """A mistake that shows at times only, and did not."""
    return report["verdict"] == "ok" and report["status"] == 0 and "?" in target.case.expected


def summary(outcomes: list[Scored]) -> str:
    """One table and one line of counts a Python."""
    lines = []
    for python in dict.fromkeys(outcome.python for outcome in outcomes):
        mine = [outcome for outcome in outcomes if outcome.python == python]
        width = max(len(outcome.case) for outcome in mine)
        lines.append(f"\nPython {python}")
        for o in mine:
            said = f"{o.family} ({o.confidence}) {o.place}" if o.family != "-" else o.verdict
            grade = f"{o.grade}, certain" if o.certain else o.grade
            lines.append(f"  {o.case:<{width}}  {grade:<14}  {said}")
        counted = [outcome for outcome in mine if outcome.grade != WELL]
        counts = Counter(outcome.grade for outcome in counted)
        well = len(mine) - len(counted)
        lines.append(f"  {len(counted)} runs{f', {well} went well' if well else ''}:")
        for grade, words in WORDS.items():
            share = f"{100 * counts[grade] / len(counted):3.0f} %" if counted else ""
            lines.append(f"    {counts[grade]:3}  {share}  {words}")
        lines.append(f"    {sum(o.certain for o in mine):3}         wrong and certain")
    return "\n".join(lines)


def python_of(asked: str | None, program: Program) -> str:
    """The python that a fault program was built for, to build exported ones against."""
    for folder in program.path.parents:
        options = folder / "meson-info" / "intro-buildoptions.json"
        if options.is_file():
            known = {entry["name"]: entry["value"] for entry in json.loads(options.read_text())}
            return str(known["python"]) if known.get("python") else sys.executable
    return asked or sys.executable


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--python", action="append", metavar="P",
                        help="a Python that pynodes is installed for, a build folder, or a"
                        " pynodes-fault; repeatable")  # fmt: skip
    parser.add_argument("--times", type=int, default=1, metavar="N")
    parser.add_argument("--jobs", type=int, default=4, metavar="N", help="diagnoses at once")
    parser.add_argument("--limit", type=int, default=40, metavar="S", help="seconds for a case")
    parser.add_argument("--exported", action="store_true", help="renamed stand-alone programs")
    parser.add_argument("--fixed", action="store_true", help="the cures: no finding is right")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all outcomes")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep the evidence there")
    parser.add_argument("cases", nargs="*", metavar="CASE")
    given = parser.parse_args()
    if given.exported and given.fixed:
        parser.error("--exported and --fixed exclude each other")
    outcomes: list[Scored] = []
    with tempfile.TemporaryDirectory(prefix="work-") as name:
        folder = given.keep or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        for asked in given.python or [None]:
            outcomes += run(asked, given, folder)
    print(summary(outcomes))
    if given.json:
        given.json.write_text(json.dumps([asdict(o) for o in outcomes], indent=1) + "\n")
    failed = any(o.certain or (given.fixed and o.grade == WRONG) for o in outcomes)
    return 1 if failed else 0


def run(asked: str | None, given: argparse.Namespace, folder: Path) -> list[Scored]:
    try:
        program = find_program(asked)
    except PynodesError as error:
        sys.exit(f"{error}\n  help: {error.help}")
    label = program.python.label
    cases = [
        (number, case)
        for number, case in enumerate(load_cases(program).values(), 1)
        if (not given.cases or case.name in given.cases) and may_show(program, case, given.fixed)
    ]
    if given.exported:
        made = list(exported(program, cases, folder, python_of(asked, program)))
    else:
        made = list(targets(program, cases, folder, fixed=given.fixed))
    witness = program.path.parent.parent / "witness" / WITNESS
    environ = {"PYTHONPATH": str(ROOT)}  # the fault programs import the package
    if witness.is_file():
        environ["PYNODES_WITNESS_LIBRARY"] = str(witness)
    else:
        diagnosing.demand_witness()

    def outcome(time: int, number: int, target: Target) -> Scored:
        place = folder / f"{label}-{target.case.name if given.keep else number}-{time}"
        place.mkdir()
        words = ("--limit", str(given.limit), "--", *target.command)
        limit_s = given.limit + 120
        said = diagnosing.diagnose(place, *words, timeout_s=limit_s, environ=environ)
        return judge(target, said.report, label, fixed=given.fixed)

    turns = [(time, *each) for time in range(given.times) for each in enumerate(made)]
    with ThreadPoolExecutor(given.jobs) as pool:
        return list(pool.map(outcome, *zip(*turns, strict=True))) if turns else []


def may_show(program: Program, case: Case, fixed: bool) -> bool:
    """Whether the case exists there and its mistake has a consequence."""
    expectation = case.expect(program.python)
    return expectation is not None and (fixed or expectation.verdicts != (Verdict.OK,))


if __name__ == "__main__":
    sys.exit(main())
