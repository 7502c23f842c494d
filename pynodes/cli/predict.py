"""`pynodes predict`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pynodes.cli import complete
from pynodes.cli.command import cli_command, option
from pynodes.cli.console import Console
from pynodes.cli.options import Value, output_options, value_option
from pynodes.cli.stored import db_option
from pynodes.errors import CannotStartError
from pynodes.options.kinds import Number, Words
from pynodes.options.places import Folder
from pynodes.options.table import OUTPUT
from pynodes.words import count, duration, percent, plural

if TYPE_CHECKING:
    from pynodes.predict.forecast import Forecast, Point
    from pynodes.store.model import Sweep

_DOUBTS = ("spread", "busy")  # of what was measured, so of what is made of it
_ONE_BY_ONE = "give one that has, such as `pynodes sweep SCENE.py -t 1,2,4 --engine all`"


@cli_command(
    "predict",
    ("pynodes predict", "the latest sweep, on 1 to 1024 cores"),
    ("pynodes predict 3 --cores 8,64,256", "another one, on these"),
    ("pynodes predict --times 50 --plots plots", "of a frame 50 times as large, and as a plot"),
)
@click.argument("run", metavar="[RUN]", default="latest", shell_complete=complete.sweeps)
@option(
    "--cores",
    type=Value(Number("a number of cores", 1, 1024), several=True),
    metavar="N,...",
    default="1,2,4,8,16,32,64,128,256,512,1024",
    show_default=True,
    help="For so many cores, with as many threads.",
)
@value_option(
    Number("a number of times", 1, 1000),
    "--times",
    default="1",
    help="Of a frame with so many times the tiles.",
)
@value_option(Folder(), "--plots", help="Also write a plot, light and dark.", group=OUTPUT)
@value_option(
    Words(("svg", "png", "both")),
    "--plot-format",
    default="svg",
    help="What kind of file.",
    group=OUTPUT,
)
@db_option
@output_options
def command(
    run: str,
    cores: tuple[int, ...],
    times: int,
    plots: Path | None,
    plot_format: str,
    db: Path,
    as_json: bool,
    color: str,
) -> int:
    """Say what a stored sweep would do on more cores.

    RUN is a sweep of scenes with cells of one and of several threads. Its frames are played on so
    many cores, event by event: tiles, attachments, the GIL with its switch interval and what its
    going to another thread costs, making interpreters and workers. First it is said how far the
    same is from each measured cell, then a table of time, speed-up and what takes the rest. A
    prediction, not a measurement: the second time is for cores that slow each other ever more.
    """
    console = Console(color)
    from pynodes.cli.tables import left_out
    from pynodes.predict import forecast
    from pynodes.report.plots import check_matplotlib
    from pynodes.store.store import Store
    from pynodes.sweep.compare import split_side

    if plots is not None:
        check_matplotlib()
    path, name, chosen = split_side(run, db)
    if chosen:
        raise CannotStartError("a prediction is made of a whole sweep", run, "name the sweep alone")
    with Store.open(path) as store:
        sweep = store.sweep(store.find(name))
        lost = store.left_out
    if sweep.is_of_commands:
        raise CannotStartError(
            "of a command it is not known what it computes and waits for in Python",
            f"sweep {sweep.name}",
            "predictions are made of sweeps of scenes; a report has the fitted law",
        )
    found = list(forecast.forecasts(sweep, sorted(cores), times))
    if not found:
        raise CannotStartError(
            "no cell with one thread has been measured, beside one with more",
            f"sweep {sweep.name}",
            _ONE_BY_ONE,
        )
    if as_json:
        console.json(forecast.as_json(sweep, found))
    else:
        console.lines(_lines(console, sweep, found, times))
    if plots is not None:
        from pynodes.report.forecast_plot import forecast_plot
        from pynodes.report.plots import write_files

        formats = ("svg", "png") if plot_format == "both" else (plot_format,)
        written = write_files([forecast_plot(sweep, found, times)], plots, formats)
        console.note(f"{plural(len(written), 'plot')} in {plots}")
    return left_out(console, lost)


def _lines(console: Console, sweep: Sweep, found: Sequence[Forecast], times: int) -> Iterator[str]:
    from pynodes.cli.tables import caution_lines, side_name
    from pynodes.sweep.warn import cautions

    yield console.style(side_name(sweep), "bold")
    for caution in cautions(sweep):
        if caution.kind in _DOUBTS:
            yield from caution_lines(console, caution)
    yield ""
    yield "Measured here, and the same predicted:"
    yield from _check_lines(console, sweep, found)
    yield ""
    frame = "a frame" if times == 1 else f"a frame with {count(times)} times the tiles"
    yield f"Predicted, {frame} on so many cores with as many threads:"
    yield from _point_lines(console, sweep, found)
    yield ""
    yield from _unknown_lines(console, sweep, found)


def _check_lines(console: Console, sweep: Sweep, found: Sequence[Forecast]) -> Iterator[str]:
    from pynodes.cli.tables import columns

    rows = [["", "threads", "measured", "predicted", "throughput", ""]]
    for each in found:
        for check in each.checks:
            rows.append(
                [
                    _name(sweep, each),
                    str(check.threads),
                    duration(check.measured_s),
                    duration(check.predicted_s),
                    f"{check.error * 100:+.1f} %",
                    "what it is made of" if check.calibrates else "",
                ]
            )
    yield from columns(console, rows, texts=[0, 5])


def _point_lines(console: Console, sweep: Sweep, found: Sequence[Forecast]) -> Iterator[str]:
    from pynodes.cli.tables import columns

    rows = [
        ["", "cores", "frame", "at worst", "speed-up", "at work", "what takes most of the rest"]
    ]
    for each in found:
        first = each.points[0]
        for point in each.points:
            rows.append(
                [
                    _name(sweep, each),
                    str(point.cores),
                    duration(point.frame_s),
                    _worst(point),
                    _gain(first, point),
                    percent(point.share.at_work),
                    point.share.limit,
                ]
            )
    yield from columns(console, rows, texts=[0, 6])
    if found and found[0].points[0].cores > 1:
        yield f"speed-up over {plural(found[0].points[0].cores, 'core')}"


def _worst(point: Point) -> str:
    """Where it is another time than the first figure."""
    best, worst = duration(point.frame_s), duration(point.slowest_s)
    return "" if best == worst else worst


def _gain(first: Point, point: Point) -> str:
    best, worst = first.frame_s / point.frame_s, first.frame_s / point.slowest_s
    return f"{best:.2f}" if f"{best:.2f}" == f"{worst:.2f}" else f"{best:.2f} to {worst:.2f}"


def _unknown_lines(console: Console, sweep: Sweep, found: Sequence[Forecast]) -> Iterator[str]:
    from pynodes.predict.forecast import UNKNOWN
    from pynodes.words import wrapped

    yield "Not known, so not in it:"
    for what in UNKNOWN:
        yield from wrapped(what, 96, initial_indent="  - ", subsequent_indent="    ")
    for each in found:
        for what in each.way.assumed:
            name = _name(sweep, each)
            said = f"taken for {name}: {what}" if name else f"taken: {what}"
            yield from wrapped(said, 96, initial_indent="  - ", subsequent_indent="    ")


def _name(sweep: Sweep, each: Forecast) -> str:
    from pynodes.report.axes import settings_name, varying

    return settings_name(each.way.curve.settings, varying(sweep))
