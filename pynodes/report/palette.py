"""Colours of plots, in light and dark; distinguished by people with any colour vision."""

from __future__ import annotations

from dataclasses import dataclass

from pynodes.report.figures import MAX_LINES

# By role: on light, on dark.
_ROLES = {
    "ink": ("#1b1e23", "#e9ebee"),
    "muted": ("#5c646f", "#a2a9b4"),
    "grid": ("#dfe2e7", "#353b44"),
    "surface": ("#ffffff", "#171a1f"),
    "shade": ("#f1f2f5", "#20242b"),
    "processor": ("#3e8e5a", "#58b377"),
    "native": ("#7fb8e6", "#3f78a8"),
    "python": ("#0b7a5b", "#2fb58c"),
    "core": ("#cfc6ea", "#6f6494"),
    "wait": ("#e8871e", "#f0a04b"),
    "other": ("#b9bcc2", "#5c626c"),
    "bad": ("#d55e00", "#f07f3c"),
}
_CURVES = (
    ("#0072b2", "#56a9e0"),
    ("#d55e00", "#f07f3c"),
    ("#009e73", "#35c79c"),
    ("#b0569a", "#dd93c8"),
    ("#8a6d00", "#e5cf4a"),
    ("#3a3f47", "#c9ced6"),
    ("#1a86b8", "#8fd3ff"),
    ("#b36b00", "#ffb84d"),
)


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours by role, and those of curves by number."""

    roles: dict[str, str]
    curves: tuple[str, ...]

    def __getitem__(self, role: str) -> str:
        return self.roles[role]


LIGHT, DARK = (
    Palette({role: pair[i] for role, pair in _ROLES.items()}, tuple(pair[i] for pair in _CURVES))
    for i in range(2)
)
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
