"""Bodies of nodes, made at random in what `--compile exact` may compile."""

from __future__ import annotations

import random

_FUNCTIONS = (
    *("sin", "cos", "tan", "atan", "exp", "sqrt", "fabs", "cbrt", "erf", "tanh") * 3,
    *("asin", "acos", "sinh", "cosh", "asinh", "acosh", "atanh", "exp2", "expm1", "erfc"),
    *("log", "log2", "log10", "log1p", "degrees", "radians", "floor", "ceil", "trunc"),
)
_PLAIN = ("sqrt", "fabs", "degrees", "radians", "floor", "ceil", "trunc")
_FLOATS = (
    *("-0.0", "0.5", "1.0", "-1.5", "2.0", "3.0", "1e-3", "-2.5", "7.25", "0.1") * 3,
    *("1e300", "1e-310"),
)
_INTS = (
    *("0", "1", "-1", "2", "3", "-7", "10", "255") * 4,
    *("2**31", "2**53", "2**62", "-2**63"),
)
_HEAD = """
import math
from math import *

TABLE = ((0.5, 1, (2.0, -3.0)), (-0.0, 2, (1e300, 5.0)), (7.25, -3, (0.1, 0.2)))
ROW = (1, 2.5, -3, 0.0)
FLOATS = [0.1, 0.2, 0.3, -0.6, 1e16, 1.0, -1e16]
"""


class Maker:
    """Writes programs; `chosen` decides."""

    def __init__(self, chosen: random.Random) -> None:
        self._chosen = chosen
        self._names: list[str] = []
        self._ints: list[str] = []
        self._depth = 0
        self._is_plain = False

    def node(self, number: int) -> str:
        """The source of a class. Every second one is of what vectors are made of."""
        self._is_plain = number % 2 == 1
        self._names = ["a", "b", "x", "y", "z"]
        self._ints = ["i"]
        body = [
            "a = self.input.A",
            "b = self.input.B",
            "x, y, z = self.input.V",
            f"i = {self._pick(('0', '3', 'int(a) if fabs(a) < 1e9 else 5'))}",
        ]
        for _ in range(self._chosen.randint(1, 5)):
            body += self._statement(2)
        body.append(f"self.output.Out = ({', '.join(self._number(2) for _ in range(4))})")
        body.append(f"self.output.One = {self._number(3)}")
        lines = "\n".join(f"        {each}" for each in body)
        helper = (
            f"def help{number}(p, q=2):\n    if p > q:\n        return p {self._sign()} q\n"
            "    return q\n"
        )
        head = _HEAD if number == 0 else ""
        return (
            f"{head}\n{helper}\nclass Node{number}:\n    call = 'sample'\n"
            f"    rate = {self._pick(_FLOATS)}\n"
            f"    steps = {self._pick(_INTS)}\n\n    def __call__(self):\n{lines}\n"
        ).replace("HELP", f"help{number}")

    def _pick(self, options: tuple[str, ...] | list[str]) -> str:
        return self._chosen.choice(options)

    def _sign(self) -> str:
        return self._pick(("+", "-", "*", "/", "//", "%", "+", "-", "*"))

    # --- statements ---

    def _statement(self, depth: int) -> list[str]:
        forms = [self._assign, self._assign, self._augment, self._unpack]
        if depth > 0:
            forms += [self._if, self._for, self._if if self._is_plain else self._while, self._try]
        return self._chosen.choice(forms)(depth)

    def _target(self, names: list[str]) -> str:
        if self._chosen.random() < 0.4:
            return self._pick(names)
        return f"{'n' if names is self._ints else 'v'}{self._chosen.randint(0, 5)}"

    def _assign(self, depth: int) -> list[str]:
        is_int = self._chosen.random() < 0.3
        value = self._int(2) if is_int else self._number(3)
        names = self._ints if is_int else self._names
        name = self._target(names)
        line = f"{name} = {value}"
        if name not in names:
            names.append(name)
        return [line]

    def _augment(self, depth: int) -> list[str]:
        return [f"{self._pick(self._names)} {self._sign()}= {self._number(2)}"]

    def _unpack(self, depth: int) -> list[str]:
        a, b = self._chosen.sample(self._names, 2)
        return [f"{a}, {b} = {self._number(2)}, {self._number(2)}"]

    def _block(self, depth: int) -> list[str]:
        names, ints = list(self._names), list(self._ints)
        lines = [
            line for _ in range(self._chosen.randint(1, 2)) for line in self._statement(depth - 1)
        ]
        if self._chosen.random() < 0.8:  # else a name may stay without a value
            self._names, self._ints = names, ints
        return [f"    {each}" for each in lines]

    def _if(self, depth: int) -> list[str]:
        lines = [f"if {self._test(2)}:", *self._block(depth)]
        if self._chosen.random() < 0.5:
            lines += ["else:", *self._block(depth)]
        return lines

    def _for(self, depth: int) -> list[str]:
        what = self._pick((
            "k in range(4)", "k in range(5, -3, -2)", "k in range(i % 5)",
            "(p, k, (q, r)) in TABLE",
            "p in ROW", "k, p in enumerate(ROW)", "p, q in zip(ROW, FLOATS)", "p in (a, b, 1)",
            "k in range(steps_ % 7)",
        )).replace("steps_", "self.steps")  # fmt: skip
        kept = list(self._names), list(self._ints)
        self._names += [name for name in "pqr" if f"{name}," in what or f"{name} in" in what]
        if "k" in what.split(" in ")[0]:
            self._ints.append("k")
        body = self._block(depth)
        if self._chosen.random() < 0.3:
            leave = self._pick(("break", "continue"))
            body += [f"    if {self._test(1)}:", f"        {leave}", *self._block(depth)]
        self._names, self._ints = kept
        lines = [f"for {what}:", *body]
        if self._chosen.random() < 0.2:
            lines += ["else:", *self._block(depth)]
        return lines

    def _while(self, depth: int) -> list[str]:
        self._depth += 1
        name = f"w{self._depth}"
        return [
            f"{name} = {self._chosen.randint(0, 6)}",
            f"while {name} > 0:",
            f"    {name} -= 1",
            *self._block(depth),
        ]

    def _try(self, depth: int) -> list[str]:
        return [
            "try:",
            *self._block(depth),
            "except (ArithmeticError, ValueError, IndexError):",
            *self._block(depth),
        ]

    # --- expressions ---

    def _number(self, depth: int) -> str:
        """Of any type of number."""
        if depth == 0 or self._chosen.random() < 0.15:
            return self._pick(
                [
                    *self._names,
                    *self._names,
                    *self._ints,
                    self._pick(_FLOATS),
                    self._pick(_INTS[:9]),
                    "self.rate",
                ]
            )
        forms = (
            self._binary,
            self._binary,
            self._binary,
            self._call,
            self._choice,
            self._of_table,
            self._eaten,
            self._int,
            self._power,
            self._test_value,
        )
        return self._chosen.choice(forms)(depth - 1)

    def _binary(self, depth: int) -> str:
        sign = self._sign()
        return f"({self._number(depth)} {sign} {self._divisor(sign, self._number(depth))})"

    def _divisor(self, sign: str, other: str) -> str:
        """Mostly one that is not zero."""
        if sign not in ("/", "//", "%") or self._chosen.random() < 0.15:
            return other
        return self._pick((f"({other} or 1.5)", f"({other} or -2)", "0.75", "3", "-2.5", "1.0"))

    def _inside(self, name: str, one: str) -> str:
        """Mostly an argument that the function takes."""
        if self._chosen.random() < 0.15:
            return one
        if name in ("asin", "acos", "atanh", "exp", "exp2", "expm1", "sinh", "cosh", "tan"):
            return f"sin({one})" if self._chosen.random() < 0.5 else f"({one} % 0.9)"
        if name in ("sqrt", "log", "log2", "log10", "log1p"):
            return f"fabs({one})" if name == "sqrt" else f"(fabs({one}) + 0.5)"
        if name in ("acosh",):
            return f"(fabs({one}) + 1.0)"
        return one

    def _power(self, depth: int) -> str:
        if self._is_plain:
            return self._binary(depth)
        exponent = self._pick(("2", "3", "0.5", "-1", "-2.0", "0", "1.5", self._number(0)))
        base = self._number(depth)
        return f"({base if self._chosen.random() < 0.2 else f'fabs({base}) + 0.1'}) ** {exponent}"

    def _call(self, depth: int) -> str:
        one, other = self._number(depth), self._number(depth)
        name = self._pick(_PLAIN if self._is_plain else _FUNCTIONS)
        inside = self._inside(name, one)
        if self._is_plain:
            return self._pick(
                (
                    f"{name}({inside})",
                    f"abs({one})",
                    f"-({one})",
                    f"min({one}, {other})",
                    f"max({one}, {other}, 0)",
                    f"hypot({one}, {other})",
                    f"fmod({one}, {other} or 1.5)",
                    f"copysign({one}, {other})",
                    f"HELP({one}, {other})",
                    f"float({one})",
                    f"divmod({one}, {other} or 2)[{self._chosen.randint(0, 1)}]",
                )
            )
        return self._pick(
            (
                f"{name}({inside})",
                f"{name}({inside})",
                f"math.{name}({inside})",
                f"abs({one})",
                f"-({one})",
                f"min({one}, {other})",
                f"max({one}, {other}, 0)",
                f"atan2({one}, {other})",
                f"fmod({one}, {other} or 1.5)",
                f"hypot({one}, {other})",
                f"dist((a, b, {one}), self.input.V)",
                f"copysign({one}, {other})",
                f"pow(fabs({one}), atan({other}))",
                f"float({one})",
                f"HELP({one})",
                f"HELP({one}, {other})",
                f"HELP({one}, q={other})",
                f"divmod({one}, {other} or 2)[{self._chosen.randint(0, 1)}]",
                f"log(fabs({one}) + 0.5, 3)",
            )
        )

    def _choice(self, depth: int) -> str:
        if self._chosen.random() < 0.3:
            return f"({self._number(depth)} {self._pick(('and', 'or'))} {self._number(depth)})"
        return f"({self._number(depth)} if {self._test(depth)} else {self._number(depth)})"

    def _of_table(self, depth: int) -> str:
        index = self._int(depth)
        return self._pick(
            (
                f"TABLE[{index} % 3][0]",
                f"ROW[{index} % 4]",
                f"ROW[{self._pick(self._ints)}]",
                f"FLOATS[{index} % 7]",
                f"TABLE[{index} % 3][2][1]",
                f"({self._number(depth)}, 1.5)[{index} % 2]",
                "TABLE[1][2][0]",
                "len(ROW)",
            )
        )

    def _eaten(self, depth: int) -> str:
        kept = list(self._names)
        self._names += ["s"]
        inner, test = self._number(depth), self._test(depth)
        self._names = kept
        return self._pick(
            (
                f"sum({inner} for s in FLOATS)",
                "sum(FLOATS)",
                f"sum(s * {inner} for s in FLOATS)",
                f"sum(s for s in FLOATS if {test})",
                f"sum([{self._number(0)}, {self._number(0)}])",
                f"max({inner} for s in FLOATS)",
                f"min(s for s in FLOATS if {test})",
                f"any({test} for s in FLOATS)",
                f"all({test} for s in FLOATS)",
                "sum(range(5))",
                f"[{inner} for s in ROW][{self._chosen.randint(-4, 3)}]",
            )
        )

    def _int(self, depth: int) -> str:
        if depth <= 0 or self._chosen.random() < 0.3:
            return self._pick([*self._ints, self._pick(_INTS), "self.steps"])
        one, other = self._int(depth - 1), self._int(depth - 1)
        signs = ("+", "-", "*", "//", "%", "&", "|", "^", "<<", ">>")
        sign = self._pick(signs[:8] if self._is_plain else signs)
        number = self._number(depth - 1)
        if sign in ("<<", ">>"):
            other = f"({other} & 7)"
        one_of = f"({one} {sign} {self._divisor(sign, other)})"
        return self._pick(
            (
                one_of,
                one_of,
                f"int({number})",
                f"floor({number})",
                f"ceil({number})",
                f"round({number})",
                f"~{one}",
                f"abs({one})",
                f"trunc({number})",
                f"({one}) * 2",
            )
        )

    def _test(self, depth: int) -> str:
        if depth <= 0:
            return f"{self._number(0)} {self._compare()} {self._number(0)}"
        one, other = self._number(depth - 1), self._number(depth - 1)
        return self._pick((
            f"{one} {self._compare()} {other}", f"{one} {self._compare()} {other}",
            f"{self._number(0)} < {one} <= {other}", f"not {one}", f"isnan({one})",
            f"({self._test(depth - 1)} and {self._test(depth - 1)})", f"isfinite({one})",
            f"({self._test(depth - 1)} or {self._test(depth - 1)})", one, f"bool({one})",
        ))  # fmt: skip

    def _test_value(self, depth: int) -> str:
        return f"({self._test(depth)})"

    def _compare(self) -> str:
        return self._pick(("<", "<=", ">", ">=", "==", "!="))
