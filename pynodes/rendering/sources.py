"""What a scene is made of: its script, what that imports from its folder, files that it names."""

from __future__ import annotations

import _ast
import os
import warnings
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from pynodes import files
from pynodes.checksum import sha256

_ONLY_AST = 0x400  # ast.PyCF_ONLY_AST: to import `ast` takes longer than to read a scene
_LONGEST_NAME = 1024
_CHUNK = 1 << 20


def is_python(script: Path) -> bool:
    """Whether a file is Python's source: text that compiles, or (in another version's syntax) is
    called so."""
    try:
        data = files.read(script, files.SCRIPT)
        first = data.partition(b"\n")[0]
        if b"\0" in data or (first.startswith(b"#!") and b"python" not in first):
            return False
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(data, script, "exec", _ONLY_AST, dont_inherit=True)
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return script.suffix == ".py"
    return True


class _Read(NamedTuple):
    """What a script says of other files: modules that it imports, and its texts."""

    imports: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()


def sources(scene: Path) -> list[Path]:
    """The script and all that it imports from its folder, directly or not, sorted.

    What is imported by a computed name is not found, nor what is read as data: a sweep also renders
    its reference again at each start and notices when the picture changed.
    """
    return sorted(_closure(scene))


def digest(scene: Path) -> str:
    """A checksum over names and contents of the sources."""
    total = sha256()
    for path in sources(scene):
        total.update(path.name.encode("utf-8", "surrogateescape") + b"\0")
        own = sha256()
        own.update(path.read_bytes())
        total.update(own.digest())
    return total.hexdigest()[:16]


def contents(scripts: Sequence[Path], named: Iterable[str] = ()) -> dict[str, str]:
    """Checksums of the sources of scripts, and of files that a text in one names (a mesh, say).

    Args:
        named: further texts that may name files; from the folder of the first script.
    Returns:
        By names as they are seen from the folder of the first script, sorted.
    """
    root = scripts[0].parent
    paths = made_of(scripts, named)
    return dict(sorted((os.path.relpath(path, root), _checksum(path)) for path in paths))


def made_of(scripts: Sequence[Path], named: Iterable[str] = ()) -> set[Path]:
    """The sources of scripts, and files that a text in one names, as `contents` has them."""
    root = scripts[0].parent
    paths = {root / text for text in named if _is_file(root, text)}
    for script in scripts:
        for path, read in _closure(script).items():
            paths.add(path)
            for folder in {script.parent, path.parent}:
                paths.update(folder / text for text in read.texts if _is_file(folder, text))
    return paths


def _closure(scene: Path) -> dict[Path, _Read]:
    root = scene.parent
    found: dict[Path, _Read] = {}
    waiting = [scene]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found[path] = _read(path)
        for name in found[path].imports:
            parts = name.split(".")
            for end in range(1, len(parts) + 1):
                base = root.joinpath(*parts[:end])
                for candidate in (base.with_suffix(".py"), base / "__init__.py"):
                    if candidate.is_file():
                        waiting.append(candidate)
    return found


def _read(path: Path) -> _Read:
    """A file that is not Python says nothing."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # they are the host's to give
            tree = compile(path.read_bytes(), path, "exec", _ONLY_AST, dont_inherit=True)
        nodes = list(_walk(tree))
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return _Read()
    imports: list[str] = []
    for node in nodes:
        if isinstance(node, _ast.Import):
            imports += (alias.name for alias in node.names)
        elif isinstance(node, _ast.ImportFrom) and node.module and not node.level:
            imports += (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))
    texts = (
        node.value
        for node in nodes
        if isinstance(node, _ast.Constant) and isinstance(node.value, str)
    )
    return _Read(tuple(imports), tuple(dict.fromkeys(texts)))


def _walk(tree: _ast.AST) -> Iterator[_ast.AST]:
    waiting: list[object] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting += reversed(node)
        elif isinstance(node, _ast.AST):
            yield node
            waiting += [getattr(node, name, None) for name in reversed(node._fields)]


def _is_file(root: Path, text: str) -> bool:
    if not text or len(text) > _LONGEST_NAME or "\n" in text:
        return False
    try:
        return files.kind_of(root / text) == files.FILE
    except OSError:
        return False


def _checksum(path: Path) -> str:
    """Empty for a file that cannot be read."""
    try:
        with files.opened(path) as file:
            found = sha256(os.fstat(file.fileno()).st_size)
            while chunk := file.read(_CHUNK):
                found.update(chunk)
    except OSError:
        return ""
    return found.hexdigest()[:16]
