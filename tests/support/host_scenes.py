"""Sources of scenes for the tests that run the host."""

from __future__ import annotations

NODE_SCENE = '''
from pynodes.nodes import Node, Socket
{imports}

class Probe(Node):
    """A node under test."""{mode}

    def __init__(self, sockets):
        sockets.input = {inputs}
        sockets.output = {outputs}
{init}
    def __call__(self):
{call}
'''


def node_scene(
    call: str,
    *,
    inputs: str = '[Socket("Coords", (0.0, 0.0, 0.0))]',
    outputs: str = '[Socket("Color", (0.0, 0.0, 0.0, 1.0))]',
    imports: str = "",
    init: str = "",
    call_by: str = "sample",
) -> str:
    """Source of a file with one node whose __call__ has the given body."""

    def indent(text: str) -> str:
        return "\n".join(" " * 8 + line for line in text.strip("\n").splitlines())

    return NODE_SCENE.format(
        imports=imports,
        inputs=inputs,
        outputs=outputs,
        init=indent(init),
        call=indent(call),
        mode="" if call_by == "sample" else f"\n    call = {call_by!r}",
    )


FLAT_SCENE = '''
from pynodes.nodes import NodeTree
from pynodes.scene import Camera, Plane, Scene

def build(params, frame):
    """The node alone on a plane that fills the picture, unlit."""
    tree = NodeTree("flat")
    node = tree.add(Probe)
    tree.link(getattr(node.out, {output!r}), tree.surface)
    return Scene(
        camera=Camera(kind="orthographic", location=(0, 0, 5), look_at=(0, 0, 0), up=(0, 1, 0),
                      width=2.0),
        objects=[Plane(material=tree, scale=4.0)],
    )
'''


def flat_scene(call: str, output: str = "Color", **options: str) -> str:
    """A scene that shows what one node gives for each pixel, with nothing added."""
    return node_scene(call, **options) + FLAT_SCENE.format(output=output)
