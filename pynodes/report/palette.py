"""Colours of plots, in light and dark; distinguished by people with any colour vision."""

from __future__ import annotations

from dataclasses import dataclass

from pynodes.report.figures import (
    MAX_LINES,
    PARTS,
)

_ROLES = ("ink", "muted", "grid", "surface", "shade", *PARTS, "bad")


_LIGHT = {
    "ink": "#1b1e23",
    "muted": "#5c646f",
    "grid": "#dfe2e7",
    "surface": "#ffffff",
    "shade": "#f1f2f5",
    "native": "#7fb8e6",
    "python": "#0b7a5b",
    "wait": "#e8871e",
    "other": "#b9bcc2",
    "bad": "#d55e00",
}


_DARK = {
    "ink": "#e9ebee",
    "muted": "#a2a9b4",
    "grid": "#353b44",
    "surface": "#171a1f",
    "shade": "#20242b",
    "native": "#3f78a8",
    "python": "#2fb58c",
    "wait": "#f0a04b",
    "other": "#5c626c",
    "bad": "#f07f3c",
}


_LIGHT_CURVES = (
    "#0072b2", "#d55e00", "#009e73", "#b0569a", "#8a6d00", "#3a3f47", "#1a86b8", "#b36b00",
)  # fmt: skip


_DARK_CURVES = (
    "#56a9e0", "#f07f3c", "#35c79c", "#dd93c8", "#e5cf4a", "#c9ced6", "#8fd3ff", "#ffb84d",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours by role, and those of curves by number."""

    roles: dict[str, str]
    curves: tuple[str, ...]

    def __getitem__(self, role: str) -> str:
        return self.roles[role]


LIGHT = Palette({**_LIGHT}, _LIGHT_CURVES)


DARK = Palette({**_DARK}, _DARK_CURVES)


# Colours that nothing has: each is replaced by its role's variable.
STAND_INS = Palette(
    {role: f"#0f{i:02x}f1" for i, role in enumerate(_ROLES)},
    tuple(f"#0e{i:02x}f1" for i in range(MAX_LINES)),
)


def css_variables(palette: Palette) -> str:
    """`--plot-ink: #...; --curve-0: #...;` for the page's theme."""
    roles = [f"--plot-{role}: {color};" for role, color in palette.roles.items()]
    curves = [f"--curve-{i}: {color};" for i, color in enumerate(palette.curves)]
    return " ".join(roles + curves)
