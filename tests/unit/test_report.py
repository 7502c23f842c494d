"""Reports: figures and words from stored sweeps, the page they make, plots."""

from __future__ import annotations

import os
import re
import sqlite3
import struct
import sys
import zlib
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import datetime
from html import unescape
from pathlib import Path
from random import Random
from typing import Any

import pytest
from stored_sweeps import MACHINE, Run, races, scales, store_sweep

from pynodes.errors import PynodesError
from pynodes.model.verdict import Verdict
from pynodes.report import figures, page, plots
from pynodes.report.chapter import chapter
from pynodes.report.markup import Markup, tag
from pynodes.report.palette import DARK, LIGHT, Palette
from pynodes.report.svg import inline
from pynodes.store.model import Machine, Sweep
from pynodes.store.store import Store

ENGINES: dict[str, list[Any]] = {"threads": [1, 2, 4], "engine": ["shared", "isolated", "process"]}
RACE: dict[str, list[Any]] = {
    "threads": [1, 2, 4],
    "switch-interval": [1e-6, 1e-3, 1.0],
    "node-sharing": ["own", "shared"],
}
WHEN = datetime(2026, 1, 31, 12, 0)

StoreIt = Callable[..., Sweep]


@pytest.fixture
def no_plots(monkeypatch: pytest.MonkeyPatch) -> None:
    """For what is not about plots: the page is made in a tenth of the time."""
    monkeypatch.setitem(sys.modules, "matplotlib", None)


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> StoreIt:
    """Store a sweep and read it back; once for tests that ask for the same."""
    known: dict[str, Sweep] = {}

    def store(axes: Mapping[str, Any], behaviour: Any = scales, **more: Any) -> Sweep:
        key = repr((axes, behaviour, more))
        if key not in known:
            database = tmp_path_factory.mktemp("stored") / "pynodes.db"
            name = store_sweep(database, axes, behaviour, **more)
            with Store.open(database) as opened:
                known[key] = opened.sweep(opened.find(name))
        return known[key]

    return store


def page_of(*sweeps: Sweep) -> str:
    return page.build([chapter(sweep) for sweep in sweeps], made_by="pynodes", when=WHEN)


def story_text(sweep: Sweep) -> str:
    story = chapter(sweep).story
    return "\n".join([story.lead, *story.rest])


# --- figures ---


def test_curves_of_few_settings_share_one_panel(stored: StoreIt) -> None:
    scaling = figures.scaling(stored(ENGINES))

    assert scaling is not None
    assert [panel.title for panel in scaling.panels] == [""]
    assert [line.name for line in scaling.lines] == ["shared", "isolated", "process"]
    assert scaling.cores == 2
    assert scaling.base == "one thread"


def test_curves_of_many_settings_are_split_by_engine(stored: StoreIt) -> None:
    sweep = stored({**ENGINES, "attach": ["call", "row", "tile"]}, rounds=1, warm_ups=0)
    scaling = figures.scaling(sweep)

    assert scaling is not None
    assert [panel.title for panel in scaling.panels] == ["attach call", "attach row", "attach tile"]
    assert {line.name for line in scaling.lines} == {"shared", "isolated", "process"}
    assert [line.color for line in scaling.panels[1].lines] == [0, 1, 2]


def test_best_point_is_that_of_fewest_threads_that_comes_close(stored: StoreIt) -> None:
    sweep = stored({"threads": [1, 2, 4, 8], "engine": ["isolated"]})
    scaling = figures.scaling(sweep)

    assert scaling is not None
    assert scaling.lines[0].best.threads == 2  # on two cores 4 and 8 are as fast


def test_no_curve_without_threads_as_axis(stored: StoreIt) -> None:
    assert figures.scaling(stored({"attach": ["call", "tile"]})) is None


def test_bar_is_as_long_as_threads_times_render_time(stored: StoreIt) -> None:
    sweep = stored({"threads": [1, 4], "engine": ["shared"]}, rounds=3)

    for bar, cell in zip(figures.bars(sweep), sweep.cells, strict=True):
        run = figures.median_run(cell)
        assert run is not None
        render_s = run.figures["render_s"]
        assert render_s is not None
        assert bar.total == pytest.approx(cell.settings["threads"] * render_s)
        assert bar.parts["wait"] == run.figures["wait_s"]


def test_time_that_no_core_was_had_for_is_taken_from_work_in_proportion(stored: StoreIt) -> None:
    def busy(_: object, __: object) -> Run:
        return Run(native_s=1.0, python_s=3.0, cpu_s=3.0, wait_s=0.5, render_s=1.25)

    (bar,) = figures.bars(stored({"threads": [4]}, busy, rounds=1))

    assert bar.parts == pytest.approx(
        {"native": 0.75, "python": 2.25, "core": 1.0, "wait": 0.5, "other": 0.5}
    )


def test_heat_map_holds_the_worst_run_of_each_cell(stored: StoreIt) -> None:
    sweep = stored(RACE, races)
    own, shared = figures.heats(sweep)

    assert (own.title, shared.title) == ("node sharing own", "node sharing shared")
    assert shared.row_axis == "switch interval (s)"
    assert shared.columns == ("1", "2", "4")
    assert own.worst == 0
    for row, interval in zip(shared.squares, RACE["switch-interval"], strict=True):
        for square, threads in zip(row, RACE["threads"], strict=True):
            settings = {"threads": threads, "switch-interval": interval, "node-sharing": "shared"}
            cell = next(cell for cell in sweep.cells if cell.settings == settings)
            assert square is not None
            assert square.value == max(s.wrong_pixels or 0 for s in cell.samples)
            assert square.wrong == sum(bool(s.wrong_pixels) for s in cell.samples)


def test_no_heat_map_when_nothing_is_wrong(stored: StoreIt) -> None:
    assert figures.heats(stored(ENGINES)) == ()


def test_matrix_counts_runs_by_verdict_the_worst_first(stored: StoreIt) -> None:
    sweep = stored({"threads": [1, 2], "engine": ["shared", "process"]}, crashes, left_out=[3])
    matrix = figures.matrix(sweep)

    assert matrix.rows == ("shared", "process")
    assert matrix.columns == ("1", "2")
    assert matrix.cells[0][0] == {"ok": 4}
    assert list((matrix.cells[1][0] or {}).items()) == [("crash", 4)]
    assert matrix.cells[1][1] == {}


def crashes(settings: Mapping[str, Any], chance: Random) -> Run:
    run = scales(settings, chance)
    if settings["engine"] == "process":
        run.verdict = Verdict.CRASH
    return run


# --- words ---


def test_story_begins_with_the_fastest_and_its_interval(stored: StoreIt) -> None:
    story = chapter(stored(ENGINES)).story

    assert story.lead.startswith("Fastest: isolated on 2 threads, ")
    assert re.search(r"(\d\.\d\d) times as fast as on one \(95 % interval ", story.lead)
    assert any("shared" in s and "waiting for the interpreter" in s for s in story.rest)
    assert story.rest[-1] == "All 36 pictures equal that of one thread, to the last bit."
    assert [tile.label for tile in story.tiles] == ["isolated", "process", "shared", "runs"]


def test_story_of_a_race_begins_with_wrong_pictures_and_where(stored: StoreIt) -> None:
    sweep = stored(RACE, races)
    story = chapter(sweep).story
    wrong = sum(s.verdict is Verdict.WRONG_IMAGE for s in sweep.samples)

    assert story.lead == (
        f"{wrong} of 72 runs gave a wrong picture, in 4 of 18 cells, all of them with node"
        " sharing shared."
    )
    assert "With node sharing own every one of 36 pictures was right." in story.rest
    assert story.tiles[0].tone == "bad"


def test_fastest_is_never_one_that_went_wrong_while_others_did_not(stored: StoreIt) -> None:
    def quick_but_crashing(settings: Mapping[str, Any], chance: Random) -> Run:
        run = scales(settings, chance)
        if settings["engine"] == "isolated" and chance.random() < 0.4:
            run.verdict = Verdict.CRASH
        return run

    words = story_text(stored(ENGINES, quick_but_crashing))

    assert re.match(r"\d+ of 36 runs crashed, all of them with engine isolated\.", words)
    assert "Fastest: process on 2 threads" in words


def test_engines_that_cannot_be_distinguished_are_named(stored: StoreIt) -> None:
    def alike(settings: Mapping[str, Any], chance: Random) -> Run:
        run = scales({**settings, "engine": "isolated"}, chance)
        run.render_s *= chance.uniform(0.8, 1.2)
        return run

    axes = {"threads": [1, 2], "engine": ["isolated", "process"]}

    assert "These runs do not distinguish it from " in story_text(stored(axes, alike))


def test_different_kinds_of_work_have_a_fastest_each(stored: StoreIt) -> None:
    def heavier(settings: Mapping[str, Any], chance: Random) -> Run:
        run = scales(settings, chance)
        run.render_s *= settings["D scale"]
        return run

    axes = {"threads": [1, 2], "engine": ["shared", "process"], "D scale": [1, 5]}
    words = story_text(stored(axes, heavier))

    assert re.search(r"Fastest for -D scale=1: process on 2 threads, 6\d\d ms a render", words)
    assert re.search(r"Fastest for -D scale=5: process on 2 threads, 3\.\d\d s a render", words)
    assert "apart" not in words


def test_cells_that_did_not_run_yet_are_counted(stored: StoreIt) -> None:
    assert "2 cells of 9 have not run yet" in story_text(stored(ENGINES, left_out=[7, 8]))


@pytest.mark.usefixtures("no_plots")
def test_sweep_with_no_run_at_all_has_a_page(stored: StoreIt) -> None:
    sweep = stored(ENGINES, left_out=range(9))

    assert "9 cells of 9 have not run yet" in story_text(sweep)
    assert page_of(sweep).count("not run") >= 9


@pytest.mark.usefixtures("no_plots")
def test_sweep_of_one_cell_has_a_page(stored: StoreIt) -> None:
    sweep = stored({})

    assert story_text(sweep) == "All 4 pictures equal that of one thread, to the last bit."
    assert "All 4 pictures" in page_of(sweep)


# --- the page ---


def test_page_needs_nothing_else_and_its_ids_are_its_own(stored: StoreIt) -> None:
    small = {"threads": [1, 2], "engine": ["shared", "isolated"]}
    html = page_of(stored(small), stored(RACE, races, scene="ripples.py"))

    assert "<script" not in html
    assert not re.search(r"""(?:src|href)=["'](?!data:|#)""", html)
    assert not re.search(r"url\((?!#)", html)
    assert "default-src 'none'" in unescape(html)
    ids = Counter(re.findall(r'\sid="([^"]+)"', html))
    used = set(re.findall(r"""(?:xlink:href|href)="#([^"]+)"|url\(#([^)]+)\)""", html))
    assert [name for name, times in ids.items() if times > 1] == []
    assert {a or b for a, b in used} <= set(ids)


@pytest.mark.usefixtures("no_plots")
def test_names_in_a_page_are_text(stored: StoreIt) -> None:
    evil = "<script>alert(1)</script>&"
    machine = Machine("evil", evil, {**MACHINE.facts, "processor": evil})

    html = page_of(stored(ENGINES, machine=machine, command=f"pynodes sweep '{evil}'"))

    assert "<script" not in html
    assert html.count("&lt;script&gt;alert(1)&lt;/script&gt;&amp;") >= 3


@pytest.mark.usefixtures("no_plots")
def test_pictures_are_inside_and_a_lost_one_is_told(stored: StoreIt) -> None:
    sweep = stored(RACE, races, rounds=1)
    assert page_of(sweep).count('src="data:image/png;base64,') == 3

    picture = sweep.references["one"].image
    assert picture is not None
    picture.unlink()

    html = page_of(sweep)
    assert html.count('src="data:image/png;base64,') == 2
    assert f"{picture.name} is not there any more" in html


@pytest.mark.usefixtures("no_plots")
def test_page_without_matplotlib_has_open_tables(stored: StoreIt) -> None:
    html = page_of(stored(ENGINES))

    assert "<svg" not in html
    assert "matplotlib is not installed" in html
    assert html.count("<details open>") == 2


@pytest.mark.usefixtures("no_plots")
def test_tables_have_heads_and_numbers_of_the_sweep(stored: StoreIt) -> None:
    sweep = stored({"threads": [1, 2], "engine": ["isolated"]}, rounds=9)
    html = page_of(sweep)
    scaling = figures.scaling(sweep)

    assert scaling is not None
    assert '<th scope="col" class="number">speed-up</th>' in html
    for point in scaling.points:
        assert f'<td class="number">{point.speedup.value:.2f}</td>' in html


@pytest.mark.usefixtures("no_plots")
def test_page_is_written_whole_or_not_at_all(stored: StoreIt, tmp_path: Path) -> None:
    chapters = [chapter(stored(ENGINES))]
    out = tmp_path / "report.html"
    page.write(chapters, out, made_by="pynodes", when=WHEN)

    with pytest.raises(PynodesError) as caught:
        page.write(chapters, tmp_path / "nowhere" / "report.html", made_by="pynodes", when=WHEN)

    assert out.read_text(encoding="utf-8").endswith("</html>\n")
    assert caught.value.where == str(tmp_path / "nowhere" / "report.html")
    assert [path.name for path in tmp_path.glob(".report*")] == []


def test_tag_escapes_text_and_attributes() -> None:
    made = tag("p", "a < b", Markup("<br>"), 7, None, title='"x"', hidden=True, lang=None)

    assert made == '<p title="&quot;x&quot;" hidden>a &lt; b<br>7</p>'


# --- plots ---


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
        for text in ("threads", "speed-up against one thread", "isolated", "ideal"):
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


def test_picture_that_is_not_one_of_the_sweep_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = tmp_path / "project" / "pynodes.db"
    database.parent.mkdir()
    store_sweep(database, RACE, races, rounds=1)
    runs = database.parent / "pynodes-runs"
    mine = tmp_path / "mine.png"
    mine.write_bytes((runs / "reference.png").read_bytes())
    (runs / "link.png").symlink_to(mine)
    os.mkfifo(runs / "fifo.png")
    (runs / "text.png").write_text("no picture")
    (runs / "cut.png").write_bytes(mine.read_bytes()[: mine.stat().st_size // 2])
    head = struct.pack(">4sIIBBBBB", b"IHDR", 60_000, 60_000, 8, 2, 0, 0, 0)
    size = struct.pack(">I", len(head) - 4) + head + struct.pack(">I", zlib.crc32(head))
    (runs / "large.png").write_bytes(b"\x89PNG\r\n\x1a\n" + size + bytes(4) + b"IDAT")

    for name, said in (
        ("../mine.png", "it does not lie in pynodes-runs"),
        (str(mine), "it does not lie in pynodes-runs"),
        ("pynodes-runs/link.png", "it does not lie in pynodes-runs"),
        ("pynodes-runs/fifo.png", "it is a FIFO, not a regular file"),
        ("pynodes-runs", "it is a folder, not a regular file"),
        ("/dev/zero", "it does not lie in pynodes-runs"),
        ("pynodes-runs/text.png", "it is no picture"),
        ("pynodes-runs/cut.png", "it is no picture"),
        ("pynodes-runs/large.png", "it has too many pixels"),
    ):
        with closing(sqlite3.connect(database)) as db, db:
            db.execute("UPDATE reference SET image = ?", (name,))
        with Store.open(database) as store:
            html = page_of(store.sweep(1))
        assert html.count('src="data:image/png;base64,') == 2, name
        assert f"is left out: {said}" in html, name
