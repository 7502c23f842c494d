"""The only place that prints: colour, errors, a host's output, a bar.

Results go to stdout; progress, warnings, errors and whatever the host and its nodes print go to
stderr. While a bar is shown everything for stderr is put above it.

What is printed is made printable here, whatever it was put together from: no escape sequence but
those of our own styles and bar reaches a terminal. What a host or a node prints itself is made
printable for a terminal only; into a file or a pipe it goes on as it is.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, TextIO

from pynodes import printable
from pynodes.errors import form_lines
from pynodes.words import json_text

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

    from pynodes.model.verdict import Verdict

WHEN = ("auto", "always", "never")

_STYLES = {
    "good": "32",
    "bad": "1;31",
    "warn": "33",
    "dim": "2",
    "bold": "1",
    "label": "36",
}
_PART_MAX = 16 * 1024
# What begins a style of ours until the line is printable: nobody else knows it, so that none comes
# from what others wrote.
_BEGIN = "\x1b" + os.urandom(8).hex()


class Console:
    """Where all output goes.

    Args:
        color: `auto` (a terminal, and neither NO_COLOR nor TERM=dumb), `always` or `never`.
        quiet: leave out what is not a result asked for, a warning or an error.
    """

    def __init__(self, color: str = "auto", *, quiet: bool = False, verbose: bool = False) -> None:
        self._color = color
        self.quiet = quiet
        self.verbose = verbose
        self._bar: RichProgress | None = None
        self._forwarded = printable.Stream()
        self._part = ""
        self._mid_line = False

    # Results.

    def out(self, line: str = "") -> None:
        """One line to stdout."""
        sys.stdout.write(_shown(printable.line(line)) + "\n")
        sys.stdout.flush()

    def lines(self, lines: Iterable[str]) -> None:
        """Lines to stdout, each as soon as it is made."""
        for line in lines:
            self.out(line)

    def json(self, value: object) -> None:
        """A result as JSON to stdout."""
        self.texts([json_text(value), "\n"])

    def texts(self, pieces: Iterable[str]) -> None:
        """A text for programs to stdout, piece by piece."""
        sys.stdout.writelines(map(printable.text, pieces))
        sys.stdout.flush()

    def style(self, text: str, name: str, stream: TextIO | None = None) -> str:
        """`text` in one of the styles, if that stream (stdout by default) shows colours.

        For a line that this console prints.
        """
        if not self.has_color(stream or sys.stdout):
            return text
        return f"{_BEGIN}{_STYLES[name]}m{text}{_BEGIN}0m"

    def row(self, label: str, value: str) -> str:
        """A line of a table of labels and values."""
        return f"{self.style(f'{label:>8}', 'label')}  {value}"

    def verdict(self, verdict: Verdict, text: str) -> str:
        """`text` in the colour of a verdict."""
        return self.style(text, "bad" if verdict.exit_code else "good")

    def verdict_row(self, verdict: Verdict, why: str) -> str:
        """The line of a table that names the verdict, and why it is not ok."""
        text = self.verdict(verdict, verdict)
        return self.row("verdict", f"{text}  ({why})" if verdict.exit_code else text)

    def has_color(self, stream: TextIO) -> bool:
        if self._color != "auto":
            return self._color == "always"
        if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
            return False
        return stream.isatty()

    # Everything else.

    def note(self, line: str) -> None:
        """One line to stderr; left out with `--quiet`."""
        if not self.quiet:
            self._err([line])

    def detail(self, line: str) -> None:
        """One line to stderr, with `--verbose` only."""
        if self.verbose:
            self._err([self.style(line, "dim", sys.stderr)])

    def warning(self, what: str, where: str = "", help: str = "", again: str | None = None) -> None:
        """A warning in its form; `again` is a command line to paste."""
        self._form("warning", "warn", what, where, help, "", again)

    def error(
        self, what: str, where: str = "", help: str = "", detail: str = "", again: str | None = None
    ) -> None:
        """An error in its form; `again` is a command line to paste."""
        self._form("error", "bad", what, where, help, detail, again)

    def failed(self, what: str, where: str) -> None:
        """A condition that was to be watched for has come true: a verdict, no error."""
        self._form("fail", "bad", what, where, "", "", None)

    def forward(self, data: bytes) -> None:
        """What the host or a node printed; above the bar by whole lines, else as it comes."""
        if self._bar is None and not sys.stderr.isatty():
            self._write(data)
            return
        said = self._part + self._forwarded.text(data)
        whole, newline, self._part = said.rpartition("\n")
        if self._bar is None or len(self._part) > _PART_MAX:
            whole, newline, self._part = said, "", ""
        if self._bar is None:
            self._write((whole + newline).encode())
        elif whole or newline:
            self._above_bar(whole)

    # Progress.

    def show_bar(self, bar: RichProgress | None) -> None:
        """Put all that goes to stderr above this bar from now on; None takes the bar off."""
        if self._bar is not None:
            self._bar.stop()
        self._bar = bar
        if bar is not None:
            bar.start()
            return
        part, self._part = self._part + self._forwarded.text(b"", is_last=True), ""
        self._write(part.encode())

    # Inside.

    def _form(
        self,
        kind: str,
        style: str,
        what: str,
        where: str,
        help: str,
        detail: str,
        again: str | None,
    ) -> None:
        what, where = printable.shortened(what), printable.shortened(where)
        lines = list(form_lines(what, where, help, detail, kind=kind))
        label = f"{kind}:"
        lines[0] = self.style(label, style, sys.stderr) + lines[0].removeprefix(label)
        self._err(lines)
        if again:
            self._err([self.style("again:", "label", sys.stderr) + " " + again])

    def _err(self, lines: Iterable[str]) -> None:
        text = "\n".join(_shown(printable.line(line)) for line in lines)
        if self._bar is not None:
            self._above_bar(text)
            return
        if self._mid_line:
            text = "\n" + text
        self._write(text.encode() + b"\n")

    def _above_bar(self, text: str) -> None:
        from rich.text import Text

        assert self._bar is not None
        self._bar.console.print(Text.from_ansi(text), soft_wrap=True)

    def _write(self, data: bytes) -> None:
        """Bytes to stderr as they are; a stderr without bytes below it (a test's) gets text."""
        if not data:
            return
        self._mid_line = not data.endswith(b"\n")
        sys.stderr.flush()
        raw = getattr(sys.stderr, "buffer", None)
        if raw is None:
            sys.stderr.write(data.decode("utf-8", "replace"))
        else:
            raw.write(data)
            raw.flush()
        sys.stderr.flush()


def _shown(text: str) -> str:
    """A printable line for people, with our own styles in it."""
    said = printable.logged(text)
    return said.replace(printable.line(_BEGIN), "\x1b[") if _BEGIN[1:] in said else said
