"""What sources say of their functions: macros of pynodes_attach.h, and `Attach:` in comments."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from pynodes.lint.graph import Annotation, Place
from pynodes.lint.state import At


class Says(StrEnum):
    """How a function wants its thread, and leaves it. changes: it depends."""

    ATTACHED = "attached"
    DETACHED = "detached"
    EITHER = "either"
    ATTACHES = "attaches"
    DETACHES = "detaches"
    CHANGES = "changes"


# How each is entered, each with how it has to be left.
ENTERED_AS: dict[str, tuple[tuple[At, At], ...]] = {
    Says.ATTACHED: ((At.ATTACHED, At.ATTACHED),),
    Says.DETACHED: ((At.DETACHED, At.DETACHED),),
    Says.EITHER: ((At.ATTACHED, At.ATTACHED), (At.DETACHED, At.DETACHED)),
    Says.ATTACHES: ((At.DETACHED, At.ATTACHED),),
    Says.DETACHES: ((At.ATTACHED, At.DETACHED),),
    Says.CHANGES: (),
}

# Those that leave the thread as they find it.
STEADY = frozenset((Says.ATTACHED, Says.DETACHED, Says.EITHER))

_ATTRIBUTE = "pynodes:"
_MAY_BLOCK = "may block"
_SAID = re.compile(r"\bAttach:\s+(.*?)(?=\s[A-Z][a-z]+:\s|$)")
_WORD = re.compile(
    r"(required|forbidden|either|changes|detached before and after)\b(?! nothing)"
    r"(?=$|[.;:,(]|\s\()(?!, but\b)(.*)"
)
_WORDS = {
    "required": Says.ATTACHED,
    "forbidden": Says.DETACHED,
    "detached before and after": Says.DETACHED,
    "either": Says.EITHER,
}
_ARROWS = {"(detached -> attached)": Says.ATTACHES, "(attached -> detached)": Says.DETACHES}


def of_attributes(cursor: Any, place: Place) -> Annotation | None:
    """What its macros say."""
    says, may_block = "", False
    for child in cursor.get_children():
        if child.kind.name == "ANNOTATE_ATTR" and child.spelling.startswith(_ATTRIBUTE):
            word = child.spelling.removeprefix(_ATTRIBUTE)
            may_block = may_block or word == _MAY_BLOCK
            says = word if word in ENTERED_AS else says
    return Annotation(says, place, may_block) if says or may_block else None


def of_text(text: str) -> str | None:
    """What a comment says; empty: under a condition, which is not read. None: nothing."""
    found = _SAID.search(text)
    if found is None:
        return None
    match = _WORD.match(found[1].strip())
    if match is None:
        return ""
    if match[1] != "changes":
        return _WORDS[match[1]]
    arrow = next((says for arrow, says in _ARROWS.items() if arrow in match[2]), None)
    return arrow or Says.CHANGES


def comment_at(lines: Sequence[str], first: int, last: int) -> str:
    """The comment on the lines (from 1) of a declaration: behind it, else above it."""
    behind = lines[last - 1] if last <= len(lines) else ""
    start = max(behind.find("/*"), behind.find("//"))
    if start >= 0 and "Attach:" in behind[start:]:
        return _plain(_whole(lines, last - 1, behind[start:]))
    return _plain(above(lines, first))


def _whole(lines: Sequence[str], at: int, text: str) -> str:
    """A comment that begins in a line, up to its end."""
    while text.startswith("/*") and "*/" not in text and at + 1 < len(lines):
        at += 1
        text += "\n" + lines[at]
    return text


def above(lines: Sequence[str], first: int) -> str:
    """The comment that ends in the line above one (from 1)."""
    at = first - 2
    if not 0 <= at < len(lines):
        return ""
    found: list[str] = []
    if lines[at].rstrip().endswith("*/"):
        while at >= 0:
            found.append(lines[at])
            if "/*" in lines[at]:
                break
            at -= 1
        is_own = at >= 0 and lines[at].lstrip().startswith("/*")  # not behind another one
        return "\n".join(reversed(found)) if is_own else ""
    while at >= 0 and lines[at].lstrip().startswith("//"):
        found.append(lines[at])
        at -= 1
    return "\n".join(reversed(found))


def _plain(comment: str) -> str:
    """Its words in one line."""
    said = comment.split("*/")[0] if comment.lstrip().startswith("/*") else comment
    parts = (line.strip().removeprefix("/*").lstrip("*/ ").strip() for line in said.splitlines())
    return " ".join(filter(None, parts))


class Reader:
    """Reads the annotations of a file's declarations, in their order."""

    def __init__(self) -> None:
        self.unread: set[Place] = set()  # whose comments say `Attach:` under a condition
        self._last: tuple[str, int, str] = ("", 0, "")  # file, last line, what its comment says

    def read(self, cursor: Any, file: str, lines: Sequence[str]) -> Annotation | None:
        """Of a function or a pointer to one."""
        first, last = cursor.extent.start.line, _last_line(cursor)
        place = Place(file, cursor.location.line)
        said = of_text(comment_at(lines, first, last))
        if said is None and self._last[:2] == (file, first - 1):
            said = self._last[2]  # one comment is for all that follow it without a gap
        elif said == "":
            self.unread.add(place)
        is_behind = bool(said) and "Attach:" in lines[last - 1] if last <= len(lines) else False
        self._last = (file, last, "" if is_behind else said or "")
        own = of_attributes(cursor, place)
        if own is not None:
            return own
        return Annotation(said, place) if said else None


def _last_line(cursor: Any) -> int:
    """Of what is declared: of a definition, the line above its body."""
    for child in cursor.get_children():
        if child.kind.name == "COMPOUND_STMT":
            return max(int(cursor.extent.start.line), int(child.extent.start.line) - 1)
    return int(cursor.extent.end.line)
