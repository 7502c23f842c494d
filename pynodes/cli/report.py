"""`pynodes report`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pynodes.cli import complete
from pynodes.cli.command import cli_command, option
from pynodes.cli.console import Console
from pynodes.cli.options import color_option, value_option
from pynodes.cli.stored import db_option
from pynodes.errors import BadValueError
from pynodes.options.kinds import Words
from pynodes.options.places import File, Folder
from pynodes.options.table import OUTPUT
from pynodes.words import plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pynodes.errors import PynodesError
    from pynodes.report.chapter import Chapter
    from pynodes.report.pictures import Timeline
    from pynodes.store.model import Sweep


class _Page(File):
    def parse(self, text: str) -> Path:
        path: Path = super().parse(text)
        if path.suffix.lower() not in ("", ".html", ".htm"):
            what = f"the page is HTML, and cannot be written as {path.suffix}"
            help = f"name it {path.with_suffix('.html').name}, which a browser prints as PDF"
            raise BadValueError(what, help=f"{help}; --plots DIR writes the plots as files")
        return path


@cli_command(
    "report",
    ("pynodes report", "the latest sweep, in report.html"),
    ("pynodes report 3 before -o page.html", "those that are named"),
    ("pynodes report laptop.db server.db", "the latest sweeps of two machines"),
    ("pynodes report --plots plots --plot-format both", "each plot as a file, too"),
)
@click.argument("runs", metavar="[RUN]...", nargs=-1, shell_complete=complete.sweeps)
@value_option(
    _Page("FILE.html"),
    "-o",
    "--out",
    default="report.html",
    help="The page; everything it shows is inside it.",
    group=OUTPUT,
)
@value_option(
    Folder(),
    "--plots",
    help="Also write each plot as a file, in a light and a dark variant.",
    group=OUTPUT,
)
@value_option(
    Words(("svg", "png", "both")),
    "--plot-format",
    default="svg",
    help="What kind of files.",
    group=OUTPUT,
)
@value_option(
    File("FILE.json"),
    "--trace",
    "traces",
    multiple=True,
    help="Draw the timeline of a traced render, beside the sweeps that are named; repeatable.",
)
@db_option
@color_option
@option("-q", "--quiet", is_flag=True, help="Only warnings and errors.", group=OUTPUT)
def command(
    runs: tuple[str, ...],
    out: Path,
    plots: Path | None,
    plot_format: str,
    traces: tuple[Path, ...],
    db: Path,
    color: str,
    quiet: bool,
) -> int:
    """Write stored sweeps as one HTML page, with plots.

    RUN is a sweep: its number, its name, `latest` (the default without --trace), or a revision.
    FILE.db:RUN is one of another file, FILE.db the latest there. The page needs no other file and
    no network; it has a light and a dark look and can be read on a phone. Plots take matplotlib
    (pip install 'pynodes[plot]'); without it the page has tables in their place.
    """
    console = Console(color, quiet=quiet)
    from pynodes.cli.tables import left_out
    from pynodes.report import page
    from pynodes.report.chapter import chapter
    from pynodes.report.plots import check_matplotlib, has_matplotlib
    from pynodes.sweep.warn import cautions_between

    if plots is not None:
        check_matplotlib()
    timelines = [_timeline(console, path) for path in traces]
    sweeps, lost = _sweeps(runs, db) if runs or not traces else ([], [])
    chapters = [chapter(sweep) for sweep in sweeps]
    if chapters and not has_matplotlib():
        console.warning(
            "matplotlib is not installed: the page has tables in place of plots",
            help="python3 -m pip install 'pynodes[plot]'",
        )
    page.write(
        chapters,
        out,
        made_by=_made_by(),
        when=datetime.now().astimezone(),
        cautions=[caution.what for caution in cautions_between(sweeps)],
        left_out=[error.what for error in lost],
        timelines=timelines,
    )
    for each in chapters:
        console.note(f"{console.style(each.sweep.name, 'bold')}: {each.story.lead}")
    console.out(str(out))
    if plots is not None:
        formats = ("svg", "png") if plot_format == "both" else (plot_format,)
        written = _write_plots(chapters, plots, formats)
        console.note(f"{plural(len(written), 'plot')} in {plots}")
    return left_out(console, lost)


def _made_by() -> str:
    from pynodes.host.find import package_version

    return f"pynodes {package_version() or ''}".rstrip()


def _sweeps(runs: Sequence[str], db: Path) -> tuple[list[Sweep], list[PynodesError]]:
    """The sweeps that are named, each once, and what could not be read of their files."""
    from pynodes.store.store import Store
    from pynodes.sweep.compare import split_side

    found: dict[tuple[Path, int], Sweep] = {}
    lost: list[PynodesError] = []
    for text in runs or ("latest",):
        path, run, chosen = split_side(text, db)
        if chosen:
            help = "name the sweep alone; `pynodes compare` takes parts of one"
            raise BadValueError("a report has whole sweeps", text, help)
        with Store.open(path) as store:
            number = store.find(run if text else text)
            if (store.path, number) not in found:
                found[store.path, number] = store.sweep(number)
            lost += store.left_out
    return list(found.values()), lost


def _timeline(console: Console, path: Path) -> Timeline:
    from pynodes.report.pictures import Timeline
    from pynodes.trace.chrome import load
    from pynodes.trace.svg import draw

    trace = load(path)
    if trace.torn.count:
        what = f"{plural(trace.torn.count, 'event')} left out, the first is number"
        console.warning(f"{what} {trace.torn.first}", str(path))
    wide, narrow = (draw(trace, width=width).encode() for width in (960, 400))
    return Timeline(f"Timeline: {path.name}", wide, narrow)


def _write_plots(chapters: Sequence[Chapter], folder: Path, formats: tuple[str, ...]) -> list[Path]:
    from pynodes.report.plots import of_chapter, write_files

    return write_files([plot for each in chapters for plot in of_chapter(each)], folder, formats)
