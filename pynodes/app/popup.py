"""Pop-ups: ask the user something, and wait for the answer.

The script stands still meanwhile, but the program does not: events go on to be played, other
scripts are called, render threads run, and so do Python threads. Every function returns None when
the user cancels, and when the replay ends.
"""

from __future__ import annotations

from pynodes.app._bridge import host as _host
from pynodes.nodes._names import article, unknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    Field = bool | int | float | str

EVENTS = {
    "answer": (("value", "json"),),
    "cancel": (),
}
"""Events of replays, with their keys as rows of `pynodes.replay.kinds.Key`."""


def popup_menu(title: str, choices: Sequence[str]) -> int | None:
    """The place of the choice that the user takes, by its words or its place.

    Raises:
        ValueError: no choices, or an answer that is not one of them.
    """
    labels = [str(choice) for choice in choices]
    if not labels:
        raise ValueError(f"the pop-up {title!r} needs choices")
    answer = _ask()
    if answer is None:
        return None
    if isinstance(answer, str) and answer in labels:
        return labels.index(answer)
    if isinstance(answer, int) and not isinstance(answer, bool) and 0 <= answer < len(labels):
        return answer
    raise ValueError(unknown(f"the pop-up {title!r}", "choice", answer, labels))


def popup_block(title: str, fields: Mapping[str, Field]) -> dict[str, Field] | None:
    """The fields as the user leaves them: `{"name": value}`, with the values' own types.

    Raises:
        ValueError: an answer with a field that is not there, or a value of another type.
    """
    answer = _ask()
    if answer is None:
        return None
    if not isinstance(answer, dict):
        raise ValueError(f"the answer to {title!r} must be fields, got {article(answer)}")
    filled = dict(fields)
    for name, value in answer.items():
        if name not in fields:
            raise ValueError(unknown(f"the pop-up {title!r}", "field", name, fields))
        filled[name] = _like(fields[name], value, name)
    return filled


def popup_confirm(question: str) -> bool | None:
    """Yes or no."""
    answer = _ask()
    if answer is None or isinstance(answer, bool):
        return answer
    raise ValueError(f"the answer to {question!r} must be true or false, got {article(answer)}")


def _ask() -> Any:
    from json import loads

    answer: str | None = _host.popup_ask()
    if answer is None:
        return None
    try:
        return loads(answer)
    except ValueError:
        return answer


def _like(old: Field, value: Any, name: str) -> Field:
    """A value of the type of the old one; whole numbers will do for others."""
    if isinstance(old, float) and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not type(old):
        kind = type(old).__name__
        raise ValueError(f"the field {name!r} must be of type {kind}, got {article(value)}")
    return old if value == old else value
