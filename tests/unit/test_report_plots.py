"""Plots of reports: in a page, and as files."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from stored_sweeps import MACHINE, StoreIt, store_once

from pynodes.errors import PynodesError
from pynodes.report import figures, plots
from pynodes.report.chapter import chapter
from pynodes.report.palette import DARK, LIGHT, Palette
from pynodes.report.svg import inline

ENGINES: dict[str, list[Any]] = {"threads": [1, 2, 4], "engine": ["shared", "isolated", "process"]}


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> StoreIt:
    return store_once(tmp_path_factory)


def test_drawing_for_a_page_takes_its_colors_from_the_page() -> None:
    drawing = """<svg xmlns="http://www.w3.org/2000/svg" width="10pt" height="5pt">
        <metadata>made by someone</metadata><style>* {color: red}</style>
        <defs><clipPath id="clip"><rect/></clipPath></defs>
        <g id="unused" clip-path="url(#clip)"><path style="fill: #0f00f1"/></g></svg>"""

    found = inline(drawing, "one", "what it shows", {"#0f00f1": "var(--ink)"})

    assert 'id="one-clip"' in found
    assert "url(#one-clip)" in found
    assert "unused" not in found
    assert "fill: var(--ink)" in found
    assert "metadata" not in found
    assert "<style" not in found
    assert 'width="10pt"' not in found
    assert 'role="img" aria-label="what it shows"' in found


def test_plots_are_drawn_wide_and_narrow_in_the_colors_of_the_theme(stored: StoreIt) -> None:
    pytest.importorskip("matplotlib", reason="no matplotlib: extra plot is not installed")
    scaling = figures.scaling(stored(ENGINES))
    assert scaling is not None

    for drawing in plots.for_page(plots.scaling_plot("speed-up", scaling)):
        # No colour of its own: each is a variable of the page.
        assert set(re.findall(r"#[0-9a-f]{6}\b", drawing)) == set()
        assert "var(--plot-ink)" in drawing
        assert "var(--curve-2)" in drawing
        for text in ("threads", "speed-up, best one thread = 1", "isolated", "ideal"):
            assert f">{text}</text>" in drawing


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_plots_as_files_come_light_and_dark(stored: StoreIt, tmp_path: Path, kind: str) -> None:
    pytest.importorskip("matplotlib", reason="no matplotlib: extra plot is not installed")
    from PIL import Image

    scaling = figures.scaling(stored(ENGINES))
    assert scaling is not None
    plot = plots.scaling_plot("curves", scaling)
    light, dark = plots.write_files([plot], tmp_path / "plots", (kind,))

    assert [light.name, dark.name] == [f"curves.{kind}", f"curves-dark.{kind}"]
    if kind == "svg":
        assert LIGHT["surface"] in light.read_text()
        assert DARK["surface"] in dark.read_text()
    else:
        with Image.open(light) as image:
            assert min(image.convert("L").tobytes()) > 15  # the ink is the darkest
            assert image.convert("RGB").getpixel((1, 1)) == (255, 255, 255)
        with Image.open(dark) as image:
            assert max(image.convert("L").tobytes()) < 245  # nothing is white
            assert image.convert("RGB").getpixel((1, 1)) == (23, 26, 31)


def test_plots_as_files_say_what_they_are_of(stored: StoreIt, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="no matplotlib: extra plot is not installed")
    sweep = stored(ENGINES)
    found = plots.of_chapter(chapter(sweep))
    written = plots.write_files(found, tmp_path, ("svg",))

    assert len(written) == 2 * len(found)
    for path in written:
        text = unescape(path.read_text())
        for said in ("tilings", "Python 3.13.0", MACHINE.name, "AMD EPYC 7B13", sweep.created[:10]):
            assert said in text, path.name


def test_plots_into_a_file_are_refused(stored: StoreIt, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="no matplotlib: extra plot is not installed")
    (tmp_path / "taken").write_text("")
    plot = plots.time_plot("time", figures.bars(stored(ENGINES)))

    with pytest.raises(PynodesError) as caught:
        plots.write_files([plot], tmp_path / "taken", ("svg",))

    assert str(tmp_path / "taken") in caught.value.where


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_colors_stand_out_from_the_surface(palette: Palette) -> None:
    for color in palette.curves:
        assert contrast(color, palette["surface"]) >= 3, color
    assert contrast(palette["ink"], palette["surface"]) >= 7
    assert contrast(palette["muted"], palette["surface"]) >= 4.5


def contrast(one: str, other: str) -> float:
    """As the Web Content Accessibility Guidelines define it."""

    def luminance(color: str) -> float:
        parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


# --- pictures of others ---
