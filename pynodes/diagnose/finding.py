"""What a rule says: the kind of mistake, how sure it is, and where."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pynodes.diagnose.evidence import Frame


class Confidence(StrEnum):
    """certain: the evidence admits nothing else. likely: it fits, and so may an alternative."""

    CERTAIN = "certain"
    LIKELY = "likely"


@dataclass(frozen=True)
class Finding:
    """One mistake. `facts` are label, who, chain: the evidence as it is shown."""

    family: str
    confidence: Confidence
    text: str
    place: Frame | None
    thread: str
    why: str
    mend: str
    facts: tuple[tuple[str, str, str], ...] = ()
    alternatives: tuple[str, ...] = ()
    settled: bool = True  # False: a second look should see the same
    stops: bool = True  # False: the program goes on all the same

    def as_dict(self) -> dict[str, Any]:
        place = self.place
        return {
            "family": self.family,
            "confidence": str(self.confidence),
            "function": place.function if place else None,
            "file": place.file or None if place else None,
            "line": place.line or None if place else None,
            "thread": self.thread,
            "text": self.text,
            "why": self.why,
            "mend": self.mend,
            "alternatives": list(self.alternatives),
            "facts": [asdict_fact(fact) for fact in self.facts],
        }


def asdict_fact(fact: tuple[str, str, str]) -> dict[str, str]:
    return dict(zip(("what", "who", "stack"), fact, strict=True))


def where(place: Frame | None, otherwise: str = "") -> str:
    """` at render.c:212`, else `otherwise`, for the middle of a sentence."""
    if place is None:
        return otherwise
    if not place.file:
        return f" in {place.function}" if place.function else otherwise
    return f" at {place.file.rsplit('/', 1)[-1]}:{place.line}"
