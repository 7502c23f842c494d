"""Loading a script, and building its scene for a frame."""

# ruff: noqa: PTH119, PTH120, PTH122 -- see pynodes.nodes._record for the reason
from __future__ import annotations

import os
import sys

from pynodes import files
from pynodes.inside.debugger import allow_breakpoints
from pynodes.inside.problems import ScriptError, user_frames
from pynodes.nodes._names import article, near
from pynodes.nodes._record import FrozenValue
from pynodes.nodes.api import Node
from pynodes.nodes.tree import REQUIRED, parameters
from pynodes.scene.emit import Emission, digest, emit, replay
from pynodes.scene.params import Params
from pynodes.scene.scene import Scene
from pynodes.scene.things import patched, things

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import CodeType, ModuleType
    from typing import Any

    from pynodes.scene.emit import Builder, Recipe
else:
    ModuleType = type(sys)

SCRIPT_MODULE = "pynodes_scene"


class Loaded(FrozenValue):
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


class Built(FrozenValue):
    """A scene as one run of the script made it."""

    _fields = __slots__ = __match_args__ = ("digest", "title", "names", "recipes", "loaded")
    digest: str
    title: str
    names: tuple[str, ...]
    recipes: tuple[Recipe, ...]
    loaded: Loaded


def load(path: str, preview: str, tag: str, debug: bool = False) -> Loaded:
    """Run a script as a module of its own.

    Args:
        preview: the shape to show a node on when the script has no `build`.
        tag: "" for the main run; else what marks a thread's own copy, or a document.
        debug: breakpoint() in it may have the terminal.
    Raises:
        ScriptError: neither a build nor a node. Also whatever the script raises.
    """
    folder = os.path.dirname(os.path.realpath(path))
    if folder not in sys.path:
        sys.path.insert(0, folder)
    name = f"{SCRIPT_MODULE}_{tag}" if tag else SCRIPT_MODULE
    try:
        source = files.read(path, files.SCRIPT)
    except OSError as error:
        raise ScriptError(f"the file cannot be read: {error.strerror}", path) from None
    if b"\0" in source:
        what = "this is no Python source: it has a zero byte in it"
        raise ScriptError(what, path, "name a .py file")
    code = compile(source, path, "exec", dont_inherit=True)
    if sys.version_info < (3, 13) and _imports_late(code):
        import threading  # noqa: F401 - takes the thread that imports it first for the main one
    allow_breakpoints(debug)
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
    return Loaded(path, folder, tag, preview, module, build, node, {})


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
        # What no line of the author's raised (say a missing mesh) is shown without a traceback.
        if isinstance(problem, ScriptError) or user_frames(problem):
            raise
        raise ScriptError(str(problem), loaded.path) from problem
    return Built(
        digest=digest(emission, loaded.module.__name__),
        title=scene.title or os.path.splitext(os.path.basename(loaded.path))[0],
        names=tuple(recipe.name for recipe in emission.recipes),
        recipes=emission.recipes,
        loaded=loaded,
    )


_IMPORT_NAME = 108  # the opcode, in Python 3.11 and 3.12


def _imports_late(code: CodeType) -> bool:
    """Does any function of a script import something, so perhaps first on a render thread?"""
    return any(
        isinstance(each, type(code)) and (_IMPORT_NAME in each.co_code[::2] or _imports_late(each))
        for each in code.co_consts
    )


def own_nodes(module: ModuleType) -> Iterator[type[Node]]:
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
    for cls in own_nodes(module):
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
    # The preview asks for `Mortar Color` and `Mortar_Color`: the first spelling stands for both.
    spelled = {name.replace("_", " "): name for name in reversed(params.asked())}
    known = list(spelled.values())[::-1]
    name = unused[0]
    guess = near(name, known)
    help = f"did you mean {guess!r}? " if guess is not None else ""
    help += f"it has: {', '.join(known)}" if known else "it has no parameters"
    script = os.path.basename(loaded.path)
    raise ScriptError(f"{script} has no parameter {name!r}", loaded.path, help)


def _emit_things(
    scene: Scene, emission: Emission, frame: int, builder: Builder | None, live: bool, folder: str
) -> None:
    """Hand over what scripts can look up, and make the builder's calls."""
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
