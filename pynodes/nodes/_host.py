"""What the C host calls: load a script, build its scene, make nodes, explain what went wrong.

All functions are called attached. They keep no state between calls: what one call learns goes into
its result, which the host passes to the next one, so that threads can work side by side.
"""

from __future__ import annotations

import copy
import importlib
import importlib.machinery
import importlib.util
import inspect
import json
import os
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from pynodes.nodes import LIBRARY, native
from pynodes.nodes._names import article, near
from pynodes.nodes.api import Declared, Node, Socket, construct, declared
from pynodes.nodes.tree import option_defaults
from pynodes.scene.emit import Builder, Recipe, digest, emit, replay
from pynodes.scene.params import ParamError, Params
from pynodes.scene.preview import preview_scene
from pynodes.scene.scene import Scene

SCRIPT_MODULE = "pynodes_scene"


class ScriptError(ValueError):
    """What a script lacks, told without a traceback; `where` is the script."""

    def __init__(self, what: str, where: str) -> None:
        super().__init__(what)
        self.where = where


@dataclass(frozen=True, slots=True)
class Loaded:
    """A script that has been run once. Exactly one of `build` and `node` is there."""

    path: str
    folder: Path
    tag: str
    preview: str
    module: ModuleType
    build: Callable[[Params, int], object] | None
    node: type[Node] | None
    copies: dict[str, ModuleType] = field(default_factory=dict)
    """Copies of other modules that define nodes, made for this tag; used by one thread."""


@dataclass(frozen=True, slots=True)
class Built:
    """A scene as one run of the script made it."""

    digest: str
    title: str
    names: tuple[str, ...]
    recipes: tuple[Recipe, ...]
    loaded: Loaded


def load(path: str, preview: str, tag: str) -> Loaded:
    """Run a script as a module of its own.

    Args:
        preview: the shape to show a node on when the script has no `build`.
        tag: "" for the main run; else what tells a thread's own copy from others.
    Raises:
        ScriptError: neither a build nor a node. Also whatever the script raises.
    """
    file = Path(path)
    folder = file.resolve().parent
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    name = f"{SCRIPT_MODULE}_{tag}" if tag else SCRIPT_MODULE
    code = compile(file.read_bytes(), path, "exec", dont_inherit=True)
    module = ModuleType(name)
    module.__file__ = path
    sys.modules[name] = module  # dataclasses and pickle look there
    try:
        exec(code, vars(module))
    except BaseException:
        del sys.modules[name]
        raise
    build = getattr(module, "build", None)
    node = None
    if build is None:
        node = _find_node(module, path)
    else:
        _check_build(build, path)
    return Loaded(path, folder, tag, preview, module, build, node)


def build(
    loaded: Loaded,
    defines: list[str],
    frame: int,
    width: int,
    height: int,
    builder: Builder | None,
) -> Built:
    """Build the scene of one frame, into `builder` unless that is None.

    Raises:
        ValueError: a define that the script never asked for. Also whatever the script raises.
    """
    try:
        params = Params(defines, (width, height))
        scene = _make_scene(loaded, params, frame)
        _check_used(params, loaded)
        emission = emit(scene)
        if builder is not None:
            replay(emission, builder, loaded.folder)
    except (TypeError, ValueError, RuntimeError) as problem:
        # What no line of the author's raised (say a missing mesh) is told without a traceback.
        if isinstance(problem, ScriptError) or _user_frames(problem):
            raise
        raise ScriptError(str(problem), loaded.path) from problem
    return Built(
        digest=digest(emission, loaded.module.__name__),
        title=scene.title or Path(loaded.path).stem,
        names=tuple(recipe.name for recipe in emission.recipes),
        recipes=emission.recipes,
        loaded=loaded,
    )


def instances(built: Built) -> list[Node]:
    """Make the scene's node objects, by python index, for the calling thread alone.

    Raises:
        TypeError: a node that declares other sockets than when the scene was built.
    """
    bind = importlib.import_module("_pynodes").bind
    nodes: list[Node] = []
    for recipe in built.recipes:
        cls = _own_class(recipe.cls, built.loaded)
        node, inputs, outputs = construct(cls, _own_options(recipe.options))
        for side, now, then in (
            ("inputs", inputs, recipe.inputs),
            ("outputs", outputs, recipe.outputs),
        ):
            sockets = tuple(declared(socket) for socket in now)
            if sockets != then:
                raise TypeError(
                    f"node {recipe.name} ({cls.__name__}) declared other {side} this time:"
                    f" {_named(sockets)}, not {_named(then)}; __init__ must always do the same"
                )
        bind(node, recipe.inputs, recipe.outputs)
        nodes.append(node)
    return nodes


def explain(exc: BaseException) -> tuple[str, str, str]:
    """An exception as (what, where, detail) for people. Never raises."""
    try:
        return _what(exc), _where(exc), _detail(exc)
    except BaseException as problem:
        kind = type(exc).__name__
        return kind, "", f"{kind} (and explaining it raised {type(problem).__name__})"


def describe(path: str | None) -> str:
    """All nodes as JSON: the library's, the host's, and those a script defines."""
    entries = [_describe_python(cls, "pynodes.nodes") for cls in LIBRARY]
    entries += [_describe_native(cls) for cls in native.KINDS.values()]
    if path is not None:
        name = Path(path).name
        module = load(path, "sphere", "describe").module
        entries += [_describe_python(cls, name) for cls in _own_nodes(module)]
    return json.dumps(entries)


def leftover() -> list[str]:
    """Names of Python threads that are still running and that nobody will stop."""
    known = (threading.main_thread(), threading.current_thread())
    return [
        thread.name
        for thread in threading.enumerate()
        if thread.is_alive() and not thread.daemon and thread not in known
    ]


# --- loading ---


def _own_nodes(module: ModuleType) -> Iterator[type[Node]]:
    """Node classes defined in the module, in order, each once."""
    seen: set[int] = set()
    for thing in vars(module).values():
        if (
            isinstance(thing, type)
            and issubclass(thing, Node)
            and thing.__module__ == module.__name__
            and id(thing) not in seen
        ):
            seen.add(id(thing))
            yield thing


def _find_node(module: ModuleType, path: str) -> type[Node]:
    """`__node__`, else the first node class defined in the file."""
    chosen = vars(module).get("__node__")
    if chosen is not None:
        if not (isinstance(chosen, type) and issubclass(chosen, Node)):
            raise ScriptError(
                f"__node__ must be a class that derives from Node, not {article(chosen)}", path
            )
        return chosen
    for cls in _own_nodes(module):
        return cls
    raise ScriptError(
        f"{Path(path).name} defines neither a scene (build(params, frame)) nor a node"
        " (a class that derives from pynodes.nodes.Node)",
        path,
    )


def _check_build(function: Any, path: str) -> None:
    if not callable(function):
        raise ScriptError(f"build must be a function, not {article(function)}", path)
    try:
        inspect.signature(function).bind(None, 1)
    except TypeError:
        takes = inspect.signature(function)
        raise ScriptError(f"build must take (params, frame); it takes {takes}", path) from None
    except ValueError:
        pass  # no signature to look at


def _make_scene(loaded: Loaded, params: Params, frame: int) -> Scene:
    if loaded.build is None:
        assert loaded.node is not None
        return preview_scene(loaded.node, loaded.preview, params)
    scene = loaded.build(params, frame)
    if not isinstance(scene, Scene):
        what = f"build(params, frame) must return a Scene, it returned {article(scene)}"
        raise ScriptError(what, loaded.path)
    return scene


def _check_used(params: Params, loaded: Loaded) -> None:
    """Complain about parameters that the build did not ask for."""
    unused = params.unused()
    if not unused:
        return
    known = params.asked()
    name = unused[0]
    guess = near(name, known)
    mend = f"; did you mean {guess!r}?" if guess is not None else ";"
    listing = f"it has: {', '.join(known)}" if known else "it has no parameters"
    script = Path(loaded.path).name
    raise ScriptError(f"{script} has no parameter {name!r}{mend} {listing}", loaded.path)


# --- instances ---


def _own_class(cls: type[Node], loaded: Loaded) -> type[Node]:
    """The class to use on this thread.

    For a thread with a copy of the script (a tag) a node from another module comes from a copy of
    that module, so that threads share no class, global or constant. A class that cannot be found
    again by name (made inside a function, or without a source file) is shared.
    """
    home = cls.__module__
    if not loaded.tag or home == loaded.module.__name__:
        return cls
    module = loaded.copies.get(home)
    if module is None:
        module = loaded.copies[home] = _copy_module(home, loaded.tag)
    found: Any = module
    for part in cls.__qualname__.split("."):
        found = getattr(found, part, None)
    return found if isinstance(found, type) and issubclass(found, Node) else cls


def _copy_module(name: str, tag: str) -> ModuleType:
    """A second module from the same source file, or the module itself where there is none."""
    original = sys.modules[name]
    spec = getattr(original, "__spec__", None)
    if spec is None or not isinstance(spec.loader, importlib.machinery.SourceFileLoader):
        return original
    copy_name = f"{name}__{tag}"
    copy_spec = importlib.util.spec_from_file_location(copy_name, spec.origin)
    if copy_spec is None or copy_spec.loader is None:
        return original
    module = importlib.util.module_from_spec(copy_spec)
    sys.modules[copy_name] = module
    copy_spec.loader.exec_module(module)
    return module


def _own_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options for one instance: copies, so that no two share a list; locks and files stay."""
    own: dict[str, Any] = {}
    for name, value in options.items():
        try:
            own[name] = copy.deepcopy(value)
        except Exception:
            own[name] = value
    return own


def _named(sockets: tuple[Declared, ...]) -> str:
    return ", ".join(f"{name} {value}" for name, _, value, _, _ in sockets) or "none"


# --- explaining ---

_PACKAGE = Path(__file__).resolve().parent.parent  # pynodes/
_INTERNAL = (f"{_PACKAGE / 'nodes'}{os.sep}", f"{_PACKAGE / 'scene'}{os.sep}")
_AUTHORED = f"{_PACKAGE / 'nodes' / 'library'}{os.sep}"
_STDLIB = f"{Path(traceback.__file__).parent}{os.sep}"
_INSTALLED = ("site-packages", "dist-packages")  # under _STDLIB, but not of it


def _is_internal(filename: str) -> bool:
    """Is this our code, and not what an author would look into?"""
    return filename.startswith(_INTERNAL) and not filename.startswith(_AUTHORED)


def _is_user(filename: str) -> bool:
    """Is this a script, a node or an installed package?"""
    if _is_internal(filename) or filename.startswith("<"):  # <frozen ...>, <string>
        return False
    if filename.startswith(_STDLIB):
        return any(folder in filename for folder in _INSTALLED)
    return True


def _user_frames(exc: BaseException) -> list[traceback.FrameSummary]:
    frames = traceback.extract_tb(exc.__traceback__)
    return [frame for frame in frames if _is_user(frame.filename)]


def _what(exc: BaseException) -> str:
    if isinstance(exc, ScriptError | ParamError):
        return str(exc)
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
    frames = _user_frames(exc)
    if not frames:
        frames = [
            frame
            for frame in traceback.extract_tb(exc.__traceback__)
            if not _is_internal(frame.filename)
        ]
    if not frames:
        return ""
    last = frames[-1]
    function = "" if last.name == "<module>" else f" in {last.name}"
    return f"{last.filename}:{last.lineno}{function}"


def _detail(exc: BaseException) -> str:
    """The traceback, from the first frame that is not ours; nothing where it would not help."""
    if isinstance(exc, ScriptError | ParamError):
        return ""
    told = traceback.TracebackException.from_exception(exc)
    links: list[traceback.TracebackException | None] = [told]
    while links:
        link = links.pop()
        if link is None:
            continue
        while link.stack and _is_internal(link.stack[0].filename):
            del link.stack[0]
        links += (link.__cause__, link.__context__)
    return "".join(told.format())


# --- describing ---


def _describe_python(cls: type[Node], module: str) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "name": cls.__name__,
        "kind": "python",
        "module": module,
        "doc": _first_line(cls),
        "inputs": [],
        "outputs": [],
        "params": [],
    }
    try:
        for name, default in option_defaults(cls).items():
            shown = None if default is inspect.Parameter.empty else _jsonable(default)
            entry["params"].append(
                {"name": name, "type": "python", "default": shown, "choices": None, "doc": ""}
            )
        _, inputs, outputs = construct(cls, {})
    except Exception as exc:
        entry["error"] = _what(exc)  # an option without a default, for instance
        return entry
    entry["inputs"] = [_describe_socket(socket) for socket in inputs]
    entry["outputs"] = [_describe_socket(socket) for socket in outputs]
    return entry


def _describe_native(cls: type[native.NativeNode]) -> dict[str, Any]:
    return {
        "name": cls.kind,
        "kind": "native",
        "module": "pynodes.nodes.native",
        "doc": cls.__doc__ or "",
        "inputs": [_describe_socket(socket) for socket in cls.inputs],
        "outputs": [_describe_socket(socket) for socket in cls.outputs],
        "params": [
            {
                "name": each.name,
                "type": each.kind,
                "default": each.default,
                "choices": list(each.choices) or None,
                "doc": each.doc,
            }
            for each in cls.params
        ],
    }


def _describe_socket(socket: Socket) -> dict[str, Any]:
    return {
        "name": socket.name,
        "type": socket.type_name,
        "value": socket.val,
        "min": socket.min,
        "max": socket.max,
    }


def _first_line(cls: type[Node]) -> str:
    doc = vars(cls).get("__doc__") or ""
    return doc.strip().partition("\n")[0].strip()


def _jsonable(value: Any) -> Any:
    try:
        json.dumps(value)
    except (TypeError, ValueError):
        return repr(value)
    return value
