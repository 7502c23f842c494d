"""A file that the witness maps into the program, read by names: witness/layout.h describes it.

The file starts with its own layout as text. The program may write anything there at any time, so
nothing is mapped here: what is read is a copy, the layout is read once and checked, and no number
out of the file is used as a place or a size without its bound. It has no name in any folder, and
nobody can make it shorter: the witness would die of that, and the program with it.
"""

from __future__ import annotations

import fcntl
import os
import struct
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

HEAD = 8192  # bytes at most of the layout
_MOST = 64 << 20  # bytes of a file that is read at all
_NUMBERS = {"u32": "I", "atomic_u32": "I", "i32": "i", "u64": "Q", "i64": "q"}
_TEXT = "text"
# What is read here, by struct: numbers, texts, other structs.
_NEEDED = {
    "note": "call value frame state callers",
    "slot": "tid pid ended depth notes unmatched asked stack_size current stack held call arguments"
    " program attaches unmatched_note:note open:note recent:note",
    "incident": "kind pid tid other_tid times phase attached n_stack n_other value stack other"
    " text:text name:text",
    "maps": "pid size text:text",
    "process": "pid crash signal code tid stack_size address pointer low high guard"
    " returns_to stack initialized finalized running sees within starter releaser"
    " said:text started:note released:note",
    "program": "pid of ended status version started sees threads attaches command:text",
    "page": "crashes question lost past within used taken"
    " processes:process slots:slot incidents:incident maps:maps"
    " begun uncounted programs:program",
}
_WORDS = ("call", "incident", "phase", "crash")


class LayoutError(ValueError):
    """The text at a file's head is not a layout, or not a consistent one."""


@dataclass(frozen=True, slots=True)
class Field:
    """`count` values of a kind, one behind the other, `offset` bytes into their struct."""

    kind: str
    offset: int
    count: int


@dataclass(frozen=True)
class Layout:
    """Sizes in bytes and fields of structs; words by list and number."""

    sizes: dict[str, int] = field(default_factory=dict)
    fields: dict[str, dict[str, Field]] = field(default_factory=dict)
    words: dict[str, dict[int, str]] = field(default_factory=dict)

    @staticmethod
    def parse(text: str) -> Layout:
        """Of the text at a file's head. Raises LayoutError."""
        first, *lines = text.splitlines() or [""]
        if first != "witness 3" or "end" not in lines:
            raise LayoutError("no layout")
        made = Layout()
        for line in lines[: lines.index("end")]:
            try:
                made._take(*line.split(" ", 1))
            except (TypeError, ValueError) as error:
                raise LayoutError(f"{line!r} is not understood") from error
        made._check()
        return made

    def _take(self, what: str, rest: str) -> None:
        if what == "struct":
            name, size = rest.split()
            self.sizes[name] = int(size)
            self.fields[name] = {}
        elif what == "field":
            of, name, kind, offset, count = rest.split()
            self.fields.setdefault(of, {})[name] = Field(kind, int(offset), int(count))
        elif what == "word":
            of, number, word = rest.split(" ", 2)
            self.words.setdefault(of, {})[int(number)] = word
        else:
            raise ValueError(what)

    def _check(self) -> None:
        """That every field lies in its struct, and every struct in a file of some size."""
        for name, fields in self.fields.items():
            size = self.sizes.get(name, 0)
            if not 0 < size <= _MOST:
                raise LayoutError(f"struct {name} has {size} bytes")
            for known in fields.values():
                end = known.offset + known.count * self.size_of(known.kind)
                if known.offset < 0 or known.count < 1 or end > size:
                    raise LayoutError(f"a field ends outside of struct {name}")

    def has_all(self) -> bool:
        """Whether all that is read here is there, and of the kind that it is read as."""
        for of, needed in _NEEDED.items():
            for word in needed.split():
                name, _, kind = word.partition(":")
                known = self.fields.get(of, {}).get(name)
                if known is None or (known.kind != kind if kind else known.kind not in _NUMBERS):
                    return False
        return all(of in self.words for of in _WORDS)

    def size_of(self, kind: str) -> int:
        if kind == _TEXT:
            return 1
        size = struct.calcsize(_NUMBERS[kind]) if kind in _NUMBERS else self.sizes.get(kind, 0)
        if not size:
            raise LayoutError(f"{kind} is not a kind of field")
        return size


@dataclass(frozen=True, slots=True)
class View:
    """A struct in a copy of the file; fields by name. KeyError: the witness has no such field."""

    layout: Layout
    name: str
    data: bytes
    at: int = 0

    def _field(self, name: str) -> Field:
        return self.layout.fields[self.name][name]

    def numbers(self, name: str, most: int | None = None) -> list[int]:
        """The first values of a field, `most` of them and never more than there are."""
        known = self._field(name)
        count = known.count if most is None else max(0, min(most, known.count))
        form = f"={count}{_NUMBERS[known.kind]}"
        return list(struct.unpack_from(form, self.data, self.at + known.offset))

    def number(self, name: str) -> int:
        return self.numbers(name, 1)[0]

    def word(self, name: str, of: str) -> str:
        """What a number means in a list of words; the number itself where it is in none."""
        number = self.number(name)
        return self.layout.words[of].get(number, str(number))

    def text(self, name: str, most: int | None = None, errors: str = "replace") -> str:
        """Up to its first zero byte; `errors` as for `bytes.decode`."""
        known = self._field(name)
        begin = self.at + known.offset
        size = known.count if most is None else max(0, min(most, known.count))
        return self.data[begin : begin + size].split(b"\0")[0].decode(errors=errors)

    def part(self, name: str, index: int = 0) -> View:
        """A struct inside of this one. Raises IndexError."""
        known = self._field(name)
        if not 0 <= index < known.count:
            raise IndexError(name)
        at = self.at + known.offset + index * self.layout.sizes[known.kind]
        return View(self.layout, known.kind, self.data, at)

    def parts(self, name: str, most: int | None = None) -> Iterator[View]:
        count = self._field(name).count
        for index in range(count if most is None else max(0, min(most, count))):
            yield self.part(name, index)


class MappedFile:
    """The file, which goes with the last process that has it.

    Args:
        file: the descriptor of one that was inherited; None makes one, for the witness to fill.

    Raises:
        OSError: the system has no memory for it.
    """

    def __init__(self, file: int | None = None) -> None:
        if file is None:
            file = os.memfd_create("pynodes-notes", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
            fcntl.fcntl(file, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL)
        self.file = file
        self._layout: Layout | None = None

    @property
    def path(self) -> str:
        """Where other processes open it, while this one has it open."""
        return f"/proc/{os.getpid()}/fd/{self.file}"

    def close(self) -> None:
        os.close(self.file)

    @property
    def layout(self) -> Layout | None:
        """None: no witness came up that describes what it writes, or not yet."""
        if self._layout is None:
            head = os.pread(self.file, HEAD, 0).split(b"\0")[0].decode(errors="replace")
            with suppress(LayoutError):
                layout = Layout.parse(head)
                if layout.has_all() and os.fstat(self.file).st_size == layout.sizes["page"]:
                    self._layout = layout
        return self._layout

    def page(self) -> View | None:
        """A copy of the whole as it is now; None: there is no witness, or the file was cut."""
        if self.layout is None:
            return None
        size = self.layout.sizes["page"]
        data = os.pread(self.file, size, 0)
        return View(self.layout, "page", data) if len(data) == size else None

    def number(self, name: str) -> int:
        """One number of the page as it is now; 0 without a witness."""
        if self.layout is None:
            return 0
        known = self.layout.fields["page"][name]
        size = self.layout.size_of(known.kind)
        data = os.pread(self.file, size, known.offset)
        return int(struct.unpack("=" + _NUMBERS[known.kind], data)[0]) if len(data) == size else 0

    def set(self, view: View, name: str, value: int) -> None:
        """Write one number where it was read, as much of it as the field holds."""
        known = view.layout.fields[view.name][name]
        size = view.layout.size_of(known.kind)
        data = (value & (1 << 8 * size) - 1).to_bytes(size, sys.byteorder)
        os.pwrite(self.file, data, view.at + known.offset)
