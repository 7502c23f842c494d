"""Explaining an exception: what happened, where in the author's code, the traceback from there."""

# ruff: noqa: PTH109, PTH110, PTH118, PTH119, PTH120 -- see pynodes.nodes._record for the reason
from __future__ import annotations

import os
import sys

from pynodes.inside.refusal import refusal, refused
from pynodes.nodes._names import unknown
from pynodes.scene.params import ParamError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import traceback

_PACKAGE = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))  # pynodes/
_INTERNAL = tuple(os.path.join(_PACKAGE, name, "") for name in ("app", "inside", "nodes", "scene"))
_AUTHORED = os.path.join(_PACKAGE, "nodes", "library", "")
_STDLIB = os.path.join(os.path.dirname(os.__file__), "")
_INSTALLED = ("site-packages", "dist-packages")  # under _STDLIB, but not of it


class ScriptError(ValueError):
    """What a script lacks, shown without a traceback; `where` is the script."""

    def __init__(self, what: str, where: str, help: str = "") -> None:
        super().__init__(what)
        self.where = where
        self.help = help


def explain(exc: BaseException) -> tuple[str, str, str, str, str]:
    """An exception as (what, where, help, detail) for people, and which module refused to load in
    this interpreter, or empty. Never raises. None has a NUL, where C would take its end for.
    """
    try:
        said, where, help, detail = (
            text.replace("\0", r"\x00")
            for text in (what(exc), _where(exc), _help(exc), _detail(exc))
        )
        return said, where, help, detail, refused(exc)
    except BaseException as problem:
        kind = type(exc).__name__
        return kind, "", "", f"{kind} (and explaining it raised {type(problem).__name__})", ""


def _is_internal(filename: str) -> bool:
    """Is this our code, and not what an author would look into?"""
    return filename.startswith(_INTERNAL) and not filename.startswith(_AUTHORED)


def _is_user(filename: str) -> bool:
    """Is this a script, a node or an installed package?"""
    if _is_internal(filename) or filename.startswith("<"):  # <frozen ...>, <string>
        return False
    return _is_installed(filename) or not filename.startswith(_STDLIB)


def _is_installed(filename: str) -> bool:
    return any(folder in filename for folder in _INSTALLED)


def user_frames(exc: BaseException) -> list[traceback.FrameSummary]:
    return [frame for frame in _frames(exc) if _is_user(frame.filename)]


def _frames(exc: BaseException) -> traceback.StackSummary:
    import traceback

    return traceback.extract_tb(exc.__traceback__)


def _refusal(exc: BaseException) -> str:
    """What to say when a module refused to load in this interpreter, else nothing.

    Whoever installed the package knows it by its version.
    """
    module = refused(exc)
    return refusal(module, _version(module)) if module else ""


def _version(module: str) -> str:
    """` (numpy 2.1.3)` for the package that a module belongs to; empty when that is not known."""
    top = module.partition(".")[0]
    try:
        from importlib import metadata

        try:
            return f" ({top} {metadata.version(top)})"
        except metadata.PackageNotFoundError:
            name = metadata.packages_distributions()[top][0]
            return f" ({name} {metadata.version(name)})"
    except Exception:
        return ""


def _no_such_field(exc: BaseException) -> str:
    """What to say of a name that `self.shi` does not have: those that it has.

    The C type itself would have to look at every name first, and then each call of random() costs
    twice as much.
    """
    if not isinstance(exc, AttributeError) or not isinstance(exc.name, str):
        return ""
    kind = type(exc.obj)
    if (kind.__module__, kind.__name__) != ("_pynodes", "Shading"):
        return ""
    names = [name for name in vars(kind) if not name.startswith("_")]
    return f"AttributeError: {unknown('shi', 'field', exc.name, names)}"


def what(exc: BaseException) -> str:
    if isinstance(exc, ScriptError | ParamError):
        return str(exc)
    special = _refusal(exc) or _no_such_field(exc)
    if special:
        return special
    if isinstance(exc, KeyError) and len(exc.args) == 1 and isinstance(exc.args[0], str):
        text = exc.args[0]
        if " " not in text:  # a key; str() would quote messages too
            text = repr(text)
    elif isinstance(exc, SyntaxError):
        text = exc.msg or ""
    else:
        try:
            text = str(exc)
        except Exception:
            text = "(its text cannot be had)"
    kind = type(exc).__name__
    return f"{kind}: {text}" if text else kind


def _where(exc: BaseException) -> str:
    if isinstance(exc, ScriptError):
        return exc.where
    if isinstance(exc, SyntaxError) and exc.filename and exc.lineno:
        return f"{exc.filename}:{exc.lineno}"
    frames = user_frames(exc)
    if _refusal(exc):  # the line that asked for the package, not one inside of it
        frames = [frame for frame in frames if not _is_installed(frame.filename)] or frames
    if not frames:
        frames = [frame for frame in _frames(exc) if not _is_internal(frame.filename)]
    if not frames:
        return ""
    last = frames[-1]
    function = "" if last.name == "<module>" else f" in {last.name}"
    return f"{last.filename}:{last.lineno}{function}"


def _help(exc: BaseException) -> str:
    """What to do, where that is known."""
    if isinstance(exc, ScriptError):
        return exc.help
    if refused(exc):
        return (
            "that module knows one interpreter only; use --engine shared, or --engine process to"
            " run in parallel"
        )
    if isinstance(exc, SyntaxError) and exc.filename and exc.lineno:
        version = "{}.{}".format(*sys.version_info)
        return (
            f"put that line right, or take a Python that knows its syntax: {version} cannot read it"
        )
    if isinstance(exc, FileNotFoundError) and isinstance(exc.filename, str | os.PathLike):
        name = os.fspath(exc.filename)
        for frame in reversed(user_frames(exc) if isinstance(name, str) else []):
            if os.path.exists(os.path.join(os.path.dirname(frame.filename), name)):
                script = os.path.basename(frame.filename)
                return (
                    f"{name} is beside {script}: here({name!r}) of pynodes.nodes finds it from any"
                    f" folder; a name alone is looked for in {os.getcwd()}"
                )
    return ""


def _detail(exc: BaseException) -> str:
    """The traceback, from the first frame that is not ours; nothing where it would not help.

    What a package says when it was refused is about bad installations, which this is not.
    """
    if isinstance(exc, ScriptError | ParamError) or _refusal(exc):
        return ""
    from traceback import TracebackException

    shown = TracebackException.from_exception(exc)
    links: list[TracebackException | None] = [shown]
    while links:
        link = links.pop()
        if link is None:
            continue
        while link.stack and _is_internal(link.stack[0].filename):
            del link.stack[0]
        links += (link.__cause__, link.__context__)
    return "".join(shown.format())
