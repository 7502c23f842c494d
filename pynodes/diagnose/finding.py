"""What a rule says: the kind of mistake, how sure it is, and where."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pynodes.diagnose.evidence import Frame, Thread
from pynodes.diagnose.sources import Line


class Confidence(StrEnum):
    """certain: the evidence admits nothing else. likely: it fits, and so may an alternative."""

    CERTAIN = "certain"
    LIKELY = "likely"


Fact = tuple[str, str, str]  # label, who, stack: the evidence as it is shown


@dataclass(frozen=True)
class Finding:
    """One mistake.

    `family` is set by whoever asked the rule, as a rule has its family's name; `pids`, the
    processes in which it was seen, by who gave the rule their evidence.
    """

    confidence: Confidence
    text: str
    place: Frame | None
    thread: str
    why: str
    help: str
    facts: tuple[Fact, ...]
    alternatives: tuple[str, ...]
    settled: bool
    stops: bool
    family: str = ""
    pids: tuple[int, ...] = ()

    @property
    def function(self) -> str:
        return self.place.function if self.place else ""

    @property
    def at(self) -> str:
        """`mark (scorer.c:14)`, as far as it is known."""
        place = self.place
        if place is None or not (place.function or place.line):
            return ""
        return f"{place.function or '??'}{f' ({place.file}:{place.line})' if place.line else ''}"

    source: tuple[Line, ...] = ()  # around the place, where it can be read
    path: tuple[tuple[Frame, str], ...] = ()  # of sources that were read: each step, in words

    def as_dict(self) -> dict[str, Any]:
        place = self.place
        return {
            "family": self.family,
            "confidence": str(self.confidence),
            "function": place.function if place else None,
            "file": place.file or None if place else None,
            "line": place.line or None if place else None,
            "source": [{"line": line, "text": text} for line, text in self.source],
            "path": [
                {"file": at.file, "line": at.line, "function": at.function, "text": text}
                for at, text in self.path
            ],
            "thread": self.thread,
            "pids": list(self.pids),
            "text": self.text,
            "why": self.why,
            "help": self.help,
            "alternatives": list(self.alternatives),
            "facts": [
                {"what": what, "who": who, "stack": stack} for what, who, stack in self.facts
            ],
        }


Findings = Iterator[Finding]


def finding(
    who: Thread | str,
    text: str,
    why: str,
    help: str,
    *facts: Fact,
    at: Frame | None = None,
    sure: bool = False,
    unless: Iterable[str] = (),
    settled: bool = True,
    stops: bool = True,
) -> Finding:
    """What a rule has found.

    Args:
        who: the thread that made the mistake, or what is said of it.
        at: the line to change; by default where the thread is in the program.
        sure: it is certain, not only likely.
        unless: what else it might be, where it is not sure.
        settled: one look is enough; otherwise a second one should see the same.
        stops: the program does not go on as it should.
    """
    thread, place = (who, at) if isinstance(who, str) else (who.title, at or who.place)
    confidence = Confidence.CERTAIN if sure else Confidence.LIKELY
    alternatives = () if sure else tuple(unless)
    return Finding(
        *(confidence, text, place, thread, why, help, facts, alternatives, settled, stops)
    )


def where(place: Frame | None, otherwise: str = "") -> str:
    """` at render.c:212`, else `otherwise`, for the middle of a sentence."""
    if place is None:
        return otherwise
    if not place.file:
        return f" in {place.function}" if place.function else otherwise
    return f" at {place.file.rsplit('/', 1)[-1]}:{place.line}"
