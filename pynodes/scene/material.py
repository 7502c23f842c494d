"""How an object's surface looks."""

from __future__ import annotations

from pynodes.nodes._names import article
from pynodes.nodes._record import FrozenValue
from pynodes.nodes.tree import NodeTree
from pynodes.scene import _check

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pynodes.scene._check import Vec3, Vector

GREY: Vec3 = (0.6, 0.6, 0.6)


class Material(FrozenValue):
    """A node tree, or simply a colour that the lamps light.

    Args:
        tree: gives the surface's colour; leave the rest out.
        color: linear rgb of light scattered evenly (Lambert).
        specular: strength of the highlight, 0 for none.
        hardness: exponent of the highlight; higher is smaller.
        name: for scripts that look it up.
    """

    _fields = __slots__ = __match_args__ = ("tree", "color", "specular", "hardness", "name")
    tree: NodeTree | None
    color: Vector | None
    specular: float | None
    hardness: float | None
    name: str

    def __init__(
        self,
        tree: NodeTree | None = None,
        color: Vector | None = None,
        specular: float | None = None,
        hardness: float | None = None,
        name: str = "",
    ) -> None:
        if tree is not None:
            if not isinstance(tree, NodeTree):
                raise TypeError(
                    f"Material: tree must be a NodeTree, got {article(tree)};"
                    " a plain colour is Material(color=(r, g, b))"
                )
            if any(each is not None for each in (color, specular, hardness)):
                raise ValueError("Material: give a tree, or color, specular and hardness, not both")
        else:
            color = GREY if color is None else _check.color(color, "Material: color")
            if specular is not None:
                specular = _check.amount(specular, "Material: specular")
            if hardness is not None:
                hardness = _check.amount(hardness, "Material: hardness")
        self._fill(tree, color, specular, hardness, _check.text(name, "Material: name"))


def as_material(value: object, what: str) -> Material:
    """A material, from a material, a tree, or nothing (grey)."""
    if isinstance(value, Material):
        return value
    if isinstance(value, NodeTree):
        return Material(value)
    if value is None:
        return Material()
    raise TypeError(f"{what} must be a Material or a NodeTree, got {article(value)}")
