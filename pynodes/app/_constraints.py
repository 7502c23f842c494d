"""Constraint scripts: what the host calls to run one.

The script is run anew, in a fresh namespace, each time; its compiled code is kept per thread.
"""

from __future__ import annotations

from _thread import _local

from pynodes.nodes._names import article
from pynodes.scene.transform import matrix_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, FunctionType
    from typing import Any

    Rows = list[list[float]]
    Properties = dict[str, float | str]
else:
    FunctionType = type(lambda: None)


class _Here(_local):
    """The calling thread's own."""

    def __init__(self) -> None:
        self.codes: dict[tuple[str, str], CodeType] = {}


_here = _Here()


def count_targets(path: str, source: str) -> int:
    """How many targets the script wants: its NUM_TARGETS, 0 without one."""
    names = _run(path, source)
    wanted = names.get("NUM_TARGETS", 0)
    if isinstance(wanted, bool) or not isinstance(wanted, int):
        raise _wrong(f"NUM_TARGETS must be a whole number, got {article(wanted)}", path)
    _function(names, "do_constraint", path)
    return abs(wanted)


def solve(
    path: str,
    source: str,
    matrix: tuple[float, ...],
    targets: list[tuple[str, tuple[float, ...]]],
    properties: Properties,
) -> tuple[float, ...]:
    """The matrix that the script makes of an object's matrix and of its targets'."""
    names = _run(path, source)
    do_target = _function(names, "do_target", path) if "do_target" in names else None
    do_constraint = _function(names, "do_constraint", path)
    rows = []
    for name, found in targets:
        target = _rows(found)
        if do_target is not None:
            target = _rows(_matrix(do_target(name, target, dict(properties)), do_target))
        rows.append(target)
    return _matrix(do_constraint(_rows(matrix), rows, dict(properties)), do_constraint)


def settings(path: str, source: str, properties: Properties) -> Properties:
    """What the script's get_settings makes of the properties."""
    names = _run(path, source)
    if "get_settings" not in names:
        return properties
    get_settings = _function(names, "get_settings", path)
    new = get_settings(dict(properties))
    if new is None:
        return properties
    if not isinstance(new, dict):
        what = f"get_settings must return a dict or None, got {article(new)}"
        raise _wrong(what, _place(get_settings))
    return checked(new)


def checked(properties: dict[Any, Any]) -> Properties:
    """Properties as the host keeps them: numbers and texts by name."""
    kept: Properties = {}
    for name, value in properties.items():
        if not isinstance(name, str) or not name:
            raise TypeError(f"the name of a property must be text, got {article(name)}")
        if not isinstance(value, bool | int | float | str):
            raise TypeError(f"property {name!r} must be a number or text, got {article(value)}")
        kept[name] = value if isinstance(value, str) else float(value)
    return kept


def drop() -> None:
    """Drop the code that the calling thread keeps."""
    _here.codes.clear()


def _run(path: str, source: str) -> dict[str, Any]:
    code = _here.codes.get((path, source))
    if code is None:
        code = compile(source, path, "exec", dont_inherit=True)
        _here.codes[path, source] = code
    names: dict[str, Any] = {"__name__": "__constraint__", "__file__": path}
    exec(code, names)
    return names


def _function(names: dict[str, Any], name: str, path: str) -> FunctionType:
    found = names.get(name)
    if found is None:
        raise _wrong(f"the script defines no function {name}", path)
    if not isinstance(found, FunctionType):
        raise _wrong(f"{name} must be a function, got {article(found)}", path)
    return found


def _place(function: FunctionType) -> str:
    code = function.__code__
    return f"{code.co_filename}:{code.co_firstlineno} in {code.co_name}"


def _wrong(what: str, where: str) -> Exception:
    """What no line of the script raised: its place is shown, and no traceback of ours."""
    from pynodes.inside.problems import ScriptError

    return ScriptError(what, where)


def _rows(matrix: tuple[float, ...]) -> Rows:
    return [list(matrix[at : at + 4]) for at in (0, 4, 8, 12)]


def _matrix(value: Any, function: FunctionType) -> tuple[float, ...]:
    name = function.__name__
    if value is None:
        raise _wrong(f"{name} must return a 4x4 matrix, it returned None", _place(function))
    try:
        return matrix_of(value, f"what {name} returned")
    except (TypeError, ValueError) as problem:
        raise _wrong(str(problem), _place(function)) from problem
