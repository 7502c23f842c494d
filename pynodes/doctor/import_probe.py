"""A program of its own: what a script imports, and what one import does in a fresh interpreter.

    python -P import_probe.py scan FD SCRIPT ROOT     run a script, report what it asked others for
    python -P import_probe.py plain FD FOLDER NAMES   import in this interpreter
    python -P import_probe.py own FD FOLDER NAMES     import in an interpreter with its own GIL
    python -P import_probe.py own-all FD FOLDER NAMES     the same, and go on after a refusal

Answers are JSON lines to the file descriptor FD. The standard library only, as little of it as can
be, and no import of this package: what is asked about must be the first to load.
"""

# ruff: noqa: PTH118, PTH119, PTH120, PTH123
from __future__ import annotations

import builtins
import importlib
import json
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

SCRIPT = "pynodes_scene"
_ROOT = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))


def _run_file(path: str) -> dict[str, Any]:
    """What a file of ours defines, without an import of the package around it."""
    space: dict[str, Any] = {"__name__": os.path.basename(path)}
    with open(path, encoding="utf-8") as file:
        exec(compile(file.read(), path, "exec"), space)
    return space


_refusal = _run_file(os.path.join(_ROOT, "inside", "refusal.py"))


def report(fd: int, answer: object) -> None:
    os.write(fd, json.dumps(answer).encode() + b"\n")


def explain(error: BaseException) -> str:
    """The error's own words; for a refusal that a package wrapped in a long text, the refusal's."""
    module = _refusal["refused"](error)
    if module:
        return str(_refusal["refusal"](module))
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__}: {error.msg}"
    first = next((line for line in str(error).strip().splitlines() if line.strip()), "")
    return f"{type(error).__name__}: {first}" if first else type(error).__name__


def import_all(fd: int, names: list[str], *, go_on: bool) -> None:
    """Import one after the other and report each."""
    for name in names:
        try:
            importlib.import_module(name)
        except BaseException as error:
            report(fd, {"name": name, "problem": explain(error)})
            if not go_on:
                return
        else:
            report(fd, {"name": name, "problem": ""})


def do_plain(fd: int, names: list[str]) -> None:
    """Also whether the GIL is off afterwards, and what Python says when it came on."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        import_all(fd, names, go_on=False)
    gil: Callable[[], bool] = getattr(sys, "_is_gil_enabled", lambda: True)
    why = [str(warning.message) for warning in caught if "GIL" in str(warning.message)]
    report(fd, {"gil": gil(), "why": why[0] if why else ""})


def do_own(fd: int, names: list[str], *, go_on: bool) -> None:
    """An interpreter as engine `isolated` makes them: own GIL, extension modules checked."""
    with open(__file__, encoding="utf-8") as file:
        source = file.read()
    code = (
        f"import sys\nsys.path[:] = {sys.path!r}\n"
        f"space = {{'__name__': 'import_probe', '__file__': {__file__!r}}}\n"
        f"exec(compile({source!r}, {__file__!r}, 'exec'), space)\n"
        f"space['import_all']({fd}, {names!r}, go_on={go_on!r})\n"
    )
    if sys.version_info >= (3, 13):
        module = importlib.import_module("_interpreters")
        own = module.create("isolated")
    else:
        module = importlib.import_module("_xxsubinterpreters")
        own = module.create(isolated=True)
    module.run_string(own, code)
    module.destroy(own)
    report(fd, {"ended": True})


# --- what a script imports ---


class Recorder:
    """Notes who asked whom for which module, wherever that crosses a package's border."""

    def __init__(self) -> None:
        self.asked: dict[tuple[str, str], None] = {}
        self._real = builtins.__import__

    def __enter__(self) -> Recorder:
        builtins.__import__ = self._import
        return self

    def __exit__(self, *exc: object) -> None:
        builtins.__import__ = self._real

    def _import(
        self,
        name: str,
        globals: Any = None,  # noqa: A002 - the names of __import__
        locals: Any = None,  # noqa: A002
        fromlist: Any = (),
        level: int = 0,
    ) -> Any:
        found = self._real(name, globals, locals, fromlist, level)
        if level == 0:
            asker = str((globals or {}).get("__name__", ""))  # none when C code imports
            targets = [f"{name}.{part}" for part in fromlist or ()]
            targets = [target for target in targets if target in sys.modules] or [name]
            for target in targets:
                if asker and top(target) != top(asker):
                    self.asked.setdefault((target, asker))
        return found


def top(name: str) -> str:
    return name.partition(".")[0]


def statements(path: str) -> Iterator[tuple[str, list[str]]]:
    """Every absolute import in a file, also inside functions."""
    import ast

    with open(path, "rb") as file:
        tree = ast.parse(file.read(), path)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, []) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module, [alias.name for alias in node.names if alias.name != "*"]


def do_scan(fd: int, path: str, root: str) -> None:
    """Run a script as the host does, then import what its functions would, and report all of it."""
    folder = os.path.dirname(os.path.realpath(path))
    sys.path.insert(0, folder)
    sys.path.append(root)  # for a package that is not installed
    before = set(sys.modules)
    with Recorder() as recorder:
        problem = run_script(path)
        missing: dict[str, str] = {}
        todo, done = [(path, SCRIPT)], set()
        while todo:
            file, asker = todo.pop()
            done.add(file)
            missing |= import_statements(file, asker)
            for name, module in list(sys.modules.items()):
                source = getattr(module, "__file__", None) or ""
                is_near = source.endswith(".py") and os.path.dirname(source) == folder
                if is_near and source not in done and name != SCRIPT:
                    todo.append((source, name))
                    done.add(source)
    loaded = [name for name in sys.modules if name not in before]
    asked = [*recorder.asked]
    known = {top(target) for target, _ in asked}
    asked += [(name, "") for name in loaded if "." not in name and name not in known]
    report(
        fd,
        {
            "problem": problem,
            "asked": asked,
            "missing": missing,
            "folder": folder,
            "files": {name: file_of(sys.modules[name]) for name in loaded if "." not in name},
            "versions": {name: version_of(name) for name in loaded if "." not in name},
        },
    )


def run_script(path: str) -> dict[str, str] | None:
    module = ModuleType(SCRIPT)
    module.__file__ = path
    sys.modules[SCRIPT] = module
    try:
        with open(path, "rb") as file:
            code = compile(file.read(), path, "exec", dont_inherit=True)
        exec(code, vars(module))
    except BaseException as error:
        import traceback

        frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == path]
        line = error.lineno if isinstance(error, SyntaxError) else frames and frames[-1].lineno
        return {"what": explain(error), "where": f"{path}:{line}" if line else path}
    return None


def import_statements(path: str, asker: str) -> dict[str, str]:
    """Do the imports of a file that have not been done; those that fail, and why."""
    failed: dict[str, str] = {}
    try:
        found = list(statements(path))
    except (OSError, SyntaxError, ValueError):
        return failed
    for name, parts in found:
        try:
            builtins.__import__(name, {"__name__": asker}, None, parts, 0)
        except BaseException as error:
            failed[name] = explain(error)
    return failed


def file_of(module: ModuleType) -> str:
    return str(getattr(module, "__file__", None) or "")


def version_of(name: str) -> str:
    """The version its distribution states, else its own word."""
    if name in sys.stdlib_module_names:
        return ""
    from importlib import metadata

    try:
        for distribution in metadata.packages_distributions().get(name, ()):
            return metadata.version(distribution)
    except Exception:
        pass
    own = getattr(sys.modules.get(name), "__version__", "")
    return own if isinstance(own, str) else ""


def main(argv: list[str]) -> None:
    what, fd, *rest = argv
    if what == "scan":
        do_scan(int(fd), *rest)
    else:
        folder, *names = rest
        sys.path.insert(0, folder)
        if what == "plain":
            do_plain(int(fd), names)
        else:
            do_own(int(fd), names, go_on=what == "own-all")
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # what was asked is known; how all those modules end is another question


if __name__ == "__main__":
    main(sys.argv[1:])
