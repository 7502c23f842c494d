"""How far it is: a bar on a terminal, a line every few seconds in a log."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

from pynodes import printable
from pynodes.cli.console import Console
from pynodes.words import count, duration, time_left

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

_LINE_EVERY_S = 5.0
_SILENT_S = 10.0


class Progress:
    """How far something is.

    Args:
        when: `auto`, `always` (the bar, also into a file), `lines` (no bar) or `never`.
        noun: what a bar counts.
    """

    def __init__(self, console: Console, when: str, noun: str = "tiles") -> None:
        on_terminal = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._console = console
        self._forced = when == "always"
        self._wants_bar = self._forced or (when == "auto" and on_terminal and not console.quiet)
        self._lines = when in ("auto", "lines") and not self._wants_bar and not console.quiet
        self._bar: RichProgress | None = None
        self._noun = noun
        self._line_s = time.monotonic()

    def start(self, total: int, label: str) -> None:
        """Show the bar from now on."""
        self._line_s = time.monotonic()
        if self._wants_bar:
            self._bar = self._make_bar()
            self._bar.add_task(printable.line(label), total=total, left="", aside="")
            self._console.show_bar(self._bar)

    def show(self, done: int, label: str, left: str, aside: str, *line: str) -> None:
        """Move the bar, or say the parts of `line` that are not empty, when one is due."""
        now = time.monotonic()
        if self._bar is not None:
            task = self._bar.task_ids[0]
            shown = printable.line(label)
            self._bar.update(task, completed=done, description=shown, left=left, aside=aside)
        elif self._lines and now - self._line_s >= _LINE_EVERY_S:
            self._line_s = now
            self._console.note(", ".join(filter(None, line)))

    def pause(self, now: bool) -> None:
        """Take the bar off the screen, as before Ctrl-Z, or put it back."""
        if self._bar is not None:
            (self._bar.stop if now else self._bar.start)()

    def end(self) -> None:
        self._bar = None
        self._console.show_bar(None)

    def _make_bar(self) -> RichProgress:
        from rich.console import Console as RichConsole
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as RichProgress

        colors = self._console.has_color(sys.stderr)
        rich = RichConsole(
            file=sys.stderr,
            force_terminal=True if self._forced else None,
            no_color=not colors,
            color_system="standard" if colors else None,
            highlight=False,
        )
        return RichProgress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=None, complete_style="cyan", finished_style="green"),
            TextColumn("{task.completed:.0f}/{task.total:.0f} " + self._noun),
            TextColumn("{task.percentage:>3.0f}%"),
            TextColumn("{task.fields[left]}"),
            TextColumn("{task.fields[aside]}", style="yellow", markup=False),
            console=rich,
            transient=True,
            expand=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )


class TileProgress(Progress):
    """How far a render is."""

    def __init__(self, console: Console, when: str) -> None:
        super().__init__(console, when)
        self._total = 0
        self._done = 0
        self._label = ""
        self._begun_s: float | None = None
        self._tile_s = 0.0

    def begin(self, total: int, label: str) -> None:
        """The first tile may come; called again with a new label for each frame."""
        self._label = label
        self._tile_s = time.monotonic()
        if self._begun_s is None:
            self._begun_s = self._tile_s
            self._total = total
            self.start(total, label)
        self.tick()

    def tile_done(self) -> None:
        self._done += 1
        self._tile_s = time.monotonic()

    def take_back(self, tiles: int) -> None:
        """So many tiles that were counted are rendered once more."""
        self._done -= tiles

    def tick(self) -> None:
        """A few times a second: show how far it is."""
        if self._begun_s is None:
            return
        now = time.monotonic()
        done, total, spent_s = self._done, self._total, now - self._begun_s
        left = time_left(spent_s * (total - done) / done) if 0 < done < total else ""
        silent_s = now - self._tile_s
        is_silent = silent_s >= _SILENT_S and done < total
        aside = f"no tile for {duration(silent_s)}" if is_silent else ""
        tiles = f"{count(done)} of {count(total)} tiles, {100 * done // max(1, total)} %"
        line = (f"{self._label}: {tiles}", f"{duration(spent_s)} so far", left, aside)
        self.show(done, self._label, left, aside, *line)
