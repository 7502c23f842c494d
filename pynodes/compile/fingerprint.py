"""What the translation of a node may depend on, as one text: equal texts, equal sources in C.

It goes by names: every name that the code of `__call__` mentions, and that of the functions which
it may reach, is looked up wherever such a name can be found: in globals, closures, classes, `self`,
modules. So it may depend on more than it has to. No source is parsed.
"""

from __future__ import annotations

import marshal
import types

from pynodes import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, FunctionType
    from typing import Any

_NUMBERS = (bool, int, float, type(None), str)


class UnknownError(Exception):
    """Something that has no text which is the same in another process."""


class Fingerprint:
    """Collects what a node object can reach; `text` is the result.

    Raises:
        UnknownError: it reaches something that cannot be compared.
        OSError: a source cannot be read.
    """

    def __init__(self, node: Any) -> None:
        self._parts: list[bytes] = []
        self._functions: dict[int, FunctionType] = {}
        self._modules: dict[int, types.ModuleType] = {}
        self._names: set[str] = set()
        self._files: dict[str, bytes] = {}
        cls = type(node)
        own = getattr(node, "__dict__", {})
        self._function(cls.__call__)
        holders = [own, *(vars(each) for each in cls.__mro__ if each is not object)]
        done: set[tuple[int, str]] = set()
        while True:  # what is reached mentions more names
            all_holders = [*holders, *(vars(each) for each in self._modules.values())]
            wanted = [
                (holder, name)
                for holder in all_holders
                for name in sorted(self._names)
                if name in holder and (id(holder), name) not in done
            ]
            if not wanted:
                break
            for holder, name in wanted:
                done.add((id(holder), name))
                self._add(name, holder[name])

    def text(self) -> bytes:
        """Everything that was found."""
        return b"\0".join([*self._parts, *(self._files[path] for path in sorted(self._files))])

    def _add(self, name: str, thing: Any) -> None:
        self._parts.append(_bytes(name))
        self._thing(thing)

    def _thing(self, thing: Any) -> None:
        kind = type(thing)
        if kind in _NUMBERS:
            self._parts.append(_bytes(f"{kind.__name__} {thing!r}"))
        elif kind is tuple or kind is list:
            self._parts.append(kind.__name__.encode())
            try:
                self._parts.append(marshal.dumps(thing, 2))
            except ValueError:  # it holds functions, say
                for each in thing:
                    self._thing(each)
        elif kind is types.FunctionType:
            self._function(thing)
        elif kind is staticmethod or kind is classmethod:
            self._parts.append(kind.__name__.encode())
            self._thing(thing.__func__)
        elif kind is types.ModuleType:
            self._parts.append(_bytes(thing.__name__))
            self._modules[id(thing)] = thing
        else:
            home = getattr(thing, "__module__", None) or kind.__module__
            label = getattr(thing, "__qualname__", None) or kind.__qualname__
            self._parts.append(_bytes(f"{kind.__name__} {home} {label}"))

    def _function(self, function: Any) -> None:
        if type(function) is not types.FunctionType:
            raise UnknownError
        if id(function) in self._functions:
            return
        self._functions[id(function)] = function
        code = function.__code__
        self._code(code)
        path = code.co_filename
        if path not in self._files:
            self._files[path] = files.read(path, files.SCRIPT)
        self._add("defaults", function.__defaults__)
        for name, value in sorted((function.__kwdefaults__ or {}).items()):
            self._add(name, value)
        for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
            try:
                self._add(name, cell.cell_contents)
            except ValueError:  # an empty cell
                self._add(name, "no value")
        for name in sorted(self._mentioned(code)):
            if name in function.__globals__:
                self._add(name, function.__globals__[name])

    def _mentioned(self, code: CodeType) -> set[str]:
        """The names in a function's code, and in that of functions inside it."""
        inner = [each for each in code.co_consts if isinstance(each, type(code))]
        return set(code.co_names).union(*(self._mentioned(each) for each in inner))

    def _code(self, code: CodeType) -> None:
        self._names.update(code.co_names)
        place = f"{code.co_name} {code.co_firstlineno} {code.co_filename}"
        self._parts.append(_bytes(f"{place} {code.co_names} {code.co_varnames}"))
        self._parts.append(code.co_code)
        for each in code.co_consts:
            if isinstance(each, type(code)):
                self._code(each)
            else:
                self._parts.append(_bytes(repr(each)))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
