"""`pynodes results`: what is stored, and how to get it out."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from pynodes import outputs
from pynodes.cli import complete
from pynodes.cli.command import cli_group, option
from pynodes.cli.console import Console
from pynodes.cli.options import Value, color_option, output_options, value_option
from pynodes.cli.stored import db_option, metric_option
from pynodes.cli.tables import columns, left_out, samples_lines, sweep_lines
from pynodes.errors import BadValueError, PynodesError, needed
from pynodes.options.kinds import Number, Words
from pynodes.options.places import File
from pynodes.options.table import OUTPUT
from pynodes.store.model import Sweep
from pynodes.store.store import Store
from pynodes.words import count, plural

FORMATS = ("json", "csv", "markdown")


@cli_group(
    "results",
    ("pynodes results", "what is stored"),
    ("pynodes results show latest --metric wall_s", "one sweep, by another figure"),
    ("pynodes results export --format csv -o runs.csv", "all of it, for a spreadsheet"),
    ("pynodes results merge laptop.db server.db", "those of other machines, too"),
    bare="list",
)
def command() -> None:
    """List, show, export, merge and prune stored results.

    Without a command they are listed.
    """


@command.command("list")
@db_option
@output_options
def list_results(db: Path, as_json: bool, color: str) -> int:
    """List the sweeps that are stored."""
    console = Console(color)
    with Store.open(db) as store:
        found = store.summaries()
    status = left_out(console, store.left_out)
    if as_json:
        console.json([asdict(sweep) for sweep in found])
        return status
    rows = [["", "name", "begun", "machine", "revision", "axes", "cells", "runs", "verdicts"]]
    for sweep in found:
        rows.append(
            [
                str(sweep.id),
                sweep.name,
                sweep.created[:16].replace("T", " "),
                sweep.machine,
                sweep.revision or "-",
                ", ".join(sweep.axes) or "-",
                str(sweep.cells),
                str(sweep.samples),
                ", ".join(f"{times} {verdict}" for verdict, times in sweep.verdicts.items()) or "-",
            ]
        )
    console.lines(columns(console, rows, texts=[1, 2, 3, 4, 5, 8]))
    return status


@command.command("show")
@click.argument("sweep", default="latest", shell_complete=complete.sweeps)
@option("--samples", is_flag=True, help="Each run, with the host's command line.")
@metric_option
@db_option
@color_option
def show(sweep: str, samples: bool, metric: str | None, db: Path, color: str) -> int:
    """Show a sweep: its cells with their figures, fits and warnings.

    SWEEP is a number, a name, `latest` (the default), a revision or a machine.
    """
    console = Console(color)
    with Store.open(db) as store:
        found = store.sweep(store.find(sweep))
    lines = samples_lines(console, found) if samples else sweep_lines(console, found, metric)
    console.lines(lines)
    return left_out(console, store.left_out)


@command.command("export")
@click.argument("sweeps", nargs=-1, metavar="[SWEEP]...", shell_complete=complete.sweeps)
@value_option(
    Words(FORMATS),
    "--format",
    "form",
    default="json",
    help="json has all there is, csv a line a run, markdown the tables.",
)
@value_option(File(), "-o", "--out", help="Not stdout.", group=OUTPUT)
@metric_option
@db_option
@color_option
def export(
    sweeps: tuple[str, ...], form: str, out: Path | None, metric: str | None, db: Path, color: str
) -> int:
    """Write results as JSON, CSV or Markdown; all sweeps when none is named."""
    from importlib import import_module

    with Store.open(db) as store:
        numbers = _numbers(store, sweeps)
        found = [store.sweep(number) for number in numbers] if sweeps else store.sweeps()
    pieces = import_module(f"pynodes.export.{form}").export(found, metric)
    console = Console(color)
    if out is None:
        console.texts(pieces)
    else:
        outputs.write(out, pieces)
        console.note(f"written: {out} ({plural(len(found), 'sweep')})")
    return left_out(console, store.left_out)


@command.command("merge")
@click.argument("files", nargs=-1, required=True, type=Value(File()), metavar="FILE.db...")
@db_option
@color_option
def merge(files: tuple[Path, ...], db: Path, color: str) -> int:
    """Take the sweeps of other files into this one, with their pictures.

    The files stay as they are. A sweep that is here already gets the runs that it lacks; to do the
    same again changes nothing.
    """
    from pynodes.store.merge import MergingStore

    console = Console(color)
    lost: list[PynodesError] = []
    for file in files:
        if db.exists() and file.exists() and db.samefile(file):
            raise BadValueError(f"{file} is the file to merge into", help="name it with --db only")
    sources = [_all_of(file) for file in files]
    with MergingStore.create(db) as store:
        for file, (sweeps, of_file) in zip(files, sources, strict=True):
            lost += of_file
            for sweep in sweeps:
                with needed("its pictures cannot be copied", sweep.folder, "make room"):
                    done = store.take(sweep)
                is_new = done.added == sum(1 for _ in sweep.samples)
                what = f"{plural(done.added, 'run')} added" if done.added else "all of it was there"
                also = "" if is_new or not done.added else f", {count(done.known)} were there"
                console.out(f"{file}: {sweep.name} is {done.number} ({done.name}): {what}{also}")
    return left_out(console, lost)


def _all_of(file: Path) -> tuple[list[Sweep], tuple[PynodesError, ...]]:
    """All sweeps of a file, and what cannot be read of it."""
    with Store.open(file) as store:
        return store.sweeps(), store.left_out


@command.command("prune")
@click.argument("sweeps", nargs=-1, metavar="[SWEEP]...", shell_complete=complete.sweeps)
@value_option(Number("a number of sweeps", 0, 10**9), "--keep", help="Delete all but the newest N.")
@option("--dry-run", is_flag=True, help="Only say what would be deleted.")
@db_option
@color_option
def prune(sweeps: tuple[str, ...], keep: int | None, dry_run: bool, db: Path, color: str) -> int:
    """Delete sweeps, with their pictures and evidence."""
    from pynodes.sweep.work_folder import at_work

    if bool(sweeps) == (keep is not None):
        raise click.UsageError("name sweeps to delete, or say --keep N")
    console = Console(color)
    with Store.open(db, write=True) as store:
        known = store.summaries()
        names = {sweep.id: sweep.name for sweep in known}
        if keep is not None:
            numbers = [sweep.id for sweep in known[: max(0, len(known) - keep)]]
        else:
            numbers = _numbers(store, sweeps)
        for number in numbers:
            name = names.get(number, "damaged")
            if not dry_run:
                folder = store.folder_of(number)
                with at_work(folder, name):
                    store.prune([number])
                shutil.rmtree(folder, ignore_errors=True)
            word = "would delete" if dry_run else "deleted"
            console.out(f"{word} {number} ({name})")
        return left_out(console, store.left_out)


def _numbers(store: Store, sweeps: Sequence[str]) -> list[int]:
    if len(set(sweeps)) < len(sweeps):
        raise BadValueError("a sweep is named twice", help="name each once")
    return list(dict.fromkeys(store.find(sweep) for sweep in sweeps))
