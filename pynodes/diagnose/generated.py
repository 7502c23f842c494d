"""Code that Cython wrote: which line of which .pyx it was written from, and of which function."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from pynodes.diagnose.look.frames import FrameLook, Frames, PlaceLook
from pynodes.diagnose.look.look import Look
from pynodes.diagnose.sources import lines_of

_WRITTEN = re.compile(r"__pyx_(fuse_\w+?)?(pf|f|gb|pw|pymod_exec)_")
_FROM = re.compile(r'\s*/\* "([^"]+)":([0-9]{1,9})$')
_TRACED = re.compile(r'__Pyx_(?:AddTraceback|WriteUnraisable)\("([^"]+)"')


def resolved(look: Look) -> Look:
    """A look whose frames say, where Cython wrote them, what they were written from."""
    sources = _Sources()

    def written(frames: Frames) -> Frames:
        return tuple(
            replace(frame, written=sources.of(frame))
            if _WRITTEN.match(frame.function or "")
            else frame
            for frame in frames
        )

    return look.with_frames(written)


class _Sources:
    def __init__(self) -> None:
        self._known: dict[str, list[str]] = {}

    def of(self, frame: FrameLook) -> PlaceLook | None:
        """The place in the .pyx; None where the generated file is gone or is another one."""
        path, line = frame.file or "", frame.line
        lines = self._lines(path)
        if not 0 < line <= len(lines):
            return None
        begin = next((i for i in range(line - 1, -1, -1) if lines[i].startswith("}")), -1) + 1
        end = next((i for i in range(line - 1, len(lines)) if lines[i].startswith("}")), len(lines))
        comments = (_FROM.match(lines[i]) for i in range(line - 1, begin - 1, -1))
        comment = next(filter(None, comments), None)
        if comment is None:
            return None
        traced = next(filter(None, map(_TRACED.search, lines[begin:end])), None)
        name = f".{traced[1]}" if traced else ""
        return PlaceLook(
            function=name.partition(f".{Path(path).name.split('.')[0]}.")[2],
            file=_found_near(path, comment[1]),
            line=int(comment[2]),
        )

    def _lines(self, path: str) -> list[str]:
        if path not in self._known:
            self._known[path] = []
            if path.endswith((".c", ".cpp", ".cxx", ".cc")):
                self._known[path] = lines_of(path)
        return self._known[path]


def _found_near(generated: str, named: str) -> str:
    """A .pyx is named as seen from where Cython ran: the folder of what it wrote, or one above."""
    for folder in Path(generated).parents:
        if (folder / named).is_file():
            return str(folder / named)
    beside = Path(generated).with_name(Path(named).name)
    return str(beside) if beside.is_file() else named


def function_of(mangled: str, file: str) -> str:
    """`run` of `__pyx_pf_2cy_run`; `file` is the generated one, or its .pyx.

    Before a name stand those of its module and class, each behind its length; a number may, too.
    """
    kind = _WRITTEN.match(mangled)
    if kind is None:
        return mangled
    if kind[2] == "pymod_exec":
        return "<module>"
    name, stem = mangled[kind.end() :], Path(file).name.split(".")[0]
    _, found, rest = name.partition(f"{len(stem)}{stem}_")
    words: list[str] = []
    name = rest if found else name
    while part := re.match(r"(\d+)(?=[A-Za-z_])", name):
        length, name = int(part[1]), name[part.end() :]
        if name[length : length + 1] != "_" or not name[length + 1 :]:
            break
        words.append(name[:length])
        name = name[length + 1 :]
    return ".".join([*words, name])


def is_written(function: str) -> bool:
    """Whether it is a function of a .pyx, and not what Cython puts around it."""
    kind = _WRITTEN.match(function)
    return kind is not None and kind[2] != "pw"
