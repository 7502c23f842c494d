"""Stand-ins for the host's arrays, so that a node with `call = "batch"` runs outside the host.

They are read and assigned as the host's are, and complain as those do; NumPy looks at them without
a copy. Two differences: they outlive the call, and before Python 3.12 memoryview() does not take
them.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import index
from typing import Any, Literal

from pynodes.nodes._plain import ShadingInput, Sockets, assigned, shading_model
from pynodes.nodes._value import RGBA, VALUE, VECTOR

_ZEROS = {VALUE: 0.0, VECTOR: (0.0, 0.0, 0.0), RGBA: (0.0, 0.0, 0.0, 0.0)}
_TYPES = {"f": "f4", "d": "f8", "i": "i4"}  # as NumPy's array interface names them
Letter = Literal["f", "d", "i"]

_WHOLE = ("pixel", "sample")
_SAME = (  # of the shading input: what all samples of a batch share is no array
    *("frame", "color", "specularColor", "mirrorColor", "ambientColor", "ambient", "emit"),
    *("displace", "strand", "stress", "stickyD", "strandD"),
)


class Array:
    """The values of one socket or field for all samples of a call, alike in shape.

    Args:
        name: as in `self.input.Coords`.
        values: of the samples: numbers, or tuples of them.
        letter: the type of a number: f, d or i as in struct.
        output: name and type of the socket, where it can be assigned to.
    """

    __slots__ = ("_letter", "_name", "_output", "_view", "shape")

    def __init__(
        self,
        name: str,
        values: Sequence[Any],
        letter: Letter = "f",
        output: tuple[str, int] | None = None,
    ) -> None:
        self._name, self._letter, self._output = name, letter, output
        self.shape = (len(values), *_shape(values[0]))
        flat: Any = memoryview(array(letter, _flat(values))).cast("B")
        self._view: memoryview = flat.cast(letter, self.shape)

    def __repr__(self) -> str:
        return f"<array {self._name}, shape {self.shape}>"

    def __len__(self) -> int:
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        return map(_tuples, self._view.tolist())

    def __getitem__(self, key: Any) -> Any:
        return _tuples(self._view.tolist()[self._number(key)])

    def __setitem__(self, key: Any, value: Any) -> None:
        if self._output is None:
            raise TypeError(f"{self._name} can only be read")
        if isinstance(key, slice) and range(len(self))[key] == range(len(self)):
            self.assign(value)
        else:
            number = self._number(key)
            self._write(number, assigned(value, self._output[1], self._output[0]))

    def assign(self, value: Any) -> None:
        """Assign an array of this shape, or one value to all samples."""
        assert self._output is not None
        name, kind = self._output
        given = _buffer(value)
        if given is None or not given.ndim or (kind != VALUE and given.shape == self.shape[1:]):
            one = assigned(value, kind, name)
            for number in range(len(self)):
                self._write(number, one)
            return
        if given.shape != self.shape:
            raise ValueError(
                f"output socket {name!r} takes an array of shape {self.shape}, or one value for"
                f" all samples, got shape {given.shape}"
            )
        if given.format.lstrip("@=") not in ("f", "d"):
            raise TypeError(
                f"output socket {name!r} takes numbers of type float32 or float64,"
                f" got {getattr(value, 'dtype', given.format)}"
            )
        self._view.cast("B")[:] = memoryview(array("f", _flat(given.tolist()))).cast("B")

    def _number(self, key: Any) -> int:
        try:
            given = index(key)
        except TypeError:
            raise TypeError(
                f"{self._name} is taken by the number of a sample, or as a whole by [:] to be"
                f" assigned; numpy.asarray({self._name}) has all of NumPy, without a copy"
            ) from None
        if not -len(self) <= given < len(self):
            raise IndexError(f"{self._name} has no sample {given}; it has {len(self)}")
        return given % len(self)

    def _write(self, number: int, value: Any) -> None:
        items = array("f", _flat([value]))
        flat = self._view.cast("B").cast("f")
        flat[number * len(items) : (number + 1) * len(items)] = memoryview(items)

    def buffer(self) -> memoryview:
        """Its memory, read-only unless it is an output's."""
        return self._view if self._output is not None else self._view.toreadonly()

    def __buffer__(self, flags: int) -> memoryview:
        return self.buffer()

    @property
    def __array_interface__(self) -> dict[str, Any]:
        order = "<" if sys.byteorder == "little" else ">"
        typestr = order + _TYPES[self._letter]
        return {"shape": self.shape, "typestr": typestr, "data": self.buffer(), "version": 3}


def _buffer(value: Any) -> memoryview | None:
    if isinstance(value, Array):
        return value.buffer()
    try:
        return None if isinstance(value, float) else memoryview(value)
    except TypeError:
        return None


def _shape(value: Any) -> tuple[int, ...]:
    return (len(value), *_shape(value[0])) if isinstance(value, tuple | list) else ()


def _flat(values: Iterable[Any]) -> Iterator[Any]:
    for value in values:
        if isinstance(value, tuple | list):
            yield from _flat(value)
        else:
            yield value


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


class ArrayOutputs(Sockets):
    """`self.output` of a batch: arrays, zero until written."""

    __slots__ = ()

    def __init__(self, types: Mapping[str, int], n: int) -> None:
        arrays: Any = {
            name: Array(f"self.output.{name}", [_ZEROS[kind]] * n, output=(name, kind))
            for name, kind in types.items()
        }
        super().__init__("output", arrays)

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in self._names:
            raise AttributeError(self._unknown(name))
        self.__dict__[name].assign(value)

    def __setitem__(self, key: str | int, value: Any) -> None:
        setattr(self, self._name(key), value)


class BatchShading(ShadingInput):
    """`self.shi` of a batch: what differs by sample is an array."""

    __slots__ = ("_n",)
    _n: int

    def __init__(self, samples: Sequence[ShadingInput], seed: int) -> None:
        super().__init__(None, seed)
        object.__setattr__(self, "_n", len(samples))
        for name, value in vars(samples[0]).items():
            many = [vars(sample)[name] for sample in samples]
            letter: Letter = "i" if name in _WHOLE else "f"
            is_same = name in _SAME
            self.__dict__[name] = value if is_same else Array(f"self.shi.{name}", many, letter)

    def random(self, count: int | None = None) -> Any:
        """The next number in [0, 1) of each sample, or so many."""
        if count is not None and count < 1:
            raise ValueError(f"random() gives a sample 1 number or more, not {count}")
        draw = self._random.random
        many = [
            draw() if count is None else tuple(draw() for _ in range(count)) for _ in range(self._n)
        ]
        return Array("self.shi.random()", many, "d")


def by_sample(
    inputs: Mapping[str, Any], kinds: Mapping[str, int], shi: Mapping[str, Any]
) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """What a test gives for a batch, sample by sample: inputs and fields of the shading input.

    A value for each sample, in a list or an array, or one value for all.
    Raises:
        ValueError: for different numbers of samples.
    """
    given = [
        *((f"input {name!r}", value, int(kinds[name] != VALUE)) for name, value in inputs.items()),
        *((f"shi[{name!r}]", value, _depth(shading_model(name))) for name, value in shi.items()),
    ]
    listed = [value.tolist() if hasattr(value, "tolist") else value for _, value, _ in given]
    is_many = [_depth(each) > depth for each, (_, _, depth) in zip(listed, given, strict=True)]
    counts = {
        name: len(each)
        for each, many, (name, _, _) in zip(listed, is_many, given, strict=True)
        if many
    }
    if len({*counts.values()}) > 1:
        said = ", ".join(f"{name} {count}" for name, count in counts.items())
        raise ValueError(f"all must be of as many samples: {said}")
    for number in range(next(iter(counts.values()), 1)):
        row = [each[number] if many else each for each, many in zip(listed, is_many, strict=True)]
        yield dict(zip(inputs, row, strict=False)), dict(zip(shi, row[len(inputs) :], strict=True))


def _depth(value: Any) -> int:
    """0 of a number, 1 of a row of numbers, 2 of rows of them."""
    return 1 + _depth(value[0]) if isinstance(value, tuple | list) and value else 0
