"""Messages about names that do not exist: the near miss first, then everything that does exist."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


MAX_NEAR = 100  # letters; nobody mistypes more, and to compare takes the square of that


def near(name: str, known: Iterable[str]) -> str | None:
    """The known name that was probably meant, or None; by its first word too."""
    if len(name) > MAX_NEAR:
        return None
    from difflib import get_close_matches  # only when something went wrong

    by_folded: dict[str, str] = {}
    names = list(known)
    for spelled in (names, (each.replace("_", " ").partition(" ")[0] for each in names)):
        for folded, each in zip(map(fold, spelled), names, strict=True):
            by_folded.setdefault(folded, each)
    match = get_close_matches(fold(name), by_folded, n=1, cutoff=0.6)
    return by_folded[match[0]] if match else None


def fold(name: str) -> str:
    """A name as it is compared when case and `_` for a space do not matter."""
    return name.casefold().replace("_", " ")


def unknown(owner: str, noun: str, name: object, known: Iterable[str]) -> str:
    """Text of an error: `Tilings has no input 'coords'; did you mean 'Coords'? inputs: Coords`."""
    names = list(known)
    guess = near(name, names) if isinstance(name, str) else None
    help = f"did you mean {guess!r}? " if guess is not None else ""
    listing = f"{noun}s: {', '.join(names)}" if names else f"it has no {noun}s"
    return f"{owner} has no {noun} {name!r}; {help}{listing}"


def out_of_range(owner: str, noun: str, index: int, known: Iterable[str]) -> str:
    """Text of an IndexError: `Tilings has no input number 7; inputs: 0 Coords, 1 Scale`."""
    numbered = ", ".join(f"{i} {name}" for i, name in enumerate(known))
    listing = f"{noun}s: {numbered}" if numbered else f"it has no {noun}s"
    return f"{owner} has no {noun} number {index}; {listing}"


def article(thing: object) -> str:
    """What a wrong argument is, after `got`: `the class Tilings`, `NodeTree 'ground'`, `None`."""
    if isinstance(thing, type):
        return f"the class {thing.__name__}"
    if thing is None or isinstance(thing, bool | int | float | list | tuple | dict):
        text = repr(thing)
        return text if len(text) <= 60 else text[:57] + "..."
    if isinstance(thing, str):
        return f"the text {thing!r}"
    name = getattr(thing, "name", None)
    kind = type(thing).__name__
    return f"{kind} {name!r}" if isinstance(name, str) else f"an object of type {kind}"
