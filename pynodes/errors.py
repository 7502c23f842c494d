"""Errors as they are shown: what happened, where, and how to fix it.

Nothing here prints. The command line shows an error through `form_lines` and leaves with its
`exit_code`; the host writes the same form to its stderr, which `parse_form` reads back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

MAX_NEAR = 100  # letters of a near miss: to compare takes the square of that
_BEGINNING = 3  # letters of a word's beginning by which it is known

EXIT_USAGE = 2
EXIT_CANNOT_START = 3
EXIT_INTERRUPTED = 130


class PynodesError(Exception):
    """Base of every error that is meant for a person.

    Args:
        what: one sentence without a full stop; may run over several lines.
        where: file, line, option or tile; empty when there is no such place.
        help: what to do next, best a command to type; empty when nothing is known.
        detail: a traceback or the last words of a program, shown below, indented.
    """

    exit_code = EXIT_CANNOT_START

    def __init__(self, what: str, where: str = "", help: str = "", detail: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.help = help
        self.detail = detail


class BadValueError(PynodesError):
    """A value that an option or a field does not accept; `help` says what is accepted."""

    exit_code = EXIT_USAGE


class CannotStartError(PynodesError):
    """Nothing could be rendered: no host, no scene, no place for the picture."""


class HostMissingError(CannotStartError):
    """No usable `pynodes-host` was found."""


class MismatchError(CannotStartError):
    """Host and package speak different versions of the wire."""


@contextmanager
def needed(
    what: str, where: object = "", help: str = "", kind: type[PynodesError] = CannotStartError
) -> Iterator[None]:
    """An OSError of what must succeed becomes an error of that kind; its reason follows `what`."""
    try:
        yield
    except OSError as error:
        raise kind(f"{what}: {error.strerror or error}", str(where), help) from None


def form_lines(
    what: str, where: str = "", help: str = "", detail: str = "", *, kind: str = "error"
) -> Iterator[str]:
    """Yield the lines of one error (or warning, by `kind`) in the form both programs use."""
    yield from _labelled(f"{kind}: ", what, indent=" " * (len(kind) + 2))
    if where:
        yield from _labelled("  where: ", where, indent=" " * 9)
    if help:
        yield from _labelled("  help:  ", help, indent=" " * 9)
    for line in detail.rstrip().split("\n") if detail.strip() else ():
        yield f"  {line}" if line else ""


def parse_form(said: str) -> PynodesError | None:
    """Find the last error in the form above within `said`, for instance a host's stderr."""
    found: dict[str, list[str]] | None = None
    part: list[str] = []
    for line in said.split("\n"):
        if line.startswith("error: "):
            part = [line.removeprefix("error: ")]
            found = {"what": part}
        elif found is None:
            continue
        elif "detail" not in found and line.startswith(("  where: ", "  help:")):
            label, _, text = line.strip().partition(":")
            part = found.setdefault(label, [])
            part.append(text.strip())
        elif "detail" not in found and line.startswith(" " * len("error: ")):
            part.append(line.strip())
        elif line.startswith("  "):
            part = found.setdefault("detail", [])
            part.append(line.removeprefix("  "))
    if found is None:
        return None
    return CannotStartError(**{name: "\n".join(lines) for name, lines in found.items()})


def quoted_list(names: Iterable[str]) -> str:
    """`a, b, c` for messages that list what exists; `none` for nothing."""
    return ", ".join(names) or "none"


def did_you_mean(wrong: str, known: Iterable[str]) -> str:
    """`did you mean X?` (or `X or Y?`) for a near miss, else the empty string.

    Near is what differs in a letter of every three, what was cut short, and what was typed too
    long; two letters swapped are one. Case does not count, nor do the dashes of an option.
    """
    if len(wrong) > MAX_NEAR:
        return ""
    plain = wrong.casefold().lstrip("-")
    found: dict[str, int] = {}
    for name in known:
        steps = _steps(plain, name.casefold().lstrip("-"), min(3, len(plain) // 3))
        if steps is not None:
            found[name] = steps
    near = sorted(found, key=found.__getitem__)[:3]
    return f"did you mean {' or '.join(near)}?" if near else ""


def _steps(wrong: str, right: str, most: int) -> int | None:
    """How many letters were left out, added, changed or swapped; None for more than `most`."""
    if wrong == right:
        return 0
    short, long = sorted((wrong, right), key=len)
    if len(short) >= _BEGINNING and long.startswith(short):
        return 1
    if len(long) - len(short) > most:
        return None
    before: list[int] = []
    row = list(range(len(right) + 1))
    for at, letter in enumerate(wrong):
        above, row = row, [at + 1]
        for to, other in enumerate(right):
            cost = min(above[to] + (letter != other), above[to + 1] + 1, row[to] + 1)
            if at and to and letter == right[to - 1] and wrong[at - 1] == other:
                cost = min(cost, before[to - 1] + 1)
            row.append(cost)
        before = above
    return row[-1] if row[-1] <= most else None


def _labelled(label: str, text: str, indent: str) -> Iterator[str]:
    first, *rest = text.rstrip("\n").split("\n")
    yield f"{label}{first}"
    for line in rest:
        yield f"{indent}{line}"
