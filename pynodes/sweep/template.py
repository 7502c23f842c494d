"""A command with places for the values of axes: `./svc -j {threads} --mode {mode}`."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from pynodes.errors import BadValueError, did_you_mean, quoted_list

NAME = r"[A-Za-z_][A-Za-z0-9_-]*"
_PLACE = re.compile(r"\{\{|\}\}|\{(" + NAME + r")\}")
_DOUBLED = {"{{": "{", "}}": "}"}


@dataclass(frozen=True, slots=True)
class Template:
    """A text in which `{name}` is the value of an axis; `{{` and `}}` are braces.

    Whatever else stands in braces is left as it is, for programs have uses for them.
    """

    text: str

    @property
    def names(self) -> set[str]:
        return {found[1] for found in _PLACE.finditer(self.text) if found[1]}

    def filled(self, values: Mapping[str, str], *, quoted: bool = False) -> str:
        """The text with the values in their places; `quoted` for a shell."""

        def value(found: re.Match[str]) -> str:
            if not found[1]:
                return _DOUBLED[found[0]]
            text = values[found[1]]
            return shlex.quote(text) if quoted else text

        return _PLACE.sub(value, self.text)

    def words(self, values: Mapping[str, str], *, shell: bool) -> tuple[str, ...]:
        """The words of the command: a value is (part of) one word, whatever is in it.

        Raises:
            BadValueError: a quote is not closed.
        """
        if shell:
            return ("/bin/sh", "-c", self.filled(values, quoted=True))
        try:
            words = shlex.split(self.text)
        except ValueError as error:
            what = f"{self.text!r} cannot be split into words: {str(error).lower()}"
            raise BadValueError(what, help="close the quote, or write \\' for a sign") from None
        return tuple(Template(word).filled(values) for word in words)

    def check(self, axes: Mapping[str, object], where: str) -> None:
        """Raises `BadValueError` for a place that no axis fills."""
        for name in sorted(self.names - axes.keys()):
            help = did_you_mean(name, axes) or f"values are given for {quoted_list(axes)}"
            if name == "threads":
                help = "give -t 1..8"
            elif not axes:
                help = f"give --axis {name}=A,B; {{{{{name}}}}} is the text {{{name}}}"
            raise BadValueError(f"nothing gives a value for {{{name}}}", where, help)
