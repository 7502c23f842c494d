"""The report as a browser shows it: quiet, offline, in both themes, on a screen and on a phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from browser import Browser, find_browser
from stored_sweeps import races, scales, store_sweep

from pynodes.report import page
from pynodes.report.chapter import chapter
from pynodes.report.pictures import Timeline
from pynodes.report.plots import has_matplotlib
from pynodes.store.store import Store

SCREEN, PHONE = (1280, 900), (360, 740)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with two sweeps and everything that a page can have."""
    folder = tmp_path_factory.mktemp("report")
    database = folder / "pynodes.db"
    threads = [1, 2, 4, 8]
    engines: dict[str, list[Any]] = {
        "threads": threads,
        "engine": ["shared", "isolated", "process"],
    }
    race: dict[str, list[Any]] = {
        "threads": threads,
        "switch-interval": [1e-6, 1e-3, 1.0],
        "node-sharing": ["own", "shared"],
    }
    store_sweep(database, engines, scales, rounds=3)
    store_sweep(database, race, races, rounds=3, scene="ripples.py")
    with Store.open(database) as store:
        chapters = [chapter(store.sweep(number)) for number in (1, 2)]
    out = folder / "report.html"
    svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 1"><path d="M0 0h9"/></svg>'
    lane = svg.encode()
    page.write(
        chapters,
        out,
        made_by="pynodes",
        when=datetime(2026, 1, 31),
        cautions=["the sweeps ran on different machines"],
        timelines=[Timeline("Timeline", lane, lane)],
    )
    return out


@pytest.fixture(scope="module")
def browser(
    tmp_path_factory: pytest.TempPathFactory, scaled: Callable[[float], float]
) -> Iterator[Browser]:
    program = find_browser()
    if program is None:
        pytest.skip("no Chromium on the PATH")
    with Browser(program, tmp_path_factory.mktemp("profile"), scaled(90)) as browser:
        yield browser


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [SCREEN, PHONE], ids=["screen", "phone"])
def test_page_is_quiet_fetches_nothing_and_fits(
    browser: Browser, report: Path, tmp_path: Path, size: tuple[int, int], dark: bool
) -> None:
    browser.seen.console.clear()
    browser.seen.requests.clear()

    browser.open(report, width=size[0], height=size[1], dark=dark)

    assert browser.seen.console == []
    outside = [url for url in browser.seen.requests if not url.startswith("data:")]
    assert outside == [report.resolve().as_uri()]
    assert browser.value("document.documentElement.scrollWidth") <= size[0]
    broken = "[...document.images].filter(i => !i.complete || !i.naturalWidth).length"
    assert browser.value(broken) == 0
    most = most_usual_grey(browser, tmp_path / "page.png")
    assert most < 70 if dark else most > 185


def most_usual_grey(browser: Browser, path: Path) -> float:
    """Of the screenshot, 0 to 255."""
    from PIL import Image

    browser.picture(path)
    with Image.open(path) as image:
        histogram = image.convert("L").histogram()
    return float(max(range(256), key=lambda grey: histogram[grey]))


def test_plots_are_wide_on_a_screen_and_narrow_on_a_phone(browser: Browser, report: Path) -> None:
    if not has_matplotlib():
        pytest.skip("no matplotlib: extra plot is not installed")
    shown = "[...document.querySelectorAll('figure svg')].filter(s => s.clientWidth).length"
    text = (
        "Math.min(...[...document.querySelectorAll('figure svg text')]"
        ".map(t => t.getBoundingClientRect().height).filter(Boolean))"
    )
    for width, height in (SCREEN, PHONE):
        browser.open(report, width=width, height=height, dark=False)
        assert browser.value(shown) == 4
        assert browser.value("document.querySelectorAll('figure svg').length") == 8
        assert browser.value(text) >= 8


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_text_is_legible_in_both_themes(browser: Browser, report: Path, dark: bool) -> None:
    browser.open(report, width=SCREEN[0], height=SCREEN[1], dark=dark)

    faint = browser.value(FAINT_TEXT)

    assert faint == []


# Texts whose contrast with what is behind them is below 4.5, as the Web Content Accessibility
# Guidelines ask for. Backgrounds that are partly transparent are laid over those behind.
FAINT_TEXT = """(() => {
  const parse = c => (c.match(/[\\d.]+/g) || []).map(Number);
  const over = (top, below) => top.slice(0, 3).map((v, i) => {
    const a = top.length > 3 ? top[3] : 1; return v * a + below[i] * (1 - a); });
  const behind = e => {
    const layers = [];
    for (let n = e; n; n = n.parentElement) layers.push(parse(getComputedStyle(n).backgroundColor));
    return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255]); };
  const light = c => { const [r, g, b] = c.map(v => (v /= 255) <= 0.04045
    ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const found = [];
  for (const e of document.querySelectorAll('p, li, dt, dd, th, td, span, h1, h2, h3, a, summary,'
      + 'figcaption, code, strong')) {
    if (!e.textContent.trim() || !e.getClientRects().length) continue;
    const below = behind(e), style = getComputedStyle(e);
    const text = over(parse(style.color), below);
    const mix = over([...text, Number(style.opacity)], below);
    const [a, b] = [light(mix), light(below)].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) found.push([e.tagName, e.className,
      e.textContent.slice(0, 30), style.color, below.join(), (a + 0.05) / (b + 0.05)].join(' '));
  }
  return found.slice(0, 10); })()"""
