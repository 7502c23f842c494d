"""What the host calls: loops over the samples of a batch, in C."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pynodes.compile.views import Self

WIDTHS = (1, 3, 4)
NUMBERS_OF_OBJECT = 16
_PART = 256  # samples, so that a vector is one of doubles, and not of bytes for `bailed`


def wide_types(seen: Mapping[int, str], objects: int) -> str:
    """The structs of what is the same for all samples, and of what each sample's shading gives."""
    fields = "".join(f"    {c_type} at{place};\n" for place, c_type in sorted(seen.items()))
    numbers = max(1, objects * NUMBERS_OF_OBJECT)
    return (
        f"typedef struct {{\n{fields}    char nothing;\n}} pn_seen;\n\n"
        f"typedef struct {{\n    int64_t frame;\n    pn_real looked_up[{numbers}];\n}} pn_same;"
    )


class Entry:
    """The loops around the call of one node. `linked`: which inputs differ between samples."""

    def __init__(self, node: Self, linked: Sequence[bool]) -> None:
        inputs, outputs = node.sides["input"].sockets, node.sides["output"].sockets
        self._in = [WIDTHS[each[1]] for each in inputs]
        self._out = [WIDTHS[each[1]] for each in outputs]
        self._strides = [
            w if is_linked else 0 for w, is_linked in zip(self._in, linked, strict=True)
        ]
        self._bytes = node.shading.bytes

    def each(self) -> str:
        """Sample by sample: all of them, or those that vectors left over."""
        inputs, outputs = range(len(self._in)), range(len(self._out))
        kept = [f"const float *in{k} = a->in[{k}];" for k in inputs]
        kept += [f"const int stride{k} = a->stride[{k}];" for k in inputs]
        kept += [f"float *out{k} = a->out[{k}];" for k in outputs]
        hand = [f"in{k} + i * stride{k}" for k in inputs]
        hand += [f"out{k} + i * {self._out[k]}" for k in outputs]
        hand += [f"shading + i * {self._bytes}", "a", "&c"]
        head = "".join(f"    {each}\n" for each in kept)
        zero = "".join(
            f"            out{k}[i * {width} + {part}] = 0.0f;\n"
            for k, width in enumerate(self._out)
            for part in range(width)
        )
        return (
            "static int64_t each(const pn_compiled_args *restrict a, int is_again)\n{\n"
            f"{head}"
            "    const unsigned char *shading = a->shading;\n"
            "    unsigned char *restrict bailed = a->bailed;\n"
            "    const int64_t end = a->end;\n"
            "    int64_t left = 0;\n"
            "    for (int64_t i = a->first; i < end; i++) {\n"
            "        pn_call c = {0, 0};\n"
            "        if (is_again) {\n"
            "            if (!bailed[i])\n"
            "                continue;\n"
            f"{zero}"
            "        }\n"
            f"        int bails = call({', '.join(hand)});\n"
            "        bailed[i] = (unsigned char)bails;\n"
            "        left += bails;\n"
            "    }\n"
            "    return left;\n}"
        )

    def wide(self, seen: Mapping[int, str], objects: int, is_whole: bool) -> str:
        """All samples at once, in parts: what differs is laid out in an array per number, so that
        the loop which computes has nothing else to do, and its vectors are of that number.

        is_whole: compute whole parts always, so that no sample is in a rest, which the compiler
        writes in another way: in single precision that may be another result.
        """
        part = _Part(objects)
        for k, (width, stride) in enumerate(zip(self._in, self._strides, strict=True)):
            part.take(k, width, stride)
        for place, c_type in sorted(seen.items()):
            part.see(place, c_type, self._bytes)
        for k, width in enumerate(self._out):
            part.give(k, width)
        return part.text(str(_PART) if is_whole else "n")

    def _is_as_linked(self) -> str:
        tests = [f"a->stride[{k}] == {stride}" for k, stride in enumerate(self._strides)]
        return " && ".join(tests) or "1"

    def fast(self) -> str:
        """Vectors alone: what they leave over is computed by the other library."""
        return (
            "int64_t pn_compiled(const pn_compiled_args *restrict a)\n{\n"
            f"    if ({self._is_as_linked()})\n        return wide(a);\n"
            "    for (int64_t i = a->first; i < a->end; i++)\n        a->bailed[i] = 1;\n"
            "    return a->end - a->first;\n}\n"
        )

    def entry(self, is_wide: bool) -> str:
        """Vectors, then what they left over; else sample by sample."""
        first = f"    if ({self._is_as_linked()})\n        return wide(a) == 0 ? 0 : each(a, 1);\n"
        return (
            "int64_t pn_compiled(const pn_compiled_args *restrict a)\n{\n"
            f"{chr(10).join(['#if PN_HAS_FMA', first + '#endif', '']) if is_wide else ''}"
            "    return each(a, 0);\n}\n"
        )


class _Part:
    """The loop over parts of a batch, in the making."""

    def __init__(self, objects: int) -> None:
        looked_up = range(objects * NUMBERS_OF_OBJECT)
        self._first = [
            "const unsigned char *restrict shading = a->shading;",
            "unsigned char *restrict bailed = a->bailed;",
            "const int64_t end = a->end;",
            "pn_same same = {a->frame};",
            *(f"same.looked_up[{k}] = (pn_real)a->looked_up[{k}];" for k in looked_up),
            f"int bad[{_PART}];",
            "int left = 0;",
        ]
        self._before: list[str] = []
        self._inside: list[str] = []
        self._hand: list[str] = []
        self._seen: list[str] = []
        self._stores: list[str] = []
        self._after: list[str] = []

    def take(self, k: int, width: int, stride: int) -> None:
        """An input; without a stride it is the same for all samples."""
        self._first.append(f"const float *restrict in{k} = a->in[{k}];")
        names = [f"in{k}_{part}" for part in range(width)]
        if stride:
            self._array("float", names)
            at = [f"in{k}[(first + k) * {stride} + {part}]" for part in range(width)]
            self._before.append(_copied(names, at))
        at = [f"{each}[k]" for each in names] if stride else [f"in{k}[{p}]" for p in range(width)]
        where = self._inside if stride else self._first
        where.append(f"const float from{k}[] = {{{', '.join(at)}}};")
        self._hand.append(f"from{k}")

    def see(self, place: int, c_type: str, row: int) -> None:
        """A field of the shading."""
        self._array(c_type, [f"at{place}"])
        at = f"*(const {c_type} *)(shading + (first + k) * {row} + {place})"
        self._before.append(_copied([f"at{place}"], [at]))
        self._seen.append(f"at{place}[k]")

    def give(self, k: int, width: int) -> None:
        """An output."""
        names = [f"out{k}_{part}" for part in range(width)]
        self._first.append(f"float *restrict out{k} = a->out[{k}];")
        self._array("float", names)
        self._inside.append(f"float to{k}[{width}] = {{0.0f}};")
        self._hand.append(f"to{k}")
        self._stores += [f"{each}[k] = to{k}[{part}];" for part, each in enumerate(names)]
        at = [f"out{k}[(first + k) * {width} + {part}]" for part in range(width)]
        self._after.append(_copied(at, [f"{each}[k]" for each in names], ""))

    def _array(self, c_type: str, names: list[str]) -> None:
        self._first.append(f"{c_type} {', '.join(f'{each}[{_PART}] = {{0}}' for each in names)};")

    def text(self, count: str) -> str:
        """The function; the loop computes so many samples of a part."""
        lines = [
            f"for (int64_t first = a->first; first < end; first += {_PART}) {{",
            f"    const int n = end - first < {_PART} ? (int)(end - first) : {_PART};",
            *(f"    {each}" for each in self._before),
            '    _Pragma("GCC ivdep")',
            f"    for (int k = 0; k < {count}; k++) {{",
            *(f"        {each}" for each in self._inside),
            f"        const pn_seen seen = {{{', '.join([*self._seen, '0'])}}};",
            "        pn_call c = {0, 0};",
            f"        bad[k] = wide_call({', '.join([*self._hand, '&seen', '&same', '&c'])});",
            *(f"        {each}" for each in self._stores),
            "    }",
            *(f"    {each}" for each in self._after),
            "    for (int k = 0; k < n; k++) {",
            "        bailed[first + k] = (unsigned char)bad[k];",
            "        left += bad[k];",
            "    }",
            "}",
            "return left;",
        ]
        body = "".join(f"    {each}\n" for each in [*self._first, *lines])
        return f"static int64_t wide(const pn_compiled_args *restrict a)\n{{\n{body}}}"


def _copied(names: list[str], places: list[str], index: str = "[k]") -> str:
    """A loop that fills arrays."""
    pairs = zip(names, places, strict=True)
    stores = "".join(f" {name}{index} = {at};" for name, at in pairs)
    return f"for (int k = 0; k < n; k++) {{{stores} }}"
