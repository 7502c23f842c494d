"""Kinds of values: each reads one from text, reads several (for sweeps), writes it and checks it.

Several values: commas make lists, `A..B` and `A..B:STEP` are ranges, `all` is every word. A value
that comes twice counts once. Every refusal is a `BadValueError` that says what is accepted.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pynodes.errors import BadValueError, did_you_mean, quoted_list

MAX_VALUES = 10_000
MAX_SIDE = 16384
MAX_FRAME = 10**9
MAX_FRAMES = 100_000


class Kind:
    """One kind of value.

    Attributes:
        metavar: how a value is written.
        several: how several values are written.
        note: what help and docs say about several values.
        is_number: a number, and nothing else, may say it.
        is_flag: there is no value, the option itself says it.
        repeats: the option may be given several times; the field holds a tuple.
        choices: the words that it takes, when it takes words.
        most: so many values at once.
    """

    metavar = "TEXT"
    several = "TEXT,..."
    note = ""
    is_number = False
    is_flag = False
    repeats = False
    choices: tuple[str, ...] = ()
    most = MAX_VALUES

    def parse(self, text: str) -> Any:
        """One value. Raises `BadValueError`."""
        return text

    def parse_several(self, text: str) -> tuple[Any, ...]:
        """All values that a text names, each once. Raises `BadValueError`."""
        parts = [part.strip() for part in text.split(",")]
        if not all(parts):
            raise BadValueError(
                f"{text!r} has an empty place" if text.strip() else "the list of values is empty",
                help="write values with commas, such as 1,2,4, or a range, such as 1..8",
            )
        found: dict[Any, None] = {}
        for part in parts:
            found.update(dict.fromkeys(self._values(part)))
            if len(found) > self.most:
                raise _too_many(text, self.most)
        return tuple(found)

    def _values(self, part: str) -> Iterable[Any]:
        """What one part of a list names."""
        return (self.parse(part),)

    def check(self, name: str, value: Any) -> None:
        """Refuse a value that `parse` could not have given; `name` is the option's."""

    def format(self, value: Any) -> str:
        """The text that `parse` reads back; empty when there is none, as for None."""
        return "" if value is None or value is False or value == () else str(value)

    def words(self, flag: str, value: Any) -> list[str]:
        """The words of a command line that say it; none when there is nothing to say."""
        text = self.format(value)
        return [flag, text] if text else []

    def shown(self, value: Any) -> Any:
        """The value as it is stored with a cell and shown: plain, as JSON has it."""
        return value


class Flag(Kind):
    """Given or not. Among several values it is `on` and `off`."""

    metavar = ""
    several = "on|off|all"
    is_flag = True

    def parse_several(self, text: str) -> tuple[Any, ...]:
        return Switch().parse_several(text)

    def words(self, flag: str, value: Any) -> list[str]:
        return [flag] if value else []


class Words(Kind):
    """One of some words. `named` ones are not meant by `all`."""

    several = "WORD,...|all"

    def __init__(self, choices: Iterable[str], named: Iterable[str] = ()) -> None:
        self.choices = tuple(choices)
        self.metavar = "|".join(self.choices)
        self._all = [word for word in self.choices if word not in named]
        also = "".join(f", {word} when it is named" for word in named)
        self.note = f"all is {quoted_list(self._all)}{also}"

    def parse(self, text: str) -> Any:
        self._refuse_unknown(text, self.choices)
        return text

    def check(self, name: str, value: Any) -> None:
        self._refuse_unknown(value, self.choices, name)

    def _values(self, part: str) -> Iterable[Any]:
        self._refuse_unknown(part, (*self.choices, "all"))
        return map(self.parse, self._all if part == "all" else [part])

    def _refuse_unknown(self, word: str, known: tuple[str, ...], where: str = "") -> None:
        if word not in known:
            what = f"{word!r} is not one of {', '.join(map(repr, known))}"
            help = did_you_mean(word, known) or "take one of them"
            raise BadValueError(what, where=where, help=help)


class Switch(Words):
    """`on` (True) or `off` (False)."""

    several = "on|off|all"

    def __init__(self) -> None:
        super().__init__(("on", "off"))
        self.note = ""

    def parse(self, text: str) -> Any:
        return super().parse(text) == "on"

    def check(self, name: str, value: Any) -> None:
        pass

    def format(self, value: Any) -> str:
        return "on" if value else "off"


class _Scale(Kind):
    """Values from a lowest to a highest one, both taken, with ranges among several.

    Args:
        noun: what it is, with its article, for messages.
        help: what is accepted, for messages.
    """

    is_number = True

    def __init__(self, noun: str, low: float, high: float, help: str) -> None:
        self.noun, self.low, self.high, self._help = noun, low, high, help

    def parse(self, text: str) -> Any:
        value = self._read(text)
        self._refuse_outside(value, repr(text))
        return value

    def check(self, name: str, value: Any) -> None:
        if value is not None:
            self._refuse_outside(value, str(value), name)

    def _read(self, text: str) -> Any:
        """The value; NaN for what is not a number."""
        return _to_float(text)

    def _between(self, first: Any, last: Any, step: str, part: str) -> Sequence[Any]:
        """The values of a range; kinds that have ranges define it."""
        raise NotImplementedError

    def _values(self, part: str) -> Iterable[Any]:
        if ".." not in part:
            return (self.parse(part),)
        match = re.fullmatch(r"(.+?)\.\.(.+?)(?::(.+))?", part)
        if match is None:
            raise BadValueError(f"{part!r} is not a range", help="write A..B or A..B:STEP")
        first, last = (_Scale.parse(self, match[at].strip()) for at in (1, 2))
        if last < first:
            raise BadValueError(
                f"the range {part!r} is empty: it counts down",
                help=f"write {last:g}..{first:g}, or list the values",
            )
        found = self._between(first, last, (match[3] or "").strip(), part)[: self.most + 1]
        if len(found) > self.most:
            raise _too_many(part, self.most)
        return found

    def _refuse_outside(self, value: Any, shown: str, where: str = "") -> None:
        if not self.low <= value <= self.high:
            raise BadValueError(f"{shown} is not {self.noun}", where=where, help=self._help)


class Number(_Scale):
    """A whole number; `word` stands for None, such as `auto`."""

    note = "numbers and ranges"

    def __init__(
        self, noun: str, low: int, high: int, metavar: str = "N", *, word: str = ""
    ) -> None:
        also = f", or `{word}`" if word else ""
        super().__init__(noun, low, high, f"write a whole number, {low} to {high}{also}")
        self.word = word
        self.metavar = f"{metavar}|{word}" if word else metavar
        self.several = f"{metavar},..."
        if word:
            self.note = f"numbers, ranges, {word}"

    def parse(self, text: str) -> Any:
        return None if self.word and text == self.word else super().parse(text)

    def format(self, value: Any) -> str:
        return self.word if value is None else str(value)

    def shown(self, value: Any) -> Any:
        return (self.word or None) if value is None else value

    def _read(self, text: str) -> Any:
        return _whole(text)

    def _between(self, first: Any, last: Any, step: str, part: str) -> Sequence[Any]:
        return range(first, last + 1, Number("a step", 1, 2**62).parse(step or "1"))


class Frame(Number):
    """The number of one frame; the value is a tuple of it, as jobs have several."""

    most = MAX_FRAMES

    def __init__(self) -> None:
        super().__init__("a frame number", -MAX_FRAME, MAX_FRAME)

    def parse(self, text: str) -> Any:
        return (super().parse(text),)

    def parse_several(self, text: str) -> tuple[Any, ...]:
        found = super().parse_several(text)
        return tuple(dict.fromkeys(n if isinstance(n, tuple) else (n,) for n in found))

    def check(self, name: str, value: Any) -> None:
        for number in value:
            super().check(name, number)

    def format(self, value: Any) -> str:
        return str(value[0])

    def shown(self, value: Any) -> Any:
        return value[0]


class Ranges(Kind):
    """Frames: `A`, `A..B`, `A..B:STEP`, and several of these with commas; one value, a tuple.

    The order given is kept; a frame named twice is rendered once.
    """

    metavar = several = "LIST"
    is_number = True
    note = "several frames in one host, as one value; give it several times for an axis"

    def parse(self, text: str) -> Any:
        return tuple(number for (number,) in Frame().parse_several(text))

    def parse_several(self, text: str) -> tuple[Any, ...]:
        return (self.parse(text),)

    def check(self, name: str, value: Any) -> None:
        if not value:
            raise BadValueError(
                "no frame is asked for", where=name, help="name at least one, such as 1 or 1..10"
            )
        Frame().check(name, value)

    def format(self, value: Any) -> str:
        return format_ranges(value)

    def shown(self, value: Any) -> Any:
        return list(value)


class Seconds(_Scale):
    """A time in seconds. A range grows by a factor: of ten, or of STEP; `default` is None."""

    metavar = "SECONDS"
    several = "SECONDS,..."
    note = (
        "a range goes in factors of ten, or of its step: 1e-6..1, 1e-6..1:100; default is no value"
    )

    def format(self, value: Any) -> str:
        return "" if value is None else repr(value)

    def _values(self, part: str) -> Iterable[Any]:
        return (None,) if part == "default" else super()._values(part)

    def _between(self, first: Any, last: Any, step: str, part: str) -> Sequence[Any]:
        factor = _to_float(step or "10")
        if not 1.0 < factor < 1e12:
            raise BadValueError(
                f"the step of {part!r} is no factor above 1",
                help="they grow by a factor: 1e-6..1 by ten, 1e-6..1:100 by a hundred",
            )
        count = int(math.log(last / first) / math.log(factor) + 1e-9) + 1
        # Rounded, so that 1e-06 * 10 * 10 * 10 is 0.001 and is stored as that.
        return [float(f"{first * factor**i:.12g}") for i in range(min(count, MAX_VALUES + 1))]


class Size(Kind):
    """`WxH` in pixels; the value is (width, height)."""

    metavar = "WxH"
    several = "WxH,..."
    note = "several sizes"
    _SIDES = f"width and height are 1 to {MAX_SIDE}"

    def parse(self, text: str) -> Any:
        width, x, height = text.lower().partition("x")
        if not (x and _is_digits(width) and _is_digits(height)):
            help = f"write WxH, such as 640x480; {self._SIDES}"
            raise BadValueError(f"{text!r} is not a size", help=help)
        sides = _whole(width), _whole(height)
        self._refuse_outside(sides, repr(text))
        return sides

    def check(self, name: str, value: Any) -> None:
        self._refuse_outside(value, self.format(value), name)

    def format(self, value: Any) -> str:
        return f"{value[0]}x{value[1]}"

    def shown(self, value: Any) -> Any:
        return self.format(value)

    def _refuse_outside(self, sides: tuple[int, ...], shown: str, where: str = "") -> None:
        if not all(1 <= side <= MAX_SIDE for side in sides):
            what = f"{shown} is not a size this renderer can make"
            raise BadValueError(what, where=where, help=self._SIDES)


class Pixel(Kind):
    """`X,Y` or `X,Y,SAMPLE`, from 0 and from the top left; the value has all three."""

    metavar = "X,Y[,SAMPLE]"

    def parse(self, text: str) -> Any:
        if re.fullmatch(r"[0-9]{1,9}(,[0-9]{1,9}){1,2}", text) is None:
            help = "write X,Y or X,Y,SAMPLE, counted from 0 and from the top left, such as 160,128"
            raise BadValueError(f"{text!r} is not a pixel", help=help)
        x, y, sample = (*map(int, text.split(",")), 0)[:3]
        return x, y, sample

    def parse_several(self, text: str) -> tuple[Any, ...]:
        return (self.parse(text),)

    def format(self, value: Any) -> str:
        return "" if value is None else ",".join(map(str, value))


class Define(Kind):
    """`NAME=VALUE`; the value stays text, only Python inside the host reads it."""

    metavar = "NAME=VALUE"
    repeats = True
    note = "give the same name several times: -D scale=1 -D scale=2"

    def parse(self, text: str) -> Any:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise BadValueError(f"{text!r} is not NAME=VALUE", help="write it like -D scale=4")
        return name.strip(), value

    def words(self, flag: str, value: Any) -> list[str]:
        return [word for name, text in value for word in (flag, f"{name}={text}")]


class Names(Kind):
    """Names, several with commas, taken as they are."""

    def __init__(self, metavar: str, note: str = "") -> None:
        self.metavar, self.several, self.note = metavar, f"{metavar},...", note

    def parse(self, text: str) -> Any:
        if not text.strip():
            raise BadValueError("the name is empty", help=f"write a name for {self.metavar}")
        return text


LIMIT = Seconds("a time limit", 1e-9, 1e9, "write seconds above 0, such as 90")


def format_ranges(frames: Iterable[int]) -> str:
    """The shortest spelling that `Ranges` reads back to the same frames in that order."""
    return ",".join(_runs(list(frames)))


def _runs(frames: list[int]) -> Iterator[str]:
    at = 0
    while at < len(frames):
        end = at + 1
        step = frames[end] - frames[at] if end < len(frames) else 0
        while step > 0 and end < len(frames) and frames[end] - frames[end - 1] == step:
            end += 1
        if end - at >= 3:
            tail = "" if step == 1 else f":{step}"
            yield f"{frames[at]}..{frames[end - 1]}{tail}"
            at = end
        else:
            yield str(frames[at])
            at += 1


def _whole(text: str) -> Any:
    """A whole number, else NaN: more than 20 digits are beyond every range, and slow to read."""
    digits = text[1:] if text[:1] in ("+", "-") else text
    is_whole = _is_digits(digits) and len(digits.lstrip("0")) <= 20
    return int(text) if is_whole else math.nan


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _to_float(text: str) -> float:
    try:
        return float(text) if text.isascii() and "_" not in text else math.nan
    except ValueError:
        return math.nan


def _too_many(text: str, most: int) -> BadValueError:
    return BadValueError(f"{text!r} is more than {most} values", help="take a larger step")
