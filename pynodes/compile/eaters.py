"""Functions that go through something to its end, or until they know: sum, min, max, any, all."""

from __future__ import annotations

import ast

from pynodes.compile import arithmetic
from pynodes.compile.refusal import BailsError, refused
from pynodes.compile.values import BOOL, C_TYPES, FLOAT, INT, NUM, ZEROS, Scalar

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pynodes.compile.looping import Looping
    from pynodes.compile.values import Type, Value


class Eater:
    """Takes values one after the other, in a loop or not. `is_certain`: it gets at least one."""

    is_certain = False

    def __init__(self, emitter: Looping, start: Scalar, node: ast.AST) -> None:
        self.emitter = emitter
        self.start = start
        self.node = node
        self.name = emitter.fresh()
        self._lines = emitter.lines
        self._place = len(emitter.lines)

    def declare(self, text: str) -> None:
        """A variable that lives before the loop, whose type the first value decides."""
        self._lines.insert(self._place, text)

    def take(self, value: Value) -> None:
        raise NotImplementedError

    def result(self) -> Value:
        raise NotImplementedError

    @staticmethod
    def scalar(value: Value) -> Scalar:
        if not isinstance(value, Scalar):
            raise BailsError
        return value


class Sum(Eater):
    """As Python's: with floats, from 3.12 on, what rounding loses is added at the end."""

    def __init__(self, emitter: Looping, start: Scalar, node: ast.AST) -> None:
        super().__init__(emitter, start, node)
        if start.type == NUM:
            raise refused(node, "a sum from what may be an int or a float is not compiled")
        head = f"{{0, {start.code}, PN_F(0.0), 1}}" if start.type == FLOAT else f"{{{start.code}}}"
        emitter.line(f"pn_sum {self.name} = {head};")
        self._has_float = start.type == FLOAT
        self._first_is_float: bool | None = None

    def take(self, value: Value) -> None:
        number = self.scalar(value)
        if number.type == NUM:
            raise refused(self.node, "a sum of what may be an int or a float is not compiled")
        if self._first_is_float is None:
            self._first_is_float = number.type == FLOAT
        if number.type == FLOAT:
            self._has_float = True
            self.emitter.line(f"pn_sum_float(&{self.name}, {number.code});")
        else:
            self.emitter.bail_if_function("pn_sum_int", f"&{self.name}, {number.code}")

    def result(self) -> Value:
        emitter = self.emitter
        if not self._has_float:
            return emitter.kept(Scalar(INT, f"{self.name}.i"))
        if self.start.type == FLOAT or (self.is_certain and self._first_is_float):
            return emitter.kept(Scalar(FLOAT, f"pn_sum_end(&{self.name})"))
        return emitter.call(NUM, "pn_sum_num", f"&{self.name}")


class _Extreme(Eater):
    op: ast.cmpop
    _type: Type | None = None

    def take(self, value: Value) -> None:
        emitter = self.emitter
        number = emitter.temp(self.scalar(value))
        if self._type is None:
            self._type = number.type
            kind = str(number.type[0])
            self.declare(f"int has_{self.name} = 0;")
            self.declare(f"{C_TYPES[kind]} {self.name} = {ZEROS[kind]};")
        if self._type != number.type:
            raise refused(self.node, "min and max of ints and floats in a row are not compiled")
        best = Scalar(self._type, self.name)
        wins = arithmetic.compared(emitter, self.op, number, best).code
        emitter.line(f"if (!has_{self.name} || {wins}) {self.name} = {number.code};")
        emitter.line(f"has_{self.name} = 1;")

    def result(self) -> Value:
        if self._type is None:
            raise BailsError
        self.emitter.bail_if(f"!has_{self.name}")
        return Scalar(self._type, self.name)


class Min(_Extreme):
    op = ast.Lt()


class Max(_Extreme):
    op = ast.Gt()


class Any_(Eater):  # noqa: N801
    """Until one is true."""

    decides = True

    def __init__(self, emitter: Looping, start: Scalar, node: ast.AST) -> None:
        super().__init__(emitter, start, node)
        emitter.line(f"int {self.name} = {int(not self.decides)};")

    def take(self, value: Value) -> None:
        test = arithmetic.truth(self.emitter, value)
        not_ = "" if self.decides else "!"
        self.emitter.check_leaving()
        self.emitter.line(
            f"if ({not_}{test.code}) {{ {self.name} = {int(self.decides)}; goto end_{self.name}; }}"
        )

    def result(self) -> Value:
        self.emitter.line(f"end_{self.name}:;")
        return Scalar(BOOL, self.name)


class All_(Any_):  # noqa: N801
    decides = False


EATERS: dict[Any, type[Eater]] = {sum: Sum, min: Min, max: Max, any: Any_, all: All_}
