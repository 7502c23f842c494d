"""What the C host calls, with a builder that only records and without a host."""

from __future__ import annotations

import _thread
import json
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pynodes import inside
from pynodes.inside.script import _imports_late
from pynodes.nodes import Node, Tilings

NODE = """
from pynodes.nodes import Node, Socket

class Dot(Node):
    '''A dot.

    More.
    '''
    def __init__(self, sockets, radius=0.5):
        sockets.input = [Socket("Coords", (0, 0, 0)), Socket("Glow", 1.0)]
        sockets.output = [Socket("Color", (0, 0, 0, 1))]
        self.radius = radius

    def __call__(self):
        self.output.Color = (1, 1, 1, 1)
"""

SCENE = (
    NODE
    + """
from pynodes.nodes import NodeTree, Tilings, native
from pynodes.scene import Camera, Plane, Scene, Sphere

def build(params, frame):
    tree = NodeTree("two")
    dot = tree.add(Dot, radius=[params.get("radius", 0.5)])
    tiles = tree.add(Tilings, Scale=frame)
    tree.link(dot.out.Color, tiles.inp.Top)
    tree.link(tiles.out.Color, tree.surface)
    return Scene(Camera(), [Sphere(tree), Plane(tree)])
"""
)

Write = Callable[[str], str]


class Recorder:
    """A builder that keeps the calls and numbers trees and nodes as the host does."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.nodes: dict[int, int] = {}

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            self.calls.append((name, *arguments))
            if name == "tree":
                self.nodes[len(self.nodes)] = 0
                return len(self.nodes) - 1
            if name.endswith("_node"):
                self.nodes[arguments[0]] += 1
                return self.nodes[arguments[0]] - 1
            return None

        return call

    def named(self, name: str) -> list[tuple[Any, ...]]:
        return [call for call in self.calls if call[0] == name]


@pytest.fixture
def bound(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was handed to `_pynodes.bind`."""
    calls: list[Any] = []
    fake = SimpleNamespace(bind=lambda *arguments: calls.append(arguments))
    monkeypatch.setitem(sys.modules, "_pynodes", fake)
    return calls


def build(path: str, *defines: str, tag: str = "", frame: int = 1, builder: Any = None) -> Any:
    loaded = inside.load(path, "sphere", tag)
    return inside.build(loaded, list(defines), frame, 64, 48, builder)


# --- load ---


def test_load_registers_each_copy_under_a_name_of_its_own(write: Write) -> None:
    path = write(SCENE)

    main, copy = inside.load(path, "sphere", ""), inside.load(path, "sphere", "t3")

    assert sys.modules["pynodes_scene"] is main.module
    assert sys.modules["pynodes_scene_t3"] is copy.module
    assert main.module.Dot is not copy.module.Dot
    assert sys.path.count(str(Path(path).parent)) == 1


def test_load_runs_dataclasses_and_finds_neighbours(write: Write) -> None:
    path = write(
        "from __future__ import annotations\nfrom dataclasses import dataclass\nimport neighbour\n"
        "@dataclass(slots=True)\nclass A:\n    x: int = 1\n" + SCENE.replace("from __f", "# ")
    )
    Path(path).with_name("neighbour.py").write_text("")

    assert inside.load(path, "sphere", "").build is not None


def test_load_takes_the_named_node_else_the_first_defined_here(write: Write) -> None:
    other = NODE.replace("Dot", "Other")
    imported = "from pynodes.nodes import Tilings\n"

    first = inside.load(write(imported + NODE + other), "sphere", "").node
    named = inside.load(write(imported + NODE + other + "__node__ = Other\n"), "sphere", "").node
    library = inside.load(write(imported + NODE + "__node__ = Tilings\n"), "sphere", "").node

    assert [cls.__name__ for cls in (first, named, library) if cls] == ["Dot", "Other", "Tilings"]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("x = 1", "defines neither a scene .* nor a node"),
        ("from pynodes.nodes import Tilings", "defines neither"),
        ("__node__ = 3", "__node__ must be a class that derives from Node, not 3"),
        ("build = 3", "build must be a function, not 3"),
        ("def build(params): ...", r"build must take \(params, frame\); it takes \(params\)"),
        ("def build(a, b, c): ...", r"it takes \(a, b, c\)"),
        ("def build(a, b, *, c): ...", r"it takes \(a, b, \*, c\)"),
        ("def build(a, **b): ...", r"it takes \(a, \*\*b\)"),
        ("class build:\n    def __init__(self, a): ...", r"it takes \(a\)"),
    ],
)
def test_load_refuses_a_script_without_anything_to_show(write: Write, text: str, what: str) -> None:
    path = write(text)

    with pytest.raises(inside.ScriptError, match=what) as caught:
        inside.load(path, "sphere", "")

    assert inside.explain(caught.value)[1:] == (path, "", "", "")


@pytest.mark.parametrize(
    "text",
    [
        "def build(*args): ...",
        "def build(a, b, c=3, *, d=4, **e): ...",
        "def build(a, /, b): ...",
        "from functools import partial\ndef f(x, a, b): ...\nbuild = partial(f, 1)",
    ],
)
def test_load_takes_a_build_that_can_be_called(write: Write, text: str) -> None:
    assert inside.load(write(text), "sphere", "").build is not None


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="threading knows the main thread itself")
def test_imports_inside_functions_are_seen() -> None:
    def seen(text: str) -> bool:
        return _imports_late(compile(text, "scene.py", "exec"))

    assert seen("class A:\n    def f(self):\n        x = 3\n        from queue import Queue\n")
    assert not seen("import queue\nif 0.5:\n    from x import y\ndef f(x):\n    return x * x\n")


def test_load_leaves_no_module_of_a_script_that_raised(write: Write) -> None:
    path = write("1 / 0")

    with pytest.raises(ZeroDivisionError):
        inside.load(path, "sphere", "t1")

    assert "pynodes_scene_t1" not in sys.modules


# --- build ---


def test_build_emits_everything_once_and_in_order(write: Write) -> None:
    recorder = Recorder()

    built = build(write(SCENE), frame=4, builder=recorder)

    names = [call[0] for call in recorder.calls]
    assert " ".join(names) == (
        "things camera sky tree python_node python_node set_input link surface sphere plane"
    )
    assert recorder.named("python_node")[1][1:4] == (0, "Tilings", 1)
    assert recorder.named("set_input") == [("set_input", 0, 1, 1, (4.0,))]
    assert recorder.named("link") == [("link", 0, 0, 0, 1, 3)]
    assert recorder.named("surface") == [("surface", 0, 1, 0)]
    assert [call[-1] for call in recorder.calls[-2:]] == [0, 0]
    assert (built.names, built.title) == (("Dot", "Tilings"), "thing")


def test_build_digest_is_the_same_for_each_copy_and_tells_scenes_apart(write: Write) -> None:
    path = write(SCENE)

    digests = [build(path, tag=tag).digest for tag in ("", "t1", "t2")]

    assert len(set(digests)) == 1
    assert build(path, frame=2).digest != digests[0]
    assert build(path, "radius=0.7").digest != digests[0]


def test_build_refuses_a_parameter_nobody_asked_for(write: Write) -> None:
    path = write(SCENE)

    with pytest.raises(inside.ScriptError) as caught:
        build(path, "radios=2")

    assert str(caught.value) == "thing.py has no parameter 'radios'"
    assert caught.value.where == path
    assert caught.value.help == "did you mean 'radius'? it has: radius"


def test_build_lists_an_input_of_two_words_once_and_knows_it_by_its_first(write: Write) -> None:
    inputs = "[Socket('Coords', (0, 0, 0)), Socket('Mortar Color', 1.0)]"
    path = write(
        "from pynodes.nodes import Node, Socket\nclass Brick(Node):\n"
        f"    def __init__(self, sockets):\n        sockets.input = {inputs}\n"
        "        sockets.output = [Socket('Color', (0, 0, 0, 1))]\n"
        "    def __call__(self): ...\n"
    )

    with pytest.raises(inside.ScriptError) as caught:
        build(path, "Mortra=1")

    assert caught.value.help == "did you mean 'Mortar Color'? it has: Coords, Mortar Color"


def test_build_refuses_what_is_no_scene(write: Write) -> None:
    with pytest.raises(inside.ScriptError, match="must return a Scene, it returned None"):
        build(write("def build(params, frame):\n    return None"))


def test_build_tells_a_missing_mesh_without_traceback(write: Write) -> None:
    path = write(
        "from pynodes.scene import *\n"
        "def build(params, frame):\n    return Scene(Camera(), [Mesh('no.obj', name='it')])"
    )

    with pytest.raises(inside.ScriptError, match=r"mesh 'it': 'no.obj' does not exist") as caught:
        build(path, builder=Recorder())

    assert inside.explain(caught.value)[1:] == (path, "", "", "")


def test_build_gives_the_picture_size(write: Write) -> None:
    path = write(
        "from pynodes.scene import *\ndef build(params, frame):\n"
        "    return Scene(Camera(), title=str(params.size))"
    )

    assert build(path).title == "(64, 48)"


# --- preview ---


def test_preview_feeds_known_inputs_and_shows_the_colour(write: Write) -> None:
    recorder = Recorder()

    built = build(write(NODE), builder=recorder)

    kinds = [call[3] for call in recorder.named("native_node")]
    assert built.names == ("Dot",)
    assert kinds[:2] == ["TextureCoordinate", "LitSurface"]
    assert ("link", 0, 1, 0, 0, 0) in recorder.calls
    assert built.title == "Dot on a sphere"


def test_preview_sets_options_and_inputs_from_defines(write: Write) -> None:
    recorder = Recorder()

    built = build(write(NODE), "Glow=3", "radius=2", "Coords=(1, 2, 3)", builder=recorder)

    assert built.recipes[0].options == {"radius": 2}
    assert ("set_input", 0, 0, 0, (1.0, 2.0, 3.0)) in recorder.calls
    assert ("set_input", 0, 0, 1, (3.0,)) in recorder.calls


@pytest.mark.parametrize(
    ("define", "what"),
    [
        ("glow=3", "no parameter 'glow'"),
        ("Glow=red", "input Dot.Glow must be a number, got the text 'red'"),
        ("Glow", "-D 'Glow' is not NAME=VALUE"),
    ],
)
def test_preview_refuses_a_define(write: Write, define: str, what: str) -> None:
    with pytest.raises(ValueError, match=what) as caught:
        build(write(NODE), define)

    assert inside.explain(caught.value)[3] == ""


@pytest.mark.parametrize("shape", ["sphere", "plane", "cube"])
def test_preview_has_three_shapes(write: Write, shape: str) -> None:
    recorder = Recorder()
    loaded = inside.load(write(NODE), shape, "")

    inside.build(loaded, [], 1, 64, 48, recorder)

    expected = {
        "sphere": ["sphere", "plane"],
        "plane": ["plane", "plane"],
        "cube": ["box", "plane"],
    }
    objects = [call[0] for call in recorder.calls if call[0] in ("sphere", "plane", "box")]
    assert objects == expected[shape]


# --- instances ---


def test_instances_are_new_objects_with_options_of_their_own(
    write: Write, bound: list[Any]
) -> None:
    built = build(write(SCENE))

    first, second = inside.instances(built), inside.instances(built)

    assert [type(node).__name__ for node in first] == ["Dot", "Tilings"]
    assert first[0] is not second[0]
    assert first[0].radius == second[0].radius == [0.5]  # type: ignore[attr-defined]
    assert first[0].radius is not second[0].radius  # type: ignore[attr-defined]
    assert bound[0] == (first[0], built.recipes[0].inputs, built.recipes[0].outputs, False)
    assert bound[0][1][1] == ("Glow", 0, (1.0, 0.0, 0.0, 0.0), 0.0, 1.0)


def test_instances_of_a_copy_share_no_class_with_the_main_run(
    write: Write, bound: list[Any]
) -> None:
    path = write(SCENE)

    main = inside.instances(build(path))
    a = inside.instances(build(path, tag="t1"))
    b = inside.instances(build(path, tag="t2"))

    assert type(main[1]) is Tilings
    assert len({type(nodes[i]) for nodes in (main, a, b) for i in (0, 1)}) == 6
    module = sys.modules["pynodes.nodes.library.tilings__t1"]
    assert type(a[1]).__call__.__globals__ is vars(module)


def test_instances_refuse_a_node_that_changes_its_sockets(write: Write, bound: list[Any]) -> None:
    moody = NODE.replace("Dot", "Moody").replace(
        'Socket("Glow", 1.0)', 'Socket("Glow", float(len(made)))'
    )
    built = build(
        write("made = []\n" + moody.replace("self.radius", "made.append(1); self.radius"))
    )

    with pytest.raises(TypeError, match=r"node Moody \(Moody\) declared other inputs this time"):
        inside.instances(built)


def test_instances_on_many_threads_at_once(write: Write, bound: list[Any]) -> None:
    built = build(write(SCENE))
    made: list[list[Node]] = []
    threads = [
        threading.Thread(target=lambda: made.append(inside.instances(built))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len({id(node) for nodes in made for node in nodes}) == 16


# --- describe, leftover ---


def test_describe_lists_library_native_and_own_nodes(write: Write) -> None:
    text = inside.describe(
        write(NODE + "class Needs(Dot):\n    def __init__(self, sockets, it): ...\n")
    )

    entries = {entry["name"]: entry for entry in json.loads(text)}
    assert list(entries)[:4] == ["Tilings", "Ripples", "SoapFilm", "TextureCoordinate"]
    assert entries["Tilings"]["module"] == "pynodes.nodes"
    assert entries["Mix"]["params"][0]["choices"][:2] == ["mix", "add"]
    dot = entries["Dot"]
    assert (dot["kind"], dot["module"], dot["doc"]) == ("python", "thing.py", "A dot.")
    assert dot["params"] == [
        {"name": "radius", "type": "python", "default": 0.5, "choices": None, "doc": ""}
    ]
    assert dot["inputs"][1] == {
        "name": "Glow",
        "type": "value",
        "value": 1.0,
        "min": 0.0,
        "max": 1.0,
    }
    assert "missing 1 required" in entries["Needs"]["error"]


def test_leftover_names_threads_that_are_still_running() -> None:
    go = threading.Event()
    threads = [
        threading.Thread(target=go.wait, name="mine"),
        threading.Thread(target=go.wait, name="daemon", daemon=True),
    ]
    for thread in threads:
        thread.start()

    seen = inside.leftover()
    go.set()
    for thread in threads:
        thread.join()

    assert "mine" in seen
    assert "daemon (daemon)" in seen
    assert not {"mine", "daemon (daemon)"} & set(inside.leftover())


def test_leftover_counts_no_threads_that_python_did_not_start() -> None:
    seen: list[str] = []

    def look() -> None:
        threading.current_thread()  # makes an entry for this thread
        seen.extend(inside.leftover())
        done.set()

    done = threading.Event()
    _thread.start_new_thread(look, ())
    assert done.wait(60)

    assert not [name for name in [*seen, *inside.leftover()] if name.startswith("Dummy")]
