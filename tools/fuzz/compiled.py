"""Programs made at random, compiled and interpreted: every bit of what they write must be the same.

    pynodes run tools/fuzz/compiled.py [--for SECONDS] [--programs N] [--seed N]

Each program is the `__call__` of a node. It is called with unkind numbers (NaN, infinities, zeros
of both signs, huge and denormal ones, whole ones); what compiled code leaves to the interpreter is
counted. Where it does not, the interpreter must write the same bits, and must not raise. A
difference is printed with its program, and the status is 1.
"""

from __future__ import annotations

import argparse
import ctypes
import importlib.util
import math
import os
import random
import re
import struct
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from pynodes.compile.build import library
from pynodes.compile.refusal import NotCompiledError
from pynodes.compile.source import Sources
from pynodes.compile.translate import Translated, translate

sys.path.insert(0, str(Path(__file__).parent))
from programs import Maker

try:
    from _pynodes import compiled_interface  # type: ignore[import-not-found]
except ImportError:
    sys.exit("this runs inside the host: pynodes run tools/fuzz/compiled.py")

CALLS = 96
PROGRAMS = 16  # in one source
INPUTS = (("A", 0), ("B", 0), ("V", 1))
OUTPUTS = (("Out", 2), ("One", 0))
UNKIND = [
    *(0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 3.0, 0.5, -0.5, 1.5, 2.5, -2.5, 10.0, 255.0, 1e-3, 7.0),
    *(math.nan, math.inf, -math.inf, 1e-45, -1e-45, 3e38, -3e38, 1e10, 16777216.0, 1e19, -1e19),
]


class Args(ctypes.Structure):
    """As pn_compiled_args."""

    _fields_ = (
        ("first", ctypes.c_int64),
        ("end", ctypes.c_int64),
        *((name, ctypes.c_void_p) for name in ("inputs", "stride", "out", "shading", "scene")),
        ("frame", ctypes.c_int64),
        ("salt", ctypes.c_uint64),
        *((name, ctypes.c_void_p) for name in ("random", "derived", "looked_up", "bailed")),
    )


class Outputs:
    """`self.output`, as the host has it: 32-bit floats, zero at first."""

    def __init__(self) -> None:
        self.__dict__.update(Out=(0.0,) * 4, One=0.0)

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "One":
            self.__dict__[name] = narrow(float(value))
        elif len(value) == 4:
            self.__dict__[name] = tuple(narrow(float(each)) for each in value)
        else:
            raise ValueError(name)


def narrow(value: float) -> float:
    """As a cast to a 32-bit float and back."""
    return ctypes.c_float(value).value


def bits(value: float) -> bytes:
    return struct.pack("<d", value)


class Batch:
    """Columns of inputs and outputs for so many calls."""

    def __init__(self, chosen: random.Random) -> None:
        widths = [(1, 3, 4)[kind] for _, kind in (*INPUTS, *OUTPUTS)]
        self.columns = [(ctypes.c_float * (CALLS * width))() for width in widths]
        for call in range(CALLS):
            share = chosen.choice((0.0, 0.0, 0.0, 0.1, 0.6))  # of unkind numbers
            for column, width in zip(self.columns[: len(INPUTS)], widths, strict=False):
                for k in range(call * width, (call + 1) * width):
                    is_unkind = chosen.random() < share
                    column[k] = chosen.choice(UNKIND) if is_unkind else chosen.uniform(-4.0, 4.0)
        self.widths = widths
        self.bailed = (ctypes.c_ubyte * CALLS)()
        self._inputs = self._places(0, len(INPUTS))
        self._outputs = self._places(len(INPUTS), len(widths))
        self._strides = (ctypes.c_int * len(INPUTS))(*widths[: len(INPUTS)])
        self._shading = (ctypes.c_char * (CALLS * compiled_interface()["bytes"]))()

    def _places(self, first: int, end: int) -> Any:
        listed = [ctypes.addressof(each) for each in self.columns[first:end]]
        return (ctypes.c_void_p * len(listed))(*listed)

    def run(self, function: Any) -> None:
        for column in self.columns[len(INPUTS) :]:
            ctypes.memset(column, 0, ctypes.sizeof(column))
        args = Args(0, CALLS, *(
            ctypes.addressof(each)
            for each in (self._inputs, self._strides, self._outputs, self._shading)
        ))  # fmt: skip
        args.frame = 1
        args.bailed = ctypes.addressof(self.bailed)
        function(ctypes.byref(args))

    def at(self, column: int, call: int) -> Any:
        width = self.widths[column]
        part = tuple(self.columns[column][call * width : (call + 1) * width])
        return part[0] if width == 1 else part


def interpret(node: Any, batch: Batch, call: int) -> tuple[str, list[float]]:
    """(What it raised, the numbers that it wrote)."""
    values = {name: batch.at(k, call) for k, (name, _) in enumerate(INPUTS)}
    node.input = type("Inputs", (), values)
    node.output = Outputs()
    try:
        node()
    except Exception as problem:
        return f"{type(problem).__name__}: {problem}", []
    return "", [*node.output.Out, node.output.One]


def compare(node: Any, batch: Batch) -> tuple[int, str]:
    """(How many calls were left over, the first difference)."""
    for call in range(CALLS):
        if batch.bailed[call]:
            continue
        raised, usual = interpret(node, batch, call)
        out, one = (batch.at(len(INPUTS) + k, call) for k in range(2))
        found = [*out, one]
        if raised or list(map(bits, usual)) != list(map(bits, found)):
            given = {name: batch.at(k, call) for k, (name, _) in enumerate(INPUTS)}
            return 0, f"with {given}: interpreted {raised or usual}, compiled {found}"
    return sum(batch.bailed), ""


def joined(made: list[Translated]) -> str:
    """One source of many: names of the later ones have a number."""
    parts = [made[0].head]
    own = r"\b(call|each|wide|wide_call|[fw]\d+_\w*|table\d+|pn_compiled|pn_seen|pn_same)\b"
    for number, each in enumerate(made):
        parts.append(re.sub(own, rf"\1_{number}", each.body))
    return "\n".join(parts)


def one_round(folder: Path, seed: int, counts: dict[str, int]) -> str:
    """A file of programs; the first difference, or empty."""
    chosen = random.Random(seed)
    path = folder / f"programs_{seed}.py"
    path.write_text("\n\n".join(Maker(chosen).node(k) for k in range(PROGRAMS)))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sources = Sources()
    made, nodes, is_wide = [], [], []
    for k in range(PROGRAMS):
        node = getattr(module, f"Node{k}")()
        try:
            made.append(translate(node, INPUTS, OUTPUTS, compiled_interface(), sources))
            nodes.append(node)
            is_wide.append("wide_call(" in made[-1].body)
        except NotCompiledError as why:
            counts[f"not compiled: {re.sub('[0-9]+', 'N', str(why))[:70]}"] += 1
    if not made:
        return ""
    loaded = ctypes.CDLL(library(joined(made)))
    for number, node in enumerate(nodes):
        function = getattr(loaded, f"pn_compiled_{number}")
        function.restype = ctypes.c_int64
        batch = Batch(chosen)
        batch.run(function)
        left, difference = compare(node, batch)
        counts["programs"] += 1
        counts["with vectors"] += is_wide[number]
        counts["calls"] += CALLS
        counts["left over"] += left
        if difference:
            return (
                f"{type(node).__name__} of {path.read_text()}\n{type(node).__name__} {difference}"
            )
    path.unlink()
    return ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--for", dest="seconds", type=float, default=60.0)
    parser.add_argument("--programs", type=int, default=0, help="end after so many")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    asked = parser.parse_args()
    counts: dict[str, int] = Counter()
    end = time.monotonic() + asked.seconds
    seed = asked.seed
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = folder
        while time.monotonic() < end and not 0 < asked.programs <= counts["programs"]:
            difference = one_round(Path(folder), seed, counts)
            if difference:
                print(difference)
                print(f"a difference; again: --seed {seed}")
                return 1
            seed += 1
    for name, times in sorted(counts.items(), key=lambda each: -each[1]):
        print(f"{times:>10,}  {name}")
    print("no difference")
    return 0


if __name__ == "__main__":
    sys.exit(main())
