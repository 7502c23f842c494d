"""`pynodes render --profile [FILE]`: a table of lines, `--json`, and files for viewers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import CommandLine


def test_profile_is_a_table_of_lines_with_their_source(cli: CommandLine) -> None:
    result = cli.render("--profile")

    assert result.status == 0
    assert " profile  80 stacks sampled in Python nodes; so few give rough shares:" in result.out
    assert "Tilings  45 %  180 us  (1,000 calls)\n" in result.out
    # Of 180 us that the node took, 60 of 80 samples are in what line 3 calls; the frame has 400 us.
    assert "34 %    0 %  scene.py:3  Tilings.__call__\n" in result.out
    assert "34 %   34 %  scene.py:9  help<er>\n" in result.out
    assert "11 %   11 %  scene.py:1  def build(params, frame): ...\n" in result.out
    assert cli.left_behind() == ["scene.png"]


@pytest.mark.parametrize("words", [("--profile", "p.svg"), ("--profile=p.svg",),
                                   ("--profile-out", "p.svg")])  # fmt: skip
def test_profile_with_a_file_draws_it(cli: CommandLine, words: tuple[str, ...]) -> None:
    result = cli.render(*words)

    assert result.status == 0
    assert " profile  p.svg  (80 stacks sampled in Python nodes" in result.out
    drawn = ElementTree.parse(cli.folder / "p.svg")
    titles = [node.text or "" for node in drawn.iter("{http://www.w3.org/2000/svg}title")]
    assert any(title.startswith("help<er>:9\n135 us, 75.0 %") for title in titles)


def test_file_may_stand_before_the_scene_or_be_none(cli: CommandLine) -> None:
    assert cli.run("render", "--profile", "p.json", "scene.py", "--size", "64x64").status == 0
    assert cli.run("render", "--profile", "scene.py", "--size", "64x64").status == 0
    found = json.loads((cli.folder / "p.json").read_text())
    assert found["profiles"][0]["name"] == "node Tilings"


def test_json_has_the_lines_of_each_node_and_stays_alone(cli: CommandLine) -> None:
    record = cli.render("--json", "--profile", "p.json").record

    (node,) = record["profile"]
    assert (node["node"], node["tree"], node["samples"]) == ("Tilings", "floor", 80)
    assert node["cpu_s"] == pytest.approx(0.000180003)
    lines = {(line["function"], line["line"]): line for line in node["lines"]}
    calling = lines["Tilings.__call__", 3]
    assert (calling["self_s"], calling["samples"]) == (0, 60)
    assert calling["total_s"] == pytest.approx(0.75 * node["cpu_s"])


def test_place_that_cannot_be_written_is_refused_before_any_work(cli: CommandLine) -> None:
    for path, words in (("p.txt", "end the name in .svg"), ("no/p.svg", "there is no folder no")):
        result = cli.render("--profile-out", path)
        assert result.status == 3
        assert words in result.err
    assert cli.left_behind() == []


def test_render_that_was_not_sampled_says_so(cli: CommandLine) -> None:
    result = cli.host("scene_error").render("--profile", "p.svg")

    assert result.status != 0
    assert "nothing was sampled" in result.err
    assert "p.svg" not in cli.left_behind()
