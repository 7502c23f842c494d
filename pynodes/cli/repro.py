"""`pynodes repro`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pynodes import outputs
from pynodes.cli import complete
from pynodes.cli.command import Explained, cli_group, option
from pynodes.cli.console import Console
from pynodes.cli.on import OnCluster, cluster_options, on_cluster
from pynodes.cli.options import Value, color_option, limit_option, output_options, value_option
from pynodes.errors import EXIT_USAGE, did_you_mean, quoted_list
from pynodes.model.verdict import Verdict
from pynodes.options.kinds import Names, Number
from pynodes.options.places import File, Folder
from pynodes.process.evidence_folder import NOT_KEPT, keep, new_folder
from pynodes.repro.catalog import (
    CURE,
    WRONG,
    Case,
    Program,
    choose,
    expected_lines,
    find_program,
    load_cases,
    marked_lines,
    source_of,
    source_path,
)
from pynodes.repro.check import LIMIT_S, UNTIL_SEEN_MAX, Setting, Tally, runner
from pynodes.words import plural, wrapped

if TYPE_CHECKING:
    from pynodes.cluster.address import Address, Tls

_WIDTH = 90
_RUNS = Number("a number of runs", 1, 100_000, "M")
_PYTHON = Names("P")


@cli_group(
    "repro",
    ("pynodes repro list", "the cases"),
    ("pynodes repro run join-attached --times 5", "one of them, five times"),
    ("pynodes repro run join-attached --fixed", "the right way"),
    invoke_without_command=True,
)
@click.pass_context
def command(ctx: click.Context) -> int:
    """Run known mistakes in embedding Python.

    Each case is one wrong order or pairing of calls in a program `pynodes-fault`; nothing of it is
    in the host that renders.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help(), err=True)
        return EXIT_USAGE
    return 0


_python_option = value_option(
    _PYTHON,
    "--python",
    "pythons",
    multiple=True,
    shell_complete=complete.files,
    help="A Python that pynodes is installed for, a build folder, or a pynodes-fault; repeatable.",
)
_threads_option = value_option(
    Number("a number of threads", 1, 256), "-t", "--threads", default="4", help="Render threads."
)
_stress_option = option(
    "--stress",
    is_flag=True,
    help="Raise the odds: a tiny switch interval, pauses, pinned threads, another order of tiles;"
    " what was done is reported.",
)


@command.command("list")
@value_option(
    Names("G"),
    "--group",
    shell_complete=complete.case_groups,
    help="Only the cases of this group.",
)
@output_options
def list_command(group: str | None, as_json: bool, color: str) -> int:
    """List the cases, by group."""
    console = Console(color)
    program = find_program()
    cases = list(load_cases(program).values())
    groups = list(dict.fromkeys(case.group for case in cases))
    if group is not None and group not in groups:
        help = did_you_mean(group, groups) or f"there are {quoted_list(groups)}"
        raise Explained(f"there is no group {group!r}", click.get_current_context(), help)
    cases = [case for case in cases if group in (None, case.group)]
    if as_json:
        console.json([_case_json(case, program) for case in cases])
        return 0
    width = max(len(case.name) for case in cases)
    for name, of_group in groupby(cases, lambda case: case.group):
        console.out(console.style(name, "bold"))
        for case in of_group:
            expected = str(case.expect(program.python) or "not on this Python")
            console.out(f"  {console.style(f'{case.name:<{width}}', 'label')}  {expected}")
    known = f"{plural(len(cases), 'case')} on Python {program.python.label}"
    console.out()
    console.out(console.style(f"{known}; `pynodes repro show CASE` explains one", "dim"))
    return 0


def _case_json(case: Case, program: Program) -> dict[str, Any]:
    expectation = case.expect(program.python)
    names = ("name", "group", "story", "origin", "cure", "note")
    return {
        **{name: getattr(case, name) for name in names},
        "python": program.python.label,
        "expected": list(expectation.verdicts) if expectation else [],
        "always": bool(expectation and expectation.always),
    }


@command.command("show")
@click.argument("case", shell_complete=complete.cases)
@output_options
def show_command(case: str, as_json: bool, color: str) -> int:
    """Tell the story of a case: the wrong lines, the cure, what is seen on which Python."""
    console = Console(color)
    program = find_program()
    [found] = choose(load_cases(program), [case])
    source = source_of(found)
    if as_json:
        lines = {
            "file": str(source_path(found.source_name)),
            "wrong": [list(line) for line in marked_lines(source, WRONG)],
            "cures": [list(line) for line in marked_lines(source, CURE)],
        }
        console.json({**_case_json(found, program), **lines})
        return 0
    console.lines(_show_lines(console, found, source))
    return 0


def _show_lines(console: Console, case: Case, source: str) -> Iterator[str]:
    yield f"{console.style(case.name, 'bold')}  ({case.group})"
    yield ""
    yield from wrapped(case.story, _WIDTH)
    for title, text in (("met in", case.origin), ("cure", case.cure)):
        first, *rest = wrapped(text, _WIDTH - 8) or [""]
        yield f"{console.style(f'{title:>6}', 'label')}  {first}"
        yield from (" " * 8 + line for line in rest)
    yield ""
    for title, mark, style in (("wrong", WRONG, "bad"), ("cure", CURE, "good")):
        for number, code, remark in marked_lines(source, mark):
            yield f"{console.style(f'{title:>6}', style)}  {case.source_name}:{number}  {code}"
            yield " " * 8 + console.style(remark, "dim")
    yield ""
    for where, shown in expected_lines(case):
        yield f"{console.style('expect', 'label')}  {where}: {shown}"
    if case.note:
        yield from (" " * 8 + line for line in wrapped(case.note, _WIDTH - 8))
    yield ""
    yield console.style(f"the source: {source_path(case.source_name)}", "dim")


@command.command("run")
@click.argument("cases", nargs=-1, metavar="CASE...", shell_complete=complete.cases)
@option("--all", "run_all", is_flag=True, help="Run every case.")
@_threads_option
@value_option(
    _RUNS,
    "--times",
    help="Run each case so often.  [default: once; one that goes wrong only at times, until it"
    " does]",
)
@option("--until-seen", is_flag=True, help="Run each case until it goes wrong.")
@option("--fixed", is_flag=True, help="Run the right way; every run must be ok.")
@_stress_option
@value_option(
    Folder(),
    "--evidence",
    help="Keep what the runs that went wrong said, one file a case.  [default: only of those that"
    " are not as expected, in pynodes-runs]",
)
@limit_option
@_python_option
@output_options
def run_command(
    cases: tuple[str, ...],
    run_all: bool,
    threads: int,
    times: int | None,
    until_seen: bool,
    fixed: bool,
    stress: bool,
    evidence: Path | None,
    limit_s: float | None,
    pythons: tuple[str, ...],
    as_json: bool,
    color: str,
) -> int:
    """Run cases and compare what is seen with what is expected.

    Exit status 0 when all is as expected, 1 when something is not.
    """
    if bool(cases) == run_all:
        raise click.UsageError("name cases, or give --all")
    console = Console(color)
    setting = Setting(threads, fixed, stress, limit_s=limit_s or LIMIT_S)
    tallies: list[Tally] = []
    kept = new_folder("repro")
    for program in map(find_program, pythons or [None]):
        known = load_cases(program)
        chosen = list(known.values()) if run_all else choose(known, cases)
        stress_shown = False
        with runner(program) as at:
            for case in chosen:
                many, until = _how_often(case, program, times, until_seen, fixed)
                tally = at.tally(case, setting, many, until_seen=until)
                if tally is None:
                    console.note(f"{case.name} does not exist on Python {program.python.label}")
                    continue
                tallies.append(tally)
                if tally.stress and not stress_shown:
                    console.note(f"stress on Python {program.python.label}: {tally.stress}")
                    stress_shown = True
                if not as_json:
                    _show_tally(console, tally)
                if evidence is not None or not tally.as_expected:
                    _keep(console, evidence or kept, tally)
    bad = sum(not tally.as_expected for tally in tallies)
    if as_json:
        console.json([_tally_json(tally) for tally in tallies])
    elif len(tallies) > 1:
        console.out(f"{len(tallies) - bad} of {len(tallies)} as expected")
    return 1 if bad or not tallies else 0


def _how_often(
    case: Case, program: Program, times: int | None, until_seen: bool, fixed: bool
) -> tuple[int, bool]:
    """How many runs at most, and whether the first that goes wrong is the last."""
    expectation = case.expect(program.python)
    rare = expectation is not None and not expectation.always and times is None
    if fixed or not (until_seen or rare):
        return times or 1, False
    return times or UNTIL_SEEN_MAX, True


def _keep(console: Console, folder: Path, tally: Tally) -> None:
    """Write what each kind of run that went wrong said, once a kind."""
    seen = {outcome.verdict: outcome for outcome in reversed(tally.outcomes)}
    seen.pop(Verdict.OK, None)
    for verdict, outcome in reversed(seen.items()):
        path = folder / f"{tally.case.name}-{tally.program.python.label}-{verdict}.txt"
        head = f"{tally.command}\n{verdict}: {outcome.text}\n\n".encode()
        try:
            path.unlink(missing_ok=True)
            keep(folder, {path.name: head + outcome.tail})
        except OSError as error:
            console.warning(f"{NOT_KEPT}: {error.strerror or error}", str(path))
            return
        console.note(f"evidence: {path}")


def _show_tally(console: Console, tally: Tally) -> None:
    expected = "ok" if tally.setting.fixed else str(tally.expectation)
    low, high = tally.rate
    words, style = ("as expected", "good") if tally.as_expected else ("NOT", "bad")
    console.out(
        f"{console.style(f'{tally.case.name:<24}', 'label')} {tally.program.python.label:<6}"
        f" expected {expected:<26} seen {tally.seen:<26}"
        f" {tally.hits}/{tally.runs} ({low:.0%}..{high:.0%})  {console.style(words, style)}"
    )
    outcome = tally.first_bad
    if outcome is not None:
        console.out(console.style(f"{'':<24} {outcome.text}", "dim"))
    if not tally.as_expected:
        console.note(f"again: {tally.command}")


def _tally_json(tally: Tally) -> dict[str, Any]:
    expected = [Verdict.OK] if tally.setting.fixed else list(tally.expectation.verdicts)
    low, high = tally.rate
    return {
        "case": tally.case.name,
        "group": tally.case.group,
        "python": tally.program.python.label,
        "version": tally.program.python.version,
        "threads": tally.setting.threads,
        "fixed": tally.setting.fixed,
        "stress": tally.setting.stress,
        "stress_did": tally.stress,
        "expected": expected,
        "always": tally.setting.fixed or tally.expectation.always,
        "seen": dict(tally.counts),
        "runs": tally.runs,
        "hits": tally.hits,
        "low": round(low, 4),
        "high": round(high, 4),
        "as_expected": tally.as_expected,
        "text": tally.first_bad.text if tally.first_bad is not None else "",
        "seconds": round(sum(outcome.seconds for outcome in tally.outcomes), 3),
    }


@command.command("shrink")
@click.argument("case", shell_complete=complete.cases)
@_threads_option
@_stress_option
@value_option(
    Number("a number of runs", 1, 1000, "K"),
    "--tries",
    default="10",
    help="Runs of each setting before it counts as too small.",
)
@limit_option
@value_option(_PYTHON, "--python", help="The Python to run it on; see run.")
@output_options
def shrink_command(
    case: str,
    threads: int,
    stress: bool,
    tries: int,
    limit_s: float | None,
    python: str | None,
    as_json: bool,
    color: str,
) -> int:
    """Find the fewest threads and the smallest picture that still show a case.

    When it shows nothing the other orders of tiles are tried.
    """
    from pynodes.repro.shrink import shrink

    console = Console(color)
    program = find_program(python)
    [found] = choose(load_cases(program), [case])
    setting = Setting(threads, stress=stress, limit_s=limit_s or LIMIT_S)

    def show(candidate: Setting, tally: Tally) -> None:
        stressed = ", stress" if candidate.stress else ""
        few = plural(candidate.threads, "thread")
        console.note(f"{few}, {candidate.size}, {candidate.order}{stressed}: {tally.seen}")

    with runner(program) as at:
        best = shrink(at, found, setting, tries, show)
        if best is None:
            console.error(
                f"{found.name} does not go wrong on Python {program.python.label} in"
                f" {plural(tries, 'run')}",
                help="give it --stress, more --tries or more threads; `pynodes repro show"
                f" {found.name}` says where it goes wrong",
            )
            return 1
    if as_json:
        console.json({**_tally_json(best), "size": best.setting.size, "again": best.command})
    else:
        few = plural(best.setting.threads, "thread")
        console.out(f"{best.outcomes[-1].verdict} with {few}: {best.command}")
    return 0


@command.command("export")
@click.argument("case", shell_complete=complete.cases)
@click.argument("folder", metavar="DIR", type=Value(Folder()))
@value_option(_PYTHON, "--python", help="The Python that it is for; see run.")
@color_option
def export_command(case: str, folder: Path, python: str | None, color: str) -> int:
    """Write a case as one C file that depends on nothing but CPython."""
    from pynodes.repro.export import export

    console = Console(color)
    program = find_program(python)
    [found] = choose(load_cases(program), [case])
    path, lines = export(found, folder, program.python)
    console.out(str(path))
    console.lines(lines)
    return 0


@command.command("matrix")
@value_option(File("FILE.md"), "-o", "--out", required=True, help="The page to write.")
@value_option(_RUNS, "--times", default="20", help="Runs of each broken case.")
@value_option(_RUNS, "--fixed-times", default="60", help="Runs of each right way.")
@value_option(
    File("FILE.json"),
    "--results",
    help="Keep what is measured there, and do not measure again what is there already. Several"
    " matrices may share it.",
)
@value_option(
    Number("a number of Pythons", 1, 64, "J"),
    "-j",
    "--jobs",
    default="1",
    help="Pythons that are measured at once, one case each.",
)
@cluster_options
@limit_option
@_python_option
@color_option
def matrix_command(
    out: Path,
    times: int,
    fixed_times: int,
    results: Path | None,
    jobs: int,
    on: Address | None,
    tls: Tls | None,
    limit_s: float | None,
    pythons: tuple[str, ...],
    color: str,
) -> int:
    """Run all cases on all the Pythons given, and write the page of the documentation.

    The page is written whenever all of a Python is measured, with what is known by then.

    Exit status 0 when all is as expected and explained, 1 when something is not.
    """
    from pynodes.repro.matrix import Matrix, Results

    console = Console(color)
    cluster = OnCluster(on, tls)
    cluster.check()
    for path in (out, results):
        if path is not None:  # not found out after hours
            outputs.check(path)
    settings = (
        (Setting(fixed=False, limit_s=limit_s or LIMIT_S), times),
        (Setting(fixed=True, limit_s=limit_s or LIMIT_S), fixed_times),
    )
    programs = [find_program(asked) for asked in pythons or [None]]
    labels = [f"--python python{p.label}" for p in sorted(p.python for p in programs) if pythons]
    often = f"--times {times} --fixed-times {fixed_times}"
    command_line = " ".join(["pynodes repro matrix", *labels, often, f"-o {out.name}"])
    matrix = Matrix(programs, settings, Results(results), partial(_show_tally, console))
    enter = on_cluster(console, cluster, timed=False, needs=(), fixed=[p.path for p in programs])
    with ExitStack() as stack:
        at = stack.enter_context(enter()) if enter is not None and not matrix.is_complete else None
        for _ in matrix.run(jobs, at):
            _write(out, matrix.page(command_line))
    _write(out, matrix.page(command_line))
    return int(not matrix.is_well)


def _write(out: Path, text: str) -> None:
    outputs.write(out, [text])
