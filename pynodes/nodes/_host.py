"""What the C host calls: load a script, build its scene, make nodes, explain what went wrong.

All functions are called attached. They keep no state between calls: what one call learns goes into
its result, which the host passes to the next one, so that threads can work side by side.
"""

# ruff: noqa: PTH118, PTH119, PTH120, PTH122, PTH123 -- see pynodes.nodes._record for the reason
from __future__ import annotations

import os
import sys

from pynodes.nodes import native
from pynodes.nodes._names import article, near, unknown
from pynodes.nodes._record import Record
from pynodes.nodes.api import Node, construct, declared
from pynodes.nodes.tree import REQUIRED, option_defaults, parameters
from pynodes.scene.emit import Emission, digest, emit, replay
from pynodes.scene.params import ParamError, Params
from pynodes.scene.scene import Scene
from pynodes.scene.things import patched, things

TYPE_CHECKING = False
if TYPE_CHECKING:
    import threading
    import traceback
    from collections.abc import Callable, Iterator, Mapping
    from types import CodeType, ModuleType
    from typing import Any

    from pynodes.nodes.api import Declared, Socket
    from pynodes.scene.emit import Builder, Recipe
else:
    ModuleType = type(sys)

SCRIPT_MODULE = "pynodes_scene"
DOCUMENT = "document"  # how the tag of an application's document begins


class ScriptError(ValueError):
    """What a script lacks, told without a traceback; `where` is the script."""

    def __init__(self, what: str, where: str) -> None:
        super().__init__(what)
        self.where = where


class Loaded(Record):
    """A script that has been run once. Exactly one of `build` and `node` is there."""

    _fields = __slots__ = __match_args__ = (
        "path",
        "folder",
        "tag",
        "preview",
        "module",
        "build",
        "node",
        "copies",
    )
    path: str
    folder: str
    tag: str
    preview: str
    module: ModuleType
    build: Callable[[Params, int], object] | None
    node: type[Node] | None
    copies: dict[str, ModuleType]
    """Copies of other modules that define nodes, made for this tag; used by one thread."""

    def __init__(
        self,
        path: str,
        folder: str,
        tag: str,
        preview: str,
        module: ModuleType,
        build: Callable[[Params, int], object] | None,
        node: type[Node] | None,
    ) -> None:
        self._fill(path, folder, tag, preview, module, build, node, {})


class Built(Record):
    """A scene as one run of the script made it."""

    _fields = __slots__ = __match_args__ = ("digest", "title", "names", "recipes", "loaded")
    digest: str
    title: str
    names: tuple[str, ...]
    recipes: tuple[Recipe, ...]
    loaded: Loaded

    def __init__(
        self,
        digest: str,
        title: str,
        names: tuple[str, ...],
        recipes: tuple[Recipe, ...],
        loaded: Loaded,
    ) -> None:
        self._fill(digest, title, names, recipes, loaded)


def load(path: str, preview: str, tag: str) -> Loaded:
    """Run a script as a module of its own.

    Args:
        preview: the shape to show a node on when the script has no `build`.
        tag: "" for the main run; else what tells a thread's own copy, or a document, from others.
    Raises:
        ScriptError: neither a build nor a node. Also whatever the script raises.
    """
    folder = os.path.dirname(os.path.realpath(path))
    if folder not in sys.path:
        sys.path.insert(0, folder)
    name = f"{SCRIPT_MODULE}_{tag}" if tag else SCRIPT_MODULE
    with open(path, "rb") as file:
        source = file.read()
    code = compile(source, path, "exec", dont_inherit=True)
    if sys.version_info < (3, 13) and _imports_late(code):
        import threading  # noqa: F401 - takes the thread that imports it first for the main one
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


def unload(loaded: Loaded) -> None:
    """Take the modules of a script that was loaded under a tag out of sys.modules."""
    for name in (loaded.module.__name__, *(f"{home}__{loaded.tag}" for home in loaded.copies)):
        sys.modules.pop(name, None)


def build(
    loaded: Loaded,
    defines: list[str],
    frame: int,
    width: int,
    height: int,
    builder: Builder | None,
    live: bool = False,
) -> Built:
    """Build the scene of one frame, into `builder` unless that is None.

    Args:
        live: the application's live scene is of that frame from now on, and what scripts changed in
            it is built too. The digest is of what the script itself built.

    Raises:
        ValueError: a define that the script never asked for. Also whatever the script raises.
    """
    try:
        params = Params(defines, (width, height))
        scene = _make_scene(loaded, params, frame)
        _check_used(params, loaded)
        emission = emit(scene)
        if live or builder is not None:
            _emit_things(scene, emission, frame, builder, live, loaded.folder)
    except (TypeError, ValueError, RuntimeError) as problem:
        # What no line of the author's raised (say a missing mesh) is told without a traceback.
        if isinstance(problem, ScriptError) or _user_frames(problem):
            raise
        raise ScriptError(str(problem), loaded.path) from problem
    return Built(
        digest=digest(emission, loaded.module.__name__),
        title=scene.title or os.path.splitext(os.path.basename(loaded.path))[0],
        names=tuple(recipe.name for recipe in emission.recipes),
        recipes=emission.recipes,
        loaded=loaded,
    )


def instances(built: Built) -> list[Node]:
    """Make the scene's node objects, by python index, for the calling thread alone.

    Raises:
        TypeError: a node that declares other sockets than when the scene was built.
    """
    from _pynodes import bind  # type: ignore[import-not-found]

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
    from json import dumps

    from pynodes.nodes.library import LIBRARY

    entries = [_describe_python(cls, "pynodes.nodes") for cls in LIBRARY]
    entries += [_describe_native(cls) for cls in native.kinds()]
    if path is not None:
        name = os.path.basename(path)
        module = load(path, "sphere", "describe").module
        entries += [_describe_python(cls, name) for cls in _own_nodes(module)]
    return dumps(entries)


def leftover() -> list[str]:
    """Names of Python threads that nodes started and that are still running.

    Daemons are marked: a thread that a render thread starts is one unless it says otherwise, since
    a render thread, which Python did not start, counts as a daemon. Render threads are no threads
    of Python's, though the threading module keeps an entry for each one that asked who it is.
    """
    if "threading" not in sys.modules:
        return []
    import threading

    # Not current_thread(): it would make such an entry, in an interpreter that is about to end.
    main = threading.main_thread()
    return [
        f"{thread.name} (daemon)" if thread.daemon else thread.name
        for thread in threading.enumerate()
        if thread.is_alive() and thread is not main and not _is_foreign(thread)
    ]


def _is_foreign(thread: threading.Thread) -> bool:
    """Is this only an entry for a thread that Python did not start?"""
    return type(thread).__name__ == "_DummyThread"


# --- loading ---


_IMPORT_NAME = 108  # the opcode, in Python 3.11 and 3.12


def _imports_late(code: CodeType) -> bool:
    """Does any function of a script import something, so perhaps first on a render thread?"""
    return any(
        isinstance(each, type(code)) and (_IMPORT_NAME in each.co_code[::2] or _imports_late(each))
        for each in code.co_consts
    )


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
        f"{os.path.basename(path)} defines neither a scene (build(params, frame)) nor a node"
        " (a class that derives from pynodes.nodes.Node)",
        path,
    )


def _check_build(function: Any, path: str) -> None:
    if not callable(function):
        raise ScriptError(f"build must be a function, not {article(function)}", path)
    try:
        found = parameters(function)
    except ValueError:
        return  # no signature to look at
    places = [default for _, kind, default in found if kind in ("positional", "either")]
    named = [default for _, kind, default in found if kind == "keyword"]
    enough = len(places) >= 2 or any(kind == "*" for _, kind, _ in found)
    if not enough or REQUIRED in (*places[2:], *named):
        from inspect import signature

        raise ScriptError(f"build must take (params, frame); it takes {signature(function)}", path)


def _make_scene(loaded: Loaded, params: Params, frame: int) -> Scene:
    if loaded.build is None:
        assert loaded.node is not None
        from pynodes.scene.preview import preview_scene

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
    script = os.path.basename(loaded.path)
    raise ScriptError(f"{script} has no parameter {name!r}{mend} {listing}", loaded.path)


def _emit_things(
    scene: Scene, emission: Emission, frame: int, builder: Builder | None, live: bool, folder: str
) -> None:
    """Tell what scripts can look up, and make the builder's calls."""
    found = things(scene, emission)
    listed = [thing.listed() for thing in found]
    shown = emission
    if live:
        import _pynodes_app as app  # type: ignore[import-not-found]

        app.scene_rebase(frame, listed)
        if builder is not None:
            changes = app.scene_changes()
            if changes:
                shown = Emission(patched(emission.calls, found, changes), emission.recipes)
    if builder is not None:
        builder.things(frame, listed)
        replay(shown, builder, folder)


# --- instances ---


def _own_class(cls: type[Node], loaded: Loaded) -> type[Node]:
    """The class to use on this thread.

    For a thread with a copy of the script (a tag, but for documents) a node from another module
    comes from a copy of that module, so that threads share no class, global or constant. A class
    that cannot be found again by name (made inside a function, or without a source file) is shared.
    """
    home = cls.__module__
    own = loaded.tag and not loaded.tag.startswith(DOCUMENT)
    if not own or home == loaded.module.__name__:
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
    from importlib.machinery import SourceFileLoader
    from importlib.util import module_from_spec, spec_from_file_location

    original = sys.modules[name]
    spec = getattr(original, "__spec__", None)
    if spec is None or not isinstance(spec.loader, SourceFileLoader):
        return original
    copy_name = f"{name}__{tag}"
    copy_spec = spec_from_file_location(copy_name, spec.origin)
    if copy_spec is None or copy_spec.loader is None:
        return original
    module = module_from_spec(copy_spec)
    sys.modules[copy_name] = module
    copy_spec.loader.exec_module(module)
    return module


def _own_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options for one instance: copies, so that no two share a list; locks and files stay."""
    own = dict(options)
    for name, value in options.items():
        if value is None or isinstance(value, int | float | str):
            continue
        from copy import deepcopy

        try:
            own[name] = deepcopy(value)
        except Exception:
            continue
    return own


def _named(sockets: tuple[Declared, ...]) -> str:
    return ", ".join(f"{name} {value}" for name, _, value, _, _ in sockets) or "none"


# --- explaining ---

_PACKAGE = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))  # pynodes/
_INTERNAL = tuple(os.path.join(_PACKAGE, name, "") for name in ("app", "nodes", "scene"))
_AUTHORED = os.path.join(_PACKAGE, "nodes", "library", "")
_STDLIB = os.path.join(os.path.dirname(os.__file__), "")
_INSTALLED = ("site-packages", "dist-packages")  # under _STDLIB, but not of it


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


def _user_frames(exc: BaseException) -> list[traceback.FrameSummary]:
    return [frame for frame in _frames(exc) if _is_user(frame.filename)]


def _frames(exc: BaseException) -> traceback.StackSummary:
    import traceback

    return traceback.extract_tb(exc.__traceback__)


_REFUSAL = "does not support loading in subinterpreters"


def _refusal(exc: BaseException) -> str:
    """What is to be told when a module refused to load in this interpreter, else nothing.

    A package may wrap that in a long text of its own (NumPy does), so what an ImportError comes
    from is looked through. Whoever installed the package knows it by its version.
    """
    seen: set[int] = set()
    links: list[BaseException | None] = [exc]
    while links:
        link = links.pop()
        if link is None or id(link) in seen:
            continue
        seen.add(id(link))
        text = str(link) if isinstance(link, ImportError) else ""
        if text.startswith("module ") and text.endswith(_REFUSAL):
            name = text.removeprefix("module ").removesuffix(_REFUSAL).strip()
            return f"ImportError: module {name}{_version(name)} {_REFUSAL}"
        links.append(link.__cause__)
        if isinstance(link, ImportError):
            links.append(link.__context__)
    return ""


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
    """What is to be told of a name that `self.shi` does not have: those that it has.

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


def _what(exc: BaseException) -> str:
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
    frames = _user_frames(exc)
    if _refusal(exc):  # the line that asked for the package, not one inside of it
        frames = [frame for frame in frames if not _is_installed(frame.filename)] or frames
    if not frames:
        frames = [frame for frame in _frames(exc) if not _is_internal(frame.filename)]
    if not frames:
        return ""
    last = frames[-1]
    function = "" if last.name == "<module>" else f" in {last.name}"
    return f"{last.filename}:{last.lineno}{function}"


def _detail(exc: BaseException) -> str:
    """The traceback, from the first frame that is not ours; nothing where it would not help.

    What a package says when it was refused is about bad installations, which this is not.
    """
    if isinstance(exc, ScriptError | ParamError) or _refusal(exc):
        return ""
    from traceback import TracebackException

    told = TracebackException.from_exception(exc)
    links: list[TracebackException | None] = [told]
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
            shown = None if default is REQUIRED else _jsonable(default)
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
    from json import dumps

    try:
        dumps(value)
    except (TypeError, ValueError):
        return repr(value)
    return value
