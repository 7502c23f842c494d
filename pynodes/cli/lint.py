"""`pynodes lint`."""

from __future__ import annotations

import itertools
from pathlib import Path

import click

from pynodes.cli import complete
from pynodes.cli.command import cli_command, option
from pynodes.cli.console import Console
from pynodes.cli.diagnosed import findings_options, format_of, passing_over, show
from pynodes.cli.options import output_options, value_option
from pynodes.diagnose.result import result_of
from pynodes.errors import BadValueError, needed
from pynodes.lint.reading import annotated_header, read
from pynodes.lint.sources import Source, named, of_build
from pynodes.options.places import Place

_HELP = "pynodes lint -p build, or pynodes lint FILE... -- -Iinclude"


@cli_command(
    "lint",
    ("pynodes lint -p build", "all sources of a build, by its compile_commands.json"),
    ("pynodes lint host.c worker.c -- -Iinclude", "some, with flags of their own"),
    (
        "pynodes lint -p build src --format sarif > lint.sarif",
        "what lies in src, for code scanning",
    ),
)
@click.argument(
    "words",
    metavar="[FILE|DIR...] [-- CFLAGS...]",
    nargs=-1,
    type=click.UNPROCESSED,
    shell_complete=complete.files,
)
@value_option(
    Place("BUILD"),
    "-p",
    "--build",
    help="A build folder, or its compile_commands.json: meson, CMake and bear write one.",
)
@option("--why-not", is_flag=True, help="Say what could not be followed, and how often.")
@option(
    "--emit-annotations",
    is_flag=True,
    help="Print a header that says what each function asks of its thread: clang checks it.",
)
@findings_options
@output_options
def command(
    words: tuple[str, ...],
    build: Path | None,
    why_not: bool,
    emit_annotations: bool,
    form: str | None,
    suppress: Path | None,
    baseline: Path | None,
    as_json: bool,
    color: str,
) -> int:
    """Read C and C++ sources for paths that go wrong with Python.

    Does every path attach and release as Python wants it? Nothing is run. Paths are followed
    through functions and files; what cannot be followed is passed over in silence. Exit status 0
    without a finding, 1 with one, 2 usage, 3 no source could be read, 6 none includes Python. The
    last line says which.
    """
    console = Console(color)
    form = format_of(form, as_json)
    sources = _sources(words, build)
    pass_over = passing_over(suppress, baseline)
    if emit_annotations:
        console.texts(annotated_header(sources))
        return 0
    given = ["-p", str(build)] if build is not None else []
    report = read(sources, ["pynodes", "lint", *given, *words], why_not=why_not)
    pass_over(report)
    show(console, report, form, report.observations if report.findings else ())
    return result_of(report).status


def _sources(words: tuple[str, ...], build: Path | None) -> list[Source]:
    """What is to be read. Raises BadValueError."""
    paths = list(itertools.takewhile(lambda word: not word.startswith("-"), words))
    flags = words[len(paths) :]
    if build is None and not paths:
        raise BadValueError("give BUILD or FILE", help=_HELP)
    for path in paths:
        with needed("the source cannot be read", path, "name a file or a folder", BadValueError):
            Path(path).stat()
    if build is None:
        return named([Path(path) for path in paths], flags)
    if flags:
        raise BadValueError("the build has flags of its own", str(build), _HELP)
    return of_build(build, [Path(path).resolve() for path in paths])
