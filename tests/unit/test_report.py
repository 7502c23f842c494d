"""Reports: figures and words from stored sweeps, the page they make, plots."""

from __future__ import annotations

import json
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
from stored_sweeps import MACHINE, Run, StoreIt, races, scales, store_once, store_sweep

from pynodes.errors import PynodesError
from pynodes.model.verdict import Verdict
from pynodes.report import figures, page
from pynodes.report.chapter import chapter
from pynodes.report.markup import Markup, tag
from pynodes.report.speed import seconds
from pynodes.store.model import Machine, Sweep
from pynodes.store.store import Store

ENGINES: dict[str, list[Any]] = {"threads": [1, 2, 4], "engine": ["shared", "isolated", "process"]}
RACE: dict[str, list[Any]] = {
    "threads": [1, 2, 4],
    "switch-interval": [1e-6, 1e-3, 1.0],
    "node-sharing": ["own", "shared"],
}
WHEN = datetime(2026, 1, 31, 12, 0)


@pytest.fixture
def no_plots(monkeypatch: pytest.MonkeyPatch) -> None:
    """For what is not about plots: the page is made in a tenth of the time."""
    monkeypatch.setitem(sys.modules, "matplotlib", None)


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> StoreIt:
    return store_once(tmp_path_factory)


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


def test_speed_up_is_against_the_best_one_thread_not_against_itself(stored: StoreIt) -> None:
    def one_is_slow(settings: Mapping[str, Any], chance: Random) -> Run:
        run = scales(settings, chance)
        run.render_s *= 4.0 if settings["engine"] == "process" else 1.0
        return run

    scaling = figures.scaling(
        stored({"threads": [1, 2], "engine": ["shared", "process"]}, one_is_slow)
    )

    assert scaling is not None
    shared, process = scaling.lines
    assert process.first is shared.first is shared.curve.points[0].cell
    assert process.curve.points[1].speedup.value == pytest.approx(1.87, rel=0.05)  # its own
    assert process.gain.value == pytest.approx(1.87 / 4, rel=0.05)
    assert scaling.first == "best one thread"


def test_no_law_is_fitted_to_fewer_than_five_points(stored: StoreIt) -> None:
    four, five = ([1, 2, 3, 4], [1, 2, 3, 4, 5])
    few, enough = (
        figures.scaling(stored({"threads": threads, "engine": ["shared"]}))
        for threads in (four, five)
    )

    assert few is not None
    assert enough is not None
    assert few.lines[0].fit is None
    assert not few.lines[0].fit_holds
    assert enough.lines[0].fit is not None


@pytest.mark.usefixtures("no_plots")
def test_law_is_drawn_on_where_it_was_fitted_within_the_cores(stored: StoreIt) -> None:
    def by_law(settings: Mapping[str, Any], chance: Random) -> Run:
        n = settings["threads"]
        return Run(render_s=(1 + 0.04 * (n - 1)) / n * chance.uniform(0.99, 1.01))

    axes = {"threads": [1, 2, 4, 6, 8]}
    eight = Machine("eight", "large", {**MACHINE.facts, "usable_cores": 8})

    html = page_of(stored(axes, by_law, machine=eight))
    assert "Projection, not measured" in html
    assert "16 cores" in html
    assert "128 cores" in html
    assert "Projection, not measured" not in page_of(stored(axes, by_law))


def test_median_of_an_even_number_of_runs_is_one_everywhere(stored: StoreIt) -> None:
    def far_apart(settings: Mapping[str, Any], chance: Random) -> Run:
        run = scales(settings, chance)
        run.render_s *= chance.choice((1.0, 1.4))
        return run

    sweep = stored({"threads": [1, 2], "engine": ["isolated", "process"]}, far_apart, rounds=2)
    scaling = figures.scaling(sweep)

    assert scaling is not None
    for line in scaling.lines:
        times = line.best.cell.values()
        assert len(times) == 2
        assert seconds(line.best) == pytest.approx(sum(times) / 2)
        parts = figures.parts_of(line.best.cell)
        assert parts is not None
        assert sum(parts.values()) == pytest.approx(line.best.threads * seconds(line.best))


def test_no_curve_without_threads_as_axis(stored: StoreIt) -> None:
    assert figures.scaling(stored({"attach": ["call", "tile"]})) is None


def test_bar_is_as_long_as_threads_times_render_time(stored: StoreIt) -> None:
    sweep = stored({"threads": [1, 4], "engine": ["shared"]}, rounds=3)

    for bar, cell in zip(figures.bars(sweep), sweep.cells, strict=True):
        (run,) = figures.middle_runs(cell)
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


@pytest.mark.usefixtures("no_plots")
def test_page_has_a_line_for_each_cell_that_went_wrong(stored: StoreIt) -> None:
    html = page_of(stored({"threads": [1, 2], "engine": ["shared", "process"]}, crashes))

    lines = re.findall("<li>([^<]*crash: crash[^<]*)</li>", html)
    assert lines
    assert all(re.search(r"process: crash: crash \(\d+ of 4 runs", line) for line in lines)


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


@pytest.mark.parametrize("reason", ["spread", "load"])
def test_doubt_leads_when_times_are_not_safe_to_choose_by(stored: StoreIt, reason: str) -> None:
    def shaken(settings: Mapping[str, Any], chance: Random) -> Run:
        run = scales(settings, chance)
        run.render_s *= chance.uniform(0.5, 1.5) if reason == "spread" else 1.0
        return run

    facts = {**MACHINE.facts, "load": 4.0 if reason == "load" else 0.0}
    busy = Machine(MACHINE.key, MACHINE.name, facts)
    sweep = stored({"threads": [1, 2], "engine": ["isolated"]}, shaken, rounds=6, machine=busy)
    story = chapter(sweep).story

    assert story.lead.startswith("Not safe to choose by: ")
    assert ("differ by more than 10%" if reason == "spread" else "load 2.0") in story.lead
    assert story.rest[0].startswith("Fastest: ")


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
def test_timelines_of_cells_are_drawn_and_those_past_the_fourth_are_named(
    tmp_path: Path,
) -> None:
    database = tmp_path / "pynodes.db"
    store_sweep(database, {"threads": [1, 2, 3, 4, 5, 6]}, traced_into(tmp_path / "pynodes-runs"))
    with Store.open(database) as store:
        sweep = store.sweep(1)

    html = page_of(sweep)

    assert html.count('src="data:image/svg+xml;base64,') == 2 * 4
    assert "2 more timelines, as files" in html
    assert "pynodes-runs/traced-6/timeline.json" in html


def traced_into(folder: Path) -> Callable[[Mapping[str, Any], Random], Run]:
    """A behaviour whose warm-ups keep a timeline."""

    def traced(settings: Mapping[str, Any], chance: Random) -> Run:
        run = scales(settings, chance)
        place = folder / f"traced-{settings['threads']}"
        place.mkdir(parents=True, exist_ok=True)
        span = {"ph": "X", "name": "tile", "cat": "native", "pid": 1, "tid": 1, "ts": 0, "dur": 9}
        (place / "timeline.json").write_text(json.dumps({"traceEvents": [span]}))
        run.evidence = place
        return run

    return traced


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
def test_page_explains_the_options_that_its_sweep_varies(stored: StoreIt) -> None:
    plain, turned = (
        page_of(stored({"threads": [1, 2], **more}))
        for more in ({"engine": ["isolated"]}, {"turnstile": ["on", "off"]})
    )

    assert "<dt>turnstile</dt>" in turned
    assert "<dt>turnstile</dt>" not in plain


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
