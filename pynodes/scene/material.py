"""How an object's surface looks."""

from __future__ import annotations

from dataclasses import dataclass

from pynodes.nodes._names import article
from pynodes.nodes.tree import NodeTree
from pynodes.scene._check import Vec3, Vector, color, number

GREY: Vec3 = (0.6, 0.6, 0.6)


@dataclass(frozen=True, slots=True)
class Material:
    """A node tree, or simply a colour that the lamps light.

    Args:
        tree: gives the surface's colour; leave the rest out.
        color: linear rgb of light scattered evenly (Lambert).
        specular: strength of the highlight, 0 for none.
        hardness: exponent of the highlight; higher is smaller.
    """

    tree: NodeTree | None = None
    color: Vector | None = None
    specular: float | None = None
    hardness: float | None = None

    def __post_init__(self) -> None:
        simple = (self.color, self.specular, self.hardness)
        if self.tree is not None:
            if not isinstance(self.tree, NodeTree):
                raise TypeError(
                    f"Material: tree must be a NodeTree, got {article(self.tree)};"
                    " a plain colour is Material(color=(r, g, b))"
                )
            if any(each is not None for each in simple):
                raise ValueError("Material: give a tree, or color, specular and hardness, not both")
            return
        set_ = object.__setattr__
        set_(self, "color", GREY if self.color is None else color(self.color, "Material: color"))
        if self.specular is not None:
            set_(self, "specular", number(self.specular, "Material: specular", least=0.0))
        if self.hardness is not None:
            set_(self, "hardness", number(self.hardness, "Material: hardness", least=0.0))


def as_material(value: object, what: str) -> Material:
    """A material, from a material, a tree, or nothing (grey)."""
    if isinstance(value, Material):
        return value
    if isinstance(value, NodeTree):
        return Material(value)
    if value is None:
        return Material()
    raise TypeError(f"{what} must be a Material or a NodeTree, got {article(value)}")
